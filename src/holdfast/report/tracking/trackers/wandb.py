"""Weights & Biases: a run in a project; with WANDB_MODE=offline it stays in a folder until `wandb sync`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.core.errors import MissingExtra
from holdfast.core.record import Run

PLACE = "[ENTITY/]PROJECT"


@dataclass(frozen=True)
class _Wandb:
    run: Any

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        if step is None:
            self.run.summary.update(dict(metrics))
        else:
            self.run.log(dict(metrics), step=step)

    def log_file(self, path: Path) -> None:
        from wandb import Artifact

        artifact = Artifact(f"{self.run.name}-{path.stem}", type="holdfast")
        artifact.add_file(str(path))
        self.run.log_artifact(artifact)


@contextmanager
def opened(place: str, run: Run) -> Iterator[tuple[_Wandb, str]]:
    """Yield the tracker of a new run in a project, and where it is. Raises MissingExtra."""
    try:
        import wandb
    except ImportError as error:
        raise MissingExtra.for_package("wandb", "wandb", "sending runs to Weights & Biases") from error
    entity, _, project = place.rpartition("/")
    # Only what a run says is sent: no console, no code, no state of the machine.
    quiet = wandb.Settings(silent=True, console="off", disable_git=True, disable_code=True, x_disable_stats=True)
    made = wandb.init(
        entity=entity or None, project=project, name=run.id, job_type=run.kind, config={"title": run.title},
        settings=quiet,
    )  # fmt: skip
    code = 1
    try:
        yield _Wandb(made), made.dir if made.offline else made.url
        code = 0
    finally:
        made.finish(exit_code=code)
