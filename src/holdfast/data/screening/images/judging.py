"""Scores of pictures by a classifier that learnt from labelled ones, with what can be said of them and what cannot.

A score is never a verdict: for each picture there is a p-value against held-out real ones (conformal: exact where the
picture comes as they do), and a test that refuses where pictures come from elsewhere.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

FEWEST = 40  # of each kind: half to learn from, half to calibrate with
_NOVEL = 0.1  # conformal level at which a picture counts as unlike both kinds
_BOOT = 2000
_Rows = Float[np.ndarray, "pictures features"]


@dataclass(frozen=True)
class Judge:
    """A fitted classifier with the scores and distances of held-out pictures of both kinds, sorted."""

    model: Any
    real: Float[np.ndarray, " real"]
    made: Float[np.ndarray, " made"]
    centres: tuple[Any, ...]  # of real and made ones: a mean and a precision
    distances: tuple[np.ndarray, ...]  # of held-out pictures to the centre of their own kind


def fitted(rows: _Rows, made: Bool[np.ndarray, " pictures"], learn: Bool[np.ndarray, " pictures"]) -> Judge:
    """Return a judge that learns from some of the labelled pictures and is calibrated on the others."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000))
    model.fit(rows[learn], made[learn])
    held = model.decision_function(rows[~learn])
    kinds = made[~learn]
    scaled = model[0].transform(rows)
    centres = tuple(_centre(scaled[learn & (made == kind)]) for kind in (False, True))
    distances = tuple(
        np.sort(_distance(scaled[~learn & (made == kind)], centre))
        for kind, centre in zip((False, True), centres, strict=True)
    )
    return Judge(model, np.sort(held[~kinds]), np.sort(held[kinds]), centres, distances)


def _centre(rows: _Rows) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.covariance import ledoit_wolf

    covariance, _ = ledoit_wolf(rows)
    return rows.mean(axis=0), np.linalg.inv(covariance)


def _distance(rows: _Rows, centre: tuple[np.ndarray, np.ndarray]) -> Float[np.ndarray, " pictures"]:
    mean, precision = centre
    away = rows - mean
    return np.asarray(np.einsum("ij,jk,ik->i", away, precision, away))


def scores(judge: Judge, rows: _Rows) -> Float[np.ndarray, " pictures"]:
    """Return how much pictures look made: only their order means anything."""
    return np.asarray(judge.model.decision_function(rows)) if len(rows) else np.zeros(0)


def p_real(judge: Judge, found: Float[np.ndarray, " pictures"]) -> Float[np.ndarray, " pictures"]:
    """Return (1 + held-out real pictures that score as high) / (1 + all of them): Vovk's conformal p-value."""
    above = len(judge.real) - np.searchsorted(judge.real, found, side="left")
    return np.asarray((1 + above) / (1 + len(judge.real)))


def auroc(judge: Judge) -> tuple[float, float, float]:
    """Return the area under the curve on held-out pictures, with a 95% interval (Hanley and McNeil 1982)."""
    n, m = len(judge.real), len(judge.made)
    low = np.searchsorted(judge.real, judge.made, side="left")
    high = np.searchsorted(judge.real, judge.made, side="right")
    area = float((low + high).sum() / (2 * n * m))
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (m - 1) * (one - area**2) + (n - 1) * (two - area**2)) / (n * m)
    # Where all are told apart the formula says that nothing is uncertain: at least what one wrong picture would make.
    half = 1.96 * max(float(np.sqrt(max(variance, 0.0))), 1 / (2 * min(n, m)))
    return area, max(0.0, area - half), min(1.0, area + half)


def shift(judge: Judge, rows: _Rows) -> tuple[float, float]:
    """Return (share of pictures unlike both kinds, p-value that they come as the labelled ones do).

    A picture is unlike both where its distance from either kind is among the largest tenth of held-out ones. If
    pictures are a mixture of the two kinds, that is a tenth of them at most, up to the luck of the held-out ones
    (beta-binomial; exact for one kind, on the safe side for two).
    """
    from scipy.stats import betabinom

    scaled = judge.model[0].transform(rows)
    each = []
    for centre, held in zip(judge.centres, judge.distances, strict=True):
        above = len(held) - np.searchsorted(held, _distance(scaled, centre), side="left")
        each.append((1 + above) / (1 + len(held)))
    novel = int((np.maximum(*each) <= _NOVEL).sum())
    fewest = min(len(held) for held in judge.distances)
    place = int(_NOVEL * (fewest + 1))
    p = 1.0 if place < 1 else float(betabinom.sf(novel - 1, len(rows), place, fewest + 1 - place))
    return novel / max(1, len(rows)), p


def share(
    judge: Judge, found: Float[np.ndarray, " pictures"], rng: np.random.Generator, level: float = 0.9
) -> tuple[float, float, float]:
    """Return the share of made pictures with an interval: the adjusted count (Forman 2008).

    The cut is in the middle between the two kinds; the interval takes the luck of both held-out sets and of the
    pictures themselves, by drawing from Beta laws (Jeffreys) of the three rates.
    """
    cut = (np.median(judge.real) + np.median(judge.made)) / 2
    counts = [(int((part > cut).sum()), len(part)) for part in (found, judge.made, judge.real)]
    seen, right, wrong = (rng.beta(hits + 0.5, n - hits + 0.5, _BOOT) for hits, n in counts)
    drawn = np.clip((seen - wrong) / np.maximum(right - wrong, 1e-3), 0, 1)
    rates = [hits / max(1, n) for hits, n in counts]
    value = float(np.clip((rates[0] - rates[2]) / max(rates[1] - rates[2], 1e-3), 0, 1))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return value, min(value, float(low)), max(value, float(high))
