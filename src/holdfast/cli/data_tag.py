"""`holdfast data tag`."""

from pathlib import Path

import click

from holdfast.core.errors import BadInput


@click.command("tag")
@click.argument("store", type=click.Path(path_type=Path), metavar="STORE[@VERSION]")
@click.argument("name", required=False)
@click.option("--move", is_flag=True, help="Take the tag from the version that has it.")
@click.option("--delete", is_flag=True, help="Take the tag away; the version stays.")
def tag(store: Path, name: str | None, move: bool, delete: bool) -> None:  # noqa: FBT001 flags, as click has them
    """Name a version; a version with a tag is never removed by gc.

    \b
      holdfast data tag corpus paper             the last version
      holdfast data tag corpus@head~2 draft
      holdfast data tag corpus paper --delete
      holdfast data tag corpus                   list the tags
    """
    from holdfast.data.store.address import located

    home, version = located(str(store))
    if name is None:
        tagged = [(each, one) for one in home.log() for each in one.tags]
        for each, one in tagged:
            click.echo(f"{each}  version {one.number}  {one.short}  {one.time:%Y-%m-%d %H:%M}  {one.rows:,} records")
        if not tagged:
            click.echo(f"{home.name} has no tags. Name a version: holdfast data tag {home.name} NAME")
        return
    if delete:
        if move:
            raise BadInput("a tag is either moved or deleted")
        home.untag(name)
        click.echo(f"the tag {name} is gone; its version stays")
        return
    named = home.tag(name, str(version.number), move=move)
    click.echo(f"{name} is version {named.number} ({named.short}) of {home.name}: {named.rows:,} records")
