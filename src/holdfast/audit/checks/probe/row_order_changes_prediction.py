from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.interference import Interference
from holdfast.audit.probe.bench import Bench, Change
from holdfast.audit.probe.inside import probed
from holdfast.audit.probe.narrowing import Narrowed
from holdfast.audit.probe.telling import answers_are, blamed, evidence, extent, places, share
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Severity


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
def row_order_changes_prediction(bench: Bench, interference: Interference | None) -> Iterator[Finding]:
    """A row is answered otherwise when the rows come in another order.

    ## Why it matters
    Unless order is time, it is an accident of how the file was written: a lag, a running mean or a forward fill over
    it reads other records' values, and in a file sorted by label it reads the label.

    ## How it works
    The same test rows are handed over in another order, and each row's answer is compared with the one it had. Of a
    function over one frame, all rows are reordered.

    ## Limits
    Not asked where a time column is given, as order is then the point, nor where test rows reach training. The order
    of the training rows is left alone: many good learners depend on it a little.

    ## Fix
    Sort by time and say so (`--time`), or join by keys instead of positions.
    """
    if bench.about.form == "split":
        raise NotApplicable("a random split depends on the order of rows, and may")
    if bench.layout.order is not None:
        raise NotApplicable("a time column is given: order is the point")
    if interference is not None and interference.route in {"training", "unknown"}:
        raise NotApplicable("test rows reach training, and by that way they move each other's answers too")
    bench.covers("row-order-changes-prediction", "the rows to answer for in one other order")
    rows = bench.layout.test if bench.about.form in {"fit_predict", "estimator"} else bench.layout.rows
    change = Change("reordered", rows)
    effect = bench.effect([change], lambda _: rows, "order")
    if effect is None:
        if bench.quiet():
            raise NotApplicable(bench.quiet())
        return
    yield Finding(
        message=f"In another order, {share(effect.moved)} rows get other {answers_are(bench)}{extent(effect.moved)}"
        f"{blamed(None)}; if the order of rows is time, name its column (--time)",
        confidence=Confidence.CERTAIN if bench.deterministic else Confidence.HIGH,
        locations=places(bench, Narrowed(), None, None),
        evidence=evidence(bench, effect),
        fix="Sort by time and say so (--time), or join by keys instead of positions.",
    )


@planted(at=Location())
def difference_to_the_row_above(rng: np.random.Generator) -> dict[str, Any]:
    """Each row's features are set against those of the row above it."""

    def features(frame: Any) -> Any:
        return frame[["a"]].assign(step=frame["b"].diff().fillna(0.0))

    return probed(table(rng, n_train=60, n_test=30).take(np.arange(60)), features)


@planted(at=Location())
def numbered_from_the_top(rng: np.random.Generator) -> dict[str, Any]:
    """The position in the test file is part of the answer."""

    def fit_predict(train: Any, test: Any) -> Any:
        return test["a"].to_numpy() * float(train["b"].std()) + np.arange(len(test)) / len(test)

    return probed(table(rng, n_train=60, n_test=30), fit_predict)


@clean
def row_by_row(rng: np.random.Generator) -> dict[str, Any]:
    """Each row is answered from itself."""

    def fit_predict(train: Any, test: Any) -> Any:
        return test["a"] * float(train["b"].std())

    return probed(table(rng, n_train=60, n_test=30), fit_predict)
