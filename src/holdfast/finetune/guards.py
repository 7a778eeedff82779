"""The six guards: ordinary checks of the family `training`, over what was measured."""

from holdfast.audit import catalogue
from holdfast.audit.runner import Facts, run_checks
from holdfast.audit.training import Training
from holdfast.core.progress import Progress
from holdfast.core.record import CheckResult
from holdfast.finetune.gate import SUPERVISED

FAMILY = "training"


def guarded(training: Training, progress: Progress) -> tuple[CheckResult, ...]:
    """Return what the guards say."""
    chosen = tuple(one for one in catalogue.selected((FAMILY,)) if one.name not in SUPERVISED)
    return run_checks(chosen, Facts({"training": training, "progress": progress}))
