"""Chances of labels that follow from others."""

import numpy as np

from holdfast.collapse import Experiment
from holdfast.collapse.learners.logistic_regression import LogisticRegression
from holdfast.collapse.theories.logistic import variance_of_one_item
from published_experiments.definitions import Published, Seen, of_file


def efficiency(seen: Seen) -> str:
    parts = []
    for samples in (200, 2000):
        kept, replaced = (
            seen.mean(f"{regime} · samples {samples}", "log-odds-error", 1)
            / seen.mean(f"{regime} · samples {samples}", "log-odds-error")
            for regime in ("accumulate", "replace")
        )
        arm = f"replace · samples {samples}"
        said = f"{samples:,} items, {kept:.2f} if all data are kept and {replaced:.3f} if they are replaced"
        if lost := seen.mean(arm, "separated"):
            said += f", where a plane divides the labels of {lost:.1%} of the histories and their error has no bound"
        parts.append(f"{said}, and the median model is {seen.median(arm, 'confidence'):.2f} times as sure as the truth")
    first_order = 1 / np.sum(1 / np.arange(1, 21) ** 2)
    return (
        f"Efficiency after 20 fits (squared error of one fit over that of the last): with {'; with '.join(parts)}. To "
        f"first order it is {first_order:.2f} and {1 / 20:.3f}, and never below 6/π² = {6 / np.pi**2:.2f} if all data "
        "are kept. Models that replace few items grow too sure, which the first order does not see."
    )


WEIGHTS = (0.4, 0.5, 0.618, 0.75, 0.9)


def weighed(seen: Seen) -> str:
    one = variance_of_one_item(LogisticRegression()) / 1000
    parts, found = [], {}
    for weight in WEIGHTS:
        found[weight], error = (value / one for value in seen.late(f"w{weight:g}", "log-odds-error"))
        law = (weight**2 + (1 - weight) ** 2) / (weight * (2 - weight))
        pooled = ", which is pooling" if weight == 0.5 else ""
        parts.append(f"{weight:g}{pooled}: {found[weight]:.3f} ± {error:.3f} ({law:.3f})")
    return (
        "Squared error of the coefficients at rest, in units of that of one fit to the real half alone, by the weight "
        f"on real items, and in brackets the first order: {'; '.join(parts)}. It is least at "
        f"{min(found, key=found.__getitem__):g}."
    )


_SWEPT = """learner = "logistic-regression"
samples = 2000
generations = 20
replicates = 1000
regimes = []
measures = ["log-odds-error"]
""" + "\n".join(
    f'regime."w{weight:g}".feeds = [{{ name = "real", of = "real", share = 0.5, weight = {weight:g} }},\n'
    f'                      {{ name = "synthetic", of = "model", share = 0.5, weight = {1 - weight:.3g} }}]'
    for weight in WEIGHTS
)

EXPERIMENTS = (
    Published(
        "logistic-regression", "Dey & Donoho (2024), arXiv:2410.22812", "https://arxiv.org/abs/2410.22812",
        "in exponential families as in linear regression, fits to all data that were ever made keep at least 6/π² of "
        "the efficiency of one fit to real data, asymptotically; discarding them loses it without bound",
        Experiment(
            learner="logistic-regression", options={"design": "same"}, generations=20, replicates=1000,
            regimes=("replace", "accumulate"), measures=("log-odds-error", "confidence", "separated"),
            vary={"samples": (200, 2000)},
        ),
        "holdfast collapse run logistic-regression --replicates 1000 --regimes replace,accumulate "
        "--set options.design=same --vary samples=200,2000",
        efficiency,
    ),
    Published(
        "golden-ratio-in-a-generalised-linear-model", "He, Xu & Cheng (2025), arXiv:2502.18049",
        "https://arxiv.org/abs/2502.18049",
        "the best weight of real items is the inverse golden ratio in generalised linear models as well, where there "
        "are as many synthetic ones",
        *of_file("weights.toml", _SWEPT),
        weighed,
    ),
)  # fmt: skip
