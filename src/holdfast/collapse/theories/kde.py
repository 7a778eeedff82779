"""Kernel density estimates, each generation from the one before: they broaden as well as narrow."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.learners.kde import SILVERMAN, Kde
from holdfast.core.errors import NotApplicable

_ASSUMES = "kernel density estimate, each generation from the one before"
_SOURCE = "variance of the smoothed bootstrap (Silverman & Young, 1987, Biometrika 74, 469–479)"
_URL = "https://doi.org/10.1093/biomet/74.3.469"
_CASE = {"learner": "kde", "samples": 30, "generations": 10, "replicates": 5000, "regimes": ["replace"]}


def _sizes(setting: Setting) -> np.ndarray:
    if not isinstance(setting.learner, Kde) or not setting.replaces:
        raise NotApplicable(f"it is about: {_ASSUMES}")
    return setting.sizes.astype(np.float64)


def _items(setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Return E of the variance of the items and of the kernels in each generation, in true variances."""
    sizes, learner = _sizes(setting), setting.learner
    items, kernels = [0.0], [1.0]  # the truth is a single kernel
    for size in sizes:
        items.append((1 - 1 / size) * (items[-1] + kernels[-1]))
        if learner.bandwidth == "silverman":
            kernels.append(SILVERMAN**2 * size**-0.4 * items[-1] * size / (size - 1))
        else:
            kernels.append((learner.bandwidth / learner.sd) ** 2)
    return np.array(items), np.array(kernels)


@theory(
    measure="kde-variance",
    formula="E V_n = v_n + h²_n,  v_{n+1} = (1 − 1/M)(v_n + h²_n);  h²_n = 1.06² M^{−2/5} v_n M/(M−1) if Silverman's",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: _items(setting)[0] + (np.arange(setting.generations + 1) < 1),
    cases=(_CASE, {**_CASE, "options": {"bandwidth": 0.5}}, {**_CASE, "options": {"bandwidth": 0.25}}),
)
def kde_variance_of_replaced(setting: Setting) -> np.ndarray:
    """By Silverman's rule a density estimate broadens geometrically; by a fixed width it finds its own variance."""
    items, kernels = _items(setting)
    return items + kernels


def _mean_error(setting: Setting) -> np.ndarray:
    items, kernels = _items(setting)
    return np.concatenate([[0.0], np.cumsum((items + kernels)[:-1] / setting.sizes)])


@theory(
    measure="kde-mean-error",
    formula="Var of the mean = Σ E Vᵢ₋₁/Mᵢ: each generation adds the variance it draws with, over M",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    near_miss=lambda setting: np.concatenate([[0.0], np.cumsum(_items(setting)[0][:-1] / setting.sizes)]),
    cases=(_CASE, {**_CASE, "options": {"bandwidth": 0.5}}),
)
def kde_mean_error_of_replaced(setting: Setting) -> np.ndarray:
    """The mean of a density estimate walks further than that of its items."""
    return _mean_error(setting)


def _fixed_point(setting: Setting, *, kernels: float = 0.0) -> np.ndarray:
    sizes, learner = _sizes(setting), setting.learner
    if learner.bandwidth == "silverman":
        raise NotApplicable("by Silverman's rule the variance has no limit")
    if np.ptp(sizes) > 0:
        raise NotApplicable("it is about generations of the same size")
    limit = (learner.bandwidth / learner.sd) ** 2 * (sizes[0] - kernels)
    return np.concatenate([[1.0], np.full(setting.generations, limit)])


@theory(
    measure="kde-variance",
    formula="E V_n → h² M (of its items h² (M − 1)): it narrows if h < σ/√M, else it broadens",
    assumes=f"{_ASSUMES}, kernels of fixed width, equal sizes",
    source=_SOURCE,
    url=_URL,
    exact=False,
    near_miss=lambda setting: _fixed_point(setting, kernels=2.0),
    cases=(
        {
            "learner": "kde", "samples": 6, "generations": 40, "at": [40], "replicates": 20_000,
            "regimes": ["replace"], "options": {"bandwidth": 0.6},
        },
    ),
)  # fmt: skip
def kde_fixed_point(setting: Setting) -> np.ndarray:
    """With kernels of fixed width there is a variance that generations keep, which the truth has no part in."""
    return _fixed_point(setting)
