"""Frequencies are martingales: what does not move while everything is lost."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.chains import chains
from holdfast.collapse.engines.lineage import kept_variance
from holdfast.collapse.theories.frequency_cases import CONTEXTS, FEW
from holdfast.core.errors import NotApplicable

_ASSUMES = "fitted by counting; items drawn from the model as it is; any graph of batches and weights"
_SOURCE = "Kimura & Crow (1964), Genetics 49, 725–738; the Wright–Fisher model without selection"
_CASES = (FEW, CONTEXTS)


def _plain(setting: Setting) -> None:
    """Raise NotApplicable where frequencies are pulled somewhere."""
    chains(setting)
    if not setting.graph.draws_plainly():
        raise NotApplicable("items are drawn by a rule or chosen by a taste, which pulls frequencies somewhere")


@theory(
    measure="commonest-share",
    formula="E[p_t] = p",
    assumes=_ASSUMES,
    source=_SOURCE,
    near_miss=lambda setting: _commonest(setting) * kept_variance(chains(setting)[0].graph),
    cases=_CASES,
)
def share_is_a_martingale(setting: Setting) -> np.ndarray:
    """The mean frequency of a type never moves, in any regime without bias: it wins with probability p."""
    _plain(setting)
    return _commonest(setting)


def _commonest(setting: Setting) -> np.ndarray:
    return np.full(setting.generations + 1, sum(one.weight * float(one.law.max()) for one in chains(setting)))


@theory(
    measure="tail-mass",
    formula="E[Σ p_t over the tail] = Σ p over the tail",
    assumes=_ASSUMES,
    source=_SOURCE,
    near_miss=lambda setting: np.sqrt(kept_variance(chains(setting)[0].graph)),
    cases=_CASES,
)
def tail_mass_is_a_martingale(setting: Setting) -> np.ndarray:
    """The mean mass of the tail never moves, so it cannot show that the tail is being lost."""
    _plain(setting)
    if any((one.law > 0).sum() < 2 for one in chains(setting)):
        raise NotApplicable("with a single type there is no tail")
    return np.ones(setting.generations + 1)
