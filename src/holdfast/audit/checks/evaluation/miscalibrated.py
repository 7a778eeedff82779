from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from holdfast.audit.cases.predictions import judged
from holdfast.audit.comparison import holm
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity

N_BINS = 15  # as in Guo et al. (2017)
LEAST_PER_BIN = 10


@dataclass(frozen=True, slots=True)
class Reliability:
    """Stated and observed frequency in bins of equally many rows, and what chance would do to them."""

    stated: Float[np.ndarray, " bins"]
    observed: Float[np.ndarray, " bins"]
    n: Float[np.ndarray, " bins"]
    variance: Float[np.ndarray, " bins"]  # of the observed frequency, if what is stated were true

    @property
    def error(self) -> float:
        """Expected calibration error: the mean distance between stated and observed."""
        return float(np.sum(self.n * np.abs(self.stated - self.observed)) / self.n.sum())

    @property
    def error_by_chance(self) -> float:
        """What that error is on average when every probability is true: binomial noise alone."""
        return float(np.sum(self.n * np.sqrt(2.0 / np.pi * self.variance)) / self.n.sum())


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Guo et al. (2017), On calibration of modern neural networks, ICML", "https://arxiv.org/abs/1706.04599"
        ),
        Reference(
            "Spiegelhalter (1986), Probabilistic prediction in patient management and clinical trials, "
            "Statistics in Medicine 5(5)",
            "https://doi.org/10.1002/sim.4780050506",
        ),
        Reference(
            "Widmann, Lindsten & Zachariah (2019), Calibration tests in multi-class classification, NeurIPS",
            "https://arxiv.org/abs/1910.11385",
        ),
    ),
)
def miscalibrated(
    labels: Labels, test_predictions: Predicted, *, alpha: float = 0.001, max_error: float = 0.03
) -> Iterator[Finding]:
    """Probabilities that are not frequencies: of rows called 90% sure, fewer or more come true.

    ## Why it matters
    Decisions, costs and thresholds take a probability at its word. Ranking scores such as the area under the ROC
    curve do not notice when it is wrong.

    ## How it works
    Judges probabilities that you stored or that your model gives (of the second class where there are two, else of
    the class chosen). In fifteen bins of equally many test rows, the stated mean is compared with the observed
    frequency. It speaks when the expected calibration error exceeds what chance alone would give by 0.03 or more,
    and a chi-square over bins, or Spiegelhalter's z over rows, rejects that every probability is true (Holm over
    models and tests).

    ## Limits
    With few test rows only gross errors show. Being right on average in each bin does not mean being right in each
    group of rows. Probabilities from data with another share of classes are shifted, and are found.

    ## Fix
    Recalibrate on rows used for nothing else (Platt, isotonic, temperature), and undo any re-weighting of classes.
    """
    if not test_predictions.is_own:
        raise NotApplicable("no model or predictions given, and the stand-in's probabilities matter to nobody")
    judged_models = {
        name: item.probabilities
        for name, item in test_predictions.models.items()
        if labels.is_classes and item.probabilities is not None and not _is_hard(item.probabilities)
    }
    if not judged_models:
        raise NotApplicable("no class probabilities among the predictions")
    truth = labels.codes[test_predictions.rows]
    if len(truth) < 2 * LEAST_PER_BIN:
        raise NotApplicable(f"{len(truth)} test rows are too few to compare probabilities with frequencies")
    pairs = {name: _stated(given, truth) for name, given in judged_models.items()}
    binned = {name: reliability(*pair) for name, pair in pairs.items()}
    p_values = holm(
        np.array([p for name in pairs for p in (_chi_square(binned[name]), _spiegelhalter(*pairs[name])[1])])
    )
    for place, (name, found) in enumerate(binned.items()):
        p_value, excess = float(p_values[2 * place : 2 * place + 2].min()), found.error - found.error_by_chance
        if p_value > alpha or excess < max_error:
            continue
        gap = float(np.sum(found.n * (found.stated - found.observed)) / found.n.sum())
        extreme = _overconfidence(found)
        how = (
            f"{'over' if gap > 0 else 'under'}stated by {abs(gap):.3f} on average"
            if abs(gap) > found.error / 2.0
            else ("too extreme" if extreme > 0.0 else "too timid")
        )
        yield Finding(
            message=f"probabilities of {test_predictions.said(name)} are {how}: they miss the observed frequency by "
            f"{found.error:.3f} on average, where chance would give {found.error_by_chance:.3f}",
            confidence=Confidence.HIGH,
            locations=(Location(columns=(labels.column,), split="test"),),
            evidence=(
                Measure(
                    name="calibration error beyond chance",
                    value=excess,
                    threshold=max_error,
                    p_value=p_value,
                    unit="share",
                ),
                Measure(name="Spiegelhalter's z", value=_spiegelhalter(*pairs[name])[0]),
                Series(
                    name="reliability",
                    x=tuple(found.stated.tolist()),
                    y=tuple(found.observed.tolist()),
                    low=tuple(np.maximum(0.0, found.stated - 1.96 * np.sqrt(found.variance)).tolist()),
                    high=tuple(np.minimum(1.0, found.stated + 1.96 * np.sqrt(found.variance)).tolist()),
                    x_name="stated probability",
                    y_name="observed frequency",
                ),
            ),
            fix="Recalibrate on rows used for nothing else, and undo any re-weighting of classes.",
        )


