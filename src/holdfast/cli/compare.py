"""`holdfast compare`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.main import CRASHED
from holdfast.cli.options import FORMAT, OUT, RUNS, SEED, fail_on, names
from holdfast.core.errors import BadInput

if TYPE_CHECKING:
    from rich.table import Table

    from holdfast.core.finding import Examples
    from holdfast.core.record import Run


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
    if form == "text" and out is None:
        _print_tables(run)
    finished(run, home, form, out)
    return exit_code(run, fail_on, CRASHED)


def _print_tables(run: "Run") -> None:
    """Print the scores and the differences, which the text of a report leaves to its pages."""
    from rich.console import Console

    from holdfast.core.finding import Examples

    console = Console()
    for finding in run.results[0].findings:
        for one in finding.evidence:
            if isinstance(one, Examples):
                console.print(_table(one))
                console.print()


def _table(shown: "Examples") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", title=shown.caption, title_justify="left",
                  title_style="bold")  # fmt: skip
    for place, name in enumerate(shown.columns):
        words = any(isinstance(line[place], str) for line in shown.cells)
        table.add_column(Text(name), justify="left" if words else "right", no_wrap=not words, overflow="ellipsis")
    for line in shown.cells:
        table.add_row(*(Text(_number(value, name)) for value, name in zip(line, shown.columns, strict=True)))
    return table


def _number(value: object, name: str) -> str:
    """Return a cell: p-values with two digits, scores with three after the point."""
    if not isinstance(value, float):
        return str(value)
    if name.startswith("p"):
        return "<1e-4" if value < 1e-4 else f"{value:.2g}"
    return f"{value:.3f}" if 1e-2 <= abs(value) < 1e3 or value == 0.0 else f"{value:.3g}"
