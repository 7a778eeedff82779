"""The gate: what must hold of the data before the first step. A broken gate stops, unless it is overruled by name."""

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.audit import catalogue
from holdfast.audit.runner import Facts, run_checks
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Severity
from holdfast.core.progress import Progress
from holdfast.core.random import Streams
from holdfast.core.record import CheckResult
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Prepared

# Checks of the audit that speak about rows which a model learns from and is judged by.
OVERLAPS = (
    "split-overlap", "near-split-overlap", "group-overlap", "conflicting-duplicates", "class-too-rare",
    "synthetic-in-test", "child-of-test-row", "policy-broken",
)  # fmt: skip
# Checks of what the model is shown and learns from (family `training`), which need no training to speak.
SUPERVISED: tuple[str, ...] = ()


@dataclass(frozen=True)
class Broken:
    """What the gate found. `broken` names the checks that stop the training."""

    results: tuple[CheckResult, ...]
    broken: tuple[str, ...]

    @property
    def says(self) -> str:
        """What happened, in one sentence."""
        names = ", ".join(self.broken)
        return f"Not started: the data fail {names}. Mend them, or overrule by name: allow = [{_quoted(self.broken)}]"


def gate(dataset: Dataset, original: Dataset | None, prepared: Prepared, recipe: Recipe, progress: Progress) -> Broken:
    """Return what checks say about the data, before anything is trained."""
    del original
    known = {one.name for one in catalogue.selected()}
    chosen = catalogue.selected(tuple(name for name in (*OVERLAPS, *SUPERVISED) if name in known))
    roots = {
        "dataset": dataset,
        "streams": Streams(recipe.seed),
        "progress": progress,
        "supervision": prepared.task.supervision,
    }
    results = run_checks(chosen, Facts(roots))
    return Broken(results, tuple(one.check for one in results if _stops(one) and one.check not in recipe.allow))


def _stops(result: CheckResult) -> bool:
    return any(finding.severity is Severity.ERROR for finding in result.findings)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
