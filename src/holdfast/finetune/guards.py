"""The six guards: ordinary checks of the family `training`, over what was measured."""

from collections.abc import Callable
from typing import TypeVar

from holdfast.audit import catalogue
from holdfast.audit.runner import Facts, run_checks
from holdfast.audit.training import Guard, Training
from holdfast.core.errors import NotApplicable
from holdfast.core.progress import Progress
from holdfast.core.record import CheckResult
from holdfast.finetune.gate import SUPERVISED

FAMILY = "training"
_T = TypeVar("_T")


def guarded(training: Training, progress: Progress) -> tuple[CheckResult, ...]:
    """Return what the guards say."""
    chosen = tuple(one for one in catalogue.selected((FAMILY,)) if one.name not in SUPERVISED)
    return run_checks(chosen, Facts({"training": training, "progress": progress}))


def measured_or_told(silent: dict[Guard, str], guard: Guard, work: Callable[[], _T]) -> _T | None:
    """Return what a guard measured; where it could not, None, the reason being kept."""
    try:
        return work()
    except NotApplicable as error:
        silent[guard] = str(error)
        return None
