"""Reference figures of normal distributions under recursion, through the public API: simulated, known, expected.

    python benchmarks/detection/collapse_reference_gaussian.py              400,000 histories, about a minute of CPU
    python benchmarks/detection/collapse_reference_gaussian.py --short      20,000

20 items a generation, 10 generations each from the one before, unbiased and by maximum likelihood; 200 generations of
accumulation; 5 real items beside 45 synthetic ones. The known figures come from a script of plain NumPy written before
the laboratory. Beside each simulated figure stand all exact theories of it; one that can be checked must lie within 3
standard errors. One that is carried by rare histories is shown and not judged.
"""

import argparse
import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.verb import run_experiment

MOST = 3.0
FEW_REAL = {"few": {"feeds": [{"name": "real", "of": "real", "size": 5}, {"name": "made", "of": "model", "size": 45}]}}


@dataclass(frozen=True)
class Row:
    """A figure: a statistic of a measure at the end of a history."""

    what: str
    known: float
    measure: str
    statistic: str = "mean"
    variance: str = "unbiased"
    more: dict[str, Any] = field(default_factory=dict)


ACCUMULATE = {"regimes": ("accumulate",), "generations": 200, "at": (200,), "replicates": 20_000}
FRESH = {"regimes": (), "regime": FEW_REAL, "samples": 50, "generations": 60, "at": (60,), "replicates": 40_000}
ROWS = (
    Row("E σ_n", 0.87680, "sd"),
    Row("Var Xⁿ", 1.49526, "item-second-moment"),
    Row("Var σ²_n", 1.689, "variance", "variance"),
    Row("E W₂²", 0.74441, "wasserstein"),
    Row("E ln σ²_n", -0.53578, "log-variance"),
    Row("E KL(P_n‖P₀)", 0.51689, "divergence-from-truth"),
    Row("E σ²_n, maximum likelihood", 0.59954, "variance", variance="mle"),
    Row("Var Xⁿ, maximum likelihood", 0.99578, "item-second-moment", variance="mle"),
    Row("E σ², accumulate, 200 generations", 0.92015, "variance", variance="mle", more=ACCUMULATE),
    Row("Var μ, accumulate, 200 generations", 0.08024, "mean-error", variance="mle", more=ACCUMULATE),
    Row("E σ², 5 real + 45 synthetic", 0.90430, "variance", variance="mle", more=FRESH),
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    replicates = 20_000 if parser.parse_args(arguments).short else 400_000
    wrong = []
    print("| figure | simulated | known | theory | expected | standard errors |\n|---|---|---|---|---|---|")
    for row in ROWS:
        said = {"samples": 20, "generations": 10, "at": (10,), "replicates": replicates, "regimes": ("replace",)}
        said |= {"options": {"variance": row.variance}, "measures": (row.measure,), "seed": 1, **row.more}
        said["replicates"] = min(replicates, said["replicates"])
        _, (curve,) = run_experiment(Experiment.model_validate(said))
        seen = getattr(curve, row.statistic)[-1]
        exact = [one for one in curve.overlays if one.theory.exact and one.theory.statistic == row.statistic]
        for one in exact:
            apart = one.deviations[-1]
            if abs(apart) > MOST:
                wrong.append(f"{row.what}: {one.theory.name}")
            told = f"{apart:+.2f}" if np.isfinite(apart) else "rare histories"
            print(f"| {row.what} | {seen:.5f} | {row.known:.5f} | {one.theory.name} | {one.values[-1]:.5f} | {told} |")
        if not exact:
            print(f"| {row.what} | {seen:.5f} | {row.known:.5f} | no exact theory speaks | | |")
    print(f"\nExact theories beyond {MOST:g} standard errors: {', '.join(wrong) or 'none'}.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
