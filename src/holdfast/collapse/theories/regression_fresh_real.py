"""Least squares on new real items together with items of the last fit."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.structure import Mix, mixed
from holdfast.collapse.theories.regression import LINES, least_squares
from holdfast.core.errors import NotApplicable

_OWN = "own derivation from moments of the matrix-variate beta distribution (Konno, 1988, J. Japan Statist. Soc. 18)"


def handed_on(mix: Mix, d: int) -> float:
    """Return E|U e|²/|e|² for U = G⁻¹ Gₛ: the share of the last model's squared error that the next one has.

    G = Gᵣ + Gₛ is X′X of all N items. B = G^(−1/2) Gₛ G^(−1/2) is matrix-variate beta and independent of G, both look
    the same from all directions, so E[B A B] = x A + y tr(A) I with y = E B₁₂² and x = E B₁₁² − y. A diagonal element
    is beta; a 2 × 2 determinant is a product of two betas, and E B₁₁² = E B₁₁B₂₂ + 2 E B₁₂².
    """
    n, m = mix.items, mix.synthetic
    diagonal = m * (m + 2) / (n * (n + 2))
    minor = m * (m - 1) / (n * (n - 1))
    y = (diagonal - minor) / 3
    return (diagonal - y) + y * (n * d - 2) / (n - d - 1)


def _mixed(setting: Setting) -> tuple[Mix, int, float]:
    learner, mix = least_squares(setting, "fresh"), mixed(setting, fresh=True)
    if not mix.pooled:
        raise NotApplicable("it is about real and synthetic items of the same weight")
    risk = learner.noise**2 * learner.dimensions / (mix.items - learner.dimensions - 1)
    return mix, learner.dimensions, risk


def _after(setting: Setting, share: float, risk: float) -> np.ndarray:
    t = np.arange(setting.generations + 1)
    return np.asarray(risk * (1 - share**t) / (1 - share))


def _in_many_dimensions(setting: Setting) -> np.ndarray:
    """Return the near miss: as if X′X were always what it is on average."""
    mix, _, risk = _mixed(setting)
    return _after(setting, (mix.synthetic / mix.items) ** 2, risk)


@theory(
    measure="coefficient-error",
    formula="E|w_t − w*|² = s² d/(N − d − 1) × (1 − κᵗ)/(1 − κ), κ = E tr(U′U)/d, U = (X′X)⁻¹ X′X(synthetic)",
    assumes="least squares on new real and new synthetic items of the same weight, all inputs new",
    source=_OWN,
    near_miss=_in_many_dimensions,
    cases=({**LINES, "samples": 20, "generations": 15, "regimes": ["fresh-real", "verified"],
            "options": {"dimensions": 8}},),
)  # fmt: skip
def regression_fresh_real(setting: Setting) -> np.ndarray:
    """With new real items in each generation the squared error settles, a little above what mean inputs suggest."""
    mix, d, risk = _mixed(setting)
    return _after(setting, handed_on(mix, d), risk)
