"""trackio: a run in a project, kept on this machine unless its own settings say otherwise."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.core.errors import MissingExtra
from holdfast.core.record import Run

PLACE = "PROJECT"


@dataclass(frozen=True)
class _Trackio:
    run: Any
    library: Any

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self.run.log(dict(metrics), step=step)

    def log_file(self, path: Path) -> None:
        artifact = self.library.Artifact(f"{self.run.name}-{path.stem}", type="holdfast")
        artifact.add_file(str(path))
        self.run.log_artifact(artifact)


@contextmanager
def opened(place: str, run: Run) -> Iterator[tuple[_Trackio, str]]:
    """Yield the tracker of a new run in a project, and where it is. Raises MissingExtra."""
    try:
        import trackio
    except ImportError as error:
        raise MissingExtra.for_package("trackio", "trackio", "sending runs to trackio") from error
    with redirect_stdout(sys.stderr):  # it greets
        made = trackio.init(
            project=place, name=run.id, config={"kind": run.kind, "title": run.title}, embed=False,
            auto_log_gpu=False, auto_log_cpu=False,
        )  # fmt: skip
    try:
        yield _Trackio(made, trackio), f"project {place}; look at it: trackio show --project {place}"
    finally:
        with redirect_stdout(sys.stderr):
            trackio.finish()
