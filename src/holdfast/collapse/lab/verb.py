"""The verb: one experiment, from its settings to its record."""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from holdfast.collapse.definitions import Learner, Measure
from holdfast.collapse.lab.curves import Curve, curves
from holdfast.collapse.lab.experiment import Arm, Experiment, arms, chosen_measures
from holdfast.collapse.lab.judging import generations_of, judged
from holdfast.collapse.lab.keeping import Keeper
from holdfast.collapse.lab.nulls import null_bands
from holdfast.collapse.lab.telling import headline, sections
from holdfast.collapse.lab.work import gathered, run_all
from holdfast.collapse.measuring.protocol import Band
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import Run
from holdfast.core.recording import begun, recorded
from holdfast.core.store import RunStore, new_id
from holdfast.core.text import and_more

VALUES = "values"


def run_experiment(
    experiment: Experiment,
    *,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
    resumed: Run | None = None,
    run_id: str | None = None,
) -> tuple[Run, tuple[Curve, ...]]:
    """Return the record of an experiment and its curves; with a `store` it can be interrupted and resumed.

    Raises BadInput for settings that do not fit together.
    """
    started = time.perf_counter()
    progress = listening(progress)
    found = arms(experiment)
    measures = chosen_measures(experiment, found[0].kind, *_seen(found[0], experiment))
    run = resumed or begun(
        "collapse",
        _title(experiment, found),
        command,
        experiment.model_dump(mode="json", exclude_unset=True),
        id=run_id or new_id(),
        seed=experiment.seed,
        size=f"{experiment.generations:,} generations × {experiment.replicates:,} replicates",
    )
    with recorded(run, store, started) as going, tempfile.TemporaryDirectory() as temporary:
        keeper = Keeper(going.writer.folder / VALUES if going.writer else Path(temporary))
        run_all(experiment, found, measures, keeper, going.listening(progress))
        drawn = tuple(_curves(experiment, found, measures, keeper))
        keeper.tidy()
        run = going.finish(
            results=judged(generations_of(drawn), select=("theory-disagrees",)),
            says=headline(drawn, found[0].kind.tells),
            sections=sections(drawn, found[0].kind.tells),
        )
    return run, drawn


def _curves(
    experiment: Experiment, found: Sequence[Arm], measures: Sequence[Measure], keeper: Keeper
) -> Iterator[Curve]:
    """Yield the curves of all arms; arms of one learner have one real world, and its intervals are made once."""
    streams = Streams(experiment.seed)
    known: list[tuple[Learner, Mapping[str, Band | str]]] = []
    for number, arm in enumerate(found):
        values = gathered(experiment, number, arm, keeper)
        nulls = next((bands for learner, bands in known if learner == arm.learner), None)
        if nulls is None:
            nulls = null_bands(arm, measures, values, experiment.measure_size, streams)
            known.append((arm.learner, nulls))
        yield from curves(arm, values, measures, experiment.recorded(), nulls)


def _seen(arm: Arm, experiment: Experiment) -> tuple[type, tuple[type, ...]]:
    """Return which states and kinds of sample the learner has, by asking it for the smallest ones."""
    streams = Streams(experiment.seed)
    truth = arm.learner.truth(1, streams("look"))
    samples = arm.learner.samples(truth, 2, streams("look", "sample"))
    return type(truth), tuple({type(one) for one in samples})


def _title(experiment: Experiment, found: Sequence[Arm]) -> str:
    names = list(dict.fromkeys(arm.regime.name for arm in found))
    return f"{experiment.learner}: {and_more(names, 4)}"
