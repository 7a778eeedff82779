# ruff: noqa: E501 sentences and commands stand whole, as they are printed
"""Published experiments on generations of models, run again at the size of a laptop.

    python benchmarks/detection/published.py > docs/collapse-published.md

Each prints what was published, the command, and what was seen. `--only NAME` runs one. About eight minutes on two cores.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.collapse import Experiment, run_experiment
from holdfast.collapse.lab.curves import Curve


@dataclass(frozen=True)
class Published:
    """An experiment of others, and ours at a smaller size."""

    name: str
    who: str
    url: str
    headline: str
    experiment: Experiment
    command: str
    seen: Callable[["Seen"], str]


@dataclass(frozen=True)
class Seen:
    """What came out, by arm and measure."""

    curves: Mapping[tuple[str, str], Curve]

    def median(self, arm: str, measure: str, at: int = -1) -> float:
        """Return the median history."""
        return float(self.curves[arm, measure].median[at])

    def mean(self, arm: str, measure: str, at: int = -1) -> float:
        """Return the mean over histories."""
        return float(self.curves[arm, measure].mean[at])

    def late(self, arm: str, measure: str) -> tuple[float, float]:
        """Return the mean over the second half of the generations, with its standard error if they were one draw."""
        curve = self.curves[arm, measure]
        half = len(curve.at) // 2
        return float(curve.mean[half:].mean()), float(curve.error[half:].mean())


def dimensions(seen: Seen) -> str:
    parts = []
    for d in (1, 3, 10):
        ends = [seen.median(f"{regime} · dimensions {d}", "nd-wasserstein") for regime in
                ("replace", "accumulate", "accumulate-subsample")]  # fmt: skip
        parts.append(f"d = {d}: {ends[0]:.2f}, {ends[1]:.3f}, {ends[2]:.3f}")
    said = "Squared W₂ from the truth after 100 generations (median) for replace, accumulate, accumulate-subsample: "
    return said + "; ".join(parts) + "."


def regression(seen: Seen) -> str:
    one = seen.mean("replace", "coefficient-error", 1)
    grown = [seen.mean(regime, "coefficient-error") / one for regime in ("replace", "accumulate")]
    return (
        f"Error after 20 fits, as a multiple of the error after one: {grown[0]:.1f} if data are replaced, "
        f"{grown[1]:.2f} if they accumulate (bound π²/6 = {np.pi**2 / 6:.2f}; with new inputs in each "
        "generation the exact value is lower)."
    )


def golden(seen: Seen) -> str:
    w, we = seen.late("golden", "mean-error")
    pooled, pe = seen.late("fresh-real", "mean-error")
    return (
        f"Variance of the mean, in units of that of the real half alone (1/50): {w * 50:.3f} ± {we * 50:.3f} with golden "
        f"weights (0.618), {pooled * 50:.3f} ± {pe * 50:.3f} pooled (0.667). A gain of 7%, no cure: keeping all "
        "past real items would do better than either."
    )


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


def verified(seen: Seen) -> str:
    ends = {regime: seen.late(regime, "mean-error") for regime in ("fresh-real", "verified", "verified-biased")}
    pull = np.sqrt(seen.late("verified-biased", "mean-error")[0])
    return (
        f"Squared error of the mean at rest: {ends['fresh-real'][0]:.5f} unverified, {ends['verified'][0]:.5f} with an "
        f"ideal verifier of half of the synthetic items, {ends['verified-biased'][0]:.5f} with one whose taste is "
        f"off by half a standard deviation: it is {pull:.2f} standard deviations from the truth, towards the taste."
    )


def mixture(seen: Seen) -> str:
    return (
        f"Modes kept after 100 generations of 40 items (mean): {seen.mean('replace', 'modes-kept'):.2f} replaced, "
        f"{seen.mean('accumulate', 'modes-kept'):.2f} accumulated, {seen.mean('fresh-real', 'modes-kept'):.2f} half real."
    )


def broadened(seen: Seen) -> str:
    return (
        f"Variance after 20 generations (median): {seen.median('replace', 'kde-variance'):.1f} replaced, "
        f"{seen.median('accumulate', 'kde-variance'):.2f} accumulated: a density estimate broadens."
    )


def decoding(seen: Seen) -> str:
    parts = []
    for arm in dict.fromkeys(arm for arm, _ in seen.curves):
        own, real = (seen.median(arm, f"perplexity-of-{what}") for what in ("generated", "real"))
        first = seen.median(arm, "perplexity-of-real", 1)
        parts.append(f"{arm}: own text {own:.1f}, real text {first:.1f} → {real:.1f}")
    said = "On the made-up tales that the laboratory learns from without a file: perplexity of the last generation's own text under the reference, and of real text under first → last: "
    return said + "; ".join(parts) + "."


FEATURES = tuple(f"{one}-of-picture-features" for one in ("precision", "recall", "frechet-distance"))


def kept_text(seen: Seen) -> str:
    told = {"replace": "replaced", "tenth": "a tenth of it real", "accumulate": "accumulated"}
    parts = []
    for arm, words in told.items():
        curve = seen.curves[arm, "perplexity-of-real"]
        parts.append(f"{words}: {curve.mean[1]:.2f} → {curve.mean[-1]:.2f} (± {curve.error[-1]:.2f})")
    return (
        "Perplexity of real text under a transformer, first generation → sixth, mean of three histories with the "
        f"standard error of the last: {'; '.join(parts)}."
    )


def pictures(seen: Seen) -> str:
    told = {
        "synthetic": "only synthetic", "biased": "only synthetic, from noise of 0.8 the spread",
        "fixed": "half of it always the same real ones", "fresh": "half of it new real ones",
    }  # fmt: skip
    parts = []
    for arm, words in told.items():
        ends = [seen.mean(arm, measure) for measure in FEATURES]
        parts.append(f"{words}: {ends[0]:.2f}, {ends[1]:.2f}, {ends[2]:.2f}")
    first = [seen.mean("synthetic", measure, 1) for measure in FEATURES]
    return (
        f"Precision, recall and Fréchet distance of the first generation: {first[0]:.2f}, {first[1]:.2f}, "
        f"{first[2]:.2f}; of the sixth, one history each, {'; '.join(parts)}."
    )


KEPT = """holdfast collapse run kept.toml

