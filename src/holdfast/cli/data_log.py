"""`holdfast data log` and `holdfast data show`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.options import LISTED

if TYPE_CHECKING:
    from holdfast.data.store import Version


@click.command("log")
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--most", default=20, show_default=True, type=click.IntRange(min=1), help="How many to list.")
@LISTED
def log(store: Path, most: int, form: str) -> None:
    """List the versions of a store, newest first.

    \b
      holdfast data log corpus
    """
    from holdfast.core.text import one_line
    from holdfast.data.store import Store
    from holdfast.data.store.version import listed

    home = Store.open(store)
    found = home.log()[::-1]
    if form == "json":
        click.echo(json.dumps([listed(version) for version in found[:most]], indent=2))
        return
    if not found:
        click.echo(f"no version in {one_line(str(store))} yet")
        click.echo(f"Next: holdfast data add {one_line(str(store))} FILE")
    for version in found[:most]:
        for line in _lines(version):
            click.echo(line)
    if len(found) > most:
        click.echo(f"and {len(found) - most} older (--most {len(found)})")


@click.command("show")
@click.argument("store", type=click.Path(path_type=Path), metavar="STORE[@VERSION]")
@click.option("--rows", default=5, show_default=True, type=click.IntRange(0, 1000), help="How many records to show.")
@LISTED
def show(store: Path, rows: int, form: str) -> None:
    """Show a version: where its records come from, its columns, and its first records.

    \b
      holdfast data show corpus
      holdfast data show corpus@head~1
    """
    from holdfast.core.text import one_line
    from holdfast.data.store.address import located
    from holdfast.data.store.version import listed

    home, version = located(str(store))
    if form == "json":
        click.echo(json.dumps(listed(version), indent=2))
        return
    for line in _lines(version):
        click.echo(line)
    for column in version.columns:
        click.echo(f"  {one_line(column.name, 40):40}  {column.kind:8}  {column.role}")
    for source in version.inputs:
        click.echo(f"  from {one_line(source.name, 60)}, {source.rows:,} records {source.digest}")
    for note in version.notes:
        click.echo(f"  {one_line(note)}")
    first = next(home.blocks(version, rows_a_block=rows), None) if rows and version.kept else None
    for record in first.slice(0, rows).to_pylist() if first is not None else ():
        said = {name: value for name, value in record.items() if value is not None}
        click.echo(one_line(json.dumps(said, ensure_ascii=False, default=str), 400))


def _lines(version: "Version") -> tuple[str, ...]:
    from holdfast.core.text import one_line

    tags = f"  [{', '.join(version.tags)}]" if version.tags else ""
    gone = "" if version.kept else "  content removed by gc"
    origins = ", ".join(f"{n:,} {origin}" for origin, n in version.origins.items() if n)
    head = f"{version.number}  {version.short}  {version.time:%Y-%m-%d %H:%M}"
    return f"{head}  {version.rows:,} records: {origins}{tags}{gone}", f"   {one_line(version.message, 200)}"
