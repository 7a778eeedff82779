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
        for one in home.log():
            for each in one.tags:
                click.echo(
                    f"{each}  version {one.number}  {one.short}  {one.time:%Y-%m-%d %H:%M}  {one.rows:,} records"
                )
        return
    if delete:
        if move:
            raise BadInput("a tag is either moved or deleted")
        home.untag(name)
        click.echo(f"the tag {name} is gone; its version stays")
        return
    tagged = home.tag(name, str(version.number), move=move)
    click.echo(f"{name} is version {tagged.number} ({tagged.short}) of {home.name}: {tagged.rows:,} records")
