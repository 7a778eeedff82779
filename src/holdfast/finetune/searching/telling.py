"""What a search came to, in tables: every trial, the range test, and how much hangs on the rate."""

from collections.abc import Iterator, Sequence

import numpy as np

from holdfast.core.finding import Cell, Examples, Series
from holdfast.core.record import Section
from holdfast.finetune.measuring.work import Work, comparable
from holdfast.finetune.searching.cells import cell, rounded
from holdfast.finetune.searching.range_test import RateRange
from holdfast.finetune.searching.trials import Trial
from holdfast.finetune.sensitivity import sensitivity

_CAUTION = (
    "The best of several looks better on the data it was chosen by than it is: its score there is no estimate. The "
    "test data were used once, for it."
)


def sections(
    work: Work, trials: Sequence[Trial], best: Trial | None, swept: RateRange | None
) -> tuple[Section, ...]:  # fmt: skip
    """Return the sections of a search."""
    return (*([_range(swept)] if swept else []), *([_search(work, trials, best)] if best else []))


def _range(swept: RateRange) -> Section:
    n = len(swept.losses)
    curve = Series(
        name="Loss while the rate rises",
        x=swept.rates[:n],
        y=tuple(round(one, 6) for one in swept.losses),
        x_name="learning rate",
        y_name="loss, nats",
    )
    return Section(
        title="Which rate: a range test",
        says=(f"{n} updates at rates from {swept.rates[0]:.2g} up, undone afterwards: {swept.reason}.",),
        evidence=(curve,) if n else (),
    )


def _search(work: Work, trials: Sequence[Trial], best: Trial) -> Section:
    names = list(dict.fromkeys(name for one in trials for name in one.values))
    whole = [one for one in trials if one.score is not None]
    order = sorted(trials, key=lambda one: (-(one.score if one.score is not None else -np.inf), one.loss, one.number))
    cells: list[tuple[Cell, ...]] = [
        (one.number + 1, *(cell(one.values[name]) for name in names), rounded(one.score), rounded(one.loss),
         one.steps or None, "diverged" if one.score is None else "chosen" if one is best else "")
        for one in order
    ]  # fmt: skip
    n = len(best.valid.score) if best.valid is not None else 0
    table = Examples(
        caption=f"Trials, best first: {work.prepared.task.metric} on {n:,} validation examples",
        columns=("trial", *names, "score", "loss", "steps", "outcome"),
        cells=tuple(cells),
    )
    says = (
        f"Trial {best.number + 1} of {len(trials)} is chosen, by validation data. {_CAUTION}",
        *_band(work, whole, best, [name for name in names if name != "rate"]),
    )
    return Section(title="The search", says=says, evidence=(table,))


def _band(work: Work, whole: Sequence[Trial], best: Trial, others: Sequence[str]) -> Iterator[str]:
    """Say how much hangs on the rate, from the trials near the chosen one."""
    rates = {one.rate: one for one in sorted(whole, key=lambda one: (one.score, -one.loss, -one.number))}
    if len(rates) < 2 or best.valid is None:
        return
    numbers = comparable(*(one.valid.judged for one in rates.values() if one.valid is not None))
    scores = {rate: np.asarray(values, dtype=np.float64) for rate, values in zip(rates, numbers, strict=True)}
    seen = sensitivity(best.rate, scores, work.streams)
    with_others = f"; {', '.join(others)} varied as well" if others else ""
    yield f"How much hangs on the rate, from 0.3 to 3 times the chosen one: {seen.verdict}, {seen.reason}{with_others}."
