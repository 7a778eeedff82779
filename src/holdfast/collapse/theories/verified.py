"""What becomes of a normal fit of very many items, where a verifier with a taste looks through them first.

An ideal verifier needs no law of its own: what it passes is real data, and the graph says so.
"""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.structure import MOST_PARTS
from holdfast.collapse.graph import Batch
from holdfast.collapse.theories.accumulate import normal
from holdfast.collapse.theories.descent import widened
from holdfast.core.errors import NotApplicable

_ASSUMES = "normal; a verifier accepts items by a normal curve around its centre; any graph, very many items"
_SOURCE = (
    "fixed point of normal curves multiplied; that it lies at the verifier's centre: Yi et al. (2025), arXiv:2510.16657"
)
_URL = "https://arxiv.org/abs/2510.16657"
_TASTE = {"kind": "biased", "centre": 2.0, "width": 1.0}
_CASES = (
    {"samples": 50, "generations": 12, "regimes": [], "regime": {"some real": {"feeds": [
        {"name": "real", "of": "real", "share": 0.3},
        {"name": "checked", "of": "model", "share": 0.7, "verifier": _TASTE}]}}},
    {"samples": 50, "generations": 3, "regimes": [], "regime": {"no real": {"feeds": [
        {"name": "checked", "of": "model", "verifier": _TASTE}]}}},
)  # fmt: skip


def _drawn(batch: Batch, mean: float, variance: float, pull: float) -> tuple[float, float]:
    """Return mean and variance of items of a batch, in the truth's units."""
    if batch.parent == 0:
        return 0.0, 1.0
    if batch.verifier is None:
        return mean, variance * widened(batch.rule)
    if batch.rule.top_p < 1:
        raise NotApplicable("it is about normal items before a verifier sees them, not about what top-p leaves")
    verifier = batch.verifier
    first = variance * batch.rule.temperature
    share = first / (first + verifier.width**2)  # of the way to the centre
    return mean + pull * share * (verifier.centre - mean), first * (1 - share)


def _followed(setting: Setting, pull: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return means and variances of models of very many items."""
    normal(setting)
    graph = setting.graph
    if all(batch.verifier is None for batch in graph.batches):
        raise NotApplicable("it is about verifiers with a taste")
    if len(graph.fits[-1].batches) > MOST_PARTS and graph.generations > _MOST_GENERATIONS:
        raise NotApplicable(f"keeping all batches is followed over {_MOST_GENERATIONS:,} generations at most")
    means, variances = np.zeros(graph.generations + 1), np.ones(graph.generations + 1)
    batches = np.zeros((len(graph.batches), 2))
    first = 0
    for t, fit in enumerate(graph.fits, start=1):
        while first < len(graph.batches) and graph.batches[first].generation == t:
            batch = graph.batches[first]
            batches[first] = _drawn(batch, float(means[batch.parent]), float(variances[batch.parent]), pull)
            first += 1
        mean, variance = batches[fit.batches].T
        means[t] = fit.weights @ mean
        variances[t] = fit.weights @ (variance + (mean - means[t]) ** 2)
    return means, variances


_MOST_GENERATIONS = 2000


@theory(
    measure="variance",
    formula="v → Σ w [v_b + (m_b − m)²], of a checked batch v_b = v b²/(v + b²), b the verifier's width",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    exact=False,
    near_miss=lambda setting: _followed(setting, 0.0)[1],
    cases=(_CASES[0],),
)
def verified_variance(setting: Setting) -> np.ndarray:
    """What a verifier likes is narrower than what it was shown; real data and the gap between both widen it again."""
    return _followed(setting)[1]


@theory(
    measure="mean-error",
    formula="μ → Σ w m_b, of a checked batch m_b = μ + (c − μ) v/(v + b²), c the verifier's centre",
    assumes=_ASSUMES,
    source=_SOURCE,
    url=_URL,
    exact=False,
    near_miss=lambda setting: _followed(setting, 0.8)[0] ** 2,
    cases=_CASES,
)
def verified_mean_error(setting: Setting) -> np.ndarray:
    """A verifier with a taste moves the model to its own centre, and only real data pulls it back."""
    return _followed(setting)[0] ** 2
