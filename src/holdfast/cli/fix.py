"""`holdfast fix`."""

import shlex
from pathlib import Path

import click

from holdfast.cli.options import RUNS


@click.command()
@click.argument("run", default="latest")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="New or empty folder.")
@RUNS
def fix(run: str, out: Path, store: Path) -> None:
    """Write the repaired data of a run to a new folder.

    Copies are dropped, leaking columns removed, groups and time put on one side of the split, as the run's findings
    say; a log names every row and column that was dropped or moved. The input is never touched.

    \b
      holdfast fix latest --out repaired/
    """
    from holdfast.audit.fix import apply
    from holdfast.cli.again import reopened
    from holdfast.cli.progress import shown
    from holdfast.core.store import RunStore

    record = RunStore(store).load(run)
    with shown() as progress:
        log = apply(record, reopened(record, progress), out)
    click.echo(log.summary())
    label = next((one.name for one in record.columns if one.role == "label"), "COLUMN")
    click.echo(f"Next: holdfast audit {shlex.join([str(out), '--label', label])}")
