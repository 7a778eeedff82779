"""What more labels would bring: the learning curve of a head on what the untouched model sees, taken further.

Tuning the whole model on twenty subsets would cost twenty trainings. The curve of the head costs milliseconds a point,
falls for the same reason, and says whose curve it is.
"""

import warnings
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, Field

from holdfast.audit.training import Need
from holdfast.core.config import checked
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, track
from holdfast.core.random import Streams
from holdfast.core.record import Estimate
from holdfast.finetune.learning_curves.forecast import error_at, learning_curve, needed_for
from holdfast.finetune.learning_curves.sizes import curve_sizes, subsets
from holdfast.finetune.measuring.untouched import Features, Untouched
from holdfast.finetune.measuring.work import Work

MODEL = "a head on what the untouched model sees"
ITSELF = "the model itself"
_ROUNDS = 300  # of the optimiser; features are scaled, so more change nothing that a curve shows


class Options(BaseModel):
    """Options of `need`."""

    model_config = FROZEN
    off: bool = Field(default=False, description="no forecast of the examples that are needed")
    target: float | None = Field(None, gt=0, le=1, description="score that is wanted, such as 0.95")
    sizes: int = Field(7, ge=6, le=8, description="of training subsets")
    resamples: int = Field(3, ge=3, le=10, description="subsets of each size")


class Measured(BaseModel):
    """Errors of heads by the examples they were fitted on; a reason where there are none."""

    model_config = FROZEN
    sizes: tuple[int, ...] = ()
    errors: tuple[float, ...] = ()
    pool: int = 0
    tests: int = 0
    reason: str = ""


def measured(work: Work, untouched: Untouched) -> Measured:
    """Return errors of heads on test examples, for growing subsets; once, and kept."""
    said = _options(work)

    def done() -> Measured:
        try:
            return _errors(untouched.features, said, work.streams, work.progress)
        except NotApplicable as error:
            return Measured(reason=str(error))

    return Measured(reason="off by options.need.off") if said.off else work.stages("need", Measured, done)


def need(work: Work, untouched: Untouched) -> Need:
    """Return what twice the labels would bring, and how many the target needs. Raises NotApplicable."""
    seen, target = measured(work, untouched), _options(work).target
    if seen.reason:
        raise NotApplicable(seen.reason)
    sizes, errors = np.array(seen.sizes), np.array(seen.errors)
    each = np.unique(sizes)
    means = tuple(1.0 - float(errors[sizes == size].mean()) for size in each)
    last = 1.0 - means[-1]
    found = Need(
        metric=work.prepared.task.metric, model=MODEL, sizes=tuple(int(size) for size in each), scores=means,
        now=means[-1], doubled=None, target=target,
    )  # fmt: skip
    shared = float(np.sqrt(max(last * (1.0 - last), 1.0 / seen.tests) / seen.tests))
    return foretold(found, sizes, errors, work.streams, test_error=shared, pool=seen.pool)


def foretold(
    found: Need,
    sizes: Float[np.ndarray, " fits"],
    errors: Float[np.ndarray, " fits"],
    streams: Streams,
    *,
    test_error: float,
    pool: int,
) -> Need:
    """Return the need with what twice the `pool` would bring and how many its target takes; else with the reason."""
    try:
        curve = learning_curve(sizes, errors, streams, test_error=test_error, pool=pool)
        doubled = _turned(error_at(curve, 2 * pool))
    except NotApplicable as error:
        return replace(found, reason=str(error))
    if found.target is None:
        return replace(found, doubled=doubled)
    wanted = needed_for(curve, max(0.0, 1.0 - found.target))
    reachable = {"reached already": True, "forecast": True, "not reachable": False}.get(wanted.reach)
    return replace(found, doubled=doubled, needed=wanted.examples, reachable=reachable, reason=wanted.reason)


def _turned(error: Estimate) -> Estimate:
    return Estimate(value=1.0 - error.value, low=1.0 - error.high, high=1.0 - error.low, level=error.level)


def _options(work: Work) -> Options:
    return checked(Options, work.recipe.of("need"), table="options.need")


def _errors(seen: Features | None, said: Options, streams: Streams, progress: Progress) -> Measured:
    if seen is None:
        raise NotApplicable("not estimable: the task has no head that could be fitted on subsets")
    n = len(seen.train)
    sizes = curve_sizes(n, count=said.sizes)
    fitted: list[tuple[int, float]] = []
    with track(progress, "learning curve", len(sizes) * said.resamples, "heads") as advance:
        for size, resample, rows in subsets(seen.train_classes, sizes, said.resamples, streams):
            advance(1)
            if size == n and resample:
                continue  # all examples again, which gives the same head
            fitted.append((size, _error(seen, rows)))
    return Measured(
        sizes=tuple(size for size, _ in fitted),
        errors=tuple(error for _, error in fitted),
        pool=n,
        tests=len(seen.test),
    )


def _error(seen: Features, rows: np.ndarray) -> float:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    classes = seen.train_classes[rows]
    if len(np.unique(classes)) < 2:
        return float((seen.test_classes != classes[0]).mean())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(max_iter=_ROUNDS).fit(seen.train[rows], classes)
    return float((model.predict(seen.test) != seen.test_classes).mean())
