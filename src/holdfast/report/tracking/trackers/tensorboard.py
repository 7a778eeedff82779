"""TensorBoard: a folder for the run, with its events and the files beside them."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

from holdfast.core.errors import MissingExtra
from holdfast.core.record import Run

PLACE = "FOLDER, the one that `tensorboard --logdir` reads"

_MOST = 3.4e38  # its numbers have 32 bits


@dataclass(frozen=True)
class _Events:
    folder: Path
    writer: Any

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=name, simple_value=value) for name, value in metrics.items() if abs(value) <= _MOST]
        self.writer.add_event(Event(wall_time=time(), step=step or 0, summary=Summary(value=values)))

    def log_file(self, path: Path) -> None:
        shutil.copy(path, self.folder / path.name)


@contextmanager
def opened(place: str, run: Run) -> Iterator[tuple[_Events, str]]:
    """Yield the tracker of a folder that is named after the run, and the folder. Raises MissingExtra."""
    try:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError as error:
        raise MissingExtra.for_package("tensorboard", "tensorboard", "writing events for TensorBoard") from error
    folder = Path(place) / run.id
    folder.mkdir(parents=True, exist_ok=True)
    writer = EventFileWriter(str(folder))
    try:
        yield _Events(folder, writer), str(folder)
    finally:
        writer.close()
