"""What theories of frequencies are about: a law of types that goes through a graph, once for each kind of context."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import Setting
from holdfast.collapse.graph import Fit, Graph
from holdfast.collapse.learners.categorical import Categorical
from holdfast.collapse.learners.contexts import Contexts
from holdfast.collapse.states.frequencies import apportioned
from holdfast.core.errors import NotApplicable


class Chain(NamedTuple):
    """Contexts that learn alike. A categorical model is one context of weight 1."""

    law: Float[np.ndarray, " types"]
    graph: Graph
    contexts: int
    weight: float  # how often one of them comes
    squares: float  # sum of the squared weights of each


def chains(setting: Setting) -> tuple[Chain, ...]:
    """Return the chains of a setting. Raises NotApplicable for learners that have no independent frequencies."""
    made = setting.learner
    if isinstance(made, Categorical):
        return (Chain(made.true_law, setting.graph, 1, 1.0, 1.0),)
    if not isinstance(made, Contexts):
        raise NotApplicable("it is about frequencies of types")
    if made.counts == "random":
        raise NotApplicable("how many items a context gets is random")
    sizes = np.array([apportioned(batch.size, made.context_law) for batch in setting.graph.batches])
    if (sizes == 0).any():
        raise NotApplicable("a context gets no item of a batch")
    distinct, of = np.unique(sizes, axis=1, return_inverse=True)
    found = []
    for number in range(distinct.shape[1]):
        weights = made.context_law[of.ravel() == number]
        graph = _narrowed(setting.graph, distinct[:, number], made)
        found.append(Chain(made.ranked_law, graph, len(weights), float(weights.sum()), float((weights**2).sum())))
    return tuple(found)


def only_chain(setting: Setting) -> Chain:
    """Return the chain of a setting that has one, with however many contexts. Raises NotApplicable."""
    found = chains(setting)
    if len(found) > 1:
        raise NotApplicable("contexts get different numbers of items")
    return found[0]


def _narrowed(graph: Graph, sizes: np.ndarray, made: Contexts) -> Graph:
    """Return the graph of one context: its items of each batch, and their weights."""
    batches = tuple(replace(batch, size=int(size)) for batch, size in zip(graph.batches, sizes, strict=True))
    share = sizes / graph.sizes()
    fits = []
    for fit in graph.fits:
        weights = fit.weights * share[fit.batches]
        subsample = fit.subsample
        if subsample is not None:
            kept = np.unique(apportioned(subsample, made.context_law))
            if len(kept) > 1:
                raise NotApplicable("contexts get different numbers of items of a subsample")
            subsample = int(kept[0])
        fits.append(Fit(fit.batches, weights / weights.sum(), subsample))
    return Graph(batches, tuple(fits))
