"""A search over an estimator's settings, judged by folds of the rows to learn from; no test row is seen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Int
from pydantic import BaseModel

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN, Examples
from holdfast.core.progress import track
from holdfast.core.random import Streams
from holdfast.core.record import Section
from holdfast.data.bulk.bits import finished
from holdfast.finetune.families import keys_of
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.searching.cells import cell, rounded
from holdfast.finetune.searching.proposing import WITHOUT, Outcome, has_optuna, proposed
from holdfast.finetune.searching.space import Space, space_of, usual
from holdfast.finetune.tables.estimators import FAMILIES, made
from holdfast.finetune.tables.fitting import Plan, fitted, judged
from holdfast.finetune.tables.work import Learning

FOLDS = 5
OWN = "options.estimator."  # where the settings of an estimator stand in a recipe
_CAUTION = "The best of several looks better on the data it was chosen by: its score here is no estimate."


class Trial(BaseModel):
    """What one trial came to over all folds; no loss where a fit failed."""

    model_config = FROZEN
    number: int  # from 0
    values: dict[str, Any]
    score: float | None = None
    loss: float | None = None
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Searched:
    """The plan that was chosen, and what is to be said of the search."""

    plan: Plan
    trials: tuple[Trial, ...]
    notes: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """What was done, in one sentence."""
        return (
            f"The best of {len(self.trials)} trials by {FOLDS} folds of the rows to learn from; no test row was seen."
        )


def space(recipe: Recipe, reference: str, settings: Mapping[str, Any]) -> Space:
    """Return what a recipe's `search` asks for; its keys are settings of the estimator. Raises BadInput.

    With `trials` alone, a small space that is known for the short name.
    """
    said = dict(recipe.search)
    trials = {"trials": said.pop("trials")} if "trials" in said else {}
    known = made(reference, settings, 0).get_params(deep=True)
    own = dict(said.pop("options", {}).get("estimator", {}))
    own |= said
    if not own and recipe.model in FAMILIES:
        own = {name: value for name, value in FAMILIES[recipe.model].space.items() if name in known}
    if not own:
        raise BadInput(
            "search names nothing to try; give settings of the estimator, such as max_depth = [3, 6, 12] or "
            "alpha = {low = 0.01, high = 10, log = true}"
        )
    for name in own:
        if name not in known:
            made(reference, {name: None}, 0)  # says which there are
    return space_of(recipe.model_copy(update={"search": {**trials, "options": {"estimator": own}}}))


def folds_of(dataset: Dataset, rows: Int[np.ndarray, " rows"], streams: Streams) -> Int[np.ndarray, " rows"]:
    """Return the fold of each row; copies, and whole groups where a column has that role, are in one."""
    keys = finished(keys_of(dataset)[rows] ^ np.uint64(streams.integer("folds")))
    return np.asarray(keys % np.uint64(FOLDS), dtype=np.int64)


def searched(work: Learning, sought: Space, folds: Int[np.ndarray, " rows"]) -> Searched:
    """Return the plan with the least loss over folds of training and validation rows, each trial being kept.

    Raises BadInput where every trial failed.
    """
    clever, trials = has_optuna(), list[Trial]()
    own = work.recipe.model_copy(update={"options": {**work.recipe.options, "estimator": _now(work)}})
    first = usual(sought, own, 0.0)
    with track(work.progress, "search", sought.trials, "trials") as advance:
        for number in range(sought.trials):
            before: list[Outcome] = [(one.values, None if one.loss is None else -one.loss) for one in trials]
            values = proposed(sought, work.streams, before, clever=clever) if number else first
            trials.append(
                work.stages(
                    f"trial-{number:03d}",
                    Trial,
                    lambda at=number, said=values: _tried(work, at, said, folds),  # type: ignore[misc]
                )
            )
            advance(1)
    whole = [one for one in trials if one.loss is not None]
    if not whole:
        raise BadInput(f"all {len(trials)} trials failed; the last: {trials[-1].reason}")
    best = min(whole, key=lambda one: (one.loss, one.number))
    return Searched(work.plan.with_settings(_bare(best.values)), tuple(trials), () if clever else (WITHOUT,))


def section(found: Searched, metric: str) -> Section:
    """Return the trials as a part of the report, best first."""
    names = list(dict.fromkeys(name for one in found.trials for name in one.values))
    order = sorted(found.trials, key=lambda one: (np.inf if one.loss is None else one.loss, one.number))
    cells = tuple(
        (one.number + 1, *(cell(one.values[name]) for name in names), rounded(one.score), rounded(one.loss),
         one.reason[:60] if one.loss is None else "chosen" if one is order[0] else "")
        for one in order
    )  # fmt: skip
    return Section(
        title="The search",
        says=(
            f"Trial {order[0].number + 1} of {len(found.trials)} is chosen, by its loss over {FOLDS} folds. {_CAUTION}",
        ),
        evidence=(
            Examples(
                caption=f"Trials, best first: {metric} and loss",
                columns=("trial", *(name.removeprefix(OWN) for name in names), "score", "loss", "outcome"),
                cells=cells,
            ),
        ),
    )


def _tried(work: Learning, number: int, values: Mapping[str, Any], folds: np.ndarray) -> Trial:
    table, plan = work.table, work.plan.with_settings(_bare(values))
    whole = table.splits["train"].joined(table.splits["valid"])
    scores, losses, seconds = [], [], 0.0
    for fold in range(FOLDS):
        left, held = whole.take(np.flatnonzero(folds != fold)), whole.take(np.flatnonzero(folds == fold))
        if not len(held):
            continue
        own = replace(table, splits={**table.splits, "train": left, "valid": held})
        try:
            one = fitted(plan, own)
            found = judged(one, own, held)
        except BadInput as error:
            return Trial(number=number, values=dict(values), reason=str(error))
        seconds += one.seconds
        scores.append(found.score)
        losses.append(found.loss)
    return Trial(
        number=number, values=dict(values), score=float(np.concatenate(scores).mean()),
        loss=float(np.concatenate(losses).mean()), seconds=seconds,
    )  # fmt: skip


def _now(work: Learning) -> dict[str, Any]:
    """Return the settings as they are: where these lie in the space, they are the first trial."""
    estimator = made(work.plan.reference, work.plan.settings, work.plan.seed)
    return {name: one for name, one in estimator.get_params(deep=True).items() if isinstance(one, int | float | str)}


def _bare(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(OWN): list(one) if isinstance(one, tuple) else one for name, one in values.items()}
