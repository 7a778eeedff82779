"""The verb: one probe, from code and data to its record."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.audit import catalogue
from holdfast.audit.probe.bench import Budget, Probe
from holdfast.audit.probe.pipeline import Pipeline
from holdfast.audit.runner import Facts, required, run_checks
from holdfast.audit.settings import AuditSettings
from holdfast.audit.suppression import with_suppressions
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import CheckResult, Run, Status
from holdfast.core.recording import begun, data_fields, recorded
from holdfast.core.store import RunStore, new_id

FAMILY = "probe"


def probe(
    pipeline: Pipeline,
    dataset: Dataset,
    settings: AuditSettings | None = None,
    *,
    seconds: float = 900.0,
    most_rows: int = 10_000,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
    run_id: str | None = None,
) -> Run:
    """Return the record of the experiments on one pipeline; with a `store`, results are kept as they come.

    `seconds` is what all calls of the code together may take. Raises BadInput when the code fails on the data as
    they are, or when the data do not suit it.
    """
    settings, progress = settings or AuditSettings(), listening(progress)
    started = time.perf_counter()
    tried = Probe(pipeline, Budget(seconds), most_rows)
    streams = Streams(settings.seed)
    facts = Facts({"dataset": dataset, "probe": tried, "streams": streams, "progress": progress}, _options(settings))
    required(facts, "bench")  # no experiment can tell anything where the code does not run on the data as they are
    about = pipeline.about
    run = begun(
        "probe",
        f"{about.name} on {dataset.name}",
        command,
        {**settings.model_dump(mode="json", exclude_defaults=True), "pipeline": about.name, "form": about.form},
        id=run_id or new_id(),
        seed=settings.seed,
        **data_fields(dataset),
    )
    chosen = [one for one in catalogue.selected(settings.select, settings.ignore) if one.family == FAMILY]
    if not chosen:
        raise BadInput("no probe is left: --select and --ignore take names of the family probe")
    with recorded(run, store, started) as going:
        facts.listen(going.listening(progress))
        results = run_checks(chosen, facts, options=_options(settings), on_result=going.result)
        results = tuple(with_suppressions(_scoped(one, tried.scope), settings.suppress, None) for one in results)
        return going.finish(results=results, notes=tuple(_notes(results, tried)))


def _options(settings: AuditSettings) -> Mapping[str, Mapping[str, Any]]:
    return {**settings.facts, **settings.checks, "labels": {"task": settings.task, **settings.facts.get("labels", {})}}


def _scoped(result: CheckResult, scope: Mapping[str, str]) -> CheckResult:
    """Return a result that found nothing with what its silence covers."""
    covered = scope.get(result.check)
    if result.status is not Status.PASSED or not covered:
        return result
    return result.model_copy(update={"reason": f"silence covers: {covered}"})


def _notes(results: Sequence[CheckResult], tried: Probe) -> list[str]:
    silent = [one for one in results if one.status is Status.PASSED]
    notes = [f"{one.check}: {one.reason}" for one in silent if one.reason]
    spent = f"the code ran for {tried.budget.spent:.0f} s in all, in processes of its own, one thread each"
    return [*notes, spent]
