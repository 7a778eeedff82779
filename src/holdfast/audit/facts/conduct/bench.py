"""The bench of a probe: which rows the code is tried on, and what it says about them as they are."""

import numpy as np

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.probe.bench import Bench, Layout, Probe, call_of, spent
from holdfast.audit.probe.changing import Pool
from holdfast.audit.probe.comparing import EXACT, noise_of
from holdfast.audit.probe.pipeline import About, Answer
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.progress import Progress, track
from holdfast.core.random import Streams
from holdfast.core.record import Sampled

FEWEST_ROWS = 6  # of a side: fewer cannot be told apart into rows touched and rows judged
_TEST_SHARE = 0.3  # of the rows given to the code, at most, where there are too many


@fact(costly=True)
def bench(
    dataset: Dataset,
    probe: Probe,
    split_of: SplitOf | None,
    row_keys: RowKeys,
    streams: Streams,
    progress: Progress,
) -> Bench:
    """The code that is probed, with rows to try it on, and its answers to the same input several times over.

    Two interpreters answer with chance left to itself; two processes with their seeds fixed. Where the latter differ,
    by how much is the noise that an effect must exceed. Raises BadInput when the code fails on the rows as they are.
    """
    about = probe.pipeline.about
    layout = layout_of(dataset, about, split_of, row_keys, probe.most_rows)
    table = dataset.table
    pools = {name: Pool.of(table.column(name)) for name in (*layout.features, layout.label) if name is not None}
    with track(progress, "probing: as it is", 4, "runs") as advance:
        layout, first = _first(probe, dataset, layout, about, pools, streams)
        advance(1)

        def again(seed: int | None, *, fresh: bool) -> Answer:
            call = call_of(layout, about, table, None, pools, streams, seed=seed)
            [answer] = spent(probe, [call], fresh=fresh)
            advance(1)
            return answer

        second = again(0, fresh=False)
        natural = (again(None, fresh=False), again(None, fresh=True))
    for answer in (second, *natural):
        if answer.error:
            raise BadInput(f"{about.name} ran once, and failed when it was run again: {answer.error}")
    noise = noise_of([first, second])
    if noise.largest > EXACT:
        noise = noise_of([first, second, *natural])
    return Bench(
        probe, table, layout, first, noise, noise.largest <= EXACT, natural, pools, streams, progress, layout.sampled
    )


def layout_of(dataset: Dataset, about: About, split_of: SplitOf | None, row_keys: RowKeys, most_rows: int) -> Layout:
    """Return which rows and columns the code is given. Raises NotApplicable when they are too few."""
    label = dataset.one("label")
    if about.form in {"fit_predict", "estimator"} and split_of is None:
        raise NotApplicable("no split: the code needs training and test rows (--splitter, or two files)")
    if about.form == "estimator" and label is None:
        raise NotApplicable("no label: an estimator needs one to be fitted (--label COLUMN)")
    order = _order(dataset)
    train = split_of.train if split_of is not None else np.zeros(len(dataset), dtype=bool)
    test = split_of.test if split_of is not None else np.ones(len(dataset), dtype=bool)
    most_test = most_rows if not train.any() else max(int(_TEST_SHARE * most_rows), most_rows - int(train.sum()))
    chosen_test = _chosen(test, most_test, order, row_keys, last=False)
    chosen_train = _chosen(train, most_rows - min(most_test, len(chosen_test)), order, row_keys, last=True)
    for name, rows, wanted in (("test", chosen_test, True), ("training", chosen_train, bool(split_of))):
        if wanted and len(rows) < FEWEST_ROWS:
            raise NotApplicable(f"{len(rows)} {name} rows are too few to probe with")
    # A column that says the split is the code's to use where it stood in the data, not where it was made here.
    split = dataset.one("split")
    named = split is not None and not any(step.op == "split" for step in dataset.history)
    named = named and all(source.split is None for source in dataset.sources) and bool(dataset.sources)
    given = [c for c in dataset.columns if c.role != "ignore" and (c.role != "split" or named)]
    if about.form == "estimator":
        given = [c for c in given if c.role in {"feature", "label"}]
    columns = tuple(c.name for c in given)
    features = tuple(c.name for c in given if c.role in {"feature", "metadata", "weight", "origin"})
    looked, of = len(chosen_train) + len(chosen_test), int(train.sum() + test.sum())
    return Layout(
        columns,
        features,
        label.name if label is not None else None,
        label is not None,
        chosen_train,
        chosen_test,
        order,
        dataset.table.select(list(columns)).take(chosen_train) if len(chosen_train) else None,
        Sampled(what="rows given to the probed code", rows=looked, of=of) if looked < of else None,
    )


def _first(
    probe: Probe,
    dataset: Dataset,
    layout: Layout,
    about: About,
    pools: dict[str, Pool],
    streams: Streams,
) -> tuple[Layout, Answer]:
    """Return the answer to the rows as they are; if the code trips over the label in the test rows, without it."""
    tried = [layout]
    if about.form == "fit_predict" and layout.label is not None:
        tried.append(_without_test_label(layout))
    errors = []
    for one in tried:
        [answer] = spent(probe, [call_of(one, about, dataset.table, None, pools, streams)])
        if not answer.error:
            return one, answer
        errors.append(answer.error)
    raise BadInput(f"{about.name} fails on the data as they are: {errors[0]}")


def _without_test_label(layout: Layout) -> Layout:
    from dataclasses import replace

    return replace(layout, label_in_test=False)


def _order(dataset: Dataset) -> np.ndarray | None:
    """Return the rank of each row in time; None without a time column, or where one is missing."""
    column = dataset.one("time")
    if column is None or dataset.nulls(column.name).any():
        return None
    try:
        values = dataset.numbers(column.name)
    except BadInput:
        return None
    return np.unique(values, return_inverse=True)[1].reshape(-1)


def _chosen(mask: np.ndarray, most: int, order: np.ndarray | None, row_keys: RowKeys, *, last: bool) -> np.ndarray:
    """Return at most `most` rows of the mask, in table order: the last or first in time, or a sample by content."""
    rows = np.flatnonzero(mask)
    if order is not None:
        rows = rows[np.argsort(order[rows], kind="stable")]
        return rows[-most:] if last else rows[:most]
    return np.sort(row_keys.sample(mask, most)) if len(rows) > most else rows
