"""Watch a run of the laboratory for measures that recursion moves, history by history.

The first fits of other histories are models that were fitted on real data, the best controls there are; so the alarm
means an effect of recursion and nothing else.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from holdfast.audit.generations import Alarm, Generations, threshold
from holdfast.collapse.alarm.departures import MOST_CONTROLS, departed
from holdfast.collapse.alarm.drift import FEWEST_CONTROLS, conformal_ranks, drift_path
from holdfast.collapse.alarm.stream import drift_detector
from holdfast.collapse.alarm.telling import drift_section
from holdfast.collapse.lab.experiment import Experiment, arms
from holdfast.collapse.lab.judging import judged
from holdfast.collapse.lab.keeping import Keeper
from holdfast.collapse.lab.loop import Values
from holdfast.collapse.lab.verb import VALUES
from holdfast.collapse.lab.work import gathered
from holdfast.collapse.watching.sets import WatchSettings
from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import Examples
from holdfast.core.progress import Progress
from holdfast.core.random import Streams
from holdfast.core.record import Run, Section
from holdfast.core.recording import begun, recorded
from holdfast.core.store import RunStore

Table = Float[np.ndarray, "recorded replicates measures"]
MOST_HISTORIES = 500  # that are watched to say how often the alarm sounds


def watch_run(
    wanted: str,
    store: RunStore,
    settings: WatchSettings | None = None,
    *,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> Run:
    """Return the record of watching a run of the laboratory, by layer B. Raises BadInput, StoreError."""
    started, settings = time.perf_counter(), settings or WatchSettings()
    before = store.load(wanted)
    if before.kind != "collapse" or not (store.folder / before.id / VALUES).is_dir():
        raise BadInput(f"run {before.id} is none of the laboratory; wanted one of those, or a folder of sample sets")
    if before.status != "finished":
        raise BadInput(f"run {before.id} is {before.status}; go on with it first: collapse run --resume {before.id}")
    experiment = checked(Experiment, before.config)
    streams, keeper = Streams(settings.seed), Keeper(store.folder / before.id / VALUES)
    alarms, rows, silent = (
        [],
        [],
        {"tails": "a run of the laboratory keeps measures, and no items that tails are made of"},
    )
    for number, arm in enumerate(arms(experiment)):
        at = tuple(t for t in experiment.recorded() if 1 <= t <= arm.generations)
        values = {name: one[1:] for name, one in gathered(experiment, number, arm, keeper).items()}
        names, table = _usable(values, settings.metrics)
        if not names:
            silent["drift"] = "no measure has a value in the first fit of every history"
            continue
        n = min(MOST_CONTROLS, table.shape[1] - 1)
        if n < FEWEST_CONTROLS:
            raise BadInput(
                f"run {before.id} has {table.shape[1]} histories; at least {FEWEST_CONTROLS + 1} are needed, "
                f"{FEWEST_CONTROLS} of them as controls. Run it again with --replicates {2 * FEWEST_CONTROLS}"
            )
        against = f"the first fits of {n} other histories"
        generations = tuple(f"generation {t}" for t in at)
        alarms.append(
            departed(table[0, :n], table[:, n], names, generations, streams, against=against, where=arm.name,
                     endless=settings.endless)
        )  # fmt: skip
        rows.append(_often(arm.name, table, n, settings, streams, at))
    if not alarms:
        raise BadInput(f"run {before.id}: {silent['drift']}, so that there is nothing to watch")
    generations_fact = Generations(tuple(alarms), silent=silent)
    results = judged(generations_fact, alpha=settings.alpha, progress=progress)
    told = tuple(_sections(alarms, rows, settings))
    run = begun("collapse", f"watching {before.title}", command, settings, parents=(before.id,), size=before.size)
    with recorded(run, store, started) as going:
        return going.finish(results=results, says=_said(alarms, settings.alpha), sections=told)


def _usable(
    values: Values, wanted: Sequence[str]
) -> tuple[list[str], Float[np.ndarray, "recorded replicates measures"]]:
    """Return the measures that every first fit has, and that differ among them. Raises BadInput for unknown ones."""
    unknown = [name for name in wanted if name not in values and name != "all"]
    if unknown:
        raise BadInput(f"the run has no measure {unknown[0]!r}; it has {', '.join(values)}")
    names = [
        name
        for name, one in values.items()
        if (not wanted or "all" in wanted or name in wanted) and np.isfinite(one[0]).all() and np.ptp(one[0]) > 0
    ]
    return names, np.stack([values[name] for name in names], axis=-1) if names else np.empty((0, 0, 0))


def _often(
    name: str, table: Table, n: int, settings: WatchSettings,
    streams: Streams, at: Sequence[int],
) -> tuple[str, int, float, int | None]:  # fmt: skip
    """Return in how many histories the alarm sounds, and the median generation, at the level of one history."""
    watched = table[:, n : n + MOST_HISTORIES]
    watched = np.where(np.isfinite(watched), watched, np.inf)
    controls = np.broadcast_to(table[0, :n, None], (n, *watched.shape[1:]))
    path = drift_detector if settings.endless else drift_path
    logs = path(conformal_ranks(controls, watched, streams("often", name)))
    crossed = logs >= np.log(threshold(settings.alpha))
    first = crossed.argmax(axis=0)[crossed.any(axis=0)]
    median = at[int(np.median(first))] if len(first) else None
    return name, watched.shape[1], float(crossed.any(axis=0).mean()), median


def _said(alarms: Sequence[Alarm], alpha: float) -> str:
    raised = [alarm for alarm in alarms if alarm.first(alpha / len(alarms)) is not None]
    if not raised:
        return f"No alarm in {len(alarms)} histories: no measure moved away from what a first fit shows."
    return f"Alarm in {len(raised)} of {len(alarms)} histories: {', '.join(alarm.where for alarm in raised[:4])}."


def _sections(
    alarms: Sequence[Alarm], rows: Sequence[tuple[str, int, float, int | None]], settings: WatchSettings
) -> Iterator[Section]:
    yield Section(
        title="How often the alarm sounds",
        says=(f"Each history is watched by itself at alpha {settings.alpha:g}; all of an arm share their controls.",),
        evidence=(
            Examples(
                caption="Alarms among all histories of the run",
                columns=("arm", "histories", "share with an alarm", "median generation of the alarm"),
                cells=tuple((name, n, round(share, 3), median) for name, n, share, median in rows),
            ),
        ),
    )
    for alarm in alarms:
        yield drift_section(alarm, settings.alpha / len(alarms))
