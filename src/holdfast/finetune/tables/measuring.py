"""Six guards on a table: what a model knows by heart, loses, gains over simpler ways, costs, hangs on and needs."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from holdfast.audit.training import Cost, Curves, Forgetting, Gap, Item, Need, Sensitivity, Transfer
from holdfast.core.errors import NotApplicable
from holdfast.core.progress import track
from holdfast.core.record import Estimate
from holdfast.finetune.cost.energy import estimated_energy
from holdfast.finetune.generalisation import generalisation_gap
from holdfast.finetune.learning_curves.sizes import curve_sizes, subsets
from holdfast.finetune.measuring.forgetting import BUDGET, lost_since
from holdfast.finetune.measuring.memory import peak
from holdfast.finetune.measuring.need import ITSELF, foretold
from holdfast.finetune.measuring.overfitting import loss_of_shares
from holdfast.finetune.measuring.transfer import Way, standing
from holdfast.finetune.measuring.work import Kept, better, comparable, estimate
from holdfast.finetune.sensitivity import HIGH, LOW
from holdfast.finetune.sensitivity import sensitivity as verdict_on
from holdfast.finetune.tables.controls import Simple, simple
from holdfast.finetune.tables.estimators import has_seed, knows_its_rows, made, strength, times
from holdfast.finetune.tables.fitting import Fitted, fitted, judged
from holdfast.finetune.tables.rows import Rows
from holdfast.finetune.tables.work import Learning, Tried
from holdfast.finetune.tasks.definitions import Judged

SEEDS = 4  # more fits, each with another seed
SIZES, RESAMPLES = 7, 3  # of the learning curve
TOLERANCE = 0.02  # score that may be lost within the band
_PACE = (16, 8, 4)  # parts of the training rows that are fitted to foretell what all of them cost
_SMALL = 5_000  # rows of which all are fitted for it: that is a second or so, and how many rounds it takes is known
_SEARCHED = 2.0  # times as long, or as short, as a fit takes with other settings
_SLOPES = (0.0, 2.2)  # of log seconds over log rows: small fits cost alike, few grow faster than squares
_FARTHEST_OFF = 1.0  # of log seconds: beyond it one fit of those was held up
_LOOSE = 0.4  # of log seconds: other programs, caches, rounds that end early


def gap(work: Learning, one: Fitted) -> Gap:
    """Return how much better a model is on rows it learnt from. Raises NotApplicable where that says nothing."""
    if knows_its_rows(one.estimator):
        raise NotApplicable(
            f"not estimable: {type(one.estimator).__name__} answers the rows that it learnt from by themselves: its "
            "loss on them says nothing. Held-out scores stand in the other guards"
        )
    table = work.table
    train, valid = table.splits["train"], table.splits["valid"]
    some = train.take(np.arange(min(len(train), max(len(valid), 1))))  # the order follows from content: a chance sample
    first = judged_once(work, "gap-train", one, some)
    other = judged_once(work, "gap-valid", one, valid)
    return Gap(
        train=first.mean_loss,
        valid=other.mean_loss,
        difference=estimate(generalisation_gap(first.loss, other.loss, work.streams)),
        chosen=one.rounds,
        last=one.rounds,
        stopped="validation rows gained no more" if one.stopped else "",
        base=loss_of_shares(train.y.astype(np.int64), valid.y.astype(np.int64))
        if table.label.is_classes
        else float(np.mean((valid.y - train.y.mean()) ** 2) / table.spread),
    )


def curves(one: Fitted) -> Curves | None:
    """Return the losses round by round, where the estimator keeps those of validation rows."""
    train, valid = (getattr(one.estimator, f"{name}_score_", None) for name in ("train", "validation"))
    if train is None or valid is None or not len(valid) or len(train) != len(valid):
        return None
    losses = [-np.asarray(each, dtype=np.float64) for each in (train, valid)]
    steps = tuple(range(len(losses[0])))
    return Curves(steps, losses[0], losses[1], np.zeros(len(steps)), -losses[1])


def transfer(work: Learning, one: Fitted) -> Transfer:
    """Return the model on test rows beside simpler ways."""
    tuned = judged_once(work, "test", one, work.table.splits["test"])
    controls, left_out = simpler(work)
    ways = [Way(name, says, kept.judged, seconds=kept.seconds) for name, (kept, says) in controls.items()]
    return standing(tuned, ways, work.table.metric, work.streams, tuple(left_out.items()))


def simpler(work: Learning) -> tuple[dict[str, tuple[Kept, str]], dict[str, str]]:
    """Return what simpler ways make of the test rows, each once; and which were not run, and why."""
    found, left_out = dict[str, tuple[Kept, str]](), dict[str, str]()
    with track(work.progress, "controls", len(simple()), "controls") as advance:
        for one in simple():
            came = work.stages(f"control-{one.name}", Tried, lambda one=one: _simple(work, one))  # type: ignore[misc]
            if came.kept is None:
                left_out[one.name] = came.reason
            else:
                found[one.name] = came.kept, f"{one.says}{': ' if came.reason else ''}{came.reason}"
            advance(1)
    return found, left_out


def _simple(work: Learning, one: Simple) -> Tried:
    started = time.perf_counter()
    try:
        found, more = one.judge(work)
    except NotApplicable as error:
        return Tried(kept=None, reason=str(error))
    return Tried(kept=Kept.of(found, time.perf_counter() - started), reason=more)


def forgetting(
    work: Learning, one: Fitted, learnt: Rows, judged_on: Rows, plain: Rows, *, replayed: bool
) -> Forgetting:
    """Return what is lost on the original task where this model takes the place of the one that learnt it.

    Before: the same estimator, fitted to the original rows alone. After: the model that is kept. Between them: one
    fitted to the new rows alone, as without replay.
    """

    def at(name: str, rows: Rows) -> Judged:
        def done() -> Kept:
            other = fitted(work.plan, work.table, rows)
            return Kept.of(judged(other, work.table, judged_on), other.seconds)

        return work.stages(f"original-{name}", Kept, done).judged

    before, alone = at("before", learnt), at("plain", plain)
    after = judged_once(work, "original-after", one, judged_on)
    budget = BUDGET if work.recipe.budget is None else work.recipe.budget
    return lost_since(
        before, after, work.table.metric, budget, work.streams, plain=alone, kept_by="replay" if replayed else ""
    )


def sensitivity(work: Learning) -> Sensitivity:
    """Return what validation rows lose where an estimator is given a third, or three times, of its freedom."""
    plan, table = work.plan, work.table
    known = strength(made(plan.reference, plan.settings, plan.seed))
    if known is None:
        raise NotApplicable("not estimable: the estimator has no rate, penalty or number that could be varied")
    name, used = known
    values = {factor: times(name, used, factor) for factor in (LOW, 1.0, HIGH)}
    found: dict[float, Tried] = {}
    with track(work.progress, "sensitivity", len(values), "fits") as advance:
        for factor, value in values.items():
            again = plan.with_settings({name: value}) if factor != 1.0 else plan
            found[float(value)] = work.tried(f"sensitivity-{factor:g}", again, "valid")
            advance(1)
    middle = found[used].kept
    if middle is None:
        raise NotApplicable(f"a fit as it is failed: {found[used].reason}")
    whole = {value: one.kept.judged for value, one in found.items() if one.kept is not None}
    numbers = dict(zip(whole, comparable(*whole.values()), strict=True))
    burst = np.full(len(middle.score), math.nan)
    scores = {value: numbers.get(value, burst) for value in found}
    seen = verdict_on(used, scores, work.streams, tolerance=TOLERANCE)
    order = tuple(sorted(found))
    return Sensitivity(
        metric=table.metric,
        rates=order,
        scores=tuple(whole[value].mean if value in whole else math.nan for value in order),
        lost=tuple(
            estimate(better(middle.judged, whole[value], work.streams)) if value in whole and value != used else None
            for value in order
        ),
        used=used,
        steps=0,
        share=1.0,
        tolerance=TOLERANCE,
        verdict=seen.verdict,
        reason=seen.reason.replace("chosen rate", f"chosen {name}"),
        what=name,
    )


def seeds(work: Learning) -> Mapping[int, float]:
    """Return the validation score by seed: the model's own and a few more. Raises NotApplicable where none is drawn."""
    plan = work.plan
    if not has_seed(made(plan.reference, plan.settings, plan.seed)):
        raise NotApplicable("the estimator draws nothing: every seed gives the same model")
    own = {plan.seed + at: replace(plan, seed=plan.seed + at) for at in range(SEEDS + 1)}
    found = {seed: work.tried(f"seed-{seed}", one, "valid") for seed, one in own.items()}
    return {seed: one.kept.judged.mean for seed, one in found.items() if one.kept is not None}


