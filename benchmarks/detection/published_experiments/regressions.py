"""Numbers that follow from others."""

import numpy as np

from holdfast.collapse import Experiment
from published_experiments.definitions import Published, Seen


def regression(seen: Seen) -> str:
    one = seen.mean("replace", "coefficient-error", 1)
    grown = [seen.mean(regime, "coefficient-error") / one for regime in ("replace", "accumulate")]
    return (
        f"Error after 20 fits, as a multiple of the error after one: {grown[0]:.1f} if data are replaced, "
        f"{grown[1]:.2f} if they accumulate (bound π²/6 = {np.pi**2 / 6:.2f}; with new inputs in each "
        "generation the exact value is lower)."
    )


_MANY = {"replicates": 2000}

EXPERIMENTS = (
    Published(
        "regression", "Gerstgrasser et al. (2024), arXiv:2404.01413", "https://arxiv.org/abs/2404.01413",
        "the error of a linear regression grows with the number of fits if data are replaced, and is bounded if they "
        "accumulate",
        Experiment(
            learner="linear-regression", samples=100, generations=20, regimes=("replace", "accumulate"),
            measures=("coefficient-error",), **_MANY,
        ),
        "holdfast collapse run linear-regression --generations 20 --regimes replace,accumulate",
        regression,
    ),
)  # fmt: skip
