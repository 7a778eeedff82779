"""What an honest score starts from: labels, stored predictions, rows, their order and their clusters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.honest.bench import Bench, draw_rows, relabelled, sample_limits, units_of
from holdfast.audit.honest.intervals import Clusters, time_clusters
from holdfast.audit.honest.remedies import Cure, Wanted, joined
from holdfast.audit.metrics import Metric, truth_of
from holdfast.audit.models import Inputs, Model, Predictions
from holdfast.audit.predictions_file import StoredPredictions, understood
from holdfast.audit.runner import Facts
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Confidence, Finding
from holdfast.core.random import Streams

_LEAST_TEST = 20


@dataclass(frozen=True)
class Given:
    """Stored predictions for `rows` of the data set, and what to say about them."""

    name: str
    rows: np.ndarray
    predictions: Predictions
    notes: tuple[str, ...] = ()


def labels_for(dataset: Dataset, facts: Facts, findings: Sequence[Finding]) -> Labels:
    """Return the labels after remedies that are certain, such as one class in two spellings."""
    labels: Labels = facts["labels"]
    for finding in findings:
        remedy = finding.remedy
        if remedy is not None and remedy.op == "relabel" and finding.confidence is Confidence.CERTAIN:
            labels = relabelled(dataset, labels, np.asarray(remedy.rows), remedy.labels)
    return labels


def given_for(given: StoredPredictions | Predictions, labels: Labels, facts: Facts, metric: Metric) -> Given:
    """Return stored predictions of test rows with a label. Of several models, the one that claims most counts.

    Raises BadInput.
    """
    of_test = facts["split_of"].test & labels.known
    if isinstance(given, Predictions):
        rows, models = np.flatnonzero(facts["split_of"].test), {"stored predictions": given}
        if len(given.values) != len(rows):
            raise BadInput(f"{len(given.values):,} predictions were given for {len(rows):,} test rows")
    else:
        rows, models = given.rows, dict(understood(given, labels))
    best: Given | None = None
    claims: list[float] = []
    for name, said in models.items():
        whole = of_test[rows] & np.isfinite(said.values)
        if said.scores is not None:
            whole &= ~np.isnan(said.scores).any(axis=1)
        kept, n_missing = said.take(np.flatnonzero(whole)), int((of_test[rows] & ~whole).sum())
        claim = metric.score(truth_of(labels, rows[whole]), kept) * (1 if metric.higher_is_better else -1)
        notes = (f"{n_missing:,} test rows have no prediction and were left out.",) if n_missing else ()
        if best is None or claim > max(claims):
            best = Given(name, rows[whole], kept, notes)
        claims.append(claim)
    assert best is not None  # `understood` raises when there is no model
    if len(models) == 1:
        return best
    many = f"Of {len(models)} models with stored predictions, {best.name} claims most; this is about its score."
    return Given(best.name, best.rows, best.predictions, (*best.notes, many))


def prepared(
    dataset: Dataset,
    facts: Facts,
    labels: Labels,
    wanted: Wanted,
    *,
    model: Model | None,
    given: Given | None,
    streams: Streams,
) -> tuple[Bench, tuple[str, ...]]:
    """Return the bench, and what is to be said about its rows. Raises NotApplicable for too few of them."""
    encoding = _encoding(dataset, facts, needed=model is None and given is None)
    row_groups = facts["row_groups"]
    groups = next((cure.groups for cure in wanted.cures if cure.groups is not None), None)
    limits = sample_limits(encoding, model) if given is None else (len(dataset), len(dataset))
    drawn = draw_rows(
        facts["split_of"],
        labels,
        units_of(row_groups, groups),
        streams,
        most_train=limits[0],
        most_test=limits[1],
    )
    test, notes = drawn.test, drawn.notes
    if given is not None:
        test, notes = given.rows, (*notes, *given.notes)
    if not len(test) and not (labels.known & facts["split_of"].test).any():
        raise NotApplicable("the test rows have no labels; give the training data alone, and part of them is the test")
    if len(test) < _LEAST_TEST or not len(drawn.train):
        raise NotApplicable(f"only {len(drawn.train):,} training and {len(test):,} test rows can be used")
    n = len(drawn.train) + len(test)
    # A split in time is judged by its last rows, whichever side they were on.
    in_time = given is None and any(cure.operation == "reorder-split" for cure in wanted.cures)
    bench = Bench(
        inputs=Inputs(dataset, encoding, np.concatenate([drawn.train, test])),
        labels=labels,
        n_train=len(drawn.train),
        model=model,
        seed=streams.integer("honest", "model"),
        scored=np.arange(0 if in_time else len(drawn.train), n),
        units=row_groups.group,
        given=given.predictions if given is not None else None,
    )
    return bench, notes


def order_of(dataset: Dataset, cures: Sequence[Cure]) -> np.ndarray | None:
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


def clusters_of(
    dataset: Dataset, facts: Facts, cures: Sequence[Cure], order: np.ndarray | None, bench: Bench
) -> tuple[Clusters, tuple[str, ...]]:
    """Return what the bootstrap draws as a whole: groups, stretches of time, or copies of one row."""
    rows = bench.inputs.rows[bench.scored]
    keys = [cure.groups for cure in cures if cure.groups is not None][:1]
    columns = dataset.of(role="group")
    if not keys and columns:
        codes = [dataset.codes(column.name)[0] for column in columns]
        keys = [joined([np.where(code < 0, code.max(initial=0) + 1 + np.arange(len(code)), code) for code in codes])]
    if keys:
        groups = Clusters(np.unique(keys[0][rows], return_inverse=True)[1].reshape(-1))
        if groups.count > 1:
            return groups, (f"The bootstrap draws whole groups: {groups.count:,}.",)
    if order is not None:
        return time_clusters(order[rows]), ("The bootstrap draws stretches of time, not single rows.",)
    return Clusters(np.unique(facts["row_groups"].group[rows], return_inverse=True)[1].reshape(-1)), ()


def _encoding(dataset: Dataset, facts: Facts, *, needed: bool) -> Encoding:
    try:
        encoding: Encoding = facts["encoding"]
    except NotApplicable:
        if needed:
            raise
        return Encoding(dataset, (), np.empty(0, dtype=bool), {})  # the person's own model reads the columns itself
    return encoding
