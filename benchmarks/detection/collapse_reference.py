"""Reference figures of frequencies under recursion, through the public API: simulated, expected, known.

    python benchmarks/detection/collapse_reference.py              3,000 histories, a minute
    python benchmarks/detection/collapse_reference.py --short      300

300 types by Zipf's law (b = 1.2), 500 items a generation, 30 generations, each from the one before. The known figures
come from a script of plain NumPy written before the laboratory (3,000 histories). Beside each simulated mean, its
standard error, stand all theories of that measure; an exact one must lie within 3 standard errors.
"""

import argparse
import sys

from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.verb import run_experiment

KNOWN = {"types-alive": 18.25, "heterozygosity": 0.86140, "lost-mass": 0.42128}
MOST = 3.0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    replicates = 300 if parser.parse_args(arguments).short else 3000
    experiment = Experiment(
        learner="categorical", options={"types": 300, "exponent": 1.2}, samples=500, generations=30,
        replicates=replicates, regimes=("replace",), measures=tuple(KNOWN), at=(30,), seed=1,
    )  # fmt: skip
    _, curves = run_experiment(experiment)
    wrong = []
    print(
        "| measure | simulated | known | theory | exact | expected | standard errors |\n|---|---|---|---|---|---|---|"
    )
    for curve in curves:
        mean, error = curve.mean[-1], curve.error[-1]
        for one in curve.overlays:
            expected = one.values[-1]
            apart = (mean - expected) / error
            if one.theory.exact and not abs(apart) <= MOST:
                wrong.append(one.theory.name)
            print(
                f"| {curve.measure.name} | {mean:.5f} ± {error:.5f} | {KNOWN[curve.measure.name]:.5f} "
                f"| {one.theory.name} | {'yes' if one.theory.exact else 'no'} | {expected:.5f} | {apart:+.2f} |"
            )
    print(f"\nExact theories beyond {MOST:g} standard errors: {', '.join(wrong) or 'none'}.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
