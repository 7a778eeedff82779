from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.interference import Interference
from holdfast.audit.probe.bench import Bench
from holdfast.audit.probe.changing import SAID
from holdfast.audit.probe.inside import probed
from holdfast.audit.probe.narrowing import Narrowed, narrowed
from holdfast.audit.probe.telling import answers_are, blamed, evidence, extent, named, places, share
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.2 and L1.3",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Goguen & Meseguer (1982), Security policies and security models, IEEE Symposium on Security and Privacy",
            "https://doi.org/10.1109/SP.1982.10014",
        ),
    ),
)
def test_rows_reach_training(bench: Bench, interference: Interference) -> Iterator[Finding]:
    """What the code learns from training rows depends on test rows.

    ## Why it matters
    A scaler, imputer, selection, encoding or synthetic row that saw the test rows has told the model about them. The
    score then answers how well the model does on rows it has met.

    ## How it works
    The code is run again with other values in some test rows, with fewer of them, and with a few alone. Training rows
    and the test rows that are judged are the same to the last bit, so any answer about them that moves is proof.
    Values keep their column's type and range. Two of the runs are watched: the first variable or fitted attribute
    that differs in rows nobody touched names the line of the code; fewer and fewer columns and rows name those.

    ## Limits
    Silence covers the changes that were tried, which the record names, on the rows given to the code. Where what is
    learnt differs but no answer moved, it is a warning: other data may move one. An estimator never sees test rows,
    so there is nothing to ask of it. Code that learns from data it reads itself is beyond the probe's reach.

    ## Fix
    Fit every step on the training rows alone and only apply it to the test rows; a pipeline does both.
    """
    bench.covers("test-rows-reach-training", interference.scope)
    effect, trail = interference.effect, interference.trail
    split = "test"
    if interference.route not in {"training", "unknown"}:
        if effect is None and bench.quiet():
            raise NotApplicable(bench.quiet())
        return
    culprit = trail.training or trail.first
    fix = "Fit every step on the training rows alone, and only apply it to the test rows."
    if effect is None:
        if not bench.deterministic:
            raise NotApplicable(bench.quiet())
        yield Finding(
            message=f"Other values in test rows change what the code computes from training rows, though no answer "
            f"moved in these trials{blamed(culprit)}",
            severity=Severity.WARNING,
            confidence=Confidence.CERTAIN,
            locations=places(bench, Narrowed(), culprit, split),
            evidence=(
                Measure(name="values learnt otherwise", value=max(1, len(trail.fits)), threshold=0),
                Examples(
                    caption="What the code learnt otherwise",
                    columns=("fitted",),
                    cells=tuple((name[:80],) for name in trail.fits[:10]),
                ),
            ),
            fix=fix,
        )
        return
    narrow = narrowed(bench, effect, interference.judged)
    way = "" if interference.route == "training" else ", by way of training or of the batch, which cannot be told apart"
    whose = "training rows" if bench.about.form == "features" else "test rows that nobody touched"
    yield Finding(
        message=f"Changing {len(effect.change.touched):,} test rows ({SAID[effect.change.kind]}) moves the "
        f"{answers_are(bench)} of {share(effect.moved)} {whose}{extent(effect.moved)}{way}{named(narrow)}"
        f"{blamed(culprit)}",
        confidence=Confidence.CERTAIN if bench.deterministic else Confidence.HIGH,
        locations=places(bench, narrow, culprit, split),
        evidence=evidence(bench, effect, trail),
        fix=fix,
    )


def _standardised(train: Any, test: Any, seen: Any) -> Any:
    centre, spread = seen[["a", "b"]].to_numpy().mean(axis=0), seen[["a", "b"]].to_numpy().std(axis=0)
    known, asked = ((part[["a", "b"]].to_numpy() - centre) / spread for part in (train, test))
    yes = (train["y"] == "yes").to_numpy()
    return asked @ (known[yes].mean(axis=0) - known[~yes].mean(axis=0))


def _of_all_rows(train: Any, test: Any) -> Any:
    from pyarrow import concat_tables, table

    both = concat_tables([table({name: part[name].to_numpy() for name in ("a", "b")}) for part in (train, test)])
    return _standardised(train, test, both.to_pandas())


@planted(at=Location(columns=("a", "b"), split="test"))
def scaled_with_all_rows(rng: np.random.Generator) -> dict[str, Any]:
    """Mean and spread come from training and test rows together."""
    return probed(table(rng, n_train=60, n_test=30), _of_all_rows)


@planted(at=Location(columns=("b",), split="test"))
def features_of_all_rows(rng: np.random.Generator) -> dict[str, Any]:
    """One feature is centred with the mean of the whole frame, which holds both splits."""

    def features(frame: Any) -> Any:
        return frame[["a", "c"]].assign(b=frame["b"] - frame["b"].mean())

    return probed(table(rng, n_train=60, n_test=30), features)


@clean
def scaled_with_training_rows(rng: np.random.Generator) -> dict[str, Any]:
    """Mean and spread come from the training rows."""
    return probed(table(rng, n_train=60, n_test=30), lambda train, test: _standardised(train, test, train))


@clean
def scaled_by_its_own_batch(rng: np.random.Generator) -> dict[str, Any]:
    """The test rows are centred with their own mean: another defect, which is not told twice."""

    def fit_predict(train: Any, test: Any) -> Any:
        asked = test["a"].to_numpy()
        asked = asked - asked.mean()
        return asked * float(train["a"].std())

    return probed(table(rng, n_train=60, n_test=30), fit_predict)
