"""Answers of the planner, simulated: whether what was wished is held, and no longer held with fewer items.

    nice python benchmarks/detection/plan.py [--out docs/collapse-plan.md]

Each simulation is written out here in plain NumPy and shares nothing with the laws that the planner turns around.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from marked import rewrite, table

from holdfast.collapse.planning import plan

R = np.random.default_rng(20)
REPEATS = 8  # of each simulation, for its standard error


def normal_chain(sizes, replicates=20_000):
    """Return means and variances after unbiased fits, each from the one before."""
    mean, variance = np.zeros(replicates), np.ones(replicates)
    for size in sizes:
        mean += np.sqrt(variance / size) * R.standard_normal(replicates)
        variance *= R.chisquare(size - 1, replicates) / (size - 1)
    return mean, variance


def distance(sizes, replicates=20_000):
    mean, variance = normal_chain(sizes, replicates)
    return (mean**2 + (np.sqrt(variance) - 1) ** 2).mean()


def shrunk(sizes, share):
    return (np.sqrt(normal_chain(sizes, 40_000)[1]) < 1 - share).mean()


def mixed(real, synthetic, generations, scale=1.0, replicates=20_000, fresh=True, last=1):
    """Return variance, mean and W2² of maximum-likelihood fits on a mix, mean over the last generations."""
    alpha, beta, items = real / (real + synthetic), synthetic / (real + synthetic), real + synthetic
    mean, variance = np.zeros(replicates), np.ones(replicates)
    kept = [
        R.standard_normal(replicates) / np.sqrt(real),
        R.chisquare(max(real - 1, 0), replicates) if real > 1 else 0.0,
    ]
    found = []
    for t in range(generations):
        if fresh:
            kept = [R.standard_normal(replicates) / np.sqrt(real),
                    R.chisquare(real - 1, replicates) if real > 1 else np.zeros(replicates)]  # fmt: skip
        drawn = variance * (scale if t else 1.0)
        centre = mean + np.sqrt(drawn / synthetic) * R.standard_normal(replicates)
        squares = kept[1] + drawn * R.chisquare(synthetic - 1, replicates)
        variance = (squares + items * alpha * beta * (kept[0] - centre) ** 2) / items
        mean = alpha * kept[0] + beta * centre
        if t >= generations - last:
            found.append(((1 - variance).mean(), (mean**2).mean(), (mean**2 + (np.sqrt(variance) - 1) ** 2).mean()))
    return np.mean(found, axis=0)


def type_absent(p, real, synthetic, generations, replicates=200_000, last=1, power=0.0):
    """Return how often a type of probability p is not in the training set of the last generations."""
    items = real + synthetic
    count = R.binomial(items, p, replicates)
    found = []
    for t in range(1, generations + 1):
        if t > 1:
            size = round(synthetic * t**power)
            count = R.binomial(real, p, replicates) + R.binomial(
                size, count / (real + round(synthetic * (t - 1) ** power))
            )
        if t > generations - last:
            found.append((count == 0).mean())
    return np.mean(found)


def sharpened(real, synthetic, a, generations, replicates=20_000):
    """Return the squared error of one of two equal frequencies, in variances of an item, with sharpened draws."""
    x = R.binomial(real + synthetic, 0.5, replicates) / (real + synthetic)
    for _ in range(generations - 1):
        drawn = x**a / (x**a + (1 - x) ** a)
        x = (R.binomial(real, 0.5, replicates) + R.binomial(synthetic, drawn)) / (real + synthetic)
    return ((x - 0.5) ** 2).mean() / 0.25


def accumulated_lost(size, generations, replicates=20_000):
    mean, variance = np.zeros(replicates), np.ones(replicates)
    for k in range(1, generations + 1):
        centre = mean + np.sqrt(variance / size) * R.standard_normal(replicates)
        spread = variance * R.chisquare(size - 1, replicates) / size
        if k == 1:
            mean, variance = centre, spread
        else:
            joint = ((k - 1) * mean + centre) / k
            variance = ((k - 1) * (variance + (mean - joint) ** 2) + spread + (centre - joint) ** 2) / k
            mean = joint
    return (1 - variance).mean()


def cases():
    """Yield what is wished, the items answered, the limit, and a function from items to what comes of them."""
    n = 50
    found = plan(distance=0.02, horizon=n)
    yield ("W₂² ≤ 0.02 over 50 generations, constant size", option(found, "constant"), 0.02,
           lambda items: distance([items] * n))  # fmt: skip
    found = plan(distance=0.0753, horizon=400, growth=0.5)
    yield ("W₂² ≤ 0.0753 over 400 generations, size M₀ t^1.5", option(found, "growing"), 0.0753,
           lambda items: distance([round(items * t**1.5) for t in range(1, 401)]))  # fmt: skip
    found = plan(shrink=0.1, shrink_chance=0.05, horizon=20)
    yield ("P(σ < 0.9) ≤ 0.05 over 20 generations, constant size", option(found, "constant"), 0.05,
           lambda items: shrunk([items] * 20, 0.1))  # fmt: skip
    for kept, synthetic in ((0.9, 95), (0.95, 1000), (0.99, 1000)):
        found = plan(keep_variance=kept, synthetic=synthetic)
        yield (f"variance kept {kept}, for ever, beside {synthetic:,} synthetic", found.real, 1 - kept,
               lambda items, s=synthetic: mixed(items, s, 600, replicates=4000, last=300)[0])  # fmt: skip
    found = plan(keep_variance=0.9, synthetic=95)
    yield ("variance kept 0.9, one real set kept, 95 synthetic", option(found, "fixed-real"), 0.1,
           lambda items: mixed(items, 95, 300, replicates=20_000, fresh=False, last=100)[0])  # fmt: skip
    found = plan(keep_variance=0.9, sharpening=1.25, synthetic=1000)
    yield ("variance kept 0.9 at temperature 0.8, 1,000 synthetic", found.real, 0.1,
           lambda items: mixed(items, 1000, 60, scale=0.8, replicates=20_000, last=30)[0])  # fmt: skip
    found = plan(keep_variance=0.95, horizon=20)
    yield ("variance kept 0.95 over 20 generations, accumulating", option(found, "accumulate"), 0.05,
           lambda items: accumulated_lost(items, 20, 100_000))  # fmt: skip
    found = plan(distance=0.02, synthetic=1000)
    yield ("W₂² ≤ 0.02 for ever, beside 1,000 synthetic (first order)", found.real, 0.02,
           lambda items: mixed(items, 1000, 400, replicates=4000, last=200)[2])  # fmt: skip
    found = plan(rarest=1e-3, synthetic=10_000)
    yield ("type of 1e-3 there with 0.99, beside 10,000 synthetic", found.real, 0.01,
           lambda items: type_absent(1e-3, items, 10_000, 120, 50_000, last=80))  # fmt: skip
    found = plan(rarest=1e-3, chance=0.9, synthetic=100_000)
    yield ("type of 1e-3 there with 0.9, beside 100,000 synthetic", found.real, 0.1,
           lambda items: type_absent(1e-3, items, 100_000, 1500, 4000, last=700))  # fmt: skip
    found = plan(rarest=1e-3, horizon=20)
    yield ("type of 1e-3 there with 0.99 over 20, constant size", option(found, "constant"), 0.01,
           lambda items: type_absent(1e-3, 0, items, 20))  # fmt: skip
    yield ("type of 1e-3 there with 0.99 over 20, size M₀ t^1.5", option(found, "growing"), 0.01,
           lambda items: type_absent(1e-3, 0, items, 20, power=1.5))  # fmt: skip
    found = plan(rarest=1e-3, synthetic=10_000, horizon=10)
    yield ("type of 1e-3 there with 0.99 over 10, beside 10,000", found.real, 0.01,
           lambda items: type_absent(1e-3, items, 10_000, 10))  # fmt: skip
    found = plan(risk=1e-3, sharpening=1.25, synthetic=5000)
    yield ("squared error ≤ 1e-3 at sharpening 1.25, beside 5,000", found.real, 1e-3,
           lambda items: sharpened(items, 5000, 1.25, 200))  # fmt: skip


def option(found, name):
    return next(one for one in found.others if one.name == name).items


def _shown(found):
    return f"{np.mean(found):.4g} ± {np.std(found, ddof=1) / np.sqrt(len(found)):.1g}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    rows = []
    for wish, items, limit, simulated in cases():
        started = time.process_time()
        fewer = max(2, round(items * 0.8))
        at, below = [simulated(items) for _ in range(REPEATS)], [simulated(fewer) for _ in range(REPEATS)]
        rows.append([wish, f"{items:,}", f"{limit:.4g}", _shown(at), _shown(below)])
        print(*rows[-1], f"{time.process_time() - started:.1f} s", sep=" | ", flush=True)
    text = "Written by `benchmarks/detection/plan.py`; ± is a standard error.\n\n" + table(
        ["wish", "items answered", "limit", "simulated", "simulated with 0.8 of the items"], rows
    )
    if chosen.out:
        rewrite(chosen.out, "plan", text)


if __name__ == "__main__":
    main()
