"""A search: trials one after the other, of which validation data choose one; the test data are not looked at."""

import shutil
from dataclasses import dataclass
from typing import Any

from holdfast.core.progress import track
from holdfast.core.record import Section
from holdfast.finetune import catalogue
from holdfast.finetune.loop import Diverged
from holdfast.finetune.measuring.work import Work
from holdfast.finetune.searching.proposing import WITHOUT, Outcome, has_optuna, proposed
from holdfast.finetune.searching.range_test import RateRange, range_test
from holdfast.finetune.searching.space import RATE, Space, space_of, usual
from holdfast.finetune.searching.telling import sections
from holdfast.finetune.searching.trials import Again, Setup, Trial, best_of, forget, place_of, setup, tried
from holdfast.finetune.tuning import ready


@dataclass(frozen=True)
class Searched:
    """The training that was chosen, and what is to be said of the search."""

    setup: Setup
    says: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...]


def searched(work: Work, again: Again) -> Searched:
    """Return the training that validation data choose, its weights being kept for it to go on from.

    Raises BadInput for a search that makes no sense, Diverged where every trial did, StoreError.
    """
    space = space_of(work.recipe)
    swept = _range(work, again) if space.range_test else None
    rate = swept.rate if swept else None
    if not space.sides:
        one = setup(work, again, {RATE: rate or _usual(work)}, work.folder)
        says = (
            f"The rate {rate:.2g} is from a range test."
            if rate
            else "A range test shows no rate; the usual one is used."
        )
        return Searched(one, says, sections(work, [], None, swept), ())
    clever = has_optuna()
    trials = _trials(work, again, space, rate, clever=clever)
    best = best_of(trials)
    if best is None:
        raise Diverged(f"all {len(trials)} trials diverged; the last: {trials[-1].reason}")
    values = {RATE: best.rate, **best.values}
    one = setup(work, again, values, place_of(work.folder, best.number))
    says = f"The best of {len(trials)} trials by validation data; the test data were used once, for this one."
    return Searched(one, says, sections(work, trials, best, swept), () if clever else (WITHOUT,))


def _range(work: Work, again: Again) -> RateRange:
    """Return what a range test shows of the model as it begins."""
    place = work.folder / "range"

    def swept() -> RateRange:
        one = setup(work, again, {}, place)
        return range_test(ready(one.work, one.adaptation, one.method).job, work.progress)

    found = work.stages("rate-range", RateRange, swept)
    shutil.rmtree(place, ignore_errors=True)
    return found


def _usual(work: Work) -> float:
    """Return the rate of the recipe, or the usual one."""
    factor = catalogue.adaptation(work.recipe.adapt).rate_factor
    return work.recipe.rate or work.kind.rate * factor


def _trials(work: Work, again: Again, space: Space, rate: float | None, *, clever: bool) -> list[Trial]:
    trials: list[Trial] = []
    first = usual(space, work.recipe, rate or _usual(work))
    with track(work.progress, "search", space.trials, "trials") as advance:
        for number in range(space.trials):
            before: list[Outcome] = [(_values(one), one.score) for one in trials]
            values = proposed(space, work.streams, before, clever=clever) if number else first
            trials.append(
                work.stages(
                    f"trial-{number:03d}",
                    Trial,
                    lambda at=number, said=values: tried(work, again, at, said, rate),  # type: ignore[misc]
                )
            )
            best = best_of(trials)
            for one in trials:
                if best is None or one.number != best.number:
                    forget(work.folder, one)
            advance(1)
    return trials


def _values(trial: Trial) -> dict[str, Any]:
    """Return the values of a trial as the space has them: JSON knows no tuples."""
    return {name: tuple(one) if isinstance(one, list) else one for name, one in trial.values.items()}
