"""Scores of frozen representations: how well features suit labels, without training anything.

They rank two candidates or more, and always stand beside a measured linear probe: such scores look good mostly on
benchmarks whose models keep one order everywhere ("How NOT to benchmark your SITE metric", 2510.06448).
"""

import numpy as np
from jaxtyping import Float, Int

from holdfast.core.errors import BadInput, NotApplicable

_STEPS = 100  # of the fixed point; it settles within ten on real features
_SETTLED = 1e-5  # relative change of α/β, far below what moves the score's third place
_LEAST_PRECISION = 1e-12  # of noise and weights, where features explain a label wholly or not at all


def logme(features: Float[np.ndarray, "n dimensions"], labels: Int[np.ndarray, " n"]) -> float:
    """Return LogME: the log evidence per example of a Bayesian linear model of each class, averaged over classes.

    You, Liu, Wang & Long (2021), "LogME: practical assessment of pre-trained models for transfer learning", ICML
    (2102.11005). For one-hot y, F of n × D, A = αI + βFᵀF and m = βA⁻¹Fᵀy, the evidence

        L = n/2 ln β + D/2 ln α − n/2 ln 2π − β/2 ‖Fm − y‖² − α/2 mᵀm − 1/2 ln|A|

    is maximised over α, β by MacKay's fixed point: γ = Σ βs²/(α + βs²), α ← γ/mᵀm, β ← (n − γ)/‖Fm − y‖². One singular
    value decomposition serves all classes. Higher is better.
    """
    features, labels = _matched(features, labels)
    left, singular, _ = np.linalg.svd(features, full_matrices=False)
    each = [
        _evidence(left, singular, features.shape[1], (labels == one).astype(np.float64)) for one in np.unique(labels)
    ]
    return float(np.mean(each) / len(labels))


def leep(source: Float[np.ndarray, "n source_classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return LEEP, from the base's probabilities of its own classes: mean log Σ_z P(y|z) θ(x)_z; at most 0.

    Nguyen, Hassner, Seeger & Archambeau (2020), "LEEP: a new measure to evaluate transferability", ICML, eq. 2;
    P(y|z) = P(y, z)/P(z), with P(y, z) the mean of θ(x)_z over examples, those of class y counted.
    """
    source, labels = _matched(source, labels)
    if (source < 0.0).any() or not np.allclose(source.sum(axis=1), 1.0, atol=1e-3):
        raise BadInput("LEEP wants probabilities of the base's own classes, each row with the sum 1")
    _, code = np.unique(labels, return_inverse=True)
    joint = np.zeros((int(code.max()) + 1, source.shape[1]))
    np.add.at(joint, code, source)
    of_source = joint.sum(axis=0)
    given = np.divide(joint, of_source, out=np.zeros_like(joint), where=of_source > 0.0)
    return float(np.log(np.einsum("nz,nz->n", given[code], source)).mean())


def h_score(features: Float[np.ndarray, "n dimensions"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the H-score with shrinkage: tr(Σ_α⁻¹ (1 − α) cov(E[f|y])), α being Ledoit & Wolf's (2004).

    Bao et al. (2019), "An information-theoretic approach to transferability"; the shrinkage, without which more
    dimensions than examples make it meaningless, is Ibrahim, Ponomareva & Mazumder's (2021, 2110.06893). From 0 to
    the number of classes less one, near enough; higher is better.
    """
    from sklearn.covariance import ledoit_wolf

    features, labels = _matched(features, labels)
    centred = features - features.mean(axis=0)
    covariance, shrunk = ledoit_wolf(centred, assume_centered=True)
    classes, code = np.unique(labels, return_inverse=True)
    sums = np.zeros((len(classes), features.shape[1]))
    np.add.at(sums, code, centred)
    sizes = np.bincount(code)
    means = sums / sizes[:, None]
    between = (means * sizes[:, None]).T @ means / len(labels)
    return float((1.0 - shrunk) * np.trace(np.linalg.pinv(covariance, hermitian=True) @ between))


def _evidence(left: np.ndarray, singular: np.ndarray, dimensions: int, target: np.ndarray) -> float:
    n = len(target)
    along = left.T @ target
    unreached = max(float(target @ target - along @ along), 0.0)
    square = singular**2
    alpha, beta = 1.0, 1.0

    def fitted() -> tuple[float, float, float]:
        """Return γ, mᵀm and ‖Fm − y‖² in the basis of singular vectors."""
        under = alpha + beta * square
        weight = beta * singular * along / under
        return (
            float((beta * square / under).sum()),
            float(weight @ weight),
            float((((alpha / under) * along) ** 2).sum()) + unreached,
        )

    for _ in range(_STEPS):
        gamma, size, miss = fitted()
        before = alpha / beta
        alpha = max(gamma / max(size, _LEAST_PRECISION), _LEAST_PRECISION)
        beta = min(max((n - gamma) / max(miss, _LEAST_PRECISION), _LEAST_PRECISION), 1.0 / _LEAST_PRECISION)
        alpha = min(alpha, 1.0 / _LEAST_PRECISION)
        if abs(alpha / beta - before) <= _SETTLED * before:
            break
    _, size, miss = fitted()
    determinant = float(np.log(alpha + beta * square).sum()) + (dimensions - len(square)) * np.log(alpha)
    return float(
        n / 2 * np.log(beta)
        + dimensions / 2 * np.log(alpha)
        - n / 2 * np.log(2 * np.pi)
        - beta / 2 * miss
        - alpha / 2 * size
        - determinant / 2
    )


def _matched(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    features, labels = np.asarray(features, dtype=np.float64), np.asarray(labels).reshape(-1)
    if features.ndim != 2 or len(features) != len(labels):
        raise BadInput(f"features of shape {features.shape} do not fit {len(labels):,} labels")
    if not np.isfinite(features).all():
        raise BadInput("features hold values that are not finite")
    if len(np.unique(labels)) < 2:
        raise NotApplicable("not estimable: a representation is judged by two classes at least")
    return features, labels
