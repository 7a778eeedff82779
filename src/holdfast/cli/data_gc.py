"""`holdfast data gc`."""

import json
from pathlib import Path

import click

from holdfast.cli.options import LISTED


@click.command("gc")
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Keep tagged and the last N.  [default: all]")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--compact", is_flag=True, help="First write small files together, as a version with the same content.")
@click.option("--wait", default=10.0, show_default=True, metavar="SECONDS", help="For those who read or write.")
@LISTED
def gc(store: Path, keep: int | None, compact: bool, dry_run: bool, wait: float, form: str) -> None:  # noqa: FBT001 flags
    """Remove what no version needs: leftovers of writers that were killed, and with --keep old versions.

    \b
      holdfast data gc corpus
      holdfast data gc corpus --keep 10 --dry-run
      holdfast data gc corpus --compact          after many small additions

    Tagged versions stay; the log goes on listing those that went.
    """
    from holdfast.data.store import Store

    home = Store.open(store)
    if compact and not dry_run:
        home.compact()
    done = home.gc(keep, dry=dry_run, patience=wait)
    numbers = [version.number for version in done.versions]
    if form == "json":
        click.echo(
            json.dumps({"versions": numbers, "files": done.files, "bytes": done.bytes, "dry_run": dry_run}, indent=2)
        )
        return
    what = f"{len(done.files):,} file{'s' * (len(done.files) != 1)}, {done.bytes / 1e6:,.1f} MB"
    which = f", of version{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}" if numbers else ""
    click.echo(
        f"{'would remove' if dry_run else 'removed'} {what}{which}" if done.files or numbers else "nothing to remove"
    )
