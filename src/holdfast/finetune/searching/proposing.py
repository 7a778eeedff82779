"""The values of the next trial, from those before it: a pure function, so that a killed search goes on exactly.

Optuna's tree-structured Parzen estimator (Bergstra et al., 2011, NeurIPS) by ask, in a study that is made anew each
time from the trials so far, with a sampler whose seed follows from the run's seed and the trial's number. Without
Optuna, values are drawn at random (Bergstra & Bengio, 2012, JMLR 13), which is a good half of what there is to gain.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holdfast.core.random import Streams
from holdfast.finetune.searching.space import Side, Space

WITHOUT = "Optuna is not installed, so values were drawn at random; pip install 'holdfast[finetune]' brings it"
_AT_RANDOM = 4  # first trials that are drawn before the estimator has anything to go by
Outcome = tuple[Mapping[str, Any], float | None]  # values, and the score: None where the training diverged


def has_optuna() -> bool:
    """Return whether Optuna is installed."""
    try:
        import optuna  # noqa: F401
    except ImportError:
        return False
    return True


def proposed(space: Space, streams: Streams, before: Sequence[Outcome], *, clever: bool) -> dict[str, Any]:
    """Return the values of trial number len(before); `clever` asks Optuna, else they are drawn at random.

    What was tried already is not tried again where there is something else.
    """
    tried = [dict(values) for values, _ in before]
    number = len(before)
    for again in range(_TRIES):
        find = _asked if clever and not again else _drawn
        values = find(space, streams, before, number, again)
        if values not in tried:
            break
    return values


_TRIES = 50  # draws for values that were not tried yet


def _drawn(
    space: Space, streams: Streams, before: Sequence[Outcome], number: int, again: int
) -> dict[str, Any]:  # fmt: skip
    del before
    rng = streams("search", number, again)
    return {side.name: _one(side, rng) for side in space.sides}


def _one(side: Side, rng: np.random.Generator) -> Any:
    if side.choices:
        return side.choices[int(rng.integers(len(side.choices)))]
    if side.whole and not side.log:
        return int(rng.integers(int(side.low), int(side.high) + 1))
    low, high = (math.log(side.low), math.log(side.high)) if side.log else (side.low, side.high)
    value = float(rng.uniform(low, high))
    value = math.exp(value) if side.log else value
    return round(value) if side.whole else min(max(value, side.low), side.high)


def _asked(
    space: Space, streams: Streams, before: Sequence[Outcome], number: int, again: int
) -> dict[str, Any]:  # fmt: skip
    del again
    import optuna
    from optuna.trial import TrialState, create_trial

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=streams.integer("search", number), n_startup_trials=_AT_RANDOM)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    sides = {side.name: _distribution(side) for side in space.sides}
    for values, score in before:
        said = {side.name: _told(side, values[side.name]) for side in space.sides}
        state = TrialState.COMPLETE if score is not None else TrialState.PRUNED  # to the estimator: worse than all
        study.add_trial(create_trial(params=said, distributions=sides, value=score, state=state))
    found = study.ask(sides).params
    return {side.name: side.choices[found[side.name]] if side.choices else found[side.name] for side in space.sides}


def _distribution(side: Side) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if side.choices:
        return CategoricalDistribution(range(len(side.choices)))  # by place: a choice may be a list
    if side.whole:
        return IntDistribution(int(side.low), int(side.high), log=side.log)
    return FloatDistribution(side.low, side.high, log=side.log)


def _told(side: Side, value: Any) -> Any:
    return side.choices.index(value) if side.choices else value
