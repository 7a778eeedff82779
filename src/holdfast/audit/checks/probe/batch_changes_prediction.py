from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.interference import Interference
from holdfast.audit.facts.conduct.label_use import LabelUse
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.probe.bench import Bench, Change, Effect, call_of
from holdfast.audit.probe.changing import SAID
from holdfast.audit.probe.comparing import Trail
from holdfast.audit.probe.inside import probed
from holdfast.audit.probe.narrowing import Narrowed, narrowed
from holdfast.audit.probe.telling import blamed, evidence, extent, named, places, share
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Severity

_FEW = 5  # rows that are answered one by one


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Chen, Kuo, Liu, Poon, Towey, Tse & Zhou (2018), Metamorphic testing: a review of challenges and "
            "opportunities, ACM Computing Surveys 51(1)",
            "https://doi.org/10.1145/3143561",
        ),
        Reference(
            "Nado, Padhy, Sculley, D'Amour, Lakshminarayanan & Snoek (2020), Evaluating prediction-time batch "
            "normalization for robustness under covariate shift",
            "https://arxiv.org/abs/2006.10963",
        ),
    ),
)
def batch_changes_prediction(
    bench: Bench, row_keys: RowKeys, interference: Interference | None, label_use: LabelUse | None
) -> Iterator[Finding]:
    """A row is answered otherwise alone than together with other test rows.

    ## Why it matters
    In use rows come one at a time or in other company. A score of rows that help each other, by a mean of the batch,
    a rank, or a scaler fitted to the test rows, is not the score that use will see.

    ## How it works
    An estimator is fitted once and asked about all test rows, about half of them, and about a few one by one; the
    answers about a row must agree up to rounding. A function that fits and predicts is run with other values in other
    test rows; if answers move and nothing that was computed from training rows did, the batch is the way.

    ## Limits
    Where test rows reach training too, the two ways cannot be told apart and this is not asked. Differences below a
    millionth of the largest value (a ten-thousandth in 32 bits) are rounding. A class that turns in one row only may
    stand at a tie. Some models are meant to see the whole test set at once; then say so beside the score.

    ## Fix
    Take means, ranks and scalers from the training rows; put a network into evaluation mode before it predicts.
    """
    if bench.about.form in {"features", "split"}:
        raise NotApplicable("a function over one frame may learn from the rows beside each other")
    fix = "Take means, ranks and scalers from the training rows; put a network into evaluation mode before it predicts."
    if bench.about.form == "estimator":
        effect, scope = _of_estimator(bench, row_keys)
        bench.covers("batch-changes-prediction", scope)
        narrow, trail = Narrowed(), Trail(None, None)
        if effect is None and bench.quiet():
            raise NotApplicable(bench.quiet())
    else:
        assert interference is not None  # it is derived for every function that fits and predicts
        bench.covers("batch-changes-prediction", interference.scope)
        if interference.route in {"training", "unknown"}:
            raise NotApplicable("test rows reach training, and by that way they move each other's answers too")
        if label_use is not None and label_use.effect is not None:
            raise NotApplicable("labels of test rows are used, and by that way the rows move each other's answers too")
        effect, trail = interference.effect, interference.trail
        if effect is None and bench.quiet():
            raise NotApplicable(bench.quiet())
        narrow = Narrowed() if effect is None else narrowed(bench, effect, interference.judged)
    if effect is None:
        return
    yield Finding(
        message=f"The answers about {share(effect.moved)} test rows depend on which other test rows are there "
        f"({SAID[effect.change.kind]}){extent(effect.moved)}{named(narrow)}{blamed(trail.first)}",
        confidence=Confidence.CERTAIN if bench.deterministic else Confidence.HIGH,
        locations=places(bench, narrow, trail.first, "test"),
        evidence=evidence(bench, effect, trail),
        fix=fix,
    )


def _of_estimator(bench: Bench, row_keys: RowKeys) -> tuple[Effect | None, str]:
    """Return the first smaller batch that an estimator, fitted once, answers otherwise, and what was tried."""
    test = bench.layout.test
    half = test[row_keys.folds(test, 2) == 0]
    few = row_keys.sample(np.isin(np.arange(len(row_keys.values)), test), _FEW)
    changes = [Change("removed", half)] + [Change("alone", np.setdiff1d(test, [row])) for row in few]
    calls = [bench.call()]
    for change in changes:
        call = call_of(bench.layout, bench.about, bench.table, change, bench.pools, bench.streams)
        calls.append(type(call)(call.test, call.rows, label=call.label, seed=call.seed))
    scope = f"{len(test):,} test rows at once, {len(test) - len(half):,} of them, {len(few)} one by one"
    whole, *answers = bench.answers(calls)
    errors = [answer.error for answer in (whole, *answers) if answer.error]
    if errors:
        raise NotApplicable(f"the estimator fails on a smaller batch: {errors[0]}")
    for change, answer in zip(changes, answers, strict=True):
        judged = np.setdiff1d(test, change.touched)
        found = bench.compare(change, answer, judged)
        if found:
            return Effect(change, found, answer, judged), scope
    return None, scope


class _Linear:
    """A model of one column, which may centre what it is asked about with the batch's own mean."""

    def __init__(self, *, centred: bool) -> None:
        self.centred = centred

    def fit(self, x: Any, y: Any) -> "_Linear":
        self.slope = float(x["a"].to_numpy() @ (y == "yes").to_numpy())
        return self

    def predict(self, x: Any) -> Any:
        asked = x["a"].to_numpy()
        return self.slope * (asked - asked.mean() if self.centred else asked)


@planted(at=Location(split="test"))
def centred_by_the_batch(rng: np.random.Generator) -> dict[str, Any]:
    """An estimator centres the rows it is asked about with their own mean."""
    return probed(table(rng, n_train=60, n_test=30), _Linear(centred=True))


@planted(at=Location(columns=("a",), split="test"))
def ranked_in_the_batch(rng: np.random.Generator) -> dict[str, Any]:
    """The answer is the rank of a value among the test rows."""

    def fit_predict(train: Any, test: Any) -> Any:
        del train
        return test["a"].rank()

    return probed(table(rng, n_train=60, n_test=30), fit_predict)


@clean
def row_by_row(rng: np.random.Generator) -> dict[str, Any]:
    """An estimator that looks at one row at a time."""
    return probed(table(rng, n_train=60, n_test=30), _Linear(centred=False))


@clean
def function_row_by_row(rng: np.random.Generator) -> dict[str, Any]:
    """A function that scales with the training rows."""

    def fit_predict(train: Any, test: Any) -> Any:
        return (test["a"] - train["a"].mean()) / train["a"].std()

    return probed(table(rng, n_train=60, n_test=30), fit_predict)
