"""Where real items keep coming, or stay, frequencies come to rest: what they rest at."""

from typing import NamedTuple

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.chains import Chain, chains
from holdfast.collapse.theories.frequency_cases import with_little_real
from holdfast.core.errors import NotApplicable

_FRESH = "new real items each time, a share α of all, weighted alike; after many generations"
_SETTLED = 100.0  # the distance from rest has shrunk so many times
_MANY_LINES = 10_000  # generations back; A(α) converges like (1 − α)ʲ


class Mix(NamedTuple):
    """What a generation learns from once it has settled: new or fixed real items, and the model before."""

    chain: Chain
    real: int
    synthetic: int
    fixed: bool

    @property
    def share(self) -> float:
        """α, the share of real items."""
        return self.real / (self.real + self.synthetic)


def _mixes(setting: Setting, *, fixed: bool) -> tuple[Mix, ...]:
    """Return how each chain mixes. Raises NotApplicable where it does not, in that way."""
    return tuple(_mix(one, setting, fixed=fixed) for one in chains(setting))


def _mix(chain: Chain, setting: Setting, *, fixed: bool) -> Mix:
    graph, n = chain.graph, setting.generations
    what = "the same real items each time" if fixed else "new real items each time"
    if not graph.draws_plainly() or n < 2:
        raise NotApplicable(f"it is about plain draws and {what}")
    seen = set()
    for t, fit in enumerate(graph.fits[1:], start=2):
        used = [graph.batches[k] for k in fit.batches]
        real = [batch for batch in used if batch.parent == 0]
        made = [batch for batch in used if batch.parent == t - 1]
        sizes = np.array([batch.size for batch in used])
        whole = len(real) + len(made) == len(used) and len(made) > 0 and len(real) > 0
        alike = np.allclose(fit.weights, sizes / sizes.sum()) and fit.subsample is None
        if not whole or not alike or {batch.generation for batch in real} != {1 if fixed else t}:
            raise NotApplicable(f"it is about the model before and {what}, items weighted alike")
        seen.add((sum(batch.size for batch in real), sum(batch.size for batch in made)))
    if len(seen) > 1:
        raise NotApplicable("generations have different sizes")
    return Mix(chain, *seen.pop(), fixed)


def _level(setting: Setting, mixes: tuple[Mix, ...], value: float) -> np.ndarray:
    """Return a level that is reached late, from where the distance has shrunk by (1 − α)ᵗ far enough."""
    line = np.full(setting.generations + 1, np.nan)
    slowest = min(one.share for one in mixes)
    line[int(np.ceil(-np.log(_SETTLED) / np.log1p(-slowest))) + 1 :] = value
    return line


def kappa(real: int, synthetic: int) -> float:
    """Return κ: Var p = r (1 − r) κ around the frequencies r of a real set that stays, once at rest."""
    beta = synthetic / (real + synthetic)
    return beta**2 / (synthetic * (1 - beta**2) + beta**2)


def lines_of(share: float) -> float:
    """Return A(α) = Σ s_j, s_{j+1} = 1 − exp(−(1 − α) s_j): how many generations of real items the model remembers."""
    total, survive = 0.0, 1.0
    for _ in range(_MANY_LINES):
        total += survive
        survive = -float(np.expm1(-(1 - share) * survive))
        if survive < 1e-12:
            break
    return total


@theory(
    measure="heterozygosity",
    exact=False,
    formula="(1 − Σ p²)(1 − 1/N)(1 − κ),  κ = β² / (n(1 − β²) + β²),  β = n/(N + n)",
    assumes="the same N real items and n new items of the model before, weighted alike; after many generations",
    source="migration from a fixed source against drift (Wright, 1931). Seddik et al. (2024) bound the same distance",
    url="https://arxiv.org/abs/2404.05090",
    near_miss=lambda setting: _beside_fixed(setting, drifting=False),
    cases=(
        with_little_real("categorical", 20, {"types": 10}, every="once"),
        with_little_real("contexts", 40, {"contexts": 2, "types": 10}, every="once"),
    ),
)
def heterozygosity_beside_fixed_real(setting: Setting) -> np.ndarray:
    """Where diversity rests when the same real items are learnt from again each time."""
    return _beside_fixed(setting, drifting=True)


def _beside_fixed(setting: Setting, *, drifting: bool) -> np.ndarray:
    """Return the level; the near miss is that of the real items alone, as if the others added no noise."""
    mixes = _mixes(setting, fixed=True)
    total = 0.0
    for one in mixes:
        diversity = one.chain.weight * (1 - float((one.chain.law**2).sum())) * (1 - 1 / one.real)
        total += diversity * (1 - kappa(one.real, one.synthetic) * drifting)
    return _level(setting, mixes, total)


@theory(
    measure="types-alive",
    exact=False,
    formula="Σᵢ [1 − exp(−Mᵣ pᵢ A(α))],  A = Σ s_j, s₁ = 1, s_{j+1} = 1 − exp(−(1 − α) s_j) ≈ 2 ln(1/α) − 1.2",
    assumes=_FRESH + "; types that come and go are rare",
    source="branching with immigration; migration against drift in population genetics (Wright, 1931)",
    near_miss=lambda setting: _present(setting, remembered=False),
    cases=(
        with_little_real("categorical", 500, {"types": 200, "exponent": 1.0}, every="generation", replicates=500),
        with_little_real(
            "contexts", 500, {"contexts": 2, "types": 100, "exponent": 1.0}, every="generation", replicates=500
        ),
    ),
)
def types_beside_fresh_real(setting: Setting) -> np.ndarray:
    """How many types are there at rest when real items keep coming: synthetic ones are a memory of A(α) generations."""
    return _present(setting, remembered=True)


def _present(setting: Setting, *, remembered: bool) -> np.ndarray:
    total = 0.0
    mixes = _mixes(setting, fixed=False)
    for one in mixes:
        memory = lines_of(one.share) if remembered else 1.0
        total += one.chain.contexts * float(-np.expm1(-one.real * one.chain.law * memory).sum())
    return _level(setting, mixes, total)
