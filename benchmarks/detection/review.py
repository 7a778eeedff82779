"""How often intervals of a reviewed sample hold the truth: designs, rates, sample sizes, erring reviewers, scores.

The population stays as it is and only the draw is random, so that this is the coverage that a person meets who draws
one sample from one corpus. Prints a table as Markdown; `--draws` sets how many samples each line is the result of.

    python benchmarks/detection/review.py --draws 1000
"""

import argparse
import time
from functools import partial

import numpy as np
import pyarrow as pa

from holdfast.core.random import Streams
from holdfast.data.review.estimating import RateEstimate, estimated, with_scores
from holdfast.data.review.imperfect import Skill, corrected
from holdfast.data.review.records import Design
from holdfast.data.review.sampled import ReviewedSample
from holdfast.data.review.sampling import Sample, by_size, simple, stratified

ROWS, LEVEL = 5_000, 0.95
RATES = (0.002, 0.01, 0.05, 0.2, 0.5)
SIZES = (50, 200, 600)


def names_of(rng: np.random.Generator, n: int) -> pa.Array:
    """Return names of records as a store would give them."""
    return pa.array([rng.bytes(16).hex() for _ in range(n)], pa.large_string())


def reviewed(sample: Sample, cases: np.ndarray, scores: np.ndarray | None = None) -> ReviewedSample:
    """Return a sample of which every record was judged, without error."""
    design: Design = sample.design
    names = tuple(one.name for one in design.strata) or ("",)
    sizes = np.array([one.rows for one in design.strata] or [design.rows], np.int64)
    place = {name: number for number, name in enumerate(names)}
    return ReviewedSample(
        design=design,
        cases=cases[sample.rows],
        chances=sample.chances,
        strata=np.array([place[name] for name in sample.strata], np.int64),
        sizes=sizes,
        names=names,
        scores=None if scores is None else scores[sample.rows],
        waiting=0,
        unclear=0,
    )


