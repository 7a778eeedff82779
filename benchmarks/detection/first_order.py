"""Where the first-order law of logistic regression begins to hold: simulation over prediction, by the prediction.

    python benchmarks/detection/first_order.py        about three minutes of CPU

Every generation of every history is one comparison; those of one range of predictions stand together.
"""

import itertools

import numpy as np

from holdfast.collapse import Experiment, run_experiment
from holdfast.collapse.engines.risk import plain_risk
from holdfast.collapse.theories.logistic import variance_of_one_item

RANGES = (0.0, 0.03, 0.07, 0.13, 0.3, 0.7)
REGIMES = ("replace", "accumulate", "golden", "fixed-real")


def ratios() -> list[tuple[float, float]]:
    """Return predicted squared errors, and by what the simulated ones differ: ratios."""
    found = []
    for dimensions, signal, each in itertools.product((2, 5, 10), (0.5, 1.0, 4.0), (50, 200, 800)):
        _, curves = run_experiment(
            Experiment(
                learner="logistic-regression", samples=each * dimensions, generations=10, replicates=400,
                regimes=REGIMES, measures=("log-odds-error",),
                options={"dimensions": dimensions, "signal": signal, "design": "same"},
            )
        )  # fmt: skip
        for curve in curves:
            predicted = variance_of_one_item(curve.arm.learner) * plain_risk(curve.arm.setting().graph)
            found += [(far, seen / far) for far, seen in zip(predicted[1:], curve.mean[1:], strict=True)]
    return found


def main() -> None:
    print("| predicted squared error | comparisons | simulated, as a multiple: median | 5% | 95% |")
    print("|---|---|---|---|---|")
    every = np.array(ratios())
    for low, high in itertools.pairwise(RANGES):
        some = every[(every[:, 0] > low) & (every[:, 0] <= high), 1]
        below, median, above = np.quantile(some, [0.05, 0.5, 0.95], method="higher")
        print(f"| {low:g} to {high:g} | {len(some)} | {median:.2f} | {below:.2f} | {above:.2f} |")


if __name__ == "__main__":
    main()
