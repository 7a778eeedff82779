"""MLflow: a run in the experiment `holdfast`, or in the one named behind `#`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

from holdfast.core.errors import MissingExtra
from holdfast.core.record import Run

PLACE = "URI[#EXPERIMENT], such as mlflow:http://localhost:5000 or mlflow:sqlite:///mlflow.db#churn"
EXPERIMENT = "holdfast"


@dataclass(frozen=True)
class _Mlflow:
    client: Any
    run: str

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        from mlflow.entities import Metric

        now = int(time() * 1000)  # milliseconds, as MLflow counts
        rows = [Metric(name, value, now, step or 0) for name, value in metrics.items()]
        for start in range(0, len(rows), 1000):  # as many as its interface takes at once
            self.client.log_batch(self.run, metrics=rows[start : start + 1000])

    def log_file(self, path: Path) -> None:
        self.client.log_artifact(self.run, str(path))


@contextmanager
def opened(place: str, run: Run) -> Iterator[tuple[_Mlflow, str]]:
    """Yield the tracker of a new run there, and where it is. Raises MissingExtra."""
    try:
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise MissingExtra.for_package("mlflow", "mlflow", "sending runs to MLflow") from error
    uri, _, name = place.partition("#")
    name = name or EXPERIMENT
    client = MlflowClient(uri)
    found = client.get_experiment_by_name(name)
    experiment = found.experiment_id if found else client.create_experiment(name)
    tags = {"mlflow.runName": run.id, "holdfast.kind": run.kind, "holdfast.title": run.title[:500]}
    made = client.create_run(experiment, tags=tags).info.run_id
    ended = "FAILED"
    try:
        yield _Mlflow(client, made), f"run {made} of experiment {name} at {uri}"
        ended = "FINISHED"
    finally:
        client.set_terminated(made, ended)
