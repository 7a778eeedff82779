"""What is kept of an experiment while it runs: the values of each finished block, and how far the others are.

Files are NumPy archives that are read without unpickling, and replaced as a whole: after a kill a history goes on from
its last kept generation, and everything it draws is named after block and generation, so nothing changes.
"""

import io
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.collapse.lab.loop import Moment, Values
from holdfast.core.durable import write_whole

_STATE, _FIELD = "state", "field"


class Keeper:
    """Files of one experiment, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        """Create the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def finished(self, arm: int, block: int) -> Values | None:
        """Return the values of a block that is done, None if it is not."""
        return _arrays(self._path(arm, block, "values"))

    def finish(self, arm: int, block: int, values: Values) -> None:
        """Keep the values of a block that is done; how far it was no longer matters."""
        _write(self._path(arm, block, "values"), values)
        self._path(arm, block, "moment").unlink(missing_ok=True)

    def moment(self, arm: int, block: int, learner: object) -> Moment | None:
        """Return how far a block is, None if nothing was kept."""
        arrays = _arrays(self._path(arm, block, "moment"))
        return _restored(arrays, learner) if arrays is not None else None

    def keep(self, arm: int, block: int, moment: Moment) -> None:
        """Keep how far a block is."""
        _write(self._path(arm, block, "moment"), _flat(moment))

    def tidy(self) -> None:
        """Remove all but values of blocks that are done: what kills left half-written, or between two steps."""
        for path in self.folder.iterdir():
            if not path.match("values-*.npz"):
                path.unlink(missing_ok=True)

    def _path(self, arm: int, block: int, what: str) -> Path:
        return self.folder / f"{what}-{arm:03d}-{block:05d}.npz"


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    sink = io.BytesIO()
    np.savez(sink, allow_pickle=False, **arrays)
    write_whole(path, sink.getvalue())


def _arrays(path: Path) -> dict[str, np.ndarray] | None:
    """Return the arrays of a file, None where it is not there or damaged: then the work is done again."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError):
        return None


def _flat(moment: Moment) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {"generation": np.array(moment.generation)}
    states = {f"model/{i}": one for i, one in enumerate(moment.models)}
    states |= {f"held/{name}": one for name, one in moment.held.items()}
    for place, state in states.items():
        arrays[f"{_STATE}|{place}"] = np.array(type(state).__name__)
        arrays |= {f"{_FIELD}|{place}|{name}": value for name, value in state._asdict().items()}
    return arrays | {f"value|{name}": value for name, value in moment.values.items()}


def _restored(arrays: Mapping[str, np.ndarray], learner: object) -> Moment:
    """Return the moment in a file; a state is a NamedTuple of the learner's own module and nothing else."""
    module = sys.modules[type(learner).__module__]
    models: dict[int, Any] = {}
    held: dict[str, Any] = {}
    for key, value in arrays.items():
        kind, _, place = key.partition("|")
        if kind != _STATE:
            continue
        made = getattr(module, str(value))
        if not hasattr(made, "_fields"):
            raise ValueError(f"{value} is no state of {type(learner).__name__}")
        start = f"{_FIELD}|{place}|"
        state = made(**{name.removeprefix(start): one for name, one in arrays.items() if name.startswith(start)})
        where, _, name = place.partition("/")
        if where == "model":
            models[int(name)] = state
        else:
            held[name] = state
    values = {key.removeprefix("value|"): value for key, value in arrays.items() if key.startswith("value|")}
    return Moment(int(arrays["generation"]), tuple(models[i] for i in sorted(models)), held, values)
