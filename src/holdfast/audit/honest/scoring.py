"""The honest score: what is left of a score when every leak that was found is closed."""

import time
import traceback
from collections.abc import Sequence
from typing import Any, Literal

from holdfast.audit.honest.preparation import clusters_of, given_for, labels_for, order_of, prepared
from holdfast.audit.honest.remedies import cures_for, standing
from holdfast.audit.honest.story import told
from holdfast.audit.honest.tally import Tally
from holdfast.audit.honest.values import plan_for
from holdfast.audit.metrics import metric_for
from holdfast.audit.models import Predictions, as_model, name_of
from holdfast.audit.predictions_file import StoredPredictions
from holdfast.audit.runner import Facts
from holdfast.audit.settings import AuditSettings
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Finding
from holdfast.core.progress import Progress, listening, track
from holdfast.core.random import Streams
from holdfast.core.record import CheckResult, HonestScore

SOURCES: dict[str, Literal["own-model", "default-model", "predictions"]] = {
    "predictions": "predictions",
    "estimator": "own-model",
    "": "default-model",
}


def honest_score(
    dataset: Dataset,
    settings: AuditSettings,
    findings: Sequence[Finding],
    *,
    estimator: Any = None,
    predictions: StoredPredictions | Predictions | None = None,
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
    source = SOURCES["predictions" if predictions is not None else "estimator" if estimator is not None else ""]
    # What is known by the time that something goes wrong is told.
    known: dict[str, Any] = {"source": source, "model": "gradient boosting" if source == "default-model" else ""}
    try:
        facts = facts or Facts(
            {"dataset": dataset, "streams": streams},
            {**settings.facts, "labels": {"task": settings.task, **settings.facts.get("labels", {})}},
        )
        labels = labels_for(dataset, facts, findings)
        metric = metric_for(labels, settings.metric)
        known |= {"metric": metric.name, "metric_title": metric.title, "higher_is_better": metric.higher_is_better}
        given = given_for(predictions, labels, facts, metric) if predictions is not None else None
        model = as_model(estimator) if estimator is not None and given is None else None
        known["model"] = given.name if given is not None else model.name if model else name_of(facts["encoding"])
        wanted = cures_for(dataset, findings)
        with track(listening(progress), "honest score", None, "fits") as advance:
            bench, notes = prepared(dataset, facts, labels, wanted, model=model, given=given, streams=streams)
            bench.seconds, bench.on_fit = settings.honest.seconds, lambda: advance(1)
            order = order_of(dataset, wanted.cures)
            tally = Tally(bench, plan_for(bench, wanted.cures, order, streams), metric, streams, settings.honest)
            tally.collect()
            clusters, why = clusters_of(dataset, facts, wanted.cures, order, bench)
            score = told(tally, clusters)
    except (NotApplicable, BadInput) as error:
        return HonestScore(status="not-estimable", reason=str(error), seconds=time.perf_counter() - started, **known)
    return score.model_copy(
        update={
            **known,
            "notes": (*notes, *wanted.notes, *why, *score.notes),
            "seconds": time.perf_counter() - started,
        }
    )


def score_of_audit(
    dataset: Dataset, settings: AuditSettings, results: Sequence[CheckResult], facts: Facts
) -> HonestScore:
    """Return the honest score of an audit; a crash becomes its reason, with the trace, and loses no result."""
    try:
        return honest_score(
            dataset,
            settings,
            standing(results),
            estimator=_or_none(facts, "estimator"),
            predictions=_or_none(facts, "predictions"),
            streams=facts["streams"],
            progress=facts["progress"],
            facts=facts,
        )
    except Exception as error:  # noqa: BLE001 the checks' results must survive; the trace is in the record
        return HonestScore(
            status="not-estimable",
            reason=f"the honest score crashed, which is a fault of Holdfast: {type(error).__name__}: {error}",
            notes=(traceback.format_exc(),),
        )


def _or_none(facts: Facts, name: str) -> Any:
    try:
        return facts[name]
    except NotApplicable:
        return None
