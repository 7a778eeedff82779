"""The verb: versions or periods of data, in; the record of how they drift, out."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from holdfast.audit import catalogue
from holdfast.audit.drifting import course, telling
from holdfast.audit.drifting.comparing import Compared, compare
from holdfast.audit.drifting.embedded import Reader
from holdfast.audit.drifting.joining import Version, joined
from holdfast.audit.drifting.periods import periods
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.slices import FEWEST, Slices
from holdfast.audit.runner import Facts, run_checks
from holdfast.core.config import checked
from holdfast.core.dataset import Dataset, Role
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, listening, track
from holdfast.core.record import CheckResult, InputRecord, Run, Section
from holdfast.core.recording import begun, columns_of, recorded
from holdfast.core.store import RunStore
from holdfast.core.text import one_line

FAMILY = "drift"
_CALENDAR = re.compile(r"(?i)(yr|year|mnth|month|quarter|season|week|(week|day)_?of_?year|date)")
_EFFECTS = {"column-drift": "min_effect", "label-shift": "min_effect_of_numbers"}


@dataclass(frozen=True)
class Seen:
    """What was compared and what it came to, before it is a record."""

    slices: Slices
    steps: tuple[Compared, ...]
    results: tuple[CheckResult, ...]
    says: str
    sections: tuple[Section, ...]


def drift(
    *versions: Any,
    settings: DriftSettings | None = None,
    store: RunStore | Path | str | None = None,
    progress: Progress | None = None,
    **wanted: Any,
) -> Run:
    """Return the record of how versions of data drift, or one data set over time.

    Args:
        *versions: paths, addresses `corpus@v1`, data sets, or what exports Arrow, the oldest first; one with `by=`.
        settings: all settings at once; keywords over it.
        store: where to keep the run; nothing is written without it.
        progress: who listens.
        **wanted: any setting by name: `label="y"`, `by="date"`, `every="month"`, …

    Raises:
        BadInput: a path, column or setting is wrong, or there is nothing to compare.

    """
    base = settings.model_dump(exclude_unset=True) if settings else {}
    settings = checked(DriftSettings, {**base, **wanted}, table="drift")
    named = [(_name(one, i), one) for i, one in enumerate(versions)]
    opened = [(name, opened_data(one, settings, progress)) for name, one in named]
    home = RunStore(Path(store)) if isinstance(store, str | Path) else store
    return record(opened, settings, store=home, progress=progress)


def opened_data(given: Any, settings: DriftSettings, progress: Progress | None = None) -> Dataset:
    """Return one version as it is: no column is taken for its split. Raises BadInput."""
    from holdfast.audit.facts.learning.embedding import model_folder
    from holdfast.data.loading import load

    if settings.model is not None:
        model_folder(settings.model)  # a wrong one is told before anything is read
    found = given if isinstance(given, Dataset) else load({"all": given}, progress=progress)
    roles: dict[str, Role] = {
        **dict.fromkeys(settings.ignore_columns, "ignore"),
        **dict.fromkeys(settings.group, "group"),
        **({settings.label: "label"} if settings.label else {}),
        **({settings.by: "time"} if settings.by else {}),
    }
    columns = tuple(
        replace(c, role="metadata") if c.role == "split" or (c.role == "time" and settings.by) else c
        for c in found.columns
    )
    return replace(found, columns=columns).with_roles(roles)


def _name(given: Any, place: int) -> str:
    if isinstance(given, Dataset):
        return given.name
    return str(given) if isinstance(given, str | Path) else f"version {place + 1}"


def _told_apart(versions: Sequence[Version]) -> list[Version]:
    """Return versions under names that differ."""
    names = [name for name, _ in versions]
    return [(f"{name} ({i})" if names.count(name) > 1 else name, one) for i, (name, one) in enumerate(versions, 1)]


def record(
    versions: Sequence[Version],
    settings: DriftSettings,
    *,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
) -> Run:
    """Return the record of versions that were opened. `more` are fields of the run that take the place of others."""
    started = time.perf_counter()
    found = look(sliced(versions, settings), settings, progress)
    run = described(versions, found, settings, command)
    with recorded(run, store, started) as going:
        return going.finish(**(more or {}))


def sliced(versions: Sequence[Version], settings: DriftSettings) -> Slices:
    """Return the rows to compare, in slices. Raises BadInput."""
    if settings.by is not None:
        if len(versions) != 1:
            raise BadInput(f"--by follows one data set over time, got {len(versions)}; leave it out to compare them")
        aside = _calendar(versions[0][1], settings.by)
        dataset = versions[0][1].with_roles(dict.fromkeys(aside, "metadata"))
        return periods(dataset, settings.by, settings.every, aside)
    if settings.every is not None:
        raise BadInput("--every is the length of a period; say which column holds times with --by COLUMN")
    if len(versions) < 2:
        raise BadInput(
            "there is one version only; give two (holdfast data drift OLD NEW), or a column of times to follow it by "
            "(--by COLUMN)"
        )
    return joined(_told_apart(versions))


def _calendar(dataset: Dataset, by: str) -> tuple[str, ...]:
    """Return columns that are parts of the date: which month it is moves by definition."""
    return tuple(c.name for c in dataset.of(role="feature") if _CALENDAR.fullmatch(c.name) and c.name != by)


def look(slices: Slices, settings: DriftSettings, progress: Progress | None = None) -> Seen:
    """Return the comparison of slices, judged by the checks of drift."""
    progress = listening(progress)
    pairs = list(slices.steps(settings.against))
    full = len(slices.names) == 2
    reader = Reader(settings.model, slices.dataset, progress) if settings.model is not None else None
    steps: list[Compared] = []
    with track(progress, "comparing", len(pairs), f"{slices.unit}s") as advance:
        for pair in pairs:
            steps.append(compare(slices.dataset, pair, settings, full=full, reader=reader, progress=progress))
            advance(1)
    if not steps:
        return Seen(slices, (), (), _nothing(slices), (telling.compared_section(slices),))
    given: dict[str, Any] = {}
    if not full:
        shifts, joint = course.worst(steps)
        given = {k: v for k, v in (("column_shifts", shifts), ("split_classifier", joint)) if v is not None}
    results = judged(steps[-1].facts, settings, given, progress)
    if full:
        sections = tuple(telling.sections(steps[0], slices, settings))
        return Seen(slices, tuple(steps), results, telling.said(steps[0], settings), sections)
    sections = tuple(course.sections(slices, steps, settings))
    return Seen(slices, tuple(steps), results, course.said(slices, steps, settings), sections)


def judged(
    facts: Facts, settings: DriftSettings, given: Mapping[str, Any], progress: Progress
) -> tuple[CheckResult, ...]:
    """Return what the checks of drift say; `given` facts stand for those of the last comparison."""
    chosen = catalogue.selected((FAMILY,))
    options: dict[str, dict[str, Any]] = {}
    for check in chosen:
        known = {option.name for option in check.options}
        wanted = {"alpha": settings.alpha, _EFFECTS.get(check.name, ""): settings.min_effect}
        options[check.name] = {name: value for name, value in wanted.items() if name in known}
    if given:
        facts = Facts({"dataset": facts["dataset"], "time_cut": None, "progress": progress, **given})
    return run_checks(chosen, facts, options=options)


def _nothing(slices: Slices) -> str:
    if (
        slices.unit == "version"
        and len(slices.wholes) == 2
        and not slices.wholes[1].added
        and not slices.wholes[1].removed
    ):
        return "Both versions hold the same rows: nothing was added, nothing taken away."
    return f"Nothing could be compared: no {slices.unit} after the first has {FEWEST} rows that were not there before."


def described(versions: Sequence[Version], found: Seen, settings: DriftSettings, command: Sequence[str]) -> Run:
    """Return the record, without its store."""
    at, inputs = 0, []
    for name, one in versions:
        digest = one.sources[0].digest if len(one.sources) == 1 else one.digest
        notes = tuple(note for source in one.sources for note in source.notes)
        inputs.append(InputRecord(name=name, start=at, stop=at + len(one), digest=digest, notes=notes))
        at += len(one)
    names = [one_line(name, 60) for name, _ in versions]
    title = f"drift of {names[0]}" if len(names) == 1 else f"drift from {names[0]} to {names[-1]}"
    return begun(
        "data",
        title,
        command,
        settings,
        n_rows=at,
        inputs=tuple(inputs),
        columns=columns_of(found.slices.dataset),
        status="finished",
        results=found.results,
        says=found.says,
        sections=found.sections,
    )
