"""`holdfast data diff`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.options import LISTED
from holdfast.core.errors import BadInput

if TYPE_CHECKING:
    from holdfast.data.store import Store
    from holdfast.data.store.differing import Difference


@click.command("diff")
@click.argument("store", metavar="STORE[@VERSION]")
@click.argument("versions", nargs=-1, metavar="[BEFORE] [AFTER]")
@LISTED
def diff(store: str, versions: tuple[str, ...], form: str) -> None:
    """Show what two versions differ in: records, their origin, columns.

    \b
      holdfast data diff corpus                  what the last version changed
      holdfast data diff corpus v1 head
      holdfast data diff corpus@v1 corpus@v3
      holdfast data diff corpus 2026-01-31
    """
    from holdfast.core.text import one_line

    home, wanted = _wanted(store, versions)
    found = home.diff(*wanted)
    if form == "json":
        click.echo(found.model_dump_json(indent=2))
        return
    for line in _lines(found):
        click.echo(one_line(line, 300))


def _wanted(store: str, versions: tuple[str, ...]) -> tuple["Store", tuple[str, str]]:
    """Return the store and the two versions, each named by itself or by its address. Raises BadInput."""
    from holdfast.data.store.address import is_address, located

    home, version = located(store)
    wanted = [] if Path(store).exists() else [str(version.number)]
    for one in versions:
        if not is_address(one):
            wanted.append(one)
            continue
        other, version = located(one)
        if other.folder.resolve() != home.folder.resolve():
            raise BadInput(f"{one} is of another store than {store}: compare them with holdfast data drift")
        wanted.append(str(version.number))
    if len(wanted) > 2:
        raise BadInput(f"two versions are compared, got {len(wanted)}: {', '.join(wanted)}")
    before, after = ("head~1", "head") if not wanted else (wanted[0], "head") if len(wanted) == 1 else wanted
    return home, (before, after)


def _lines(found: "Difference") -> Iterator[str]:
    yield f"{found.before} → {found.after}: {found.rows[0]:,} → {found.rows[1]:,} records"
    if found.none:
        yield "no difference"
        return
    yield from _records(found)
    for name, n in found.values.items():
        yield f"  column {name}: {n:,} other values"
    for what, names in (
        ("added", found.columns_added),
        ("removed", found.columns_removed),
        ("changed", found.columns_changed),
    ):
        if names:
            yield f"  columns {what}: {', '.join(names)}"
    for origin, (old, new) in found.origins.items():
        if old or new:
            shares = [f"{n / rows:.1%}" if rows else "–" for n, rows in ((old, found.rows[0]), (new, found.rows[1]))]
            yield f"  {origin:15} {old:>12,} → {new:>12,}   {shares[0]:>6} → {shares[1]:>6}"


def _records(found: "Difference") -> Iterator[str]:
    for what, n, origins in (
        ("added", found.added, found.added_origins),
        ("removed", found.removed, found.removed_origins),
    ):
        if n:
            said = ", ".join(f"{one:,} {origin}" for origin, one in origins.items() if one)
            yield f"  {n:,} {what}: {said}; such as {', '.join(found.examples[what])}"
    if found.changed:
        yield f"  {found.changed:,} with another provenance, such as {', '.join(found.examples['changed'])}"
    for one in found.moved:
        yield f"    {one.column}: {one.before or '(nothing)'} → {one.after or '(nothing)'}, {one.records:,} records"