def reliability(stated: Float[np.ndarray, " n"], came_true: Float[np.ndarray, " n"]) -> Reliability:
    """Return stated and observed frequency in up to fifteen bins of about as many rows."""
    n_bins = max(2, min(N_BINS, len(stated) // LEAST_PER_BIN))
    # Equal probabilities stay in one bin: cut apart, nothing but their outcomes could tell which goes where.
    edges = np.unique(np.quantile(stated, np.arange(1, n_bins) / n_bins))
    _, place = np.unique(np.searchsorted(edges, stated, side="right"), return_inverse=True)
    n = np.bincount(place).astype(np.float64)
    return Reliability(
        np.bincount(place, weights=stated) / n,
        np.bincount(place, weights=came_true) / n,
        n,
        np.bincount(place, weights=stated * (1.0 - stated)) / n**2,
    )


def _stated(given: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if given.shape[1] == 2:
        return np.clip(given[:, 1], 0.0, 1.0), (truth == 1).astype(np.float64)
    chosen = given.argmax(axis=1)
    return np.clip(given[np.arange(len(truth)), chosen], 0.0, 1.0), (truth == chosen).astype(np.float64)


def _is_hard(given: np.ndarray) -> bool:
    """Return whether the probabilities are classes written as 0 and 1."""
    return bool(np.all((given == 0.0) | (given == 1.0)))


def _chi_square(found: Reliability) -> float:
    from scipy.stats import chi2

    # A bin of certain answers has no spread; half a row keeps it from deciding alone.
    variance = found.variance + (0.5 / found.n) ** 2
    return float(chi2.sf(np.sum((found.observed - found.stated) ** 2 / variance), len(found.n)))


def _spiegelhalter(stated: np.ndarray, came_true: np.ndarray) -> tuple[float, float]:
    from scipy.stats import norm

    lean = 1.0 - 2.0 * stated
    spread = float(np.sqrt(np.sum(lean**2 * stated * (1.0 - stated))))
    if spread == 0.0:
        return 0.0, 1.0
    z = float(np.sum((came_true - stated) * lean)) / spread
    return z, float(2.0 * norm.sf(abs(z)))


def _overconfidence(found: Reliability) -> float:
    """Return whether stated frequencies spread wider than observed ones."""
    centre = np.average(found.observed, weights=found.n)
    return float(np.sum(found.n * (np.abs(found.stated - centre) - np.abs(found.observed - centre))))


@planted(at=Location(columns=("y",), split="test"))
def overconfident(rng: np.random.Generator) -> dict[str, Any]:
    """The log-odds are three times as large as they should be."""
    return judged(rng, {"mine": 1.0}, n_test=1_000, sharpen=3.0)


@planted(at=Location(columns=("y",), split="test"))
def timid(rng: np.random.Generator) -> dict[str, Any]:
    """The log-odds are a quarter of what they should be."""
    return judged(rng, {"mine": 1.0}, n_test=1_000, sharpen=0.25)


@clean
def true_chances(rng: np.random.Generator) -> dict[str, Any]:
    """The stated probabilities are those the labels were drawn with."""
    return judged(rng, {"mine": 1.0}, n_test=1_000)


@clean
def one_true_chance(rng: np.random.Generator) -> dict[str, Any]:
    """Every row gets the same probability, and it is true."""
    return judged(rng, {"mine": 0.0}, n_test=1_000, sharpen=0.0)


@clean
def few_rows(rng: np.random.Generator) -> dict[str, Any]:
    """Forty test rows leave a large calibration error to chance."""
    return judged(rng, {"mine": 1.0}, n_test=40)
