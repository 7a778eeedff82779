# ruff: noqa: E501 sentences and commands stand whole, as they are printed
"""Types, such as words, by how often they are."""

import numpy as np

from holdfast.collapse import Experiment
from published_experiments.definitions import Published, Seen


def diversity(seen: Seen) -> str:
    kept = seen.mean("replace", "heterozygosity") / seen.mean("replace", "heterozygosity", 0)
    real = seen.mean("fixed-real", "heterozygosity") / seen.mean("fixed-real", "heterozygosity", 0)
    law = (1 - 1 / 100) ** 200
    over = seen.mean("replace", "totally-collapsed")
    return (
        f"Chance that two words differ after 200 generations, as a share of the real one: {kept:.3f} without real data "
        f"(law (1 − 1/M)ⁿ: {law:.3f}), {real:.3f} with half of them real. {over:.0%} of the histories without real data "
        "were down to one word."
    )


def forgetting(seen: Seen) -> str:
    """Return after how many generations half of the types are gone, against the number of items."""
    times = []
    for samples in (100, 200, 400, 800):
        curve = seen.curves[f"replace · samples {samples}", "types-alive"]
        alive = np.asarray(curve.mean) / curve.mean[1]
        gone = next((t for t, one in zip(curve.at, alive, strict=True) if one < 0.5), None)
        times.append(f"{samples}: {gone}")
    ends = [seen.mean(f"replace · samples {samples}", "heterozygosity") for samples in (100, 800)]
    return (
        f"Generations until half of what the first one still had is gone, by items a generation: {', '.join(times)}. "
        f"Diversity falls by 1/M a generation, so the time is linear in M: left after 60 generations {ends[0]:.3f} at "
        f"100 items, {ends[1]:.3f} at 800."
    )


def first_loss(seen: Seen) -> str:
    curve = seen.curves["replace", "none-lost"]
    return (
        "Chance that nothing is lost yet: "
        + ", ".join(f"{curve.mean[curve.at.index(t)]:.2f} after {t}" for t in (1, 2, 5, 10))
        + (". The law e^(−2Mp/n) for each type is drawn over it in the report.")
    )


def tails(seen: Seen) -> str:
    curve = seen.curves["replace", "lost-mass"]
    at, lost = np.array(curve.at[10:]), np.asarray(curve.mean)[10:]
    slope = np.polyfit(np.log(at), np.log(lost), 1)[0]
    return (
        f"Lost real mass grows like n^{slope:.2f} between generations 10 and 100 at exponent b = 1.5 (exact law: "
        f"n^(1 − 1/b) = n^{1 - 1 / 1.5:.2f}, below the linear bound)."
    )


_MANY = {"replicates": 2000}

EXPERIMENTS = (
    Published(
        "diversity", "Seddik et al. (2024), arXiv:2404.05090", "https://arxiv.org/abs/2404.05090",
        "a statistical language model that learns from itself ends with one word; kept real data bound the loss",
        Experiment(
            learner="categorical", options={"types": 30}, samples=100, generations=200, replicates=500,
            regimes=("replace", "fixed-real"), measures=("heterozygosity", "totally-collapsed"),
        ),
        "holdfast collapse run categorical --generations 200 --regimes replace,fixed-real --set options.types=30",
        diversity,
    ),
    Published(
        "forgetting-time", "Suresh et al. (2024), arXiv:2412.17646", "https://arxiv.org/abs/2412.17646",
        "the time until something is forgotten is linear in how often it is in the sample",
        Experiment(
            learner="categorical", generations=60, replicates=200, regimes=("replace",),
            measures=("types-alive", "heterozygosity"), vary={"samples": (100, 200, 400, 800)},
        ),
        "holdfast collapse run categorical --generations 60 --regimes replace --vary samples=100,200,400,800",
        forgetting,
    ),
    Published(
        "first-extinction", "Benati et al. (2025), arXiv:2509.20101", "https://arxiv.org/abs/2509.20101",
        "the number of items that loses nothing grows in proportion to the number of generations",
        Experiment(
            learner="categorical", options={"types": 20, "law": "uniform"}, samples=200, generations=10,
            regimes=("replace",), measures=("none-lost",), **_MANY,
        ),
        "holdfast collapse run categorical --samples 200 --generations 10 --regimes replace "
        "--set options.types=20 --set options.law=uniform",
        first_loss,
    ),
    Published(
        "tale-of-tails", "Dohmatob et al. (2024), arXiv:2402.07043", "https://arxiv.org/abs/2402.07043",
        "learning from models cuts the tail of Zipf's law off, and the scaling law with it",
        Experiment(
            learner="categorical", options={"types": 20_000, "exponent": 1.5}, samples=10_000, generations=100,
            replicates=20, regimes=("replace",), measures=("lost-mass",), at=tuple(range(101)),
        ),
        "holdfast collapse run categorical --samples 10000 --generations 100 --replicates 20 --regimes replace "
        "--set options.types=20000 --set options.exponent=1.5",
        tails,
    ),
)  # fmt: skip
