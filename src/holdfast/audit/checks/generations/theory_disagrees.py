"""Simulated histories that contradict an exact statement about them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.generations import compared
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.generations import Distance, Generations
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity

_MOST_SHOWN = 10


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Dunn (1961), Multiple comparisons among means, Journal of the American Statistical Association 56(293)",
            "https://doi.org/10.1080/01621459.1961.10482090",
        ),
    ),
)
def theory_disagrees(generations: Generations, *, alpha: float = 0.001, replicates: int = 100) -> Iterator[Finding]:
    """Simulation and exact theory are further apart than chance allows.

    ## Why it matters
    Where an exact formula holds, simulation must lie on it. If it does not, one of them is wrong: the formula does not
    apply to this learner or regime, or the learner does something else than it says, and forecasts built on either
    would be wrong.

    ## How it works
    In every generation that both speak about, the difference of simulation and theory is divided by the simulation's
    standard error. The limit is the value of Student's t that the largest of so many comparisons exceeds with a
    chance of alpha at most, all histories, measures and generations counted (Bonferroni).

    ## Limits
    Asked only where enough replicates carry the mean: where a few rare histories do, its standard error is too
    small and the comparison says nothing. A shift smaller than the standard error is not seen; more replicates show it.

    ## Fix
    Run it again with another seed and more replicates; if the distance grows, compare the learner with the formula's
    assumptions, which the theory's page names.
    """
    from scipy.stats import t as student

    asked = [one for one in generations.distances if one.effective >= replicates and np.isfinite(one.worst)]
    if not asked:
        raise NotApplicable(
            f"no exact statement was compared with at least {replicates} replicates"
            if generations.distances
            else generations.silent.get("theory", "no theory was compared")
        )
    each = alpha / (2.0 * sum(one.compared for one in asked))
    far = sorted(asked, key=lambda one: -abs(one.worst))
    for one in far:
        limit = float(student.isf(each, max(2.0, one.effective - 1.0)))
        if abs(one.worst) > limit:
            yield _finding(one, limit, far)


def _finding(one: Distance, limit: float, far: list[Distance]) -> Finding:
    return Finding(
        message=f"in {one.history} the simulated {one.statistic} of {one.measure} is {one.simulated:.6g} at generation "
        f"{one.generation}, and {one.theory} says {one.predicted:.6g}: {abs(one.worst):.1f} standard errors apart, "
        f"where {limit:.1f} would be chance",
        confidence=Confidence.HIGH,
        locations=(Location(columns=(one.measure,), split=one.history, steps=(one.generation,)),),
        evidence=(
            Measure(name="distance in standard errors", value=round(abs(one.worst), 3), threshold=round(limit, 3)),
            Examples(
                caption="Statements that are furthest from the simulation",
                columns=("history", "measure", "theory", "formula", "standard errors", "generations compared"),
                cells=tuple(
                    (two.history, two.measure, two.theory, two.formula, round(two.worst, 2), two.compared)
                    for two in far[:_MOST_SHOWN]
                ),
            ),
        ),
        fix="Run it again with another seed and more replicates; if the distance grows, compare the learner with the "
        "formula's assumptions, which the theory's page names.",
    )


@planted(at=Location(columns=("variance",)))
def another_law(rng: np.random.Generator) -> dict[str, Any]:
    """The simulation lies eight standard errors beside the formula."""
    return compared(rng, 8.0)


@clean
def the_same_law(rng: np.random.Generator) -> dict[str, Any]:
    """The simulation varies about the formula by its standard error."""
    return compared(rng, 0.0)


@clean
def carried_by_a_few(rng: np.random.Generator) -> dict[str, Any]:
    """A mean that a few rare histories carry lies below the formula; its standard error is not to be trusted."""
    return compared(rng, -8.0, heavy=True)
