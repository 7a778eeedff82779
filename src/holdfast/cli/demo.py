"""`holdfast demo`."""

import sys
from pathlib import Path

import click

from holdfast.cli.audit import audit
from holdfast.cli.main import CRASHED
from holdfast.cli.options import RUNS
from holdfast.core.errors import MissingExtra
from holdfast.core.store import DEFAULT_ROOT

_STORY = """\
6,366 women answered a magazine's questions in 1974 (Fair, 1978; the data ship
with statsmodels). A model is to tell from eight answers whether a woman has had
an affair. The label was made from the column `affairs`, time spent in affairs,
and that column was left in the table: an accident seen in published notebooks."""


@click.command()
@RUNS
@click.pass_context
def demo(context: click.Context, store: Path) -> None:
    """Audit real data that comes with statsmodels, to see what an audit looks like.

    \b
      holdfast demo
    """
    data = _write(store / "demo" / "affairs.csv")
    elsewhere = ["--runs", str(store)] if store != DEFAULT_ROOT else []
    arguments = [str(data), "--label", "affair", *elsewhere]
    click.echo(f"{_STORY}\n\n$ holdfast audit {' '.join(arguments)}\n")
    sys.argv = ["holdfast", "audit", *arguments]  # what the record will say it was called with
    code = audit.main(arguments, standalone_mode=False)
    if code == CRASHED:
        context.exit(CRASHED)
    click.echo("\nYour own data: holdfast audit data.csv --label COLUMN")


def _write(path: Path) -> Path:
    """Write the survey with its label as CSV, and return the path."""
    try:
        from statsmodels.datasets import fair
    except ImportError as error:
        raise MissingExtra.for_package("statsmodels", "demo", "the demonstration") from error
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv

    table = pa.Table.from_pandas(fair.load_pandas().data, preserve_index=False)
    label = pc.if_else(pc.greater(table["affairs"], 0.0), "yes", "no")
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.csv.write_csv(table.append_column("affair", label), path)
    return path
