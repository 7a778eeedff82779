"""`holdfast data checkout`."""

from pathlib import Path

import click


@click.command("checkout")
@click.argument("store", type=click.Path(path_type=Path), metavar="STORE[@VERSION]")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "form", default="parquet", show_default=True, type=click.Choice(["parquet", "csv", "jsonl"]),
              help="The format of the records.")  # fmt: skip
def checkout(store: Path, folder: Path, form: str) -> None:
    """Write a version to a new folder as plain files: the records, and the images beside them.

    \b
      holdfast data checkout corpus@v1 corpus-v1/
      holdfast data checkout corpus plain/ --format jsonl
    """
    from holdfast.cli.progress import shown
    from holdfast.core.text import one_line
    from holdfast.data.store.address import located

    home, version = located(str(store))
    with shown() as progress:
        n_records = home.checkout(folder, version, form, progress=progress)
    click.echo(f"wrote {n_records:,} records of version {version.number} ({version.short}) to {one_line(str(folder))}")
