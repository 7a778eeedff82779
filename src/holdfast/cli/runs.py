"""`holdfast runs`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.audit import STORE

if TYPE_CHECKING:
    from rich.table import Table

    from holdfast.core.index import RunSummary


@click.command()
@click.option("--most", default=20, show_default=True, type=click.IntRange(min=1), help="How many to list.")
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]), help="How to list them.")
@STORE
def runs(most: int, form: str, store: Path) -> None:
    """List the runs, newest first.

    \b
      holdfast runs
      holdfast runs --format json --most 100
    """
    from holdfast.core.index import summaries
    from holdfast.core.store import RunStore

    found = summaries(RunStore(store))
    if form == "json":
        click.echo(json.dumps([summary.model_dump(mode="json") for summary in found[:most]], indent=2))
        return
    if not found:
        click.echo(f"no runs in {store} yet. Start one: holdfast audit data.csv --label y")
        return
    from rich.console import Console

    Console().print(_table(found[:most]))
    if len(found) > most:
        click.echo(f"and {len(found) - most} older (--most {len(found)})")


def _table(found: "list[RunSummary]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from holdfast.core.text import one_line

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("run", "data", "status"):
        table.add_column(name, overflow="fold" if name == "run" else "ellipsis", no_wrap=name != "run")
    for name in ("errors", "warnings", "notes", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        score = f"{one.claimed:.3f} → {one.honest:.3f}" if one.claimed is not None and one.honest is not None else "–"
        counts = (Text(str(n)) for n in (one.errors, one.warnings, one.notes))
        table.add_row(Text(one.id), Text(one_line(one.title, 28)), Text(one.status), *counts, Text(score))
    return table
