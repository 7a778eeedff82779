"""Versions of data, compared and watched: what needs the laboratory beside the audit."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.slices import Slices
from holdfast.audit.drifting.stored import stored, versions_of
from holdfast.audit.drifting.verb import Seen, described, look, opened_data, sliced
from holdfast.collapse.versions.alarms import alarms
from holdfast.collapse.versions.diversity import diversity
from holdfast.collapse.versions.items import items_of, sets_of
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import CheckResult, Run, Section
from holdfast.core.store import RunStore
from holdfast.data.store.address import is_address, located

Version = tuple[str, Dataset]


def drift_of(
    given: Sequence[str],
    settings: DriftSettings | None = None,
    *,
    since: str | None = None,
    real: str | None = None,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> Run:
    """Return the record of how files, versions of a store, or periods drift. Raises BadInput, StoreError.

    One address of a store stands for its versions, from `since` on; one of anything else is followed over time. With
    three slices or more their diversity is measured and both layers of the alarm watch them, against `real` or the
    first slice.
    """
    started = time.perf_counter()
    settings, progress = settings or DriftSettings(), listening(progress)
    if not given:
        raise BadInput("nothing to compare: give two versions (holdfast data drift OLD NEW), a store, or --by COLUMN")
    history = len(given) == 1 and settings.by is None and is_address(given[0])
    if since is not None and not history:
        raise BadInput("--since is for the versions of one store: holdfast data drift STORE --since TAG")
    versions = [(name, opened_data(name, settings, progress)) for name in given]
    slices = _history(given[0], versions[0][1], since, progress) if history else sliced(versions, settings)
    seen = look(slices, settings, progress)
    results, sections, notes = _laboratory(slices, settings, real, progress)
    seen = replace(seen, results=(*seen.results, *results), sections=_placed(seen, sections))
    run = described(versions, seen, settings, command)
    run = run.model_copy(update={"notes": (*run.notes, *notes), "seconds": time.perf_counter() - started})
    if store is not None:
        with store.begin(run.model_copy(update={"status": "running"})) as writer:
            writer.finish(run)
    return run


def _history(address: str, dataset: Dataset, since: str | None, progress: Progress) -> Slices:
    store, last = located(address)
    versions = versions_of(store, last, since)
    if len(versions) < 2:
        hint = f"add to it (holdfast data add {address} FILE), or name an earlier one with --since"
        raise BadInput(f"{address} has one version to compare; {hint}")
    return stored(store, versions, dataset, progress)


def _laboratory(
    slices: Slices, settings: DriftSettings, real: str | None, progress: Progress
) -> tuple[tuple[CheckResult, ...], tuple[Section, ...], tuple[str, ...]]:
    """Return what the laboratory says of three slices or more, and why it says nothing where it does not."""
    if len(slices.names) < 3:
        note = ("--real is for the alarm, which watches three versions or more",) if real is not None else ()
        return (), (), note
    streams = Streams(settings.seed)
    try:
        plan, sets, left = sets_of(slices.dataset, slices.codes, slices.names, streams)
        notes = [f"left out of diversity and alarm: {one}" for one in left[:3]]
        if real is not None:
            given = opened_data(real, settings.model_copy(update={"by": None, "label": None, "group": ()}), progress)
            truth = items_of(given, _every(given), plan, real, streams)
            rest = list(sets.values())
        else:
            if not sets:
                raise NotApplicable("no slice has enough items")  # noqa: TRY301 the reason is told below
            truth, *rest = sets.values()
    except NotApplicable as error:
        return (), (), (f"diversity and alarm: not estimable, as {error}",)
    sections: list[Section] = []
    results: tuple[CheckResult, ...] = ()
    try:
        sections.append(diversity(truth, sets, streams, progress))
    except NotApplicable as error:
        notes.append(f"diversity: not estimable, as {error}")
    try:
        results, watched, _ = alarms(truth, rest, settings.seed, progress)
        sections += watched
    except NotApplicable as error:
        notes.append(f"alarm: not watched, as {error}")
    return results, tuple(sections), (*plan.notes, *notes)


def _every(dataset: Dataset) -> np.ndarray:
    return np.arange(len(dataset))


def _placed(seen: Seen, more: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return all sections; what was compared comes last."""
    return (*seen.sections[:-1], *more, *seen.sections[-1:])
