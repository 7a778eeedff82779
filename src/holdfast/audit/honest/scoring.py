"""The honest score: what is left of a score when every leak that was found is closed."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.audit.facts.encoding import Encoding
from holdfast.audit.facts.labels import Labels
from holdfast.audit.honest.bench import Bench, draw_rows, relabelled, sample_limits, units_of
from holdfast.audit.honest.intervals import time_clusters
from holdfast.audit.honest.remedies import Cure, Wanted, cures_for, joined
from holdfast.audit.honest.story import told
from holdfast.audit.honest.tally import Tally
from holdfast.audit.honest.values import plan_for
from holdfast.audit.metrics import Metric, metric_for
from holdfast.audit.models import Inputs, Model, Predictions, as_model
from holdfast.audit.runner import Facts
from holdfast.audit.settings import AuditSettings
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Confidence, Finding
from holdfast.core.progress import Progress, Silent, track
from holdfast.core.random import Streams
from holdfast.core.record import HonestScore


def honest_score(
    dataset: Dataset,
    settings: AuditSettings,
    findings: Sequence[Finding],
    *,
    estimator: Any = None,
    predictions: Predictions | None = None,
    streams: Streams | None = None,
    progress: Progress | None = None,
    facts: Facts | None = None,
) -> HonestScore:
    """Return the claimed score, the honest one, and what each remedy of the findings takes away.

    The score is that of `predictions` (one for each test row), else of `estimator`, else of the default model.
    "Not estimable" is an answer: nothing is raised for data that do not allow one, nor for a model that fails.
    `facts` are those of the audit, where there was one.
    """
    started = time.perf_counter()
    streams = streams or Streams(settings.seed)
    metric: Metric | None = None
    model: Model | None = None
    try:
        facts = facts or Facts(
            {"dataset": dataset, "streams": streams},
            {**settings.facts, "labels": {"task": settings.task, **settings.facts.get("labels", {})}},
        )
        model = None if estimator is None or predictions is not None else as_model(estimator)
        wanted = cures_for(dataset, findings)
        labels = _respelt(dataset, facts["labels"], findings)
        metric = metric_for(labels, settings.metric)
        with track(progress or Silent(), "honest score", None, "fits") as advance:
            bench, notes = _bench(dataset, facts, labels, model, predictions, wanted, settings, streams)
            bench.on_fit = lambda: advance(1)
            order = _order(dataset, wanted.cures)
            plan = plan_for(bench, wanted.cures, order, streams)
            clusters, why = _clusters(dataset, facts, wanted.cures, order, bench)
            tally = Tally(bench, plan, metric, streams, settings.honest)
            tally.collect()
            score = told(tally, clusters)
    except (NotApplicable, BadInput) as error:
        return HonestScore(
            status="not-estimable",
            reason=str(error),
            metric=metric.name if metric else "",
            metric_title=metric.title if metric else "",
            higher_is_better=metric.higher_is_better if metric else True,
            model=_name(model, predictions),
            source=_source(model, predictions),
            seconds=time.perf_counter() - started,
        )
    return score.model_copy(
        update={
            "model": _name(model, predictions),
            "source": _source(model, predictions),
            "notes": (*notes, *wanted.notes, *why, *score.notes),
            "seconds": time.perf_counter() - started,
        }
    )


def _bench(
    dataset: Dataset,
    facts: Facts,
    labels: Labels,
    model: Model | None,
    predictions: Predictions | None,
    wanted: Wanted,
    settings: AuditSettings,
    streams: Streams,
) -> tuple[Bench, tuple[str, ...]]:
    encoding = _encoding(dataset, facts, model, predictions)
    split_of = facts["split_of"]
    groups = next((cure.groups for cure in wanted.cures if cure.groups is not None), None)
    limits = sample_limits(encoding, model) if predictions is None else (10**9, 10**9)
    units = units_of(facts["row_groups"], groups)
    drawn = draw_rows(split_of, labels, units, streams, most_train=limits[0], most_test=limits[1])
    if len(drawn.test) < 20 or not len(drawn.train):
        raise NotApplicable(f"{len(drawn.train):,} training and {len(drawn.test):,} test rows have a label: too few")
    in_time = predictions is None and any(cure.operation == "reorder-split" for cure in wanted.cures)
    given = None
    if predictions is not None:
        of_test = np.flatnonzero(split_of.test)
        if len(predictions.values) != len(of_test):
            raise BadInput(f"{len(predictions.values):,} predictions were given for {len(of_test):,} test rows")
        given = predictions.take(np.searchsorted(of_test, drawn.test))
    return (
        Bench(
            inputs=Inputs(dataset, encoding, np.concatenate([drawn.train, drawn.test])),
            labels=labels,
            n_train=len(drawn.train),
            model=model,
            seed=streams.integer("honest", "model"),
            seconds=settings.honest.seconds,
            scored=np.arange(0 if in_time else len(drawn.train), len(drawn.train) + len(drawn.test)),
            units=facts["row_groups"].group,
            given=given,
        ),
        drawn.notes,
    )


def _encoding(dataset: Dataset, facts: Facts, model: Model | None, predictions: Predictions | None) -> Encoding:
    try:
        encoding: Encoding = facts["encoding"]
    except NotApplicable:
        if model is None and predictions is None:
            raise
        return Encoding(dataset, (), np.empty(0, dtype=bool), {})  # the person's own model reads the columns itself
    return encoding


def _respelt(dataset: Dataset, labels: Labels, findings: Sequence[Finding]) -> Labels:
    """Return the labels after remedies that are certain, such as one class in two spellings."""
    for finding in findings:
        remedy = finding.remedy
        if remedy is not None and remedy.op == "relabel" and finding.confidence is Confidence.CERTAIN:
            labels = relabelled(dataset, labels, np.asarray(remedy.rows), remedy.labels)
    return labels


def _order(dataset: Dataset, cures: Sequence[Cure]) -> np.ndarray | None:
    """Return the place in time of each row: of the clock that a cure names, the time column, or the row number."""
    cure = next((cure for cure in cures if cure.operation == "reorder-split"), None)
    column = dataset.one("time")
    if cure is not None and cure.columns:
        column = dataset[cure.columns[0]]
    if column is not None:
        try:
            return dataset.numbers(column.name)
        except BadInput:
            return None
    return np.arange(len(dataset), dtype=np.float64) if cure is not None else None


def _clusters(
    dataset: Dataset, facts: Facts, cures: Sequence[Cure], order: np.ndarray | None, bench: Bench
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return what the bootstrap draws as a whole: groups, stretches of time, or copies of one row."""
    keys = [cure.groups for cure in cures if cure.groups is not None][:1]
    columns = dataset.of(role="group")
    if not keys and columns:
        codes = [dataset.codes(column.name)[0] for column in columns]
        keys = [joined([np.where(code < 0, code.max(initial=0) + 1 + np.arange(len(code)), code) for code in codes])]
    if keys:
        clusters = np.unique(keys[0][bench.inputs.rows[bench.scored]], return_inverse=True)[1].reshape(-1)
        if clusters.max() > 0:
            return clusters, (f"The bootstrap draws whole groups: {clusters.max() + 1:,}.",)
    if order is not None:
        return time_clusters(order[bench.inputs.rows[bench.scored]]), (
            "The bootstrap draws stretches of time, not single rows.",
        )
    return np.unique(facts["row_groups"].group[bench.inputs.rows[bench.scored]], return_inverse=True)[1].reshape(-1), ()


def _name(model: Model | None, predictions: Predictions | None) -> str:
    if predictions is not None:
        return "stored predictions"
    return model.name if model is not None else "gradient boosting"


def _source(model: Model | None, predictions: Predictions | None) -> str:
    if predictions is not None:
        return "predictions"
    return "own-model" if model is not None and model.own else "default-model"
