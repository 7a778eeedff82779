"""The score under a set of cures, as signed terms over one fixed set of test rows.

Every term is a metric of some predictions under some weights of the same test rows, so that all differences are
paired, and a change of population cannot be booked as a leak:

rows dropped     The kept test rows are weighted so that each class keeps its share: as if as many random rows of the
                 same classes had been dropped.
columns dropped  A model without them, same rows.
shared groups    The test rows are cut into blocks of whole groups. Each block is predicted twice: by a model that saw
                 no row of its groups, and by one that saw as many rows, its groups' among them. The difference counts.
order in time    Late stretches of the test rows, each as long as a test set split by time would be, are predicted
                 twice: by a model that saw only earlier rows, and by one that saw as many rows from any time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.audit.honest.bench import Bench
from holdfast.audit.honest.remedies import Cure
from holdfast.audit.models import Predictions
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams

BLOCKS = 5  # of groups, each left out in turn; more would cost two fits each and come nearer to the full size
EARLIEST = 0.4  # of the order: before it, too little past is left to learn from
LEAST_ROWS = 20  # test rows, and a quarter as many of each of two classes
QUANTILES = 5  # strata of a numeric label
Coalition = frozenset[int]  # of cures, by place


@dataclass(frozen=True)
class Term:
    """A metric of predictions under row weights, times a sign."""

    sign: float
    predictions: Predictions
    weights: np.ndarray


@dataclass(frozen=True)
class Block:
    """Test rows predicted by a model that saw `apart`, and by its control that saw `mixed` (training rows)."""

    test: np.ndarray
    apart: np.ndarray
    mixed: np.ndarray


@dataclass(frozen=True)
class Plan:
    """What each cure does to the rows of the bench; `impossible` says why some cannot be tried."""

    cures: tuple[Cure, ...]
    train_drop: tuple[np.ndarray, ...]
    test_drop: tuple[np.ndarray, ...]
    blocks: tuple[tuple[Block, ...], ...]
    strata: np.ndarray
    impossible: dict[int, str]


def plan_for(bench: Bench, cures: Sequence[Cure], order: np.ndarray | None, streams: Streams) -> Plan:
    """Return what each cure does to the rows. `order` is the place in time of each row of the data set."""
    impossible: dict[int, str] = {}
    train_drop, test_drop, blocks = [], [], []
    strata = _strata(bench, bench.test)
    for place, cure in enumerate(cures):
        drop = cure.rows if cure.operation == "drop-rows" else np.empty(0, dtype=np.int64)
        gone_train, gone_test = np.isin(bench.train, drop), np.isin(bench.test, drop)
        if cure.groups is not None and bench.given is not None:
            gone_test |= np.isin(cure.groups[bench.test], cure.groups[bench.train])
        cut: tuple[Block, ...] = ()
        try:
            _refuse_impossible(bench, cure, changed=bool(gone_train.any() or gone_test.any()))
            cut = _blocks(bench, cure, order, streams)
            stratum_weights(strata, ~gone_test)
        except NotApplicable as error:
            impossible[place] = str(error)
        train_drop.append(gone_train)
        test_drop.append(gone_test)
        blocks.append(cut)
    return Plan(tuple(cures), tuple(train_drop), tuple(test_drop), tuple(blocks), strata, impossible)


def _refuse_impossible(bench: Bench, cure: Cure, *, changed: bool) -> None:
    if cure.operation == "drop-rows" and not changed:
        raise NotApplicable("none of its rows is among the training and test rows used")
    if cure.operation in {"drop-columns", "reorder-split"} and bench.given is not None:
        raise NotApplicable("needs the model, and only stored predictions were given (--model module:factory)")


def _blocks(bench: Bench, cure: Cure, order: np.ndarray | None, streams: Streams) -> tuple[Block, ...]:
    if bench.given is not None:
        return ()
    if cure.operation == "reorder-split":
        return _blocks_of_time(bench, order, streams)
    if cure.groups is None:
        return ()
    return _blocks_of_groups(cure.groups[bench.train], cure.groups[bench.test], _strata(bench, bench.train), streams)


def value_terms(bench: Bench, plan: Plan, coalition: Iterable[int], seen: np.ndarray | None = None) -> tuple[Term, ...]:
    """Return the terms whose sum is the score under the cures of `coalition`.

    With `seen`, a mask over the training rows, only the model's own term is returned, fitted to those rows: what the
    jackknife asks for. Raises NotApplicable and OutOfTime.
    """
    chosen = sorted(coalition)
    rows = np.ones(bench.n_train, dtype=bool) if seen is None else seen.copy()
    kept = np.ones(len(bench.test), dtype=bool)
    without: frozenset[str] = frozenset()
    for place in chosen:
        if bench.given is None:
            rows &= ~plan.train_drop[place]
        kept &= ~plan.test_drop[place]
        if plan.cures[place].operation == "drop-columns":
            without |= frozenset(plan.cures[place].columns)
    weights = stratum_weights(plan.strata, kept)
    terms = [Term(1.0, bench.predictions(rows, without), weights)]
    if seen is not None:
        return tuple(terms)
    for place in chosen:
        if plan.blocks[place]:
            terms += _block_terms(bench, plan.blocks[place], rows, without, weights)
    return tuple(terms)


def control_terms(bench: Bench, plan: Plan, place: int) -> tuple[Term, ...] | None:
    """Return the terms of the score when the training set is made as small at random; None where that is no cure."""
    if not plan.blocks[place]:
        return None
    rows = np.ones(bench.n_train, dtype=bool)
    weights = np.ones(len(bench.test))
    _, mixed = _block_terms(bench, plan.blocks[place], rows, frozenset(), weights)
    return (Term(1.0, mixed.predictions, mixed.weights),)


def stratum_weights(strata: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return weights of the kept rows under which every stratum has the share it had among all rows.

    Raises NotApplicable when too few rows are left to score.
    """
    if int(kept.sum()) < min(LEAST_ROWS, len(kept)) or not kept.any():
        raise NotApplicable(f"only {int(kept.sum())} of {len(kept):,} test rows would be left")
    n = int(strata.max(initial=0)) + 1
    before, after = np.bincount(strata, minlength=n), np.bincount(strata[kept], minlength=n)
    if int((before > 0).sum()) == 2 and (after[before > 0] < np.minimum(LEAST_ROWS // 4, before[before > 0])).any():
        raise NotApplicable(f"only {int(after[before > 0].min())} test rows of one of the two classes would be left")
    factor = np.divide(before, after, out=np.zeros(n), where=after > 0)
    return np.where(kept, factor[strata], 0.0)


def _strata(bench: Bench, rows: np.ndarray) -> np.ndarray:
    if bench.labels.is_classes:
        return bench.labels.codes[rows]
    values = bench.labels.values
    edges = np.quantile(values[bench.test], np.linspace(0, 1, QUANTILES + 1)[1:-1]) if len(bench.test) else []
    return np.searchsorted(edges, values[rows], side="right")


def _block_terms(
    bench: Bench, blocks: Sequence[Block], rows: np.ndarray, without: frozenset[str], weights: np.ndarray
) -> list[Term]:
    apart = [bench.predictions(rows & block.apart, without) for block in blocks]
    mixed = [bench.predictions(rows & block.mixed, without) for block in blocks]
    inside = weights * np.any([block.test for block in blocks], axis=0)
    return [
        Term(1.0, _pooled(apart, blocks), inside),
        Term(-1.0, _pooled(mixed, blocks), inside),
    ]


def _pooled(each: Sequence[Predictions], blocks: Sequence[Block]) -> Predictions:
    """Return one set of predictions, each test row's from its own block's model; those of no block from the first."""
    which = np.zeros(len(each[0].values), dtype=np.int64)
    for number, block in enumerate(blocks):
        which[block.test] = number
    at = np.arange(len(which))

    def pick(arrays: Sequence[np.ndarray | None]) -> np.ndarray | None:
        there = [array for array in arrays if array is not None]
        return np.stack(there)[which, at] if len(there) == len(arrays) else None

    values = pick([one.values for one in each])
    assert values is not None
    return Predictions(
        values, each[0].classes, pick([one.probabilities for one in each]), pick([one.scores for one in each])
    )


def _blocks_of_groups(
    of_train: np.ndarray, of_test: np.ndarray, strata: np.ndarray, streams: Streams
) -> tuple[Block, ...]:
    """Return blocks of whole groups with about as many test rows each.

    The control lacks as many training rows of the same classes, all from other groups: what it saw of the block's own
    groups is what the model under audit saw.
    """
    rng = streams("honest", "groups")
    groups, n_rows = np.unique(of_test, return_counts=True)
    if len(groups) < 2:
        raise NotApplicable("the test rows hold one group only")
    order = rng.permutation(len(groups))
    cut = np.cumsum(n_rows[order]) - n_rows[order] / 2
    block_of = np.empty(len(groups), dtype=np.int64)
    block_of[order] = np.minimum(cut * BLOCKS / n_rows.sum(), BLOCKS - 1).astype(np.int64)
    in_test, blocks = block_of[np.searchsorted(groups, of_test)], []
    at = np.minimum(np.searchsorted(groups, of_train), len(groups) - 1)
    in_train = np.where(groups[at] == of_train, block_of[at], -1)
    for number in np.unique(block_of):
        own = in_train == number
        if own.sum() > len(own) / 2:
            raise NotApplicable("the groups are so large that leaving one out takes most training rows away")
        gone = _matched(rng, strata, own)
        blocks.append(Block(in_test == number, ~own, ~gone))
    return tuple(blocks)


def _matched(rng: np.random.Generator, strata: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return a mask of random rows outside `own`, as many of each stratum as in it, as far as there are."""
    gone = np.zeros(len(own), dtype=bool)
    for stratum in np.unique(strata[own]):
        others = np.flatnonzero((strata == stratum) & ~own)
        wanted = min(int((strata[own] == stratum).sum()), len(others) - 1)
        if wanted > 0:
            gone[rng.choice(others, wanted, replace=False)] = True
    return gone


def _blocks_of_time(bench: Bench, order: np.ndarray | None, streams: Streams) -> tuple[Block, ...]:
    if order is None:
        raise NotApplicable("the order of the rows is not known")
    rng = streams("honest", "time")
    at = order[bench.inputs.rows]
    known = np.isfinite(at)
    if known.sum() < len(at) * 0.9:
        raise NotApplicable("more than a tenth of the rows have no time")
    ordered = np.sort(at[known])
    rank = np.where(known, np.searchsorted(ordered, at, side="left") / max(len(ordered), 1), np.nan)
    of_train, of_test = rank[: bench.n_train], rank[bench.n_train :]
    length = float(np.clip(len(of_test) / len(rank), 0.1, 0.3))
    blocks = []
    end = np.inf
    start = 1.0 - length
    while start >= EARLIEST - 1e-9:
        late = (of_test >= start) & (of_test < end)
        past = of_train < start
        if late.sum() and past.sum() >= 2:
            mixed = np.zeros(bench.n_train, dtype=bool)
            mixed[rng.choice(bench.n_train, int(past.sum()), replace=False)] = True
            blocks.append(Block(late, past, mixed))
        start, end = start - length, start
    if not blocks or sum(int(block.test.sum()) for block in blocks) < LEAST_ROWS:
        raise NotApplicable("too few test rows are late in time, or too few training rows early")
    return tuple(blocks)
