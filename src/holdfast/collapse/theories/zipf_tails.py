"""Zipf's law loses its tail by a power law: closed forms, and how the loss grows with generations."""

import numpy as np
from scipy.special import gamma

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.branching import reach
from holdfast.collapse.engines.chains import Chain, only_chain
from holdfast.collapse.learners.categorical import Categorical
from holdfast.collapse.learners.contexts import Contexts
from holdfast.collapse.theories.frequency_cases import ZIPF, ZIPF_CONTEXTS
from holdfast.core.errors import NotApplicable

_ASSUMES = "Zipf's law with exponent b > 1 and a tail far beyond what is alive; items drawn from the model as it is"
_CASES = (ZIPF, ZIPF_CONTEXTS)
_LATE = 20  # generations after which 2M/t is within 10% of R_t
_BEYOND = 0.05  # share of the result that the types beyond the last may be worth


def _tail(setting: Setting) -> tuple[Chain, float, float, np.ndarray]:
    """Return the chain, C and b of its law p = C i^−b, and 1/R_t. Raises NotApplicable."""
    made = setting.learner
    own = isinstance(made, Categorical) and bool(made.probabilities)
    if not isinstance(made, Categorical | Contexts) or own or made.law != "zipf" or made.exponent <= 1:
        raise NotApplicable("it is about Zipf's law with an exponent above 1")
    chain = only_chain(setting)
    return chain, float(chain.law[0]), made.exponent, 1 / reach(chain.graph)


def _mass(scale: float, b: float, cut: np.ndarray) -> np.ndarray:
    """Return Σ p exp(−p / cut), the sum as an integral."""
    return np.asarray(scale ** (1 / b) / b * gamma(1 - 1 / b) * cut ** (1 - 1 / b))


def _long_enough(chain: Chain, b: float, part: float) -> None:
    """Raise NotApplicable where types that there are not, beyond the last, would count; `part` is what is said."""
    beyond = float(chain.law[-1]) * len(chain.law) / (b - 1)
    if beyond > _BEYOND * part:
        raise NotApplicable("the law ends too early: types beyond its last would count in the closed form")


@theory(
    measure="types-alive",
    exact=False,
    formula="(C R_t)^{1/b} Γ(1 − 1/b) − 1/2,  p_i = C i^−b",
    assumes=_ASSUMES,
    source="the sum over types of Zipf's law as an integral (Karlin, 1967, on occupancy), with branching beside it",
    near_miss=lambda setting: _alive(setting, 1.0),
    cases=_CASES,
)
def zipf_types_alive(setting: Setting) -> np.ndarray:
    """How many types of Zipf's law are alive, in closed form."""
    return _alive(setting, None)


def _alive(setting: Setting, instead: float | None) -> np.ndarray:
    """Return the closed form; `instead` of the gamma factor is what a sharp cut at p R = 1 would give."""
    chain, scale, b, cut = _tail(setting)
    found = np.full(len(cut), np.nan)
    each = (scale / cut[1:]) ** (1 / b) * (gamma(1 - 1 / b) if instead is None else instead) - 0.5
    found[1:] = chain.contexts * each
    _long_enough(chain, b, float(cut[1] * each[0]))
    return found


def _at_half_the_rate(setting: Setting) -> np.ndarray:
    """Return the near miss: with the rate M p/t of the lower bound instead of 2M p/t."""
    _, scale, b, cut = _tail(setting)
    return _mass(scale, b, 2 * cut)


@theory(
    measure="lost-mass",
    exact=False,
    formula="(C^{1/b} / b) Γ(1 − 1/b) R_t^{−(1 − 1/b)},  p_i = C i^−b",
    assumes=_ASSUMES,
    source="the sum over types of Zipf's law as an integral (Karlin, 1967, on occupancy), with branching beside it",
    near_miss=_at_half_the_rate,
    cases=_CASES,
)
def zipf_lost_mass(setting: Setting) -> np.ndarray:
    """What real mass Zipf's law has lost, in closed form."""
    chain, scale, b, cut = _tail(setting)
    found = _mass(scale, b, cut)
    _long_enough(chain, b, float(found[1]))
    return found


@theory(
    measure="lost-mass",
    exact=False,
    formula="(C^{1/b} / b) Γ(1 − 1/b) (t / 2M)^c,  c = 1 − 1/b",
    assumes=_ASSUMES + "; each generation from the one before; many generations",
    source="our own, from classical branching. The exponent c is that of Hutter (2021) and of Dohmatob et al. (2024), "
    "A tale of tails, arXiv:2402.07043, whose bound grows linearly with generations",
    url="https://arxiv.org/abs/2402.07043",
    near_miss=lambda setting: zipf_lost_mass.run(setting)[1] * np.arange(setting.generations + 1),
    cases=_CASES,
)
def tale_of_tails(setting: Setting) -> np.ndarray:
    """Late losses of Zipf's law grow with generations to a power below 1."""
    chain, scale, b, cut = _tail(setting)
    items = np.unique([int(size) for size in chain.graph.sizes()])
    if not setting.replaces or len(items) > 1:
        raise NotApplicable("it is about generations of one size, each learning from the one before")
    _long_enough(chain, b, float(_mass(scale, b, cut)[1]))
    found = _mass(scale, b, np.arange(setting.generations + 1) / (2 * items[0]))
    found[:_LATE] = np.nan
    return found
