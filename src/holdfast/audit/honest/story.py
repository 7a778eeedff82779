"""The record of an honest score, from the values that were collected."""

from collections.abc import Mapping

import numpy as np

from holdfast.audit.honest.bench import HALVINGS
from holdfast.audit.honest.intervals import FEWEST_RESAMPLES, Clusters, Spread, estimate
from holdfast.audit.honest.tally import NOTHING, Tally
from holdfast.audit.honest.values import Coalition
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Estimate, HonestScore, HonestStep

RANDOM_DROPS = FEWEST_RESAMPLES  # times that as many random test rows are dropped as leaked ones
_BOUNDED = {
    "roc_auc", "average_precision", "accuracy", "balanced_accuracy", "f1", "f1_macro", "f1_weighted", "precision",
    "recall",
}  # fmt: skip
_ANYWHERE = (-np.inf, np.inf)


def told(tally: Tally, clusters: Clusters) -> HonestScore:
    """Return the score that a tally comes to. Raises NotApplicable when the claim has no interval."""
    spread = tally.spread(clusters)
    metric, every = tally.metric, tally.every
    within = (0.0, 1.0) if metric.name in _BOUNDED else _ANYWHERE
    claimed = _estimate(tally, spread, {NOTHING: 1.0}, within=within)
    sign = 1.0 if metric.higher_is_better else -1.0
    missing = [i for i, cure in enumerate(tally.plan.cures) if cure.booked and i not in every]
    hopeless = bool(missing) and not every
    steps = [_step(tally, spread, place) for place in [*tally.order, *missing]]
    steps += [_step(tally, spread, i) for i, cure in enumerate(tally.plan.cures) if not cure.booked]
    inflation = {NOTHING: sign, every: -sign} if every else {}
    return HonestScore(
        status="not-estimable" if hopeless else "estimated",
        reason="no remedy could be tried: " + "; ".join(sorted({tally.reasons[i] for i in missing}))
        if hopeless
        else "",
        metric=metric.name,
        metric_title=metric.title,
        higher_is_better=metric.higher_is_better,
        split="test",
        n_train=tally.bench.n_train,
        n_test=len(tally.bench.inputs.rows) - tally.bench.n_train,
        claimed=claimed,
        honest=None if hopeless else _estimate(tally, spread, {every: 1.0}, within=within),
        inflation=None if hopeless else _estimate(tally, spread, inflation),
        steps=tuple(steps),
        notes=_notes(tally, spread, n_missing=0 if hopeless else len(missing)),
    )


def _step(tally: Tally, spread: Spread, place: int) -> HonestStep:
    cure = tally.plan.cures[place]
    alone = {frozenset({place}): 1.0, NOTHING: -1.0}
    in_sequence: dict[Coalition, float] = {}
    if place in tally.order:
        at = tally.order.index(place)
        in_sequence = {tally.prefixes[at]: 1.0, (tally.prefixes[at - 1] if at else NOTHING): -1.0}
    reason = tally.reasons.get(place, "")
    found: dict[str, Estimate | None] = {}
    for name, coefficients in (
        ("alone", alone),
        ("in_sequence", in_sequence),
        ("shapley", tally.shares.get(place, {})),
    ):
        try:
            found[name] = _difference(tally, spread, coefficients, alone)
        except NotApplicable as error:
            found[name], reason = None, reason or str(error)
    return HonestStep(
        name=cure.name,
        checks=cure.checks,
        fingerprints=cure.fingerprints,
        operation=cure.operation,
        n_rows=len(cure.rows),
        columns=cure.columns,
        booked=cure.booked,
        alone=found["alone"],
        in_sequence=found["in_sequence"],
        shapley=found["shapley"],
        control=_control(tally, spread, place) if found["alone"] else None,
        reason=reason,
    )


def _difference(
    tally: Tally, spread: Spread, coefficients: Mapping[Coalition, float], alone: Mapping[Coalition, float]
) -> Estimate | None:
    if not coefficients or not all(coalition in tally.values for coalition in coefficients):
        return None
    return _estimate(tally, spread, coefficients, instead=alone)


def _estimate(
    tally: Tally,
    spread: Spread,
    coefficients: Mapping[Coalition, float],
    *,
    instead: Mapping[Coalition, float] | None = None,
    within: tuple[float, float] = _ANYWHERE,
) -> Estimate:
    return estimate(
        spread.of((factor, tally.values[coalition]) for coalition, factor in coefficients.items()),
        train_variance=tally.train_variance(coefficients, instead or coefficients) if coefficients else 0.0,
        train_freedom=HALVINGS,
        level=tally.wanted.level,
        within=within,
    )


def _control(tally: Tally, spread: Spread, place: int) -> Estimate | None:
    """Return what the same change does at random: as many random rows dropped, or a training set made as small."""
    if place in tally.controls:
        draws = spread.of([(1.0, tally.controls[place])])
        return estimate(draws, train_variance=0.0, train_freedom=1, level=tally.wanted.level)
    dropped = tally.plan.dropped[place][tally.bench.scored] & tally.bench.is_test
    if not dropped.any():
        return None
    term = tally.values[NOTHING][0]
    strata, rng = np.where(tally.bench.is_test, tally.plan.strata, -1), tally.streams("honest", "random drops", place)
    weights = np.repeat(tally.bench.is_test[None, :].astype(np.float32), RANDOM_DROPS, axis=0)
    for stratum in np.unique(strata[dropped]):
        members = np.flatnonzero(strata == stratum)
        n = int(dropped[members].sum())
        for line in weights:
            line[rng.choice(members, n, replace=False)] = 0.0
    scores = tally.metric.evaluator(tally.bench.truth, term.predictions)(weights) - tally.point(NOTHING)
    scores = scores[np.isfinite(scores)]
    if len(scores) < RANDOM_DROPS / 2:
        return None
    level = tally.wanted.level
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value=float(scores.mean()), low=float(low), high=float(high), level=level)


def _notes(tally: Tally, spread: Spread, n_missing: int) -> tuple[str, ...]:
    notes = []
    if not any(cure.booked for cure in tally.plan.cures):
        notes.append("No finding calls for a change that could lower the score, so claimed and honest are the same.")
    if n_missing:
        many = "One remedy" if n_missing == 1 else f"{n_missing} remedies"
        notes.append(f"{many} could not be estimated, so the honest score may be lower still.")
    if tally.bench.given is not None:
        notes.append(
            "Stored predictions: the intervals are about this model as it was fitted, not about fitting again."
        )
    elif not {NOTHING, tally.every} <= set(tally.halves):
        notes.append("The budget allowed no refits on halves of the training rows: intervals leave that variation out.")
    if len(tally.order) > 1 and not tally.shares:
        notes.append("The budget did not allow Shapley shares; the steps are told in sequence.")
    if spread.resampled.shape[2] < tally.wanted.resamples:
        notes.append(f"{spread.resampled.shape[2]:,} bootstrap resamples instead of {tally.wanted.resamples:,}.")
    return tuple(notes)
