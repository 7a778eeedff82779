"""Linear regression through generations: the laboratory beside the plain way, in one run on one core.

    python benchmarks/speed/collapse_regression.py              T = 500, d = 50, 20 generations
    python benchmarks/speed/collapse_regression.py --quick      fewer replicates

The plain way draws X and y, solves least squares, and does so in each generation and replicate. CPU seconds a replicate
(a whole history), and the mean squared error at the end with its standard error beside what theory says.
"""

import argparse
import time
from tempfile import TemporaryDirectory

import numpy as np
from threadpoolctl import threadpool_limits

from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.verb import run_experiment

T, D, GENERATIONS = 500, 50, 20


def plain(replicates: int, regime: str, rng: np.random.Generator) -> np.ndarray:
    """Return squared errors at the end of histories that are gone through row by row."""
    truth = np.zeros(D)
    truth[0] = 1.0
    found = np.zeros(replicates)
    for i in range(replicates):
        w, inputs, labels = truth, np.zeros((0, D)), np.zeros(0)
        for _ in range(GENERATIONS):
            x = rng.standard_normal((T, D))
            y = x @ w + rng.standard_normal(T)
            if regime == "accumulate":
                inputs, labels = np.concatenate([inputs, x]), np.concatenate([labels, y])
            else:
                inputs, labels = x, y
            w = np.linalg.lstsq(inputs, labels, rcond=None)[0]
        found[i] = np.sum((w - truth) ** 2)
    return found


def laboratory(replicates: int, regime: str, at: tuple[int, ...]) -> tuple[float, float, float]:
    """Return mean and standard error at the end, and theory, through the public API."""
    experiment = Experiment(
        learner="linear-regression",
        options={"dimensions": D},
        samples=T,
        generations=GENERATIONS,
        replicates=replicates,
        regimes=(regime,),
        measures=("coefficient-error",),
        at=at,
    )
    with TemporaryDirectory():
        _, (curve,) = run_experiment(experiment)
    exact = next(one for one in curve.overlays if one.theory.exact)
    return float(curve.mean[-1]), float(curve.error[-1]), float(exact.values[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    print(f"T = {T}, d = {D}, {GENERATIONS} generations; CPU milliseconds a replicate, threads of BLAS: 1\n")
    print("| regime | recorded | way | replicates | ms | times faster | mean error | theory |")
    print("|---|---|---|---|---|---|---|---|")
    every, end = tuple(range(GENERATIONS + 1)), (GENERATIONS,)
    rows = (
        ("replace", 10 if quick else 40, ((every, 4000 if quick else 40_000), (end, 20_000 if quick else 400_000))),
        ("accumulate", 2 if quick else 6, ((every, 50 if quick else 500),)),
    )
    with threadpool_limits(1):
        for regime, naive, ways in rows:
            started = time.process_time()
            errors = plain(naive, regime, np.random.default_rng(0))
            slow = (time.process_time() - started) / naive
            spread = errors.std(ddof=1) / np.sqrt(naive)
            print(
                f"| {regime} | end | plain | {naive} | {1000 * slow:.1f} | 1 | {errors.mean():.4f} ± {spread:.4f} | |"
            )
            for at, replicates in ways:
                laboratory(50, regime, at)  # imports
                started = time.process_time()
                mean, error, theory = laboratory(replicates, regime, at)
                fast = (time.process_time() - started) / replicates
                what = "every generation" if at == every else "end"
                print(
                    f"| {regime} | {what} | Holdfast | {replicates:,} | {1000 * fast:.4f} | {slow / fast:,.0f} "
                    f"| {mean:.4f} ± {error:.4f} | {theory:.4f} |"
                )


if __name__ == "__main__":
    main()
