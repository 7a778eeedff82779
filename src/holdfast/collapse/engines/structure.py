"""What a graph is like: the shapes that have laws of their own, recognised from feeds and batches, never from a name.

Each function returns what the law needs to know, or raises NotApplicable with what is different.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from holdfast.collapse.definitions import Setting
from holdfast.collapse.engines.lineage import kish
from holdfast.collapse.graph import Fit, Graph
from holdfast.core.errors import NotApplicable

_EQUAL = 1e-9
MOST_PARTS = 24  # batches that the feeds of one generation bring; an ideal verifier makes two of one


def kept(setting: Setting, *, subsample: bool = False) -> Int[np.ndarray, " generations"]:
    """Return the sizes of batches, one a generation, each drawn from the latest model, all of them kept.

    With `subsample` a choice of their items is learnt from, else all of them, each with the same weight.
    Raises NotApplicable.
    """
    graph, feeds = setting.graph, setting.regime.feeds
    if setting.regime.subsample != subsample:
        some = "a choice of what was kept" if subsample else "all that was kept, not from a choice of it"
        raise NotApplicable(f"it is about learning from {some}")
    alone = len(feeds) == 1 and feeds[0].keep == "all" and feeds[0].every == "generation"
    latest = len(graph.batches) == graph.generations and all(one.parent == one.generation - 1 for one in graph.batches)
    if not (alone and latest and graph.draws_plainly()):
        raise NotApplicable("it is about keeping every batch, one a generation, each drawn from the latest model")
    return graph.sizes()


def kept_in_equal_batches(setting: Setting, *, subsample: bool = False) -> int:
    """Return the size of each batch where all are kept, as `kept` has it, and are of one size. Raises NotApplicable."""
    sizes = kept(setting, subsample=subsample)
    if sizes.min() < sizes.max():
        raise NotApplicable("it is about batches of one size")
    return int(sizes[0])


class Mix(NamedTuple):
    """Real and synthetic items that every generation learns from."""

    real: int
    synthetic: int
    share: float  # of the weight that is on real items

    @property
    def items(self) -> int:
        """How many there are in all."""
        return self.real + self.synthetic

    @property
    def pooled(self) -> bool:
        """Whether every item weighs the same."""
        return abs(self.share - self.real / self.items) < _EQUAL


def mixed(setting: Setting, *, fresh: bool, plain: bool = True) -> Mix:
    """Return the steady mix of real items, always new or always the same, with items of the latest model.

    Items that an ideal verifier passes are real ones. In generation 1 all are real, in the same numbers and weights.
    With `plain` false, synthetic items may be drawn by a rule. Raises NotApplicable.
    """
    graph = setting.graph
    if not graph.draws_plainly() and (plain or any(batch.verifier for batch in graph.batches)):
        raise NotApplicable("it is about items drawn from the model as it is")
    if setting.regime.subsample:
        raise NotApplicable("it is about learning from all items, not from a choice of them")
    found: set[Mix | None] = {None}
    if graph.generations > 1 and len(graph.fits[-1].batches) <= MOST_PARTS:
        found = {_mix(graph, fit, t, fresh=fresh) for t, fit in enumerate(graph.fits[1:], start=2)}
    mix = found.pop()
    first = abs(kish(graph.fits[0], graph) - kish(graph.fits[1], graph)) < _EQUAL if mix else False
    if mix is None or found or not first:
        which = "new" if fresh else "the same"
        raise NotApplicable(f"it is about a steady mix of real items, {which} ones each time, with the last model's")
    return mix


def _mix(graph: Graph, fit: Fit, t: int, *, fresh: bool) -> Mix | None:
    """Return what the fit of generation t > 1 is made on, None where it is something else than such a mix."""
    real = synthetic = 0
    share = 0.0
    density: dict[bool, list[float]] = {True: [], False: []}
    for number, weight in zip(fit.batches, fit.weights, strict=True):
        batch = graph.batches[number]
        if batch.parent == 0:
            if batch.generation != (t if fresh else 1):
                return None
            real += batch.size
            share += float(weight)
        elif batch.generation == t and batch.parent == t - 1:
            synthetic += batch.size
        else:
            return None
        density[batch.parent == 0].append(float(weight) / batch.size)
    even = all(max(some) - min(some) < _EQUAL * max(some) for some in density.values() if some)
    return Mix(real, synthetic, round(share, 12)) if real and synthetic and even else None
