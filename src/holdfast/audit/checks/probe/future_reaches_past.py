from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.interference import Interference
from holdfast.audit.probe.bench import Bench
from holdfast.audit.probe.changing import SAID
from holdfast.audit.probe.cuts import cuts_of, later, up_to
from holdfast.audit.probe.inside import probed
from holdfast.audit.probe.narrowing import narrowed
from holdfast.audit.probe.telling import answers_are, blamed, evidence, named, places, share
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L3.1",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Goguen & Meseguer (1982), Security policies and security models, IEEE Symposium on Security and Privacy",
            "https://doi.org/10.1109/SP.1982.10014",
        ),
    ),
)
def future_reaches_past(bench: Bench, interference: Interference | None) -> Iterator[Finding]:
    """What is said about a time depends on rows that come later.

    ## Why it matters
    A centred window, a backward fill or a scaler over the whole series puts tomorrow into today's row. No score from
    such rows can be had in use, where tomorrow is not there yet.

    ## How it works
    At several times, from the first rows to the last, all rows that come later get other values, or are left out.
    Everything said about rows up to the cut must stay as it was. How far before the cut answers move tells a window
    of few rows from something learnt over the whole series. Rows of the same time count as one; cuts also fall where
    a value is missing, for fills that only show there.

    ## Limits
    Needs a time column (`--time`). Silence covers these cuts and changes. The label is asked about on its own, in
    `unavailable-label-used`. Where test rows reach training, every answer moves, and a window of few rows cannot be
    seen behind that: repair that first.

    ## Fix
    Let windows end at the row itself (`center=False`), fill forward, shift by positive lags, fit on the past alone.
    """
    if bench.about.form not in {"fit_predict", "features"}:
        raise NotApplicable("asked of functions that see rows in time: fit_predict(train, test) and features(frame)")
    if bench.layout.order is None:
        raise NotApplicable("no time column (--time COLUMN)")
    if interference is not None and interference.route in {"training", "unknown"} and bench.about.form == "fit_predict":
        raise NotApplicable("test rows reach training, which moves earlier answers too: repair that first, then probe")
    cuts = cuts_of(bench)
    changes = [change for cut in cuts for change in later(bench, cut)]
    bench.covers("future-reaches-past", f"{len(cuts)} cuts in time, {len(changes)} changes of what comes later")
    effect = bench.effect(changes, lambda change: up_to(bench, change), "the future")
    if effect is None:
        if bench.quiet():
            raise NotApplicable(bench.quiet())
        return
    narrow = narrowed(bench, effect, lambda change: up_to(bench, change))
    trail = bench.trail(effect.change)
    order = bench.layout.order
    judged = up_to(bench, effect.change)
    times = np.unique(order[judged])
    reach = int(len(times) - np.searchsorted(times, order[effect.moved.rows].min()))
    whole = reach == len(times)
    far = (
        f"all the way back to the first of {len(times):,} times"
        if whole
        else f"back to {reach:,} {'step' if reach == 1 else 'steps'} before the cut"
    )
    yield Finding(
        message=f"Changing only rows that come later ({SAID[effect.change.kind]}) moves the {answers_are(bench)} of "
        f"{share(effect.moved)} earlier rows, {far}{named(narrow)}{blamed(trail.first)}",
        confidence=Confidence.CERTAIN if bench.deterministic else Confidence.HIGH,
        locations=places(bench, narrow, trail.first, None),
        evidence=(
            *evidence(bench, effect, trail),
            Measure(name="steps in time before the cut that move", value=reach, threshold=0),
        ),
        fix="Let windows end at the row itself, fill forward, shift by positive lags, and fit on the past alone.",
    )


def _series(rng: np.random.Generator) -> Dataset:
    """Return a slow series of 120 days, the last thirty for the test."""
    value = np.cumsum(rng.normal(size=120))
    return subject(
        {"day": np.arange(120), "value": value, "other": rng.normal(size=120)},
        split=["train"] * 90 + ["test"] * 30,
        day="time",
    )


@planted(at=Location(columns=("value",)))
def centred_window(rng: np.random.Generator) -> dict[str, Any]:
    """The mean over five days has its row in the middle."""

    def features(frame: Any) -> Any:
        return frame.assign(mean=frame["value"].rolling(5, center=True, min_periods=1).mean())

    return probed(_series(rng), features)


@planted(at=Location(columns=("value",)))
def backward_fill_of_a_window(rng: np.random.Generator) -> dict[str, Any]:
    """A window of four days, whose empty beginning is filled from behind."""

    def features(frame: Any) -> Any:
        return frame.assign(mean=frame["value"].rolling(4).mean().bfill())

    return probed(_series(rng), features)


@clean
def window_that_looks_back(rng: np.random.Generator) -> dict[str, Any]:
    """The mean over five days ends at its row; a lag; a forward fill."""

    def features(frame: Any) -> Any:
        return frame.assign(mean=frame["value"].rolling(5, min_periods=1).mean(), lag=frame["other"].shift(2).ffill())

    return probed(_series(rng), features)


@clean
def running_scale(rng: np.random.Generator) -> dict[str, Any]:
    """Each day is set against the mean of the days so far."""

    def features(frame: Any) -> Any:
        return frame.assign(value=frame["value"] - frame["value"].expanding().mean())

    return probed(_series(rng), features)
