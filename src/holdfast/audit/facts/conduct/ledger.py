"""How often a test set was looked at: earlier runs that scored a model on the same rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from holdfast.core.index import summaries
from holdfast.core.record import Run
from holdfast.core.store import RunStore, read_run


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
        scoring
        for run in runs
        if test_digest and run.test_digest == test_digest and run.id != besides
        for scoring in scorings(run)
    ]
    return Ledger(test_digest, tuple(sorted(found, key=lambda item: (item.time, item.run))))


@dataclass(frozen=True, slots=True)
class TestSet:
    """A test set, told by the hash of its rows: what it was called last, and the models that it has scored."""

    __test__ = False  # not a test, whatever pytest makes of the name

    digest: str
    title: str
    n_rows: int
    n_runs: int
    last: datetime
    scored: tuple[Scoring, ...]  # equal model, metric and score once; oldest first


def test_sets(store: RunStore) -> list[TestSet]:
    """Return the test sets that have scored a person's own models, those with most models first."""
    runs: dict[str, list[Run]] = {}
    for one in summaries(store):
        if one.test_digest and one.status == "finished":
            run = read_run(store.folder / one.id)
            if scorings(run):
                runs.setdefault(run.test_digest, []).append(run)
    found = []
    for digest, of_set in runs.items():
        ledger = ledger_of(of_set, digest)
        distinct = {(item.model, item.metric, _rounded(item.score)): item for item in reversed(ledger.runs)}
        scored = tuple(sorted(distinct.values(), key=lambda item: (item.time, item.run)))
        newest = of_set[0]
        names = ", ".join(dict.fromkeys(item.name for item in newest.inputs)) or newest.title
        found.append(TestSet(digest, names, newest.n_rows, len(of_set), newest.started, scored))
    return sorted(found, key=lambda one: (-len(one.scored), one.digest))


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 6)


def scorings(run: Run) -> list[Scoring]:
    """Return what a run scored on its test set: each model of a comparison, or the person's own model of an audit."""
    models = run.config.get("models")
    if run.kind == "compare" and isinstance(models, dict):
        metric, higher = str(run.config.get("metric", "")), bool(run.config.get("higher_is_better", True))
        return [
            Scoring(run.id, run.started, str(name), metric, _number(score), higher) for name, score in models.items()
        ]
    return [_scoring(run)] if _model(run) else []


def _number(score: object) -> float | None:
    return float(score) if isinstance(score, int | float) else None


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
