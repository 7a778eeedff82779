"""The verb: one audit, from a data set to its record."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.audit import catalogue
from holdfast.audit.code import Code
from holdfast.audit.facts.conduct.ledger import ledger_of
from holdfast.audit.honest import score_of_audit
from holdfast.audit.metrics import metric_called
from holdfast.audit.outcome import split_records
from holdfast.audit.recording import subject_fields
from holdfast.audit.runner import Facts, closure, refuse_unknown_options, run_checks
from holdfast.audit.settings import AuditSettings
from holdfast.audit.suppression import with_suppressions
from holdfast.core.dataset import Dataset
from holdfast.core.index import runs_on
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import Run
from holdfast.core.recording import begun, recorded
from holdfast.core.store import RunStore, new_id


def audit_dataset(
    dataset: Dataset | None,
    settings: AuditSettings | None = None,
    *,
    given: Mapping[str, Any] | None = None,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
    baseline: Run | None = None,
    resume: Run | None = None,
    run_id: str | None = None,
) -> Run:
    """Return the record of an audit of `dataset`; with a `store`, every result is kept as soon as it is there.

    `given` holds facts by name, taken instead of being derived; without a data set, those are what is audited, such
    as `code`. `baseline` hides what an earlier run had found.
    `resume` is an interrupted run of the same data and settings, whose results are taken over.
    `run_id` names the run; a new one otherwise.
    """
    settings = settings or AuditSettings()
    started = time.perf_counter()
    options = {**settings.facts, **settings.checks}
    options["labels"] = {"task": settings.task, **settings.facts.get("labels", {})}
    refuse_unknown_options(options)
    if settings.metric is not None:
        metric_called(settings.metric)  # a misspelt name is told now, not after all checks
    code: Code | None = (given or {}).get("code")
    about = subject_fields(dataset, code)
    digest = about.get("test_digest", "")
    roots: dict[str, Any] = {"streams": Streams(settings.seed), "progress": listening(progress)}
    if dataset is not None:
        roots["dataset"] = dataset
    if store is not None and digest:
        roots["ledger"] = ledger_of(runs_on(store, digest), digest, besides=resume.id if resume else "")
    facts = Facts({**roots, **(given or {})}, options)
    name = resume.id if resume else run_id or new_id()
    run = begun("audit", command=command, settings=settings, id=name, splits=split_records(facts), **about)
    chosen = catalogue.selected(settings.select, settings.ignore)
    if dataset is None:  # checks of data would only say that there is none
        chosen = tuple(item for item in chosen if "dataset" not in closure(item.needs))
    done = {result.check: result for result in resume.results} if resume else {}
    with recorded(run, store, started) as going:
        facts.listen(going.listening(listening(progress)))
        results = run_checks(
            chosen,
            facts,
            options=options,
            done=done,
            keep=("encoding",) if settings.honest.enabled else (),  # the score asks again; it leads to the images too
            on_result=going.result,
        )
        comments = code.allowed if code is not None else ()
        results = tuple(with_suppressions(result, settings.suppress, baseline, comments) for result in results)
        honest = None
        if dataset is not None and settings.honest.enabled:
            honest = score_of_audit(dataset, settings, results, facts)
        return going.finish(results=results, honest=honest)
