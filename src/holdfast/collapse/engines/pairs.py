"""Second moments between all batches and models of a graph: what both engines of theory stand on.

A table K holds a number for every two nodes, a node being a batch or a model. A new batch is a linear function of the
row of the model that it is drawn from, a new model the weighted sum of the rows of its batches; what the numbers mean
is the engine's business (`lineage`: half the expected squared distance; `risk`: a covariance). A node is dropped when
nothing refers to it any more, and a training set that only grew is updated instead of summed again, so that n
generations in which everything is kept take n² steps.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from holdfast.collapse.graph import Batch, Fit, Graph
from holdfast.core.errors import NotApplicable

MOST_ALIVE = 4000  # nodes: a table of 128 MB
_EQUAL = 1e-12  # weights that differ by less, relatively, differ by rounding
TRUTH = 0  # the slot of the real world


class Drawn(NamedTuple):
    """How a batch comes from its model: row = gain × the model's row + shift, and its own number."""

    gain: float
    shift: float
    own: float


@dataclass(frozen=True, slots=True)
class Law:
    """What the numbers of a table are."""

    truth: float  # the own number of the real world
    draw: Callable[[Batch, float], Drawn]  # from the own number of the model it is drawn from
    fit: Callable[[Fit, float, float], float]  # own number of a model from that of its whole pool, of N items
    twice: bool  # an item of a batch may be drawn twice, which then counts as no distance


class Spread(NamedTuple):
    """Of each model, the truth first: its own number, and the one it has with the truth."""

    own: Float[np.ndarray, " generations_and_truth"]
    with_truth: Float[np.ndarray, " generations_and_truth"]


def second_moments(graph: Graph, law: Law) -> Spread:
    """Return the numbers of all models. Raises NotApplicable for a graph with too many batches alive at once."""
    if graph.fits and len(graph.fits[-1].batches) > MOST_ALIVE:
        raise NotApplicable(f"more than {MOST_ALIVE:,} batches in one training set are not followed")
    table = _Table(graph, law)
    spread = Spread(np.zeros(graph.generations + 1), np.zeros(graph.generations + 1))
    spread.own[0] = law.truth
    spread.with_truth[0] = law.truth
    first = 0
    for t, fit in enumerate(graph.fits, start=1):
        while first < len(graph.batches) and graph.batches[first].generation == t:
            table.draw(first)
            first += 1
        table.fit(t, fit)
        spread.own[t], spread.with_truth[t] = table.numbers(t)
        table.drop(t)
    return spread


class _Table:
    """K, and which node stands where in it."""

    def __init__(self, graph: Graph, law: Law) -> None:
        self._batches, self._law = graph.batches, law
        self._table = np.zeros((16, 16))
        self._table[TRUTH, TRUTH] = law.truth
        self._free = list(range(15, TRUTH, -1))
        self._slot = np.zeros(len(graph.batches), dtype=np.int64)  # of each batch
        self._model = {0: TRUTH}
        self._sizes = np.ones(16)
        self._weights = np.zeros(16)  # of the latest fit, by slot
        self._pool = TRUTH  # slot of all that the latest fit could choose from
        self._last_batches, self._last_models = _last_uses(graph)

    def draw(self, number: int) -> None:
        """Add a batch."""
        batch = self._batches[number]
        parent = self._model[batch.parent]
        gain, shift, own = self._law.draw(batch, float(self._table[parent, parent]))
        self._slot[number] = self._add(gain * self._table[parent] + shift, own)
        self._sizes[self._slot[number]] = batch.size

    def fit(self, t: int, fit: Fit) -> None:
        """Add a model, and where it is fitted on a choice also the pool that it chose from."""
        used = self._slot[fit.batches]
        weights = np.zeros(len(self._table))
        weights[used] = fit.weights
        ratio, changed = self._change(weights, used)
        if 2 * changed.sum() < len(used):
            row = ratio * self._table[self._pool]
            step = weights[changed] - ratio * self._weights[changed]
        else:
            changed, row = weights != 0, np.zeros(len(weights))
            step = weights[changed]
        row += step @ self._table[changed]
        if self._law.twice:
            at = np.flatnonzero(changed)
            row[at] -= step * self._table[at, at] / self._sizes[at]
        whole = float(fit.weights @ row[used])
        own = self._law.fit(fit, whole, float(self._sizes[used].sum()))
        if self._pool not in self._model.values():
            self._free.append(self._pool)
        self._weights = weights
        self._pool = self._add(row, whole)
        if fit.subsample is None:
            self._model[t] = self._pool
        else:
            self._model[t] = self._add(self._table[self._pool], own)

    def numbers(self, t: int) -> tuple[float, float]:
        """Return the own number of a model, and the one it has with the truth."""
        slot = self._model[t]
        return float(self._table[slot, slot]), float(self._table[slot, TRUTH])

    def drop(self, t: int) -> None:
        """Give back the place of what generation t + 1 does not need."""
        self._free += [int(self._slot[k]) for k in self._last_batches.pop(t - 1, ())]
        self._free += [self._model.pop(s) for s in self._last_models.pop(t, ())]

    def _change(
        self, weights: Float[np.ndarray, " slots"], used: np.ndarray
    ) -> tuple[float, Bool[np.ndarray, " slots"]]:
        """Return by what most weights were multiplied since the fit before, and where that is not what happened."""
        both = used[self._weights[used] > 0]
        if self._pool == TRUTH or len(both) == 0:
            return 0.0, weights != 0
        ratio = float(np.median(weights[both] / self._weights[both]))
        scaled = ratio * self._weights
        return ratio, np.abs(weights - scaled) > _EQUAL * np.maximum(weights, scaled)

    def _add(self, row: Float[np.ndarray, " slots"], own: float) -> int:
        """Add a node and return its slot."""
        if not self._free:
            self._grow()
        slot, n = self._free.pop(), len(row)
        self._table[slot, :n] = row
        self._table[:n, slot] = row
        self._table[slot, slot] = own
        return slot

    def _grow(self) -> None:
        n = len(self._table)
        grown = np.zeros((2 * n, 2 * n))
        grown[:n, :n] = self._table
        self._table = grown
        self._sizes = np.concatenate([self._sizes, np.ones(n)])
        self._weights = np.concatenate([self._weights, np.zeros(n)])
        self._free = list(range(2 * n - 1, n - 1, -1))


def _last_uses(graph: Graph) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return which batches are in a training set for the last time in a generation, and which models can go then."""
    last = np.zeros(len(graph.batches), dtype=np.int64)
    for t, fit in enumerate(graph.fits, start=1):
        last[fit.batches] = t
    child = np.arange(1, graph.generations + 2)  # the fit after a model is updated from it
    for batch in graph.batches:
        child[batch.parent] = max(child[batch.parent], batch.generation)
    return _grouped(last), _grouped(child[1:], first=1)


def _grouped(when: np.ndarray | Sequence[int], first: int = 0) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for number, t in enumerate(when, start=first):
        found.setdefault(int(t), []).append(number)
    return found
