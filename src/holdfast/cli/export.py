"""`holdfast export`."""

from pathlib import Path

import click

from holdfast.cli.options import RUNS


@click.command()
@click.argument("folder", default="site", type=click.Path(path_type=Path))
@click.option(
    "--data", multiple=True, type=click.Path(path_type=Path), metavar="STORE", help="A store of data to show."
)
@click.option("--answers", default="reforms.toml", show_default=True, type=click.Path(path_type=Path),
              help="What people answered to the checklist.")  # fmt: skip
@RUNS
def export(folder: Path, data: tuple[Path, ...], answers: Path, store: Path) -> None:
    """Write the pages of the dashboard as files, for CI artifacts.

    \b
      holdfast export                        into a new folder `site`
      holdfast export public --data corpus   with the versions of a store of data

    The folder is replaced as a whole if it was written here before; nothing else is ever replaced.
    """
    from holdfast.cli.progress import shown
    from holdfast.core.store import RunStore
    from holdfast.web.exporting import refuse_foreign, write_site
    from holdfast.web.site import Site

    refuse_foreign(folder)
    stores = opened(data)
    with shown() as progress:
        done = write_site(Site(RunStore(store), stores, answers), folder, progress)
    runs = f"{done.runs:,} run{'s' * (done.runs != 1)}"
    click.echo(f"wrote {done.pages:,} pages about {runs}. Open {done.folder / 'index.html'}")


def opened(data: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the folders of stores of data. Raises BadInput for one that is none."""
    from holdfast.data.store import Store

    for one in data:
        Store.open(one)
    return data
