"""The gate: what must hold of the data before the first step. A broken gate stops, unless it is overruled by name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from holdfast.audit import catalogue
from holdfast.audit.policies import beside
from holdfast.audit.runner import Facts, run_checks
from holdfast.audit.supervision import Supervision
from holdfast.core.dataset import Dataset
from holdfast.core.errors import unknown
from holdfast.core.finding import Examples, Finding, Severity
from holdfast.core.progress import Progress
from holdfast.core.random import Streams
from holdfast.core.record import CheckResult, Section, Status, Suppressed
from holdfast.finetune.overlaps import AS_SHOWN, as_shown, views
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Prepared

# Checks of the audit that speak about rows which a model learns from and is judged by.
OVERLAPS = (
    "split-overlap", "near-split-overlap", "group-overlap", "conflicting-duplicates", "class-too-rare",
    "synthetic-in-test", "child-of-test-row", "policy-broken",
)  # fmt: skip
# Checks of what the model is shown and learns from (family `training`), which need no training to speak.
SUPERVISED = ("nothing-supervised", "end-not-learnt", "truncated-examples", "template-mismatch")


@dataclass(frozen=True)
class Broken:
    """What the gate found. `broken` names the checks that stop the training."""

    results: tuple[CheckResult, ...]
    broken: tuple[str, ...]
    sections: tuple[Section, ...] = ()
    final: str = ""  # why not even overruling helps

    @property
    def says(self) -> str:
        """What happened, in one sentence, and what to do."""
        if self.final:
            return f"Not started: {self.final}."
        names, allow = ", ".join(self.broken), ", ".join(f'"{name}"' for name in self.broken)
        mended = any(one.remedy for result in self.results if result.check in self.broken for one in result.findings)
        how = "`holdfast fix RUN` writes them without; or mend" if mended else "Mend"
        return f"Not started: the data fail {names}. {how} them, or overrule by name: allow = [{allow}]"


def gate(dataset: Dataset, original: Dataset | None, prepared: Prepared, recipe: Recipe, progress: Progress) -> Broken:
    """Return what checks say about the data, before anything is trained. Raises BadInput for a name in `allow`."""
    before = None if prepared.original is None else prepared.original.supervision
    return gated(dataset, original, prepared.task.supervision, before, recipe, progress)


def gated(
    dataset: Dataset,
    original: Dataset | None,
    supervision: Supervision,
    before: Supervision | None,
    recipe: Recipe,
    progress: Progress,
    more: Sequence[str] = (),
) -> Broken:
    """Return what checks say about data of which this is learnt; `more` checks may be named. Raises BadInput."""
    apart = (*(name for name in OVERLAPS if name not in AS_SHOWN), *more)
    for name in recipe.allow:
        if name not in (*OVERLAPS, *more, *SUPERVISED):
            raise unknown("check of the gate (allow = [...])", name, (*OVERLAPS, *more, *SUPERVISED))
    streams = Streams(recipe.seed)
    inputs = {"all": recipe.data} if isinstance(recipe.data, str) else dict(recipe.data)
    roots = {"streams": streams, "progress": progress, "supervision": supervision, **beside(inputs)}
    if not supervision.labelled:
        dataset = replace(
            dataset, columns=tuple(replace(one, role="metadata") if one.role == "label" else one
                                   for one in dataset.columns),
        )  # fmt: skip
    shown = as_shown(dataset, supervision.columns)
    results = {
        one.check: one
        for names, subject in ((AS_SHOWN, shown), (apart, dataset))
        for one in run_checks(catalogue.selected(names), Facts({**roots, "dataset": subject}))
    }
    results |= {one.check: one for one in run_checks(catalogue.selected(SUPERVISED), Facts(roots))}
    then = as_shown(original, before.columns) if original is not None and before is not None else None
    for view in views(shown, then, recipe):
        for one in run_checks(catalogue.selected(AS_SHOWN), Facts({"streams": streams, "dataset": view.dataset})):
            told = tuple(view.told(finding) for finding in one.findings)
            results[one.check] = _joined(results[one.check], told)
    ordered = tuple(results[name] for name in (*OVERLAPS, *more, *SUPERVISED))
    judged = tuple(overruled(one) if one.check in recipe.allow else one for one in ordered)
    broken = tuple(one.check for one in judged if any(found.severity is Severity.ERROR for found in one.findings))
    final = _nothing(supervision)
    return Broken(judged, broken or (("nothing-supervised",) if final else ()), (ledger(supervision),), final)


def _joined(result: CheckResult, more: Sequence[Finding]) -> CheckResult:
    if not more:
        return result
    return result.model_copy(update={"findings": (*result.findings, *more), "status": Status.FOUND, "reason": ""})


def overruled(result: CheckResult) -> CheckResult:
    """Return a result whose findings are set aside, and counted, as the recipe says."""
    aside = tuple(Suppressed(finding=one, reason="overruled by the recipe (allow)") for one in result.findings)
    return result.model_copy(update={"findings": (), "suppressed": (*result.suppressed, *aside)})


def _nothing(supervision: Supervision) -> str:
    """Return why there is nothing to learn or to be judged by; empty where there is."""
    for split, one in supervision.ledgers.items():
        if not one.supervised.sum():
            return f"no {split} example holds anything to learn"
    return ""


def ledger(supervision: Supervision) -> Section:
    """Return what the model is shown and learns from, split by split."""
    rows = []
    for split, one in supervision.ledgers.items():
        ends = "" if one.ends is None else int((one.ends & (one.lost == 0) & (one.supervised > 0)).sum())
        rows.append((split, len(one), int(one.whole.sum()), int((one.kept < one.whole).sum()),
                     int((one.whole - one.kept).sum()), int(one.supervised.sum()), int((one.lost > 0).sum()),
                     int(((one.lost > 0) & (one.supervised == 0)).sum()), ends))  # fmt: skip
    unit = supervision.unit
    columns = ("split", "examples", unit, "examples cut", f"{unit} cut", "supervised", "answers cut", "answers gone",
               "ends learnt")  # fmt: skip
    limit = f"An example is shown to at most {supervision.limit:,} {unit}" if supervision.limit else "Nothing is cut"
    template = f"; conversations are written by {supervision.template}" if supervision.template else ""
    stops = f"; generation stops at {supervision.end}" if supervision.end else ""
    return Section(
        title="What the model is shown and learns from",
        says=(f"{limit}{template}{stops}.",),
        evidence=(Examples(caption="Counted before the first step", columns=columns, cells=tuple(rows)),),
    )
