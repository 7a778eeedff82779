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


_ABOUT = 16  # characters that what a run is about should have


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

    def score(one: "RunSummary") -> str:
        return f"{one.claimed:.3f} → {one.honest:.3f}" if one.claimed is not None and one.honest is not None else "–"

    columns = {
        "run": [one.id for one in found],
        "kind": [one.kind for one in found],
        "about": [one.title for one in found],
        "status": [one.status for one in found],
        "errors": [str(one.errors) for one in found],
        "warnings": [str(one.warnings) for one in found],
        "notes": [str(one.notes) for one in found],
        "score": [score(one) for one in found],
    }
    for head, usual in (("status", "finished"), ("score", "–")):
        if set(columns[head]) == {usual}:
            del columns[head]
    wide = {head: 2 + max(map(len, (head, *cells))) for head, cells in columns.items() if head != "about"}
    if width - sum(wide.values()) < _ABOUT:
        del columns["notes"]  # what matters least makes room for what runs are about
    room = min(40, max(8, width - sum(wide[head] for head in columns if head != "about")))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head, cells in columns.items():
        words = head in {"run", "kind", "about", "status"}
        whole = max(map(len, cells)) if head == "run" else None  # ids are there to be copied
        table.add_column(head, justify="left" if words else "right", overflow="ellipsis", no_wrap=True, min_width=whole)
    for row in zip(*(map(Text, _cut(cells, room) if head == "about" else cells) for head, cells in columns.items()),
                   strict=True):  # fmt: skip
        table.add_row(*row)
    return table


def _cut(titles: list[str], room: int) -> list[str]:
    from holdfast.core.text import one_line

    return [one_line(title, room) for title in titles]


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