def population(rate: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (is a case, stratum, score): strata of unlike size and rate, scores that are good but biased."""
    groups = rng.choice(5, ROWS, p=[0.5, 0.25, 0.15, 0.07, 0.03])
    leaning = np.array([0.3, 0.7, 1.5, 3.0, 5.0])
    chance = rate * leaning[groups]
    chance = np.clip(chance * rate / chance.mean(), 0, 0.95)
    cases = rng.random(ROWS) < chance
    scores = 1 / (1 + np.exp(-(3.0 * cases - 2.0 + rng.normal(size=ROWS))))
    return cases, groups, scores


def covered(work, cases: np.ndarray, draws: int) -> tuple[float, float, float, int]:
    """Return (coverage, mean width, bias, samples that gave an interval)."""
    truth, hits, widths, values = cases.mean(), [], [], []
    for seed in range(draws):
        found: RateEstimate = work(seed)
        if found.interval is not None:
            hits.append(found.interval.low - 1e-12 <= truth <= found.interval.high + 1e-12)
            widths.append(found.interval.high - found.interval.low)
            values.append(found.interval.value)
    if not hits:
        return np.nan, np.nan, np.nan, 0
    return float(np.mean(hits)), float(np.mean(widths)), float(np.mean(values) - truth), len(hits)


def ppi(sample: ReviewedSample, mean_score: float) -> tuple[float, float]:
    """Return prediction-powered inference as published for a simple sample of an endless population: a cross-check."""
    from scipy.stats import norm

    assert sample.scores is not None
    residual = sample.cases - sample.scores
    half = norm.ppf((1 + LEVEL) / 2) * np.sqrt(residual.var(ddof=1) / len(sample))
    return mean_score + residual.mean() - half, mean_score + residual.mean() + half


def works(n: int, names: pa.Array, cases: np.ndarray, groups: np.ndarray, scores: np.ndarray) -> dict:
    """Return how each design draws n records and estimates, as functions of the seed."""
    spelled, mean = [f"s{number}" for number in range(5)], float(scores.mean())

    def drawn(how: str, seed: int) -> ReviewedSample:
        if how == "simple":
            sample = simple(names, n, seed)
        elif how == "by size":
            sample = by_size(names, scores, n, seed, by="score")
        else:
            sample = stratified(names, groups, spelled, n, seed, by="g", equal=how == "equal")
        return reviewed(sample, cases, scores)

    return {
        "simple": lambda seed: estimated(drawn("simple", seed)),
        "stratified": lambda seed: estimated(drawn("stratified", seed)),
        "stratified, equal": lambda seed: estimated(drawn("equal", seed)),
        "poisson by score": lambda seed: estimated(drawn("by size", seed)),
        "difference, simple": lambda seed: with_scores(drawn("simple", seed), mean),
        "difference, poisson": lambda seed: with_scores(drawn("by size", seed), mean),
    }


def designs(draws: int, rates: tuple[float, ...], sizes: tuple[int, ...], only: str = "") -> list[tuple]:
    """Return a line for each design, rate and size."""
    lines = []
    for rate in rates:
        rng = Streams(7)("population", str(rate))
        cases, groups, scores = population(rate, rng)
        names = names_of(rng, ROWS)
        for n in sizes:
            kinds = works(n, names, cases, groups, scores)
            lines += [(kind, rate, n, *covered(work, cases, draws)) for kind, work in kinds.items() if only in kind]
    return lines


def erring(draws: int, rates: tuple[float, ...]) -> list[tuple]:
    """Return a line for each rate: reviewers who find 90% of the cases and spare 95% of the others; 100 known."""
    lines = []
    for rate in rates:
        rng = Streams(8)("erring", str(rate))
        cases = rng.random(ROWS) < rate
        names = names_of(rng, ROWS)

        def work(seed: int, *, corrects: bool, cases=cases, names=names) -> RateEstimate:
            luck = Streams(seed)("review errors")
            seen = np.where(cases, luck.random(ROWS) < 0.9, luck.random(ROWS) < 0.05)
            found = estimated(reviewed(simple(names, 300, seed), seen))
            known = Skill(int(luck.binomial(50, 0.9)), 50, int(luck.binomial(100, 0.95)), 100)
            return corrected(found, known, seed=seed) if corrects else found

        for corrects, title in ((False, "erring reviewers, as they are"), (True, "erring reviewers, corrected")):
            lines.append((title, rate, 300, *covered(partial(work, corrects=corrects), cases, max(50, draws // 4))))
    return lines


def against_ppi(draws: int) -> tuple[float, float]:
    """Return coverage of the published interval and the largest distance of ours from it, N much larger than n."""
    rng = Streams(9)("ppi")
    cases, _, scores = population(0.2, rng)
    names = names_of(rng, ROWS)
    mean, hits, apart = float(scores.mean()), [], []
    for seed in range(draws):
        sample = reviewed(simple(names, 200, seed), cases, scores)
        low, high = ppi(sample, mean)
        ours = with_scores(sample, mean).interval
        hits.append(low <= cases.mean() <= high)
        if ours is not None:
            apart.append(max(abs(ours.low - low), abs(ours.high - high)))
    return float(np.mean(hits)), float(max(apart))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--only", default="", help="designs whose name holds this, such as difference")
    asked = parser.parse_args()
    draws = asked.draws
    begun = time.process_time()
    error = 2 * np.sqrt(LEVEL * (1 - LEVEL) / draws)
    print(f"Nominal {LEVEL:.0%}; {draws:,} samples a line, so that {LEVEL - error:.1%} and more is as it should be.\n")
    print("| design | rate | judged | coverage | width | bias | gave an interval |\n|---|---|---|---|---|---|---|")
    lines = [*designs(draws, RATES, SIZES, asked.only), *([] if asked.only else erring(draws, RATES[1:]))]
    for kind, rate, n, cover, width, bias, gave in lines:
        print(f"| {kind} | {rate:g} | {n} | {cover:.1%} | {width:.4f} | {bias:+.5f} | {gave:,} |")
    cover, apart = against_ppi(draws)
    print(f"\nPublished PPI covers {cover:.1%} (N = {ROWS:,}, n = 200); ours differs from it by {apart:.4f} at most,")
    print(f"which is the finite population. {time.process_time() - begun:.0f} CPU seconds.")


if __name__ == "__main__":
    main()
