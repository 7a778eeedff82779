"""Watch generations of sample sets for lost tails, and for drift away from real data."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, Field

from holdfast.audit.generations import Alarm, Generations
from holdfast.collapse.alarm.departures import Measured, departure, measured
from holdfast.collapse.alarm.lens import lens_of
from holdfast.collapse.alarm.losses import FEWEST, Ground, ground_of, losses, refuse_hopeless
from holdfast.collapse.alarm.parts import Parts, parts_of
from holdfast.collapse.alarm.telling import drift_section, measures_section, rules_section, tails_section
from holdfast.collapse.lab.judging import judged
from holdfast.collapse.reading.order import sets_of
from holdfast.collapse.reading.sets import SampleItems, inputs_of, read_sets
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import FROZEN, Examples
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import CheckResult, Run, Section
from holdfast.core.recording import begun, recorded
from holdfast.core.store import RunStore
from holdfast.core.text import one_line


class WatchSettings(BaseModel):
    """How generations are watched."""

    model_config = FROZEN
    alpha: float = Field(0.05, gt=0, lt=0.5, description="chance of a false alarm, over all generations and layers")
    budget: float = Field(0.1, ge=0, lt=1, description="share of a tail whose loss is tolerated")
    planned: int = Field(25, gt=0, le=10_000, description="generations that real documents are shared out among")
    endless: bool = Field(default=False, description="a stream without an end: alpha is then the chance per generation")
    metrics: tuple[str, ...] = Field((), description="measures to watch; the usual ones, if empty; or `all`")
    text: str | None = Field(None, description="column that holds the documents")
    seed: int = Field(0, ge=0, description="seed of everything random")


def watch_paths(
    paths: Sequence[Path],
    settings: WatchSettings | None = None,
    *,
    real: Path | None = None,
    controls: Sequence[Path] = (),
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> Run:
    """Return the record of watching files or folders; see `watch`. Raises BadInput."""
    settings, progress = settings or WatchSettings(), listening(progress)
    first, rest = sets_of(paths, real)
    truth, *others = read_sets([first, *rest, *controls], settings.text, progress, "sample sets")
    sets, given = others[: len(rest)], others[len(rest) :]
    return watch(truth, sets, settings, controls=given, store=store, progress=progress, command=command)


def watch(
    real: SampleItems,
    sets: Sequence[SampleItems],
    settings: WatchSettings | None = None,
    *,
    controls: Sequence[SampleItems] = (),
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> Run:
    """Return the record of watching generations against real data.

    `controls` are sample sets of models that were fitted on real data, ten or more: with them drift means an effect of
    recursion; without them it means a difference from real data. Raises BadInput where there are too few items.
    """
    started = time.perf_counter()
    settings, progress = settings or WatchSettings(), listening(progress)
    run = begun(
        "collapse",
        f"{len(sets)} generations after {one_line(real.name, 60)}",
        command,
        settings,
        inputs=inputs_of((real, *sets, *controls)),
        size=f"{len(sets):,} generations of {_sizes(sets)} items, {len(real):,} real ones",
    )
    with recorded(run, store, started) as going:
        seen = look(real, sets, settings, controls, going.listening(progress))
        results = judged(seen.generations, alpha=seen.alpha, progress=progress)
        return going.finish(
            results=results,
            says=_said(seen, results, len(sets)),
            sections=tuple(_sections(seen, real, sets, settings)),
            notes=seen.notes,
        )


class Looked(BaseModel):
    """What was seen: the fact for checks, and what a report shows beside it."""

    model_config = {**FROZEN, "arbitrary_types_allowed": True}
    generations: Generations
    alpha: float  # of each layer
    measures: Measured | None
    soonest: int  # generations after which the loss of everything rare would show
    notes: tuple[str, ...]


def look(
    real: SampleItems,
    sets: Sequence[SampleItems],
    settings: WatchSettings,
    controls: Sequence[SampleItems] = (),
    progress: Progress | None = None,
) -> Looked:
    """Return the alarms of both layers, each with half of alpha; one that has nothing to say leaves it to the other.

    Raises BadInput where there are too few items for either.
    """
    if not sets:
        raise BadInput("there are no generations to watch, only real data")
    smallest = min((real, *sets, *controls), key=len)
    if len(smallest) < FEWEST:
        raise BadInput(f"{one_line(smallest.name)} holds {len(smallest):,} items; at least {FEWEST} are needed")
    streams, progress = Streams(settings.seed), listening(progress)
    parts = parts_of(real, streams)
    lens = lens_of(parts.reference)
    alarms: list[Alarm] = []
    silent: dict[str, str] = {"theory": "sample sets come without a theory"}
    found: Measured | None = None
    alpha = settings.alpha / 2
    try:
        found = measured(parts, lens, sets, controls, settings.metrics, streams, progress)
        alarms.append(departure(found, [one.name for one in sets], streams, endless=settings.endless))
    except NotApplicable as error:
        silent["drift"], alpha = str(error), settings.alpha
    ground = ground_of(parts, lens, len(sets[0]), settings.planned, alpha, streams)
    sooner = refuse_hopeless(ground, parts, len(sets[0]), settings.budget, alpha)
    alarms.insert(0, losses(ground, sets, settings.budget, streams, endless=settings.endless))
    notes = tuple(_notes(parts, ground, sets, settings, sooner, silent))
    return Looked(
        generations=Generations(tuple(alarms), silent=silent), alpha=alpha, measures=found, soonest=sooner,
        notes=(*(f"{one_line(one.name)}: {note}" for one in (real, *sets) for note in one.notes), *notes),
    )  # fmt: skip


def _notes(
    parts: Parts, ground: Ground, sets: Sequence[SampleItems], settings: WatchSettings, sooner: int,
    silent: dict[str, str],
) -> list[str]:  # fmt: skip
    split = f"{len(parts.reference):,} say what is rare, {len(parts.partner):,} stand in a generation's place"
    notes = [f"real items: {split}, {len(parts.held):,} were held out"]
    notes.append(
        f"with {len(sets[0]):,} items a generation, even the loss of everything rare is noticed after "
        f"{sooner} generation{'s' * (sooner != 1)} at the soonest"
    )
    if "drift" in silent:
        notes.append(f"drift was not watched: {silent['drift']}")
    if ground.strata.types is not None and len(sets) > settings.planned:
        notes.append(
            f"rare types were looked for in the first {settings.planned} generations only, as real documents are asked "
            "once; --planned shares them out among more"
        )
    small = sum(len(one) < ground.m for one in sets)
    if ground.strata.types is not None and small:
        notes.append(f"{small} of {len(sets)} generations have fewer than {ground.m:,} items: too few for rare types")
    return notes


def _said(seen: Looked, results: Sequence[CheckResult], n: int) -> str:
    """Return the outcome in a sentence."""
    first = [
        (at, alarm)
        for alarm in seen.generations.alarms
        if (at := alarm.first(seen.alpha / len(seen.generations.of(alarm.layer)))) is not None
    ]
    if not first and seen.soonest > n:
        return (
            f"No alarm yet, which says little: with so few items even the loss of everything rare shows after "
            f"{seen.soonest} generations at the soonest, and there {'is' if n == 1 else 'are'} {n}."
        )
    if not first:
        return f"No alarm in {n} generation{'s' * (n != 1)}: neither a lost tail nor drift could be shown."
    at, alarm = min(first, key=lambda pair: pair[0])
    what = {"tails": "a tail of the real data is lost", "drift": f"generations drift away from {alarm.against}"}
    others = len({alarm.layer for _, alarm in first}) - 1
    more = "; both layers raise the alarm" if others else ""
    found = sum(len(result.findings) for result in results)
    assert found
    return f"Alarm at {one_line(alarm.names[at], 60)} (generation {at + 1} of {n}): {what[alarm.layer]}{more}."


def _sections(seen: Looked, real: SampleItems, sets: Sequence[SampleItems], settings: WatchSettings) -> list[Section]:
    names = [one.name for one in sets]
    lines = [(one.name, f"generation {t}", " and ".join(one.holds), len(one)) for t, one in enumerate(sets, start=1)]
    found, parts = [], []
    for alarm in seen.generations.alarms:
        parts += list(alarm.parts)
        if alarm.layer == "tails":
            found.append(tails_section(alarm, seen.alpha, settings.budget))
        else:
            found.append(drift_section(alarm, seen.alpha))
    if seen.measures is not None:
        found.append(measures_section(seen.measures, names))
    found.append(rules_section(parts))
    found.append(
        Section(
            title="What was compared",
            says=seen.notes,
            evidence=(
                Examples(
                    caption="Sample sets, in order",
                    columns=("set", "is", "holds", "items"),
                    cells=((real.name, "real", " and ".join(real.holds), len(real)), *lines),
                ),
            ),
        )
    )
    return found


def _sizes(sets: Sequence[SampleItems]) -> str:
    sizes = np.array([len(one) for one in sets])
    return f"{sizes.min():,}" if sizes.min() == sizes.max() else f"{sizes.min():,} to {sizes.max():,}"
