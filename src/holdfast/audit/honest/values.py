"""The score under a set of cures, as signed terms over one fixed set of test rows.

Every term is a metric of some predictions under some weights of the same test rows, so that all differences are
paired, and a change of population cannot be booked as a leak:

rows dropped     The kept test rows are weighted so that each class keeps its share: as if as many random rows of the
                 same classes had been dropped.
columns dropped  A model without them, same rows.
shared groups    All rows are split again, so that each group is in one fold, and again at random into folds as large
                 with as many rows of each class. Every test row is predicted twice: by a model that saw none of its
                 group, and by one that learnt from as many rows at random. The difference between the two counts.
order in time    The last rows are predicted twice: by a model that saw only earlier ones, and by models that saw as
                 many rows from any time. Again the difference counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.audit.honest.bench import Bench
from holdfast.audit.honest.remedies import Cure
from holdfast.audit.models import Predictions
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams

MOST_FOLDS, FEWEST_FOLDS = 10, 3  # of a split by groups; as many as make training sets of the size they had
PARTS = 5  # of the last rows, each predicted by a model that saw the others
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
class Fold:
    """Rows (a mask over the scored rows) predicted by a model that saw `seen` (a mask over all rows)."""

    rows: np.ndarray
    seen: np.ndarray


@dataclass(frozen=True)
class Resplit:
    """A split made again: with groups or time kept `apart`, and the control of the same sizes, `mixed` at random."""

    apart: tuple[Fold, ...]
    mixed: tuple[Fold, ...]

    @property
    def rows(self) -> np.ndarray:
        """Scored rows that both predict."""
        return np.asarray(
            np.any([fold.rows for fold in self.apart], axis=0) & np.any([fold.rows for fold in self.mixed], axis=0)
        )


@dataclass(frozen=True)
class Plan:
    """What each cure does to the rows of the bench; `impossible` says why some cannot be tried."""

    cures: tuple[Cure, ...]
    dropped: tuple[np.ndarray, ...]  # masks over all rows
    resplits: tuple[Resplit | None, ...]
    strata: np.ndarray  # of the scored rows
    impossible: dict[int, str]


def plan_for(bench: Bench, cures: Sequence[Cure], order: np.ndarray | None, streams: Streams) -> Plan:
    """Return what each cure does to the rows. `order` is the place in time of each row of the data set."""
    impossible: dict[int, str] = {}
    dropped: list[np.ndarray] = []
    resplits: list[Resplit | None] = []
    strata = _strata(bench, bench.inputs.rows)
    for place, cure in enumerate(cures):
        gone = np.isin(bench.inputs.rows, cure.rows)
        if cure.groups is not None and bench.given is not None:
            of_rows = cure.groups[bench.inputs.rows]
            gone |= ~bench.is_train & np.isin(of_rows, of_rows[bench.is_train])
        resplit = None
        try:
            _refuse_impossible(bench, cure, changed=bool(gone.any()))
            resplit = _resplit(bench, cure, order, strata, streams)
            kept = ~gone[bench.scored]
            stratum_weights(strata[bench.scored][bench.is_test], kept[bench.is_test])
        except NotApplicable as error:
            impossible[place] = str(error)
        dropped.append(gone)
        resplits.append(resplit)
    return Plan(tuple(cures), tuple(dropped), tuple(resplits), strata[bench.scored], impossible)


def value_terms(
    bench: Bench, plan: Plan, coalition: Iterable[int], among: np.ndarray | None = None
) -> tuple[Term, ...]:
    """Return the terms whose sum is the score under the cures of `coalition`.

    With `among`, a mask of training rows, only the model's own term is returned, fitted to those rows.
    Raises NotApplicable and OutOfTime.
    """
    chosen = sorted(coalition)
    gone = np.zeros(len(bench.inputs.rows), dtype=bool)
    without: frozenset[str] = frozenset()
    for place in chosen:
        gone |= plan.dropped[place]
        if plan.cures[place].operation == "drop-columns":
            without |= frozenset(plan.cures[place].columns)
    kept, test = ~gone[bench.scored], bench.is_test
    weights = np.where(kept, 1.0, 0.0)
    weights[test] = stratum_weights(plan.strata[test], kept[test])
    seen = bench.is_train if among is None else among
    # What stored predictions learnt from cannot be changed any more.
    own = bench.predictions(seen if bench.given is not None else seen & ~gone, without)
    terms = [Term(1.0, own, np.where(test, weights, 0.0))]
    if among is not None:
        return tuple(terms)
    for place in chosen:
        resplit = plan.resplits[place]
        if resplit is not None:
            # Test rows that are dropped are not scored; as training rows of another fold they do no harm.
            terms += _differences(bench, resplit, ~(gone & bench.is_train), without, weights)
    return tuple(terms)


def control_terms(bench: Bench, plan: Plan, place: int) -> tuple[Term, ...] | None:
    """Return the terms of what a random split of the same sizes changes; None for a cure that is not of the split."""
    resplit = plan.resplits[place]
    if resplit is None or not (resplit.rows & bench.is_test).any():
        return None
    everything = np.ones(len(bench.inputs.rows), dtype=bool)
    inside = np.where(resplit.rows & bench.is_test, 1.0, 0.0)
    mixed = _differences(bench, resplit, everything, frozenset(), inside)[1]
    own = bench.predictions(bench.is_train)
    return Term(1.0, mixed.predictions, inside), Term(-1.0, own, inside)


def _refuse_impossible(bench: Bench, cure: Cure, *, changed: bool) -> None:
    if cure.operation == "drop-rows" and not changed:
        raise NotApplicable("none of its rows is among the training and test rows used")
    if cure.operation in {"drop-columns", "reorder-split"} and bench.given is not None:
        raise NotApplicable("needs the model, and only stored predictions were given (--model module:factory)")


def _resplit(
    bench: Bench, cure: Cure, order: np.ndarray | None, strata: np.ndarray, streams: Streams
) -> Resplit | None:
    if bench.given is not None:
        return None
    if cure.operation == "reorder-split":
        return _in_time(bench, order, streams("honest", "time"))
    if cure.groups is None:
        return None
    return _by_groups(bench, cure.groups[bench.inputs.rows], strata, streams("honest", "groups"))


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
    edges = np.quantile(values[bench.test], np.linspace(0, 1, QUANTILES + 1)[1:-1])
    return np.searchsorted(edges, values[rows], side="right")


def _differences(
    bench: Bench, resplit: Resplit, allowed: np.ndarray, without: frozenset[str], weights: np.ndarray
) -> list[Term]:
    """Return the terms of the score with groups or time apart, minus that of its control, on the same rows."""
    inside = np.where(resplit.rows, weights, 0.0)
    return [
        Term(sign, _pooled([bench.predictions(fold.seen & allowed, without) for fold in folds], folds), inside)
        for sign, folds in ((1.0, resplit.apart), (-1.0, resplit.mixed))
    ]


def _pooled(each: Sequence[Predictions], folds: Sequence[Fold]) -> Predictions:
    """Return one set of predictions, each row's from its own fold's model; those of no fold from the first."""
    which = np.zeros(len(each[0].values), dtype=np.int64)
    for number, fold in enumerate(folds):
        which[fold.rows] = number
    at = np.arange(len(which))

    def pick(arrays: Sequence[np.ndarray | None]) -> np.ndarray | None:
        there = [array for array in arrays if array is not None]
        return np.stack(there)[which, at] if len(there) == len(arrays) else None

    values = pick([one.values for one in each])
    assert values is not None
    return Predictions(
        values, each[0].classes, pick([one.probabilities for one in each]), pick([one.scores for one in each])
    )


def _by_groups(bench: Bench, group: np.ndarray, strata: np.ndarray, rng: np.random.Generator) -> Resplit:
    """Return folds of whole groups, and folds as large with as many rows of each stratum at random."""
    groups, place, n_rows = np.unique(group, return_inverse=True, return_counts=True)
    n = len(group)
    n_folds = int(np.clip(round(n / max(n - bench.n_train, 1)), FEWEST_FOLDS, MOST_FOLDS))
    if len(groups) < 2:
        raise NotApplicable("there is one group only")
    order = rng.permutation(len(groups))
    middle = np.cumsum(n_rows[order]) - n_rows[order] / 2
    fold_of = np.empty(len(groups), dtype=np.int64)
    fold_of[order] = np.minimum(middle * n_folds / n, n_folds - 1).astype(np.int64)
    apart = np.unique(fold_of[place.reshape(-1)], return_inverse=True)[1].reshape(-1)
    if np.bincount(apart).max() > n / 2:
        raise NotApplicable("one group holds more than half of all rows")
    mixed = apart.copy()
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        mixed[members] = rng.permutation(apart[members])
    return Resplit(_folds(bench, apart), _folds(bench, mixed))


def _folds(bench: Bench, fold: np.ndarray) -> tuple[Fold, ...]:
    test = bench.is_test
    each = [Fold((fold[bench.scored] == number) & test, fold != number) for number in range(int(fold.max()) + 1)]
    return tuple(one for one in each if one.rows.any())


def _in_time(bench: Bench, order: np.ndarray | None, rng: np.random.Generator) -> Resplit:
    """Return the last rows after a model of all earlier ones; and in parts, each after a model of rows of any time."""
    if order is None:
        raise NotApplicable("the order of the rows is not known")
    at = order[bench.inputs.rows]
    n = len(at)
    if np.isfinite(at).sum() < 0.9 * n:
        raise NotApplicable("more than a tenth of the rows have no time")
    cut = np.sort(at[np.isfinite(at)])[round((bench.n_train / n) * np.isfinite(at).sum()) - 1]
    late, early = at > cut, at <= cut
    if late.sum() < LEAST_ROWS or early.sum() < LEAST_ROWS:
        raise NotApplicable("too few rows are left before or after the cut in time")
    part = np.where(late, rng.integers(0, PARTS, n), -1)
    mixed = []
    for number in range(PARTS):
        others = np.flatnonzero(part != number)
        seen = np.zeros(n, dtype=bool)
        seen[rng.choice(others, min(int(early.sum()), len(others)), replace=False)] = True
        mixed.append(Fold(part[bench.scored] == number, seen))
    return Resplit((Fold(late[bench.scored], early),), tuple(fold for fold in mixed if fold.rows.any()))
