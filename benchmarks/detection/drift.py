"""Drift between versions: coverage of intervals, and speed. Power and false alarms: drift_power.py.

    python benchmarks/detection/drift.py                both, about five minutes on one core
    python benchmarks/detection/drift.py --short        the same with few repetitions
    python benchmarks/detection/drift.py coverage       one of them: coverage, speed

The exit code is 1 where an interval covers less than 93% of the time, or where other columns than the planted ones are
found.
"""

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from scipy.stats import binomtest, norm

from holdfast.audit.comparison import newcombe
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.verb import record
from holdfast.audit.facts.shift.categories import variation
from holdfast.audit.facts.shift.numbers import gap, moved
from holdfast.audit.facts.shift.sides import SPLIT
from holdfast.core.dataset import Dataset
from holdfast.data.inference import describe

SEED = 20261122
LEAST = 0.93  # coverage below this is an error in an interval of 95%
IQR = 2 * norm.ppf(0.75)


def coverage(repeats: int) -> bool:
    """Print how often 95% intervals hold the truth, per effect size, size of sample, and true effect."""
    print("\nCoverage of 95% intervals, and mean estimate")
    print(f"{'effect':<34}{'n':>7}{'truth':>8}{'mean':>8}{'covers':>8}")
    good = True
    for n in (100, 1_000, 10_000):
        some = min(100, repeats) if n > 1_000 else repeats
        for d in (0.0, 0.1, 0.5, 1.0):
            good &= _covers(
                "gap of cumulative shares", n, 2 * norm.cdf(d / 2) - 1, some, lambda r, n, d=d: _gap(r, n, d)
            )
        for d in (0.0, 0.1, 0.5, 1.0):
            good &= _covers("distance of quantiles (IQR)", n, d / IQR, some, lambda r, n, d=d: _moved(r, n, d))
        for k, by in ((2, 0.0), (2, 0.1), (20, 0.0), (20, 0.1), (200, 0.0), (200, 0.2)):
            good &= _covers(
                f"total variation, {k} values", n, by, some, lambda r, n, k=k, by=by: _variation(r, n, k, by)
            )
        for p, q in ((0.02, 0.02), (0.02, 0.05), (0.3, 0.4)):
            good &= _covers("missing share", n, q - p, some, lambda r, n, p=p, q=q: _share(r, n, p, q))
    return good


Estimate = tuple[float, float, float]


def _covers(
    name: str, n: int, truth: float, repeats: int, draw: Callable[[np.random.Generator, int], Estimate]
) -> bool:
    found = np.array([draw(np.random.default_rng([SEED, n, i]), n) for i in range(repeats)])
    inside = (found[:, 1] <= truth + 1e-12) & (truth <= found[:, 2] + 1e-12)
    print(f"{name:<34}{n:>7,}{truth:>8.3f}{found[:, 0].mean():>8.3f}{inside.mean():>8.3f}", flush=True)
    return bool(binomtest(int(inside.sum()), repeats, LEAST, alternative="less").pvalue > 0.01)


def _gap(rng: np.random.Generator, n: int, d: float) -> Estimate:
    a, b = np.sort(rng.normal(size=n)), np.sort(rng.normal(d, 1, size=n))
    return gap(a, b, n, n, exact=False)[:3]


def _moved(rng: np.random.Generator, n: int, d: float) -> Estimate:
    return moved(np.sort(rng.normal(size=n)), np.sort(rng.normal(d, 1, size=n)), n, n)


def _variation(rng: np.random.Generator, n: int, k: int, by: float) -> Estimate:
    p = np.full(k, 1 / k)
    q = p.copy()
    q[: k // 2] += by / (k // 2)
    q[k // 2 :] -= by / (k - k // 2)
    words = np.array([f"w{i}" for i in range(k)])
    values = pa.chunked_array(
        [pa.array(np.r_[rng.choice(words, n, p=p), rng.choice(words, n, p=q)], pa.large_string())]
    )
    return variation(values, n, n, n, SPLIT, plain=False)[0][:3]


def _share(rng: np.random.Generator, n: int, p: float, q: float) -> Estimate:
    found = newcombe(rng.binomial(n, q), n, rng.binomial(n, p), n)
    return found.difference, found.low, found.high


def speed(repeats: int) -> bool:
    """Print the cost of 40 columns and a million rows, three of which shift."""
    del repeats
    rng = np.random.default_rng(SEED)

    def wide(n: int, shift: bool) -> Dataset:
        columns = {f"n{i}": rng.normal(size=n) for i in range(32)}
        for i in range(8):
            columns[f"k{i}"] = pa.array(rng.integers(0, 6, n)).cast(pa.string())
        if shift:
            columns["n3"] += 0.4
            columns["n9"] *= 1.8
            columns["k2"] = pa.array(np.minimum(rng.integers(0, 8, n), 5)).cast(pa.string())
        return describe("wide", pa.table(columns))

    record([("old", wide(300, shift=False)), ("new", wide(300, shift=False))], DriftSettings())  # imports
    old, new = wide(500_000, shift=False), wide(500_000, shift=True)
    start = time.process_time()
    run = record([("old", old), ("new", new)], DriftSettings())
    spent = time.process_time() - start
    named = {c for f in run.result("column-drift").findings for c in f.locations[0].columns}
    print(f"\n40 columns × 1,000,000 rows: {spent:.1f} CPU-s; {run.says}")
    return named == {"n3", "n9", "k2"}


PARTS = {
    "coverage": (coverage, 500),
    "speed": (speed, 1),
}


def main() -> int:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts; all, if none is named")
    parser.add_argument("--short", action="store_true", help="a tenth of the repetitions")
    told = parser.parse_args()
    good = True
    for name in told.parts or PARTS:
        run, repeats = PARTS[name]
        good &= run(max(1, repeats // 10) if told.short else repeats)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
