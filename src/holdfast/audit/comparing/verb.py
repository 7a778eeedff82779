"""The verb: one comparison, from files of predictions to its record."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.audit import catalogue
from holdfast.audit.comparing import telling
from holdfast.audit.comparing.noise import Noise, noise_of
from holdfast.audit.comparing.pairs import ranked
from holdfast.audit.comparing.reading import Wanted, clusters_of, labels_of, predicted, truth_from
from holdfast.audit.facts.conduct.ledger import ledger_of
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.metrics import metric_for, truth_of
from holdfast.audit.runner import Facts, run_checks
from holdfast.audit.scoring import usable
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.index import runs_on
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import Run
from holdfast.core.recording import begun, data_fields, recorded
from holdfast.core.store import RunStore

CHECKS = ("uncorrected-comparisons", "tiny-test-set", "test-set-reuse")


def compare(
    files: Sequence[Path],
    wanted: Wanted,
    *,
    truth: Path | None = None,
    metric: str | None = None,
    noise: float | None = None,
    seed: int = 0,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> Run:
    """Return the record of a comparison of stored predictions. Raises BadInput when they cannot be compared."""
    started = time.perf_counter()
    dataset = truth_from(truth, files, wanted)
    labels = labels_of(dataset, wanted.task)
    models = predicted(files, dataset, labels, wanted)
    named = metric_for(labels, metric)
    used = named if metric else usable(named, labels, *models.models.values())
    streams = Streams(seed)
    answers = truth_of(labels, models.rows)
    order = None
    if wanted.time is not None and not wanted.group:
        order = np.argsort(dataset.numbers(wanted.time)[models.rows], kind="stable")
    clusters = clusters_of(dataset, wanted, models.rows)
    try:
        ranking = ranked(models, answers, used, streams("compare"), order=order, clusters=clusters)
    except NotApplicable as error:
        raise BadInput(str(error)) from error
    said: Noise | NotApplicable
    try:
        said = noise_of(dataset, labels, models.rows, wanted.votes, noise)
    except NotApplicable as error:
        said = error
    fields = data_fields(dataset)
    results = [
        telling.compared(ranking, wanted.label, models.missing),
        telling.noise_result(ranking, said, wanted.label),
    ]
    given: dict[str, Any] = {
        "dataset": dataset, "labels": labels, "test_predictions": models, "score_metric": used, "streams": streams,
        "split_of": SplitOf(("test",), np.zeros(len(dataset), dtype=np.int64)), "progress": listening(progress),
    }  # fmt: skip
    if store is not None:
        given["ledger"] = ledger_of(runs_on(store, fields["test_digest"]), fields["test_digest"])
    known = catalogue.checks()
    results += run_checks([known[name] for name in CHECKS if name in known], Facts(given))
    run = begun(
        "compare",
        " against ".join(ranking.names[:3]) + (f" and {len(ranking.names) - 3} more" * (len(ranking.names) > 3)),
        command,
        _config(files, wanted, truth, noise, ranking.metric.name, ranking.scores, used.higher_is_better),
        seed=seed,
        **fields,
    )
    with recorded(run, store, started) as going:
        says = f"{results[0].findings[0].message.rstrip('.')}."
        return going.finish(results=tuple(results), says=says, sections=telling.sections(ranking))


def _config(
    files: Sequence[Path],
    wanted: Wanted,
    truth: Path | None,
    noise: float | None,
    metric: str,
    scores: Mapping[str, Any],
    higher: bool,  # noqa: FBT001 a fact about the metric, written down
) -> dict[str, Any]:
    """Return what was asked, and the scores that were looked at: the ledger of the test set reads these."""
    told = {
        "label": wanted.label, "id": wanted.id, "time": wanted.time, "group": wanted.group, "votes": wanted.votes,
        "truth": str(truth) if truth else None, "noise": noise,
    }  # fmt: skip
    return {
        **{name: value for name, value in told.items() if value not in (None, ())},
        "predictions": [str(file) for file in files],
        "metric": metric,
        "higher_is_better": higher,
        "models": {name: item.value for name, item in scores.items()},
    }
