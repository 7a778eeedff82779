"""The verb: a forecast, from sample sets to its record."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, Field

from holdfast.collapse.forecasting.contamination import Meter, synthetic_share
from holdfast.collapse.forecasting.forecast import Forecast, forecast, forecast_numbers
from holdfast.collapse.forecasting.telling import contamination, headline, sections
from holdfast.collapse.reading.counting import Unit, counted, halves, variances
from holdfast.collapse.reading.sets import SampleItems, inputs_of, read_sets
from holdfast.collapse.regimes import PRESETS
from holdfast.core.errors import BadInput, NotApplicable, unknown
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import Run, Section
from holdfast.core.recording import begun, recorded
from holdfast.core.store import RunStore

_MOST_ROWS = 12  # generations told in a table


class Asked(BaseModel):
    """The settings of a forecast."""

    model_config = FROZEN
    generations: int = Field(10, gt=0, le=10_000, description="how far to look ahead")
    regime: str = Field("replace", description="what later generations will learn from")
    types: Unit = Field("words", description="what is counted in texts")
    column: str | None = Field(None, description="which column is counted, where there are several")
    text: str | None = Field(None, description="which column holds the texts")
    seed: int = Field(0, description="seed of everything random")


def run_forecast(
    asked: Asked,
    real: Path,
    generations: Sequence[Path],
    *,
    suspect: Path | None = None,
    holdout: Path | None = None,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> tuple[Run, Forecast | None]:
    """Return the record of a forecast, and the forecast where one can be made.

    `real` is what the models of one generation learnt from, each of `generations` what one of them wrote, `suspect` a
    set that may hold some of it, `holdout` real data from which no model learnt. Raises BadInput.
    """
    started = time.perf_counter()
    if asked.regime not in PRESETS:
        raise unknown("regime", asked.regime, PRESETS)
    if not generations:
        raise BadInput(
            "there is no generation; give what the models learnt from, then a file or folder for each of at least four "
            "models of one generation: holdfast collapse forecast real.txt gen1-a.txt gen1-b.txt gen1-c.txt gen1-d.txt"
        )
    if (suspect is None) != (holdout is None):
        raise BadInput(
            "--suspect and --holdout go together: what the models wrote in the suspect is told apart from real data, "
            "and these must be such as no model learnt from"
        )
    paths = [real, *generations, *([suspect, holdout] if suspect is not None and holdout is not None else [])]
    sets = read_sets(paths, asked.text, listening(progress))
    size = f"{len(generations)} replicates of one generation"
    run = begun("collapse", f"forecast from {size}", command, asked, inputs=inputs_of(sets), size=size)
    with recorded(run, store, started) as going:
        found, says, told = _told(asked, sets, len(generations))
        return going.finish(says=says, sections=told), found


def _told(asked: Asked, sets: list[SampleItems], replicates: int) -> tuple[Forecast | None, str, tuple[Section, ...]]:
    tables = counted(sets, asked.types, asked.column)
    meter = _metered(asked, sets, replicates) if len(sets) > 1 + replicates else None
    try:
        found = _foreseen(asked, sets[: 1 + replicates], tables)
    except NotApplicable as error:
        rest = (contamination(meter),) if meter is not None else ()
        return None, f"Not estimable: {error}.", (Section(title="Not estimable", says=(f"{error}.",)), *rest)
    return found, headline(found), sections(found, meter)


def _foreseen(asked: Asked, sets: list[SampleItems], tables: np.ndarray | None) -> Forecast:
    every = max(1, -(-asked.generations // _MOST_ROWS))
    at = sorted({1, *range(every, asked.generations + 1, every), asked.generations})
    if tables is not None:
        return forecast(tables[:, 0], tables[:, 1 : len(sets)], at, regime=asked.regime, seed=asked.seed)
    if asked.regime != "replace":
        raise NotApplicable("for numbers a forecast is known for the regime replace only")
    spread = variances(sets, asked.column)
    nominal = float(np.mean([len(one) for one in sets[1:]]))
    return forecast_numbers(float(spread[0]), spread[1:], at, nominal=nominal, seed=asked.seed)


def _metered(asked: Asked, sets: list[SampleItems], replicates: int) -> Meter | str:
    """Return the synthetic share of the suspect, or why it cannot be told.

    The held-out items are parted in two at random, since the meter needs two independent real samples.
    """
    parts = halves(sets[-1], Streams(asked.seed)("halves"))
    tables = counted([*sets[:-1], *parts], asked.types, asked.column)
    if tables is None:
        return "it is told by types, and these are numbers"
    models = tables[:, 1 : 1 + replicates]
    try:
        return synthetic_share(
            tables[:, 1 + replicates], models[:, ::2].sum(axis=1), tables[:, -2], tables[:, -1],
            models[:, 1::2].sum(axis=1),
        )  # fmt: skip
    except NotApplicable as error:
        return str(error)
