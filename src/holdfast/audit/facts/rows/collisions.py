"""How many rows of a table are equal by chance, because its columns are few or coarse."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt64

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.rows import RowGroups, RowKeys
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Measure
from holdfast.core.random import Streams
from holdfast.core.record import Sampled
from holdfast.data.bulk.hashes import row_hashes

MOST_LOOKED_AT = 50_000  # rows among which pairs are counted
MOST_COLUMNS = 40  # columns left out in turn: the finest
_FINEST = 8  # of these, the ones whose odds of agreeing are estimated: they decide
_SPARED = 4  # columns in which near misses differ, when those odds are estimated
_ENOUGH = 10  # near misses from which odds are read; below, the column's own repetition stands in
_RICH = {"text", "image", "vector"}  # kinds whose values do not recur by chance
_DEPENDENCE = 10.0  # how much likelier than by their margins columns may agree, where nothing can be counted


@dataclass(frozen=True)
class Agreement:
    """Pairs of equal rows in a part of the table: seen, and expected by chance (an upper bound)."""

    pairs: float
    expected: float
    p_value: float  # chance of as many distinct records being shared, were it all chance

    @property
    def by_chance(self) -> float:
        """Share of the pairs that chance explains, from 0 to 1."""
        return min(1.0, self.expected / self.pairs) if self.pairs else 1.0

    def measure(self, threshold: float) -> Measure:
        """Return how much chance explains, as evidence, beside the share at which a check judges otherwise."""
        return Measure(
            name="share of the equal pairs that chance explains",
            value=self.by_chance,
            threshold=threshold,
            p_value=self.p_value,
            unit="share",
        )


@dataclass(frozen=True)
class Collisions:
    """Pairs of rows with equal features that chance would bring about among all rows (an upper bound)."""

    n_rows: int
    expected: float
    sampled: Sampled | None = None

    def within(self, row_groups: RowGroups, part: np.ndarray) -> Agreement:
        """Return how the rows of a mask agree with one another."""
        sizes = _sizes(row_groups, part)
        return self._judged(_pairs_of(sizes), _pairs(int(part.sum())), int((sizes > 1).sum()))

    def between(self, row_groups: RowGroups, one: np.ndarray, other: np.ndarray) -> Agreement:
        """Return how the rows of one mask agree with those of another, disjoint one."""
        left, right = _sizes(row_groups, one), _sizes(row_groups, other)
        shared = int(((left > 0) & (right > 0)).sum())
        return self._judged(float(left @ right), float(one.sum()) * float(other.sum()), shared)

    def _judged(self, seen: float, possible: float, n_shared: int) -> Agreement:
        from scipy.special import gammainc

        expected = self.expected * possible / max(1.0, _pairs(self.n_rows))
        if not n_shared:
            return Agreement(seen, expected, 1.0)
        # Pairs come in clumps where a record is common, so that the records shared are counted, not the pairs.
        mean = n_shared * min(1.0, expected / seen)
        return Agreement(seen, expected, float(gammainc(n_shared, mean)))  # Poisson: P(N >= n_shared)


@fact()
def collisions(dataset: Dataset, row_groups: RowGroups, row_keys: RowKeys, streams: Streams) -> Collisions:
    """Pairs of rows that chance makes equal, learnt from near misses: pairs that differ in one column, or in two.

    Copies agree everywhere at once. Rows that agree by chance are the tip of a pile of near misses: if pairs that
    differ in column d alone agree in c with odds o (against pairs that differ in c and d), then pairs that differ
    in c alone number (pairs equal by chance) / o. Summed over columns this gives the pairs expected by chance,
    whatever the dependence among the other columns (a log-linear model without the interaction of c and d, as in
    capture-recapture; Bishop, Fienberg & Holland, 1975). Where nothing is coarse enough for near misses, the
    repetition of single values bounds the odds, with a tenfold allowance for dependence. A single column of numbers
    or categories cannot tell copies from chance.
    """
    n = len(dataset)
    names = row_groups.columns
    rows = row_keys.sample(np.ones(n, dtype=bool), MOST_LOOKED_AT)
    sampled = Sampled(what="rows compared for chance agreement", rows=len(rows), of=n) if len(rows) < n else None
    if len(rows) < 2:
        return Collisions(n, 0.0, sampled)
    picked = dataset.take(rows)
    total = np.zeros(len(rows), dtype=np.uint64)
    hashes, repeats = {}, {}
    for name in names:
        salt = np.uint64(streams.integer("collisions", name))
        values = row_hashes(picked, (name,)) * (salt * np.uint64(2) + np.uint64(1))
        total += values
        hashes[name] = values
        repeats[name] = _repetition(values[:2000])
        if len(hashes) > MOST_COLUMNS:
            del hashes[max(hashes, key=lambda known: repeats[known])]
    varying = [name for name, values in hashes.items() if (values != values[0]).any()]
    kinds = {dataset[name].kind for name in varying}
    if "image" in kinds or (len(varying) == 1 and kinds & _RICH):
        expected = 0.0  # no two files are alike, byte for byte, by chance; nor are two texts or vectors
    elif len(varying) < 2:
        expected = _equal_pairs(total)  # one number or category: equal values are what it is made of
    else:
        expected = _expected(total, hashes)
    return Collisions(n, expected * _pairs(n) / _pairs(len(rows)), sampled)


def _expected(total: UInt64[np.ndarray, " rows"], hashes: dict[str, UInt64[np.ndarray, " rows"]]) -> float:
    """Return an upper bound for the equal pairs among these rows that chance explains."""
    equal = _equal_pairs(total)
    alone = {name: _equal_pairs(total - values) - equal for name, values in hashes.items()}  # differ only there
    records = np.unique(total, return_index=True)[1]  # copies would make every column look repetitive
    repeats = {name: _repetition(values[records]) for name, values in hashes.items()}
    finest = sorted(hashes, key=lambda name: repeats[name])[:_FINEST]
    spared = sorted(hashes, key=lambda name: -alone[name])[:_SPARED]
    weight, near_misses = 0.0, 0.0
    for name in finest:
        weight += _odds_against(name, spared, total, hashes, alone, equal, repeats[name])
        near_misses += alone[name]
    return (near_misses + _unseen(len(total), [repeats[name] for name in finest])) / max(weight, 1e-9)


def _unseen(n_rows: int, repeats: list[float]) -> float:
    """Return how many near misses more than seen there may be, given how often values recur in the finest columns.

    Three is the 95% bound for a count of none (the rule of three). Where even single values hardly recur, pairs
    that agree in the next two finest columns are far fewer.
    """
    others = [min(1.0, _DEPENDENCE * share) for share in repeats[1:3]]
    return min(3.0, _pairs(n_rows) * float(np.prod(others)))


def _odds_against(
    name: str,
    spared: list[str],
    total: np.ndarray,
    hashes: dict[str, np.ndarray],
    alone: dict[str, float],
    equal: float,
    repetition: float,
) -> float:
    """Return the odds that two rows which agree elsewhere differ in the column `name`."""
    others = [other for other in spared if other != name]
    agree = sum(alone[other] for other in others)
    if agree < _ENOUGH:
        return (1.0 - repetition) / max(repetition, 1e-12) / _DEPENDENCE
    without = total - hashes[name]
    both = sum(_equal_pairs(without - hashes[other]) - equal - alone[other] - alone[name] for other in others)
    return max(both, 0.0) / (agree + 1.0)


def _repetition(values: np.ndarray) -> float:
    """Return the chance that two rows agree, at least that of a third of a pair."""
    return max(_equal_pairs(values), 1 / 3) / _pairs(max(2, len(values)))


def _equal_pairs(hashes: UInt64[np.ndarray, " rows"]) -> float:
    ordered = np.sort(hashes)
    edges = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1], [True])))
    return _pairs_of(np.diff(edges))


def _sizes(row_groups: RowGroups, part: np.ndarray) -> Float[np.ndarray, " groups"]:
    return np.bincount(row_groups.group[part], minlength=len(row_groups.size)).astype(np.float64)


def _pairs_of(sizes: np.ndarray) -> float:
    counts: Float[np.ndarray, " groups"] = sizes.astype(np.float64)
    return float((counts * (counts - 1.0)).sum() / 2.0)


def _pairs(n: int) -> float:
    return n * (n - 1) / 2.0
