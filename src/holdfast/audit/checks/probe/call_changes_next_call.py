from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.probe.bench import Bench, Change, Probe
from holdfast.audit.probe.comparing import Moved, moved
from holdfast.audit.probe.inside import Inside, probed
from holdfast.audit.probe.narrowing import Narrowed
from holdfast.audit.probe.telling import answers_are, blamed, extent, measures, places
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Chen, Kuo, Liu, Poon, Towey, Tse & Zhou (2018), Metamorphic testing: a review of challenges and "
            "opportunities, ACM Computing Surveys 51(1)",
            "https://doi.org/10.1145/3143561",
        ),
    ),
)
def call_changes_next_call(bench: Bench, row_keys: RowKeys) -> Iterator[Finding]:
    """A call leaves something behind that changes the next one: a cache, a global, its own input.

    ## Why it matters
    A cache that ignores which data it holds serves the first fold's scaler to all others; code that changes its input
    in place hands the next step other data than it was given. Cross-validation and notebooks call more than once.

    ## How it works
    One process calls the code twice: on changed rows, then on the data as they are. The second answer must be that of
    a process that was never called before. And each call's inputs are compared with what they were before it. Seeds
    are set anew before each call, so that chance is no excuse. All other probes use a new process for every call.

    ## Limits
    Two calls only, in this order. What the code leaves in files is not seen, though it may reach later processes.

    ## Fix
    Keep nothing between calls, or key the cache by the data; begin with `train = train.copy()`.
    """
    if not bench.deterministic:
        raise NotApplicable(bench.quiet())
    whole = bench.about.form in {"features", "split"}
    rows = bench.layout.rows if whole else bench.layout.test
    half = rows[row_keys.folds(rows, 2) == 0]
    first = bench.call(Change("raised", half, bench.layout.features))
    before, after = bench.answers([first, bench.call()])
    bench.covers("call-changes-next-call", "two calls in one process, on changed rows and on the data as they are")
    if before.error or after.error:
        raise NotApplicable(f"the code fails when it is called twice: {before.error or after.error}")
    same = bench.base.sides is not None and np.array_equal(bench.base.rows, after.rows)
    found = Moved(half[:0], len(rows)) if same else moved(bench.base, after, rows, bench.noise, besides=bench.repeats)
    fix = "Keep nothing between calls, or key the cache by the data; begin with a copy of the input."
    if found:
        yield Finding(
            message=f"Called again in the same process, the code gives other {answers_are(bench)} for "
            f"{len(found.rows):,} of {found.judged:,} rows{extent(found)}: the call before has left something behind"
            f"{blamed(None)}",
            confidence=Confidence.CERTAIN,
            locations=places(bench, Narrowed(), None, None),
            evidence=measures(bench, found),
            fix=fix,
        )
    if bench.base.changed:
        which = " and ".join(f"`{name}`" for name in bench.base.changed)
        yield Finding(
            message=f"The code changes its input in place: {which if not whole else 'the frame'} is not what it was "
            "before the call",
            severity=Severity.NOTE,
            confidence=Confidence.CERTAIN,
            locations=(
                Location(split=bench.base.changed[0] if not whole else None),
                *places(bench, Narrowed(), None, None)[1:],
            ),
            evidence=(Measure(name="inputs changed in place", value=len(bench.base.changed), threshold=0),),
            fix=fix,
        )


@planted(at=Location())
def cached_scale(rng: np.random.Generator) -> dict[str, Any]:
    """The scale is computed at the first call and kept for all others."""

    def make() -> Any:
        kept: dict[str, float] = {}

        def fit_predict(train: Any, test: Any) -> Any:
            kept.setdefault("scale", float(test["a"].std() + train["a"].std()))
            return test["b"] * kept["scale"]

        return fit_predict

    return {**probed(table(rng, n_train=60, n_test=30), make()), "probe": Probe(Inside(make))}


@planted(at=Location(split="train"))
def changed_in_place(rng: np.random.Generator) -> dict[str, Any]:
    """The training frame is centred in place."""

    def fit_predict(train: Any, test: Any) -> Any:
        train["a"] = train["a"] - train["a"].mean()
        return test["b"] * float(train["a"].std())

    return probed(table(rng, n_train=60, n_test=30), fit_predict)


@clean
def begins_with_a_copy(rng: np.random.Generator) -> dict[str, Any]:
    """The training frame is copied first."""

    def fit_predict(train: Any, test: Any) -> Any:
        train = train.copy()
        train["a"] = train["a"] - train["a"].mean()
        return test["b"] * float(train["a"].std())

    return probed(table(rng, n_train=60, n_test=30), fit_predict)
