"""Forecasts on chains whose law is known: what is told from one generation, against what came twenty later.

    nice python benchmarks/detection/forecast.py [--repeats 20] [--out docs/collapse-plan.md]

The chains are drawn here in plain NumPy: multinomial draws, or bursts of equal items; frequencies are raised to a power
before each draw where the models sharpen.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from marked import rewrite, table

from holdfast.collapse.forecasting import forecast, forecast_numbers, synthetic_share

R = np.random.default_rng(43)
LAST = 20


def zipf(types, power):
    share = np.arange(1, types + 1.0) ** -power
    return share / share.sum()


def drawn(share, items, burst=1, power=1.0):
    raised = np.where(share > 0, share, 0) ** power
    return burst * R.multinomial(items // burst, raised / raised.sum() * (1 - 1e-12))


def one(types, exponent, items, burst, power):
    """Return the forecast from four replicates of one generation, and what the chain came to."""
    start = drawn(zipf(types, exponent), items)
    replicates = np.stack([drawn(start / items, items, burst, power) for _ in range(4)], axis=1)
    found = forecast(start, replicates, [LAST], seed=int(R.integers(1 << 30)))
    now = start
    for _ in range(LAST):
        now = drawn(now / now.sum(), items, burst, power)
    share = now[now > 0] / now.sum()
    return found, (now > 0).sum(), -(share * np.log(share)).sum()


def chains(repeats):
    settings = (
        ("independent items", 20_000, 1, 1.0), ("bursts of 4 equal items", 20_000, 4, 1.0),
        ("independent items", 100_000, 1, 1.0), ("sharpened to the power 1.03", 50_000, 1, 1.03),
    )  # fmt: skip
    rows = []
    for title, items, burst, power in settings:
        done = [one(50_000, 1.1, items, burst, power) for _ in range(repeats)]
        size = np.array([found.size.value for found, _, _ in done])
        sharp = np.array([found.power.value for found, _, _ in done])
        alive = np.array([[found.line("types-alive").value[-1], types] for found, types, _ in done])
        entropy = np.array([found.line("entropy").value[-1] - seen for found, _, seen in done])
        inside = np.mean([
            found.line("types-alive").low[-1] <= types <= found.line("types-alive").high[-1] for found, types, _ in done
        ])  # fmt: skip
        off = alive[:, 0] / alive[:, 1] - 1
        rows.append([
            title, f"{items:,}", f"{items // burst:,}", f"{size.mean():,.0f} ± {size.std(ddof=1):,.0f}",
            f"{sharp.mean():.4f} ± {sharp.std(ddof=1):.4f}", f"{alive[:, 0].mean():.0f}", f"{alive[:, 1].mean():.0f}",
            f"{np.abs(off).mean():.1%}, at most {np.abs(off).max():.1%}", f"{inside:.0%}",
            f"{np.abs(entropy).mean():.3f}",
        ])  # fmt: skip
        print(*rows[-1], sep=" | ", flush=True)
    return table(
        ["chain", "items", "true effective size", "estimated", "sharpening", "types forecast", "types seen", "miss",
         "in the 90% band", "miss of the entropy, nats"], rows,
    )  # fmt: skip


def contamination(repeats):
    types, items, held = zipf(3000, 1.0), 50_000, 100_000
    rows = []
    for share in (0.0, 0.3, 0.7, 0.95):
        found = []
        for _ in range(2 * repeats):
            model = drawn(types, items)
            for _ in range(3):
                model = drawn(model / items, items)
            part = round(share * items)
            suspect = drawn(model / items, part) + drawn(types, items - part) if part else drawn(types, items)
            meter = synthetic_share(suspect, model, drawn(types, held), drawn(types, held))
            found.append((meter.value, meter.error))
        value, error = np.array(found).T
        rows.append([f"{share:.2f}", f"{value.mean():.3f}", f"{value.std(ddof=1):.3f}", f"{error.mean():.3f}"])
        print(*rows[-1], sep=" | ", flush=True)
    return table(["true synthetic share", "mean estimate", "scatter", "mean standard error told"], rows)


def numbers(repeats):
    """Return forecasts of the variance of normal fits, and how often a fitted trend has the wrong sign."""
    rows = []
    for items, replicates in ((100, 8), (1000, 8), (100, 20)):
        size, inside = [], []
        for _ in range(10 * repeats):
            variances = R.chisquare(items - 1, replicates) / (items - 1)
            found = forecast_numbers(1.0, variances, [LAST], nominal=items, seed=int(R.integers(1 << 30)), drawn=400)
            seen = np.prod(R.chisquare(items - 1, LAST) / (items - 1))
            size.append(found.size.value)
            inside.append(found.line("variance").low[-1] <= seen <= found.line("variance").high[-1])
        steps = np.log(R.chisquare(items - 1, (4000, LAST)) / (items - 1))
        wrong = []
        for g in (5, 20):
            path = np.cumsum(steps[:, :g], axis=1)
            x = np.arange(g) - (g - 1) / 2
            wrong.append((path @ x > 0).mean())
        spread = f"{np.median(size):,.0f} ({np.quantile(size, 0.1):,.0f} to {np.quantile(size, 0.9):,.0f})"
        rows.append([items, replicates, spread, f"{np.mean(inside):.0%}", f"{wrong[0]:.0%}", f"{wrong[1]:.0%}"])
        print(*rows[-1], sep=" | ", flush=True)
    return table(
        ["items", "replicates", "effective size, median (10% to 90%)", "variance at 20 in the 90% band",
         "trend of 5 generations has the wrong sign", "of 20"], rows,
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    started = time.process_time()
    parts = [chains(chosen.repeats), contamination(chosen.repeats), numbers(chosen.repeats)]
    text = (
        f"Written by `benchmarks/detection/forecast.py`: {chosen.repeats} histories of each chain, four replicates of "
        f"one generation, 50,000 types after Zipf with exponent 1.1, generation {LAST} foretold.\n\n{parts[0]}\n\n"
        f"The contamination meter (3,000 types, 50,000 items, real samples of 100,000):\n\n{parts[1]}\n\n"
        "Numbers from a normal distribution; a trend fitted to the logarithm of the variance as a baseline:\n\n"
        + parts[2]
    )
    print(f"{time.process_time() - started:.0f} CPU-s")
    if chosen.out:
        rewrite(chosen.out, "forecast", text)


if __name__ == "__main__":
    main()
