# ruff: noqa: E501 sentences and commands stand whole, as they are printed
"""Numbers: bell curves, mixtures, densities."""

import numpy as np

from holdfast.collapse import Experiment
from published_experiments.definitions import Published, Seen


def mixture(seen: Seen) -> str:
    return (
        f"Modes kept after 100 generations of 40 items (mean): {seen.mean('replace', 'modes-kept'):.2f} replaced, "
        f"{seen.mean('accumulate', 'modes-kept'):.2f} accumulated, {seen.mean('fresh-real', 'modes-kept'):.2f} half real."
    )


def dimensions(seen: Seen) -> str:
    parts = []
    for d in (1, 3, 10):
        ends = [seen.median(f"{regime} · dimensions {d}", "nd-wasserstein") for regime in
                ("replace", "accumulate", "accumulate-subsample")]  # fmt: skip
        parts.append(f"d = {d}: {ends[0]:.2f}, {ends[1]:.3f}, {ends[2]:.3f}")
    said = "Squared W₂ from the truth after 100 generations (median) for replace, accumulate, accumulate-subsample: "
    return said + "; ".join(parts) + "."


def broadened(seen: Seen) -> str:
    return (
        f"Variance after 20 generations (median): {seen.median('replace', 'kde-variance'):.1f} replaced, "
        f"{seen.median('accumulate', 'kde-variance'):.2f} accumulated: a density estimate broadens."
    )


def golden(seen: Seen) -> str:
    w, we = seen.late("golden", "mean-error")
    pooled, pe = seen.late("fresh-real", "mean-error")
    return (
        f"Variance of the mean, in units of that of the real half alone (1/50): {w * 50:.3f} ± {we * 50:.3f} with golden "
        f"weights (0.618), {pooled * 50:.3f} ± {pe * 50:.3f} pooled (0.667). A gain of 7%, no cure: keeping all "
        "past real items would do better than either."
    )


def verified(seen: Seen) -> str:
    ends = {regime: seen.late(regime, "mean-error") for regime in ("fresh-real", "verified", "verified-biased")}
    pull = np.sqrt(seen.late("verified-biased", "mean-error")[0])
    return (
        f"Squared error of the mean at rest: {ends['fresh-real'][0]:.5f} unverified, {ends['verified'][0]:.5f} with an "
        f"ideal verifier of half of the synthetic items, {ends['verified-biased'][0]:.5f} with one whose taste is "
        f"off by half a standard deviation: it is {pull:.2f} standard deviations from the truth, towards the taste."
    )


_MANY = {"replicates": 2000}

EXPERIMENTS = (
    Published(
        "one-bell-curve", "Shumailov et al. (2024), Nature 631, 755–759", "https://doi.org/10.1038/s41586-024-07566-y",
        "a normal distribution fitted to samples of itself loses its variance: it ends in a point",
        Experiment(samples=100, generations=500, regimes=("replace",), measures=("variance",), **_MANY),
        "holdfast collapse run gaussian --samples 100 --generations 500 --regimes replace",
        lambda seen: (
            f"Median variance after 500 generations {seen.median('replace', 'variance'):.4f}; its "
            "expectation stays at 1, carried by histories so rare that a simulation does not see them."
        ),
    ),
    Published(
        "mixture", "Shumailov et al. (2024), Nature 631, 755–759", "https://doi.org/10.1038/s41586-024-07566-y",
        "mixtures lose components, then everything that tells them apart",
        Experiment(learner="gaussian-mixture", samples=40, generations=100, replicates=50, measures=("modes-kept",)),
        "holdfast collapse run gaussian-mixture --samples 40 --generations 100 --replicates 50",
        mixture,
    ),
    Published(
        "dimensions", "Kazdan et al. (2024), arXiv:2410.16713", "https://arxiv.org/abs/2410.16713",
        "replacing diverges, accumulating is stable, a fixed budget out of all that was accumulated degrades slowly",
        Experiment(
            learner="gaussian-nd", samples=100, generations=100, replicates=100, measures=("nd-wasserstein",),
            regimes=("replace", "accumulate", "accumulate-subsample"), vary={"options.dimensions": (1, 3, 10)},
        ),
        "holdfast collapse run gaussian-nd --generations 100 --replicates 100 "
        "--regimes replace,accumulate,accumulate-subsample --vary options.dimensions=1,3,10",
        dimensions,
    ),
    Published(
        "density-estimate", "Kazdan et al. (2024), arXiv:2410.16713", "https://arxiv.org/abs/2410.16713",
        "density estimates collapse when data are replaced",
        Experiment(
            learner="kde", samples=100, generations=20, replicates=200, regimes=("replace", "accumulate"),
            measures=("kde-variance",),
        ),
        "holdfast collapse run kde --generations 20 --replicates 200 --regimes replace,accumulate",
        broadened,
    ),
    Published(
        "golden-ratio", "He, Xu & Cheng (2025), arXiv:2502.18049", "https://arxiv.org/abs/2502.18049",
        "the best weight of real items is the inverse golden ratio where there are as many synthetic ones",
        Experiment(
            samples=100, generations=40, replicates=10_000, regimes=("golden", "fresh-real"), measures=("mean-error",)
        ),
        "holdfast collapse run gaussian --generations 40 --replicates 10000 --regimes golden,fresh-real",
        golden,
    ),
    Published(
        "verifier", "Yi et al. (2025), arXiv:2510.16657; Feng et al. (2024), arXiv:2406.07515",
        "https://arxiv.org/abs/2510.16657",
        "verified synthetic data help as real data do; an imperfect verifier moves the model to its own taste",
        Experiment(
            samples=200, generations=40, regimes=("fresh-real", "verified", "verified-biased"),
            measures=("mean-error",), **_MANY,
        ),
        "holdfast collapse run gaussian --samples 200 --generations 40 --regimes fresh-real,verified,verified-biased",
        verified,
    ),
)  # fmt: skip
