"""`holdfast track`."""

from pathlib import Path

import click

from holdfast.cli.options import RUNS


@click.command(context_settings={"max_content_width": 100})
@click.argument("run")
@click.argument("target", metavar="TRACKER:PLACE")
@RUNS
def track(run: str, target: str, store: Path) -> None:
    """Send a run to MLflow, TensorBoard, trackio or Weights & Biases: numbers, curves, the report.

    \b
      holdfast track latest mlflow:sqlite:///mlflow.db
      holdfast track latest mlflow:http://localhost:5000#churn
      holdfast track latest tensorboard:logs
      holdfast track latest trackio:churn
      holdfast track latest wandb:team/churn     WANDB_MODE=offline keeps it here

    A run is a name or the end of one, or `latest`; see holdfast runs.
    """
    from holdfast.cli.output import REPORT
    from holdfast.core.store import RunStore, read_run
    from holdfast.report.tracking import send

    folder = RunStore(store).find(run)
    files = [folder / name for name in (REPORT, "run.json") if (folder / name).is_file()]
    where = send(read_run(folder), target, files)
    click.echo(f"sent {folder.name} to {where}")
