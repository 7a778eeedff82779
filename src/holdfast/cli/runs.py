"""`holdfast runs`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.options import LISTED, RUNS

if TYPE_CHECKING:
    from rich.table import Table

    from holdfast.core.index import RunSummary
    from holdfast.core.store import RunStore


@click.command()
@click.option("--most", default=20, show_default=True, type=click.IntRange(min=1), help="How many to list.")
@LISTED
@click.option("--test-sets", is_flag=True, help="List test sets instead, by how many models they have scored.")
@RUNS
def runs(most: int, form: str, test_sets: bool, store: Path) -> None:  # noqa: FBT001 a flag, as click hands it over
    """List the runs, newest first.

    \b
      holdfast runs
      holdfast runs --format json --most 100
      holdfast runs --test-sets          which test rows chose how many models
    """
    from holdfast.core.index import summaries
    from holdfast.core.store import RunStore

    if test_sets:
        _test_sets(RunStore(store), most, form)
        return
    found = summaries(RunStore(store))
    if form == "json":
        click.echo(json.dumps([summary.model_dump(mode="json") for summary in found[:most]], indent=2))
        return
    if not found:
        click.echo(f"no runs in {store} yet. Start one: holdfast audit data.csv --label y")
        return
    from rich.console import Console

    console = Console()
    console.print(_table(found[:most], console.width))
    if len(found) > most:
        click.echo(f"and {len(found) - most} older (--most {len(found)})")


def _table(found: "list[RunSummary]", width: int) -> "Table":
    """Return the runs as a table; only what data is called is cut to fit: ids are there to be copied."""
    from rich.table import Table
    from rich.text import Text

    from holdfast.core.text import one_line

    def score(one: "RunSummary") -> str:
        return f"{one.claimed:.3f} → {one.honest:.3f}" if one.claimed is not None and one.honest is not None else "–"

    heads = ("run", "data", "status", "errors", "warnings", "notes", "score")
    rows = [[one.id, one.title, one.status, str(one.errors), str(one.warnings), str(one.notes), score(one)]
            for one in found]  # fmt: skip
    taken = sum(max(len(head), *(len(row[i]) for row in rows)) for i, head in enumerate(heads) if head != "data")
    room = min(28, max(8, width - taken - 2 * (len(heads) - 1)))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, justify="left" if head in heads[:3] else "right", overflow="ellipsis", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(one_line(cell, room) if i == 1 else cell) for i, cell in enumerate(row)))
    return table


def _test_sets(store: "RunStore", most: int, form: str) -> None:
    """List test sets, told by the hash of their rows, with how many models each has scored and which."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from holdfast.audit.facts.conduct.ledger import test_sets
    from holdfast.core.text import one_line

    found = test_sets(store)
    if form == "json":
        rows = [
            {
                "test_digest": one.digest,
                "data": one.title,
                "rows": one.n_rows,
                "runs": one.n_runs,
                "models": len(one.scored),
                "last": one.last.isoformat(),
                "scored": [{"run": s.run, "model": s.model, "metric": s.metric, "score": s.score} for s in one.scored],
            }
            for one in found[:most]
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    if not found:
        click.echo(f"no test set in {store.root} has scored a model of yours yet")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("test set", "data", "models", "runs", "last", "scored"):
        table.add_column(name, justify="right" if name in {"models", "runs"} else "left", overflow="ellipsis",
                         no_wrap=name != "scored")  # fmt: skip
    for one in found[:most]:
        best = ", ".join(
            f"{one_line(s.model, 24)} {s.score:.3f}" if s.score is not None else one_line(s.model, 24)
            for s in one.scored[-3:]
        )
        more = f" and {len(one.scored) - 3} before" if len(one.scored) > 3 else ""
        cells = (one.digest.partition(":")[2][:10], one_line(one.title, 24), str(len(one.scored)), str(one.n_runs),
                 f"{one.last:%Y-%m-%d %H:%M}", best + more)  # fmt: skip
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)
    if len(found) > most:
        click.echo(f"and {len(found) - most} more (--most {len(found)})")
