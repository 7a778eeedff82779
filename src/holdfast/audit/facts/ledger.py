"""How often a test set was looked at: earlier runs that scored a model on the same rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from holdfast.core.record import Run


@dataclass(frozen=True, slots=True)
class Scoring:
    """One run that scored a person's own model on the test set; `score` is None where the run gave none."""

    run: str
    time: datetime
    model: str
    metric: str = ""
    score: float | None = None
    higher_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Ledger:
    """All scorings of one test set, told by the digest of its content, oldest first. A root: the caller gives it."""

    test_digest: str
    runs: tuple[Scoring, ...] = ()


def ledger_of(runs: Iterable[Run], test_digest: str, *, besides: str = "") -> Ledger:
    """Return the ledger of a test set from stored runs; `besides` is the id of the run under way.

    Only runs that judged the person's own model or predictions count: a default model that stands in selects nothing.
    """
    found = [
        _scoring(run)
        for run in runs
        if test_digest and run.test_digest == test_digest and run.id != besides and _model(run)
    ]
    return Ledger(test_digest, tuple(sorted(found, key=lambda item: (item.time, item.run))))


def _scoring(run: Run) -> Scoring:
    honest = run.honest
    claimed = honest.claimed if honest is not None else None
    return Scoring(
        run.id,
        run.started,
        _model(run),
        honest.metric if honest is not None else "",
        claimed.value if claimed is not None else None,
        honest.higher_is_better if honest is not None else True,
    )


def _model(run: Run) -> str:
    """Return whose predictions the run judged: a name of the person's model or predictions, or nothing."""
    if run.honest is not None and run.honest.source in {"own-model", "predictions"}:
        return run.honest.model or run.honest.source
    for key in ("model", "predictions"):
        named = run.config.get(key)
        if named:
            return str(named)
    return ""
