"""`holdfast compare`."""

import sys
from pathlib import Path

import click

from holdfast.cli.main import CRASHED
from holdfast.cli.options import FORMAT, OUT, RUNS, SEED, fail_on, names
from holdfast.core.errors import BadInput


@click.command(context_settings={"max_content_width": 100})
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="PREDICTIONS...")
@click.option("--label", required=True, metavar="COLUMN", help="What was predicted.")
@click.option(
    "--truth", type=click.Path(path_type=Path), metavar="FILE", help="File with the label, if not in the predictions."
)
@names("--id", "identifier", metavar="COLUMN", help="Names a row; files are matched by it.")
@click.option("--time", metavar="COLUMN", help="When a row was recorded: errors near in time may be alike.")
@names("--group", metavar="COLUMN", help="Whose row it is: rows of one are drawn together.")
@click.option("--metric", metavar="NAME", help="What to compare by, such as accuracy, roc_auc, mae.")
@click.option("--task", type=click.Choice(["auto", "classification", "regression"]), default="auto", metavar="TASK",
              help="What sort of label it is: auto, classification, regression.")  # fmt: skip
@names("--votes", metavar="COLUMN", help="Labels of single annotators.")
@click.option("--noise", type=click.FloatRange(0.0, 0.5), metavar="SHARE", help="Share of labels known to be wrong.")
@SEED
@fail_on("error")
@FORMAT
@OUT
@RUNS
def compare(
    files: tuple[Path, ...],
    label: str,
    truth: Path | None,
    identifier: tuple[str, ...],
    time: str | None,
    group: tuple[str, ...],
    metric: str | None,
    task: str,
    votes: tuple[str, ...],
    noise: float | None,
    seed: int | None,
    fail_on: str,
    form: str,
    out: Path | None,
    store: Path,
) -> int:
    """Compare models by their stored predictions, with intervals and the right test.

    \b
      holdfast compare forest.csv boosting.csv --label y
      holdfast compare a.csv b.csv c.csv --label y --truth test.csv
      holdfast compare all.csv --label y --id scan       all models in one file

    The label stands in one of the files, or in a file of its own (--truth).
    """
    from holdfast.audit.comparing.reading import Wanted
    from holdfast.audit.comparing.verb import compare as run_comparison
    from holdfast.cli.output import exit_code, finished
    from holdfast.cli.progress import shown
    from holdfast.core.store import RunStore
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    if not files:
        raise BadInput("no predictions given. Try: holdfast compare a.csv b.csv --label y")
    home = RunStore(store)
    with shown() as progress:
        run = run_comparison(
            files,
            Wanted(label, identifier, time, group, votes, task),
            truth=truth,
            metric=metric,
            noise=noise,
            seed=seed or 0,
            store=home,
            progress=progress,
            command=tuple(sys.argv[1:]),
        )
    finished(run, home, form, out)
    return exit_code(run, fail_on, CRASHED)
