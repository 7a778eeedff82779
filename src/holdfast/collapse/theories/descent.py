"""Expected variance and diversity in any regime, from lines of descent."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.learners.gaussian import Gaussian
from holdfast.collapse.lineage import kept_variance
from holdfast.core.errors import NotApplicable


def _one_item_too_many(setting: Setting) -> np.ndarray:
    """Return the near miss: as if each fit saw one item more."""
    grown = setting.graph
    batches = tuple(type(one)(one.feed, one.generation, one.parent, one.size + 1) for one in grown.batches)
    return kept_variance(type(grown)(batches, grown.fits))


@theory(
    measure="variance",
    formula="E[σ²_t] = σ² F_t,  F_t = Σ wₐ w_b J̃[a, b]",
    assumes="maximum likelihood; items drawn from the model as it is; any graph of batches and weights",
    source="coalescent argument after Kingman (1982), Stochastic Processes and their Applications 13, 235–248",
    url="https://doi.org/10.1016/0304-4149(82)90011-4",
    near_miss=_one_item_too_many,
    cases=(
        {"samples": 10, "generations": 10, "options": {"variance": "mle"}, "regimes": ["replace", "accumulate"]},
        {"samples": 10, "generations": 10, "options": {"variance": "mle"}, "regimes": ["fixed-real", "fresh-real"]},
    ),
)
def variance_by_descent(setting: Setting) -> np.ndarray:
    """Expected variance in any regime, from lines of descent."""
    if not isinstance(setting.learner, Gaussian) or setting.learner.variance != "mle":
        raise NotApplicable("it is about normal distributions fitted by maximum likelihood")
    return kept_variance(setting.graph)
