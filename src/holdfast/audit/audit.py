"""The verb: one audit, from a data set to its record."""

import platform
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from holdfast import __version__
from holdfast.audit import catalogue
from holdfast.audit.runner import Facts, run_checks
from holdfast.audit.settings import AuditSettings, Suppression
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Finding
from holdfast.core.progress import Progress, Recording, Silent
from holdfast.core.random import Streams
from holdfast.core.record import CheckResult, ColumnRecord, Environment, InputRecord, Run, Status, Suppressed
from holdfast.core.store import RunStore, new_id

_PACKAGES = ("numpy", "pyarrow", "duckdb", "scikit-learn", "scipy", "pydantic")


def audit_dataset(
    dataset: Dataset,
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

    `given` holds facts by name, taken instead of being derived. `baseline` hides what an earlier run had found.
    `resume` is an interrupted run of the same data and settings, whose results are taken over.
    `run_id` names the run; a new one otherwise.
    """
    settings = settings or AuditSettings()
    started = time.perf_counter()
    options = {**settings.facts, **settings.checks}
    options.setdefault("labels", {}).setdefault("task", settings.task)
    facts = Facts(
        {
            "dataset": dataset,
            "streams": Streams(settings.seed),
            "progress": progress or Silent(),
            **(given or {}),
        },
        options,
    )
    run = Run(
        id=resume.id if resume else run_id or new_id(),
        title=dataset.name,
        command=tuple(command),
        status="running",
        started=datetime.now(UTC),
        n_rows=len(dataset),
        inputs=tuple(_input(source) for source in dataset.sources),
        columns=tuple(
            ColumnRecord(name=c.name, kind=c.kind, role=c.role, n_missing=dataset.values(c.name).null_count)
            for c in dataset.columns
        ),
        config=settings.model_dump(mode="json", exclude_defaults=True),
        test_digest=test_digest(dataset),
        seed=settings.seed,
        environment=environment(),
    )
    chosen = catalogue.selected(settings.select, settings.ignore)
    done = {result.check: result for result in resume.results} if resume else {}
    with store.begin(run) if store else nullcontext() as writer:
        if writer is not None:
            facts.listen(Recording(progress or Silent(), writer.event))
        results = run_checks(
            chosen, facts, options=options, done=done, on_result=writer.result if writer else lambda _: None
        )
        results = tuple(_with_suppressions(result, settings.suppress, baseline) for result in results)
        run = run.model_copy(
            update={"status": "finished", "results": results, "seconds": time.perf_counter() - started}
        )
        if writer is not None:
            writer.finish(run)
    return run


def test_digest(dataset: Dataset) -> str:
    """Return the content hash of the test rows, or of all rows where there is no split."""
    column = dataset.one("split")
    if column is None:
        return dataset.digest
    codes, names = dataset.codes(column.name)
    if "test" not in names:
        return dataset.digest
    return dataset.take(np.flatnonzero(codes == names.index("test"))).digest


def environment() -> Environment:
    """Return what this process runs on."""
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    return Environment(
        holdfast=__version__,
        python=sys.version.split()[0],
        platform=f"{platform.system()} {platform.machine()}",
        packages=packages,
    )


def _input(source: Any) -> InputRecord:
    return InputRecord(
        name=source.name,
        start=source.start,
        stop=source.stop,
        digest=source.digest,
        split=source.split,
        first_row=source.first_row,
        notes=source.notes,
    )


def _with_suppressions(result: CheckResult, wanted: Sequence[Suppression], baseline: Run | None) -> CheckResult:
    known = {finding.fingerprint for finding in baseline.findings} if baseline else set()
    shown, hidden = [], []
    for finding in result.findings:
        reason = _reason_to_hide(finding, wanted)
        if reason is None and finding.fingerprint in known and baseline:
            reason = f"already in run {baseline.id}"
        if reason is None:
            shown.append(finding)
        else:
            hidden.append(Suppressed(finding=finding, reason=reason))
    if not hidden:
        return result
    status = result.status if shown or result.status is not Status.FOUND else Status.PASSED
    return result.model_copy(update={"findings": tuple(shown), "suppressed": tuple(hidden), "status": status})


def _reason_to_hide(finding: Finding, wanted: Sequence[Suppression]) -> str | None:
    for suppression in wanted:
        if suppression.check == finding.check and (
            not suppression.columns or finding.located(columns=suppression.columns)
        ):
            return suppression.reason
    return None
