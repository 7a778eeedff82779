"""`holdfast data init`."""

from pathlib import Path

import click


@click.command("init")
@click.argument("store", type=click.Path(path_type=Path))
def init(store: Path) -> None:
    """Make an empty store for versions of data.

    \b
      holdfast data init corpus
    """
    from holdfast.core.text import one_line
    from holdfast.data.store import Store

    made = one_line(str(Store.create(store).folder))
    click.echo(f"made the store {made}")
    click.echo(f"Next: holdfast data add {made} FILE --origin human")