# kept.toml
learner = "transformer"
generations = 6
replicates = 3
regimes = ["replace", "accumulate"]
measures = ["perplexity-of-real"]
regime.tenth.feeds = [{ name = "real", of = "real", share = 0.1, every = "once" },
                      { name = "synthetic", of = "model", share = 0.9 }]"""

PICTURES = """holdfast collapse run pictures.toml

# pictures.toml
learner = "flow"
generations = 6
replicates = 1
regimes = []
measures = ["precision-of-picture-features", "recall-of-picture-features", "frechet-distance-of-picture-features"]
regime.synthetic.feeds = [{ name = "synthetic", of = "model" }]
regime.biased.feeds = [{ name = "synthetic", of = "model", rule = { temperature = 0.64 } }]
regime.fixed.feeds = [{ name = "real", of = "real", share = 0.5, every = "once" },
                      { name = "synthetic", of = "model", share = 0.5 }]
regime.fresh.feeds = [{ name = "real", of = "real", share = 0.5 }, { name = "synthetic", of = "model", share = 0.5 }]"""

DECODING = """holdfast collapse run decoding.toml

# decoding.toml
learner = "transformer"
generations = 5
replicates = 1
regimes = []
regime.plain.feeds = [{ name = "synthetic", of = "model" }]
regime.careful.feeds = [{ name = "synthetic", of = "model", rule = { temperature = 0.8 } }]
regime.nucleus.feeds = [{ name = "synthetic", of = "model", rule = { top_p = 0.9 } }]"""


def experiments() -> Sequence[Published]:
    """Return them all, by the year in which they were published."""
    many = {"replicates": 2000}
    return (
        Published(
            "one-bell-curve", "Shumailov et al. (2024), Nature 631, 755–759", "https://doi.org/10.1038/s41586-024-07566-y",
            "a normal distribution fitted to samples of itself loses its variance: it ends in a point",
            Experiment(samples=100, generations=500, regimes=("replace",), measures=("variance",), **many),
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
            "regression", "Gerstgrasser et al. (2024), arXiv:2404.01413", "https://arxiv.org/abs/2404.01413",
            "the error of a linear regression grows with the number of fits if data are replaced, and is bounded if they "
            "accumulate",
            Experiment(
                learner="linear-regression", samples=100, generations=20, regimes=("replace", "accumulate"),
                measures=("coefficient-error",), **many,
            ),
            "holdfast collapse run linear-regression --generations 20 --regimes replace,accumulate",
            regression,
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
                regimes=("replace",), measures=("none-lost",), **many,
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
        Published(
            "verifier", "Yi et al. (2025), arXiv:2510.16657; Feng et al. (2024), arXiv:2406.07515",
            "https://arxiv.org/abs/2510.16657",
            "verified synthetic data help as real data do; an imperfect verifier moves the model to its own taste",
            Experiment(
                samples=200, generations=40, regimes=("fresh-real", "verified", "verified-biased"),
                measures=("mean-error",), **many,
            ),
            "holdfast collapse run gaussian --samples 200 --generations 40 --regimes fresh-real,verified,verified-biased",
            verified,
        ),
        Published(
            "decoding", "Drayson et al. (2025), arXiv:2502.15654; Shumailov et al. (2024)", "https://arxiv.org/abs/2502.15654",
            "how text is drawn from the model drives collapse as much as what it was trained on",
            Experiment(
                learner="transformer", generations=5, replicates=1, regimes=(),
                regime={
                    name: {"feeds": [{"name": "synthetic", "of": "model", "rule": rule}]}
                    for name, rule in (("plain", {}), ("careful", {"temperature": 0.8}), ("nucleus", {"top_p": 0.9}))
                },
                measures=("perplexity-of-real", "perplexity-of-generated"),
            ),
            DECODING,
            decoding,
        ),
        Published(
            "text-that-is-kept", "Shumailov et al. (2024), doi:10.1038/s41586-024-07566-y; Gerstgrasser et al. (2024), "
            "arXiv:2404.01413", "https://doi.org/10.1038/s41586-024-07566-y",
            "the loss of language models on real text grows from generation to generation if all text is replaced, less "
            "if a tenth of it stays real, and not without bound if what was there is kept",
            Experiment(
                learner="transformer", generations=6, replicates=3, regimes=("replace", "accumulate"),
                regime={"tenth": {"feeds": [
                    {"name": "real", "of": "real", "share": 0.1, "every": "once"},
                    {"name": "synthetic", "of": "model", "share": 0.9},
                ]}},
                measures=("perplexity-of-real",),
            ),
            KEPT,
            kept_text,
        ),
        Published(
            "pictures", "Alemohammad et al. (2024), arXiv:2307.01850", "https://arxiv.org/abs/2307.01850",
            "without enough new real pictures in each generation precision or recall falls, and drawing closer to what "
            "is likely trades recall for precision",
            Experiment(
                learner="flow", generations=6, replicates=1, regimes=(),
                regime={
                    "synthetic": {"feeds": [{"name": "synthetic", "of": "model"}]},
                    "biased": {"feeds": [{"name": "synthetic", "of": "model", "rule": {"temperature": 0.64}}]},
                    "fixed": {"feeds": [
                        {"name": "real", "of": "real", "share": 0.5, "every": "once"},
                        {"name": "synthetic", "of": "model", "share": 0.5},
                    ]},
                    "fresh": {"feeds": [
                        {"name": "real", "of": "real", "share": 0.5}, {"name": "synthetic", "of": "model", "share": 0.5},
                    ]},
                },
                measures=FEATURES,
            ),
            PICTURES,
            pictures,
        ),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="name of one experiment")
    asked = parser.parse_args()
    print("# Published experiments, run again\n")
    print(
        "Written by `python benchmarks/detection/published.py`. The sizes are those of a laptop; headlines are in our words."
    )
    for one in experiments():
        if asked.only and one.name != asked.only:
            continue
        started = time.process_time()
        _, curves = run_experiment(one.experiment)
        seen = Seen({(curve.arm.name, curve.measure.name): curve for curve in curves})
        far = [o.worst for c in curves for o in c.overlays if o.theory.exact and o.compared]
        print(f"\n## {one.name.replace('-', ' ').capitalize()}\n")
        print(f"[{one.who}]({one.url}): {one.headline}.\n")
        print(f"```\n{one.command}\n```\n")
        print(f"**Seen.** {one.seen(seen)}", end="")
        print(f" Exact theory is {max(far):.1f} standard errors away at most." if far else "")
        print(f"{one.name}: {time.process_time() - started:.0f} CPU-s", file=sys.stderr)


if __name__ == "__main__":
    main()
