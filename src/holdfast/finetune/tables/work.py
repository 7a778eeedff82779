"""A table that is being learnt: what every measurement may look at, and fits that are kept as what they came to."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress
from holdfast.core.random import Streams
from holdfast.finetune.measuring.work import Kept
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.stages import Stages
from holdfast.finetune.tables.fitting import Fitted, Plan, fitted, judged
from holdfast.finetune.tables.rows import Rows, Table
from holdfast.finetune.tasks.definitions import Judged


@dataclass(frozen=True)
class Learning:
    """One learning from a table."""

    recipe: Recipe
    table: Table  # as the estimator takes it
    plain: Table  # numbers only, scaled: for a straight line
    native: Table  # codes and missing values as they are: for trees and single columns
    plan: Plan
    streams: Streams
    stages: Stages
    progress: Progress

    def planned(self, plan: Plan) -> "Learning":
        """Return the same by another plan."""
        return replace(self, plan=plan)

    def tried(self, name: str, plan: Plan, split: str, rows: Callable[[], Rows] | None = None) -> "Tried":
        """Return what a fit by a plan makes of a split, now or before a kill; `rows` are those to learn from."""

        def done() -> Tried:
            try:
                one = fitted(plan, self.table, rows() if rows else None)
            except BadInput as error:
                return Tried(kept=None, reason=str(error))
            return Tried.of(one, judged(one, self.table, self.table.splits[split]))

        return self.stages(name, Tried, done)


class Tried(BaseModel):
    """What one fit came to: None where it failed, for the reason."""

    model_config = FROZEN
    kept: Kept | None
    n: int = 0
    rounds: int = 0
    seconds: float = 0.0  # of the fit alone
    reason: str = ""

    @classmethod
    def of(cls, one: Fitted, found: Judged) -> "Tried":
        """Return a fit and its judgement as numbers."""
        return cls(kept=Kept.of(found, one.seconds), n=one.n, rounds=one.rounds, seconds=one.seconds)


def timed(work: Callable[[], Judged]) -> Kept:
    """Return a judgement with the seconds it took."""
    started = time.perf_counter()
    return Kept.of(work(), time.perf_counter() - started)


def settings_told(settings: Mapping[str, Any]) -> str:
    """Return settings as a person would write them; the estimator's own where there are none."""
    return ", ".join(f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value!r}"
                     for name, value in settings.items()) or "scikit-learn's defaults"  # fmt: skip
