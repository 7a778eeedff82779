from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import subject, table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.label_use import LabelUse
from holdfast.audit.probe.bench import Bench
from holdfast.audit.probe.inside import probed
from holdfast.audit.probe.narrowing import Narrowed, narrowed
from holdfast.audit.probe.telling import answers_are, blamed, evidence, extent, named, places, share
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kaufman, Rosset, Perlich & Stitelman (2012), Leakage in data mining: formulation, detection, and "
            "avoidance, ACM TKDD 6(4)",
            "https://doi.org/10.1145/2382577.2382579",
        ),
    ),
)
def unavailable_label_used(bench: Bench, label_use: LabelUse) -> Iterator[Finding]:
    """Answers depend on labels that are not known when the answer is due.

    ## Why it matters
    Stopping at the round that is best on the test set, encoding categories by all labels, or a window over the target
    that holds its own row uses what is to be predicted. The score is then partly read off the answer sheet.

    ## How it works
    The labels of test rows are exchanged for others that occur, and nothing else is touched; no answer may move. With
    time, labels from a cut on are changed, the cut's own included, and answers up to the cut are judged, so that
    lags of earlier labels, which are known by then, are allowed.

    ## Limits
    Needs a label. Whether a training row's own label is in its own features (target encoding without folds) is not
    asked. An estimator never gets the labels of test rows.

    ## Fix
    Stop and choose on a validation part of the training rows; encode by training labels alone; shift the target
    before any window over it.
    """
    bench.covers("unavailable-label-used", label_use.scope)
    effect, trail = label_use.effect, label_use.trail
    fix = (
        "Stop and choose on a part of the training rows, encode by training labels alone, shift the target before any "
        "window over it."
    )
    if effect is None and bench.quiet():
        raise NotApplicable(bench.quiet())
    if effect is None and (trail.training is None or bench.layout.order is not None):
        return
    if effect is None:
        yield Finding(
            message=f"Other labels of test rows change what the code learns, though no answer moved in these trials"
            f"{blamed(trail.training)}",
            severity=Severity.WARNING,
            confidence=Confidence.CERTAIN,
            locations=places(bench, Narrowed(columns=(label_use.label,)), trail.training, "test"),
            evidence=(Measure(name="values learnt otherwise", value=max(1, len(trail.fits)), threshold=0),),
            fix=fix,
        )
        return
    narrow = narrowed(bench, effect, label_use.judged)
    when = "" if bench.layout.order is None else ", from a moment on,"
    yield Finding(
        message=f"Changing only labels of test rows{when} moves the {answers_are(bench)} of {share(effect.moved)} rows "
        f"that should not know them{extent(effect.moved)}{named(narrow)}{blamed(trail.training or trail.first)}",
        confidence=Confidence.CERTAIN if bench.deterministic else Confidence.HIGH,
        locations=places(bench, narrow, trail.training or trail.first, "test"),
        evidence=evidence(bench, effect, trail),
        fix=fix,
    )


@planted(at=Location(columns=("y",), split="test"))
def chosen_on_the_test_rows(rng: np.random.Generator) -> dict[str, Any]:
    """The column to predict by is the one that fits the test labels best."""

    def fit_predict(train: Any, test: Any) -> Any:
        del train
        yes = (test["y"] == "yes").to_numpy()
        gap = {name: float(test[name].to_numpy()[yes].mean() - test[name].to_numpy()[~yes].mean()) for name in "abc"}
        best = max(gap, key=lambda name: gap[name])
        return test[best] * gap[best]

    return probed(table(rng, n_train=60, n_test=30), fit_predict)


@planted(at=Location(columns=("y",), split="test"))
def window_over_its_own_row(rng: np.random.Generator) -> dict[str, Any]:
    """A mean over the target of the last three days, the day itself included."""

    def features(frame: Any) -> Any:
        return frame.assign(recent=frame["y"].rolling(3, min_periods=1).mean())

    return probed(_sales(rng), features)


@clean
def lag_of_the_target(rng: np.random.Generator) -> dict[str, Any]:
    """The mean over the target of the three days before."""

    def features(frame: Any) -> Any:
        return frame.assign(recent=frame["y"].shift(1).rolling(3, min_periods=1).mean())

    return probed(_sales(rng), features)


@clean
def encoded_by_training_labels(rng: np.random.Generator) -> dict[str, Any]:
    """A category is replaced by the share of "yes" among its training rows."""

    def fit_predict(train: Any, test: Any) -> Any:
        share = (train["y"] == "yes").groupby(train["color"]).mean()
        return test["color"].map(share).fillna(0.5)

    return probed(table(rng, n_train=60, n_test=30), fit_predict)


def _sales(rng: np.random.Generator) -> Any:
    y = np.cumsum(rng.normal(size=120))
    return subject({"day": np.arange(120), "y": y}, split=["train"] * 90 + ["test"] * 30, day="time")