def need(work: Learning, target: float | None, test: Judged) -> Need:
    """Return what twice the labels would bring, from fits of the model to growing parts of the training rows.

    `test` is what the model that is kept makes of the test rows, which all these fits are judged on.
    """
    train, table = work.table.splits["train"], work.table
    sizes, errors = [], []
    wanted = curve_sizes(len(train), count=SIZES)
    y = train.y if table.label.is_classes else np.zeros(len(train), np.int64)
    with track(work.progress, "learning curve", len(wanted) * RESAMPLES, "fits") as advance:
        for size, resample, places in subsets(y, wanted, RESAMPLES, work.streams):
            advance(1)
            if size == len(train) and resample:
                continue  # all rows again, which gives the same model
            one = work.tried(f"need-{size}-{resample}", work.plan, "test",
                             lambda at=places: train.take(np.sort(at)))  # type: ignore[misc]  # fmt: skip
            if one.kept is not None:
                sizes.append(size)
                errors.append(max(0.0, 1.0 - one.kept.judged.mean))
    each = np.unique(sizes)
    means = tuple(1.0 - float(np.mean([error for at, error in zip(sizes, errors, strict=True) if at == size]))
                  for size in each)  # fmt: skip
    found = Need(table.metric, ITSELF, tuple(int(size) for size in each), means, means[-1] if means else math.nan, None,
                 target)  # fmt: skip
    shared = float(np.std(test.score) / math.sqrt(len(test.score)))
    return foretold(found, np.array(sizes), np.array(errors), work.streams, test_error=shared, pool=len(train))


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of a fit by its rows: exp(last + slope · log(rows / n)), off by a factor of exp(off) to either side."""

    n: int
    last: float
    slope: float
    off: float

    def at(self, rows: int) -> float:
        """Return the seconds of a fit to so many rows."""
        return math.exp(self.last + self.slope * math.log(rows / self.n))

    def around(self, seconds: float) -> Estimate:
        """Return seconds of fits with their interval."""
        return Estimate(value=seconds, low=seconds * math.exp(-self.off), high=seconds * math.exp(self.off), level=0.9)


def pace(work: Learning) -> Pace:
    """Return how long fits take, from fits to parts of the training rows. Raises NotApplicable where those fail."""
    train = work.table.splits["train"]
    wanted = (*_PACE, 1) if len(train) <= _SMALL else _PACE
    parts = sorted({max(min(len(train), 20), len(train) // part) for part in wanted})
    seen = [
        (size, work.tried(f"pace-{size}", work.plan, "valid", lambda at=size: train.take(np.arange(at))))  # type: ignore[misc]
        for size in parts
    ]
    known = [(math.log(size), math.log(max(one.seconds, 1e-4))) for size, one in seen if one.kept is not None]
    if not known:
        raise NotApplicable(f"nothing was foretold: the first fits failed ({seen[-1][1].reason})")
    x, y = (np.array(each) for each in zip(*known, strict=True))
    slope = float(np.polyfit(x, y, 1)[0]) if len(known) > 1 else 1.0
    slope = min(max(slope, _SLOPES[0]), _SLOPES[1])
    last = float(y[-1] + slope * (math.log(len(train)) - x[-1]))
    off = float(np.abs(y - (y.mean() + slope * (x - x.mean()))).max())
    return Pace(len(train), last, slope, min(off, _FARTHEST_OFF) + _LOOSE)


def beside_fits(work: Learning) -> float:
    """Return the seconds that a fit takes beside itself, to judge it and to keep that, as the first ones did."""
    seen = [name for name in work.stages.seconds if name.startswith("pace-")]
    fits = [work.stages(name, Tried, lambda: Tried(kept=None)).seconds for name in seen]
    return max(0.0, sum(work.stages.seconds[name] for name in seen) - sum(fits)) / max(len(seen), 1)


@dataclass(frozen=True, slots=True)
class Planned:
    """What is still to be done when its time is foretold: how many fits to how many rows."""

    fits: tuple[tuple[int, int], ...]  # rows, and how many fits to so many
    searched: tuple[int, int]  # the same, of a search, whose settings take longer or shorter
    beside: float  # seconds that each takes beside itself
    spent: float  # seconds until now


def cost(work: Learning, one: Fitted, pace: Pace, planned: Planned, processor: float) -> Cost:
    """Return what was said of the time beside what it was; `processor` are seconds of the processor."""
    total = sum(work.stages.seconds.values())
    high = peak()
    used = estimated_energy(processor, total, float(high or 0))
    fits = sum(many for _, many in (*planned.fits, planned.searched))
    known = planned.spent + fits * planned.beside
    alike = pace.around(sum(many * pace.at(rows) for rows, many in planned.fits))
    sought = pace.around(planned.searched[1] * pace.at(planned.searched[0]))
    whole = Estimate(
        value=known + alike.value + sought.value, low=known + alike.low + sought.low / _SEARCHED,
        high=known + alike.high + sought.high * _SEARCHED, level=alike.level,
    )  # fmt: skip
    said = pace.around(pace.at(pace.n))
    stopped = f"stopped after {one.rounds} of {one.most} rounds" if one.stopped else ""
    return Cost(
        (
            Item("time in all", "seconds", whole, total, f"{fits} fits and the controls"),
            Item("one fit", "seconds", said, one.seconds, stopped),
            Item("memory", "bytes", None, float(high) if high else None, "the peak of the whole process"),
            Item("energy", "Wh", None, used.watt_hours.value, used.source),
        ),
        "fits to small parts of the rows",
    )


def judged_once(work: Learning, name: str, one: Fitted, rows: Rows) -> Judged:
    """Return what the model that is kept makes of rows, now or before a kill."""
    return work.stages(name, Kept, lambda: Kept.of(judged(one, work.table, rows), one.seconds)).judged
