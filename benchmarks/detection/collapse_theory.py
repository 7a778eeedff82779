"""Every exact theory against the laboratory, over a grid of learners, options, sizes and regimes, by the public API.

    python benchmarks/detection/collapse_theory.py              the whole grid, some minutes of CPU
    python benchmarks/detection/collapse_theory.py --short      a part of it, with fewer replicates

Regimes are all presets that suit a learner and four that a person might write (growing batches, older models, wider
draws, wider beside new real items). A comparison is one theory in one generation of one history; the distance is in
standard errors of the simulation. Among N comparisons the largest is expected near z(1 − 1/2N) even if every theory is
true, so a distance above 3 is judged by what comes next: the same arm is run again with another seed, and what is wrong
is as far off again. Generations of a history hang together, so N is an upper bound of what is independent.
"""

import argparse
import math
import sys
import time
from collections import defaultdict
from dataclasses import dataclass

from scipy.special import ndtri

from holdfast.collapse.lab.curves import Curve
from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.verb import run_experiment
from holdfast.collapse.statements import WRITTEN

FAR = 3.0
WRONG = 4.0  # as far again in another run: of true theories one in 16,000
GRID = (
    ("gaussian", ({"variance": "unbiased"}, {"variance": "mle"}), (5, 20, 100), 20, 20_000),
    (
        "gaussian-nd",
        ({"dimensions": 3}, {"eigenvalues": [4.0, 1.0, 0.25], "variance": "mle"}),
        (10, 40),
        10,
        4000,
    ),
    ("categorical", ({"types": 5}, {"types": 40}, {"types": 10, "law": "uniform"}), (10, 60), 15, 5000),
    ("contexts", ({"contexts": 3, "types": 6},), (40,), 8, 2000),
    ("linear-regression", ({"dimensions": 2}, {"dimensions": 6}), (24, 100), 15, 5000),
    (
        "linear-regression",
        ({"dimensions": 2, "design": "same"}, {"dimensions": 6, "design": "same"}),
        (24, 100),
        15,
        5000,
    ),
)


@dataclass(frozen=True)
class Compared:
    """A theory over one history: the largest distance, where it is, and in how many generations they were compared."""

    experiment: Experiment
    regime: str
    measure: str
    theory: str
    compared: int
    beyond: int
    largest: float
    at: int


def experiments(short: bool) -> list[Experiment]:
    written = {name: regime.model_dump(exclude={"name"}, exclude_defaults=True) for name, regime in WRITTEN.items()}
    return [
        Experiment(
            learner=learner,
            options=option,
            samples=size,
            generations=min(generations, 6) if short else generations,
            replicates=replicates // 10 if short else replicates,
            regimes=("all",),
            regime=written,
            seed=number,
        )
        for learner, options, sizes, generations, replicates in GRID
        for number, option in enumerate(options)
        for size in (sizes[:1] if short else sizes)
    ]


def compared(experiment: Experiment, curves: tuple[Curve, ...]) -> list[Compared]:
    found = []
    for curve in curves:
        for one in curve.overlays:
            if not one.theory.exact or not one.compared:
                continue
            apart = [abs(z) if math.isfinite(z) else -1.0 for z in one.deviations]
            largest = max(apart)
            found.append(
                Compared(
                    experiment,
                    curve.arm.regime.name,
                    curve.measure.name,
                    one.theory.name,
                    one.compared,
                    sum(z > FAR for z in apart),
                    largest,
                    curve.at[apart.index(largest)],
                )
            )
    return found


def again(far: Compared) -> float:
    """Return the distance at the same place in a run with another seed."""
    own = {far.regime: far.experiment.regime[far.regime]} if far.regime in far.experiment.regime else {}
    experiment = far.experiment.model_copy(
        update={
            "regimes": () if own else (far.regime,),
            "regime": own,
            "measures": (far.measure,),
            "seed": far.experiment.seed + 1000,
        }
    )
    _, curves = run_experiment(experiment)
    (one,) = (one for curve in curves for one in curve.overlays if one.theory.name == far.theory)
    return abs(float(one.deviations[curves[0].at.index(far.at)]))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    short = parser.parse_args(arguments).short
    started = time.process_time()
    every: list[Compared] = []
    print("| learner | options | samples | generations | replicates | overlays | comparisons | beyond 3 | largest |")
    print("|---|---|---|---|---|---|---|---|---|")
    for experiment in experiments(short):
        _, curves = run_experiment(experiment)
        found = compared(experiment, curves)
        every += found
        options = ", ".join(f"{key} {value}" for key, value in experiment.options.items())
        print(
            f"| {experiment.learner} | {options} | {experiment.samples} | {experiment.generations} "
            f"| {experiment.replicates:,} | {len(found)} | {sum(one.compared for one in found):,} "
            f"| {sum(one.beyond for one in found)} | {max((one.largest for one in found), default=0):.2f} |",
            flush=True,
        )
    total = sum(one.compared for one in every)
    beyond = sum(one.beyond for one in every)
    print(f"\n{len(every):,} overlays, {total:,} comparisons, {len({one.theory for one in every})} exact theories.")
    print(
        f"Beyond 3 standard errors: {beyond} ({beyond / total:.2%}; 0.27% of independent true ones). "
        f"Largest: {max(one.largest for one in every):.2f} (about {-ndtri(0.5 / total):.2f} expected of so many).\n"
    )
    worst: dict[str, list[Compared]] = defaultdict(list)
    for one in every:
        worst[one.theory].append(one)
    print("| theory | overlays | comparisons | beyond 3 | largest | where | there again, other seed |")
    print("|---|---|---|---|---|---|---|")
    wrong = []
    for name, mine in sorted(worst.items(), key=lambda item: -max(one.largest for one in item[1])):
        far = max(mine, key=lambda one: one.largest)
        repeated = again(far) if far.largest > FAR else None
        if repeated is not None and repeated > WRONG:
            wrong.append(name)
        print(
            f"| {name} | {len(mine)} | {sum(one.compared for one in mine):,} | {sum(one.beyond for one in mine)} "
            f"| {far.largest:.2f} | {far.experiment.learner}, {far.regime}, M = {far.experiment.samples}, "
            f"generation {far.at} | {'' if repeated is None else f'{repeated:.2f}'} |",
            flush=True,
        )
    print(f"\nFar again with another seed, so wrong: {', '.join(wrong) or 'none'}.")
    print(f"{time.process_time() - started:.0f} CPU seconds")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
