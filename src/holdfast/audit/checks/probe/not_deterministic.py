from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.probe.bench import Bench, Probe
from holdfast.audit.probe.comparing import EXACT, Trail, noise_of, trail
from holdfast.audit.probe.inside import Inside, probed
from holdfast.audit.probe.narrowing import Narrowed
from holdfast.audit.probe.telling import answers_are, blamed, places
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.NOTE,
    references=(
        Reference(
            "Pham, Qian, Wang, Lutellier, Rosenthal, Tan, Yu & Nagappan (2020), Problems and opportunities in "
            "training deep learning software systems: an analysis of variance, ASE",
            "https://doi.org/10.1145/3324884.3416545",
        ),
        Reference(
            "Bouthillier et al. (2021), Accounting for variance in machine learning benchmarks, MLSys",
            "https://arxiv.org/abs/2103.03098",
        ),
    ),
    exempt={"says-the-same-twice": "its subject is code that does not"},
)
def not_deterministic(bench: Bench) -> Iterator[Finding]:
    """The same input brings other answers when the code is run again.

    ## Why it matters
    A score that nobody can repeat cannot be checked, and the best of several runs is chosen by luck. Every experiment
    on such code has to look past its noise.

    ## How it works
    The code is run on the same input in two interpreters that share nothing, and twice with the seeds of `random`,
    NumPy and open generators fixed. If only the first two differ, a seed is missing, and the other probes go on with
    seeds fixed. If the last two differ as well, chance comes from elsewhere, such as threads that race or the clock;
    the other probes then speak only of effects five times as large as the noise, and are otherwise not applicable.

    ## Limits
    Libraries compute in one thread here, which hides what their threads would change. Two runs may agree by luck.

    ## Fix
    Pass a seed to everything that draws (`random_state=0`), sort what comes out of sets, collect results of threads
    in the order of the tasks; report the spread over several seeds beside the score.
    """
    open_noise = noise_of([bench.base, *bench.natural])
    bench.covers("not-deterministic", "the same input four times, twice with seeds fixed, in two interpreters")
    if bench.deterministic and open_noise.largest <= EXACT:
        return
    how = (
        "with its seeds fixed too, so that chance comes from elsewhere (threads, the clock, the order of a set)"
        if not bench.deterministic
        else "but not with its seeds fixed: a seed is missing"
    )
    largest = max(open_noise.largest, bench.noise.largest)
    found = _where(bench)
    yield Finding(
        message=f"The same input brings other {answers_are(bench)} when the code is run again, by up to {largest:.2g} "
        f"of the largest value, {how}{blamed(found.first)}",
        severity=Severity.WARNING if not bench.deterministic else Severity.NOTE,
        confidence=Confidence.CERTAIN,
        locations=places(bench, Narrowed(), found.first, None),
        evidence=(
            Measure(name="largest difference, seeds left open", value=open_noise.largest, threshold=EXACT),
            Measure(name="largest difference, seeds fixed", value=bench.noise.largest, threshold=EXACT),
        ),
        fix="Pass a seed to everything that draws; sort what comes out of sets; take threads' results in their order.",
    )


def _where(bench: Bench) -> Trail:
    """Return where two watched calls with the same input, chance left to itself, begin to differ."""
    nothing = np.empty(0, dtype=np.int64)
    call = bench.call(watch=nothing, seed=None)
    [one], [two] = bench.answers([call]), bench.answers([call], fresh=True)
    return trail(one, two, ())


@planted(at=Location())
def drawn_without_a_seed(rng: np.random.Generator) -> dict[str, Any]:
    """A forest of random columns, drawn from NumPy's global generator."""

    def fit_predict(train: Any, test: Any) -> Any:
        weights = np.random.normal(size=3)  # noqa: NPY002 this is the defect
        return test[["a", "b", "c"]].to_numpy() @ weights + float(train["a"].mean())

    return probed(table(rng, n_train=60, n_test=30), fit_predict)


@planted(at=Location())
def from_somewhere_else(rng: np.random.Generator) -> dict[str, Any]:
    """Answers depend on how often the process was asked, which no seed controls."""
    ticks = count()

    def fit_predict(train: Any, test: Any) -> Any:
        return test["a"] + float(train["b"].mean()) + next(ticks) % 7

    given = probed(table(rng, n_train=60, n_test=30), fit_predict)
    return {**given, "probe": replace(given["probe"])}


@clean
def seeded(rng: np.random.Generator) -> dict[str, Any]:
    """The generator has a seed of its own."""

    def fit_predict(train: Any, test: Any) -> Any:
        weights = np.random.default_rng(3).normal(size=3)
        return test[["a", "b", "c"]].to_numpy() @ weights + float(train["a"].mean())

    return {**probed(table(rng, n_train=60, n_test=30), fit_predict), "probe": Probe(Inside(lambda: fit_predict))}
