"""`holdfast data add`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from holdfast.data.store import Version


@click.command("add", context_settings={"max_content_width": 100})
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--message", "-m", default="", help="What was added, and why.")
@click.option("--label", metavar="COLUMN", help="What is predicted.")
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]), help="How to say what was done.")
def add(store: Path, file: Path, message: str, label: str | None, form: str) -> None:
    """Add the records of a file or folder to a store; what is there already adds nothing.

    \b
      holdfast data add corpus essays.jsonl -m "essays of 2021"
    """
    from holdfast.cli.progress import shown
    from holdfast.data.loading import load
    from holdfast.data.store import Store

    home = Store.open(store)
    with shown() as progress:
        dataset = load({"all": file}, roles={label: "label"} if label else None, undivided=True, progress=progress)
        version = home.add(dataset, message, progress=progress)
    _say(version, len(dataset), home.name, form)


def _say(version: "Version", n_records: int, name: str, form: str) -> None:
    from holdfast.data.store.version import listed

    if form == "json":
        said: dict[str, Any] = {"given": n_records, **listed(version)}
        click.echo(json.dumps(said, indent=2))
        return
    if version.present:
        click.echo(f"{version.present:,} of {n_records:,} were there already")
    if not version.added:
        click.echo(f"nothing new: {name} is still at version {version.number} ({version.short})")
        return
    origins = ", ".join(f"{n:,} {origin}" for origin, n in version.origins.items() if n)
    click.echo(
        f"version {version.number} ({version.short}): {version.added:,} added, {version.rows:,} in all: {origins}"
    )
