"""`holdfast data export`: data into the forms that other tools read, with where they come from beside them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.options import RUNS
from holdfast.core.errors import BadInput

if TYPE_CHECKING:
    from holdfast.core.dataset import Dataset


@click.command(context_settings={"max_content_width": 100}, short_help="Write data for other tools.")
@click.argument("data", nargs=-1, type=click.Path(path_type=Path), metavar="STORE[@VERSION] | DATA...")
@click.option("--out", "to", metavar="FOLDER", required=True, type=click.Path(path_type=Path), help="A new folder.")
@click.option("--format", "form", required=True, metavar="FORMAT",
              help="folders, parquet, jsonl, csv, huggingface, ultralytics, croissant.")  # fmt: skip
@click.option("--label", metavar="COLUMN", help="The column that holds the label.")
@click.option("--rows-a-file", type=click.IntRange(min=1), metavar="N", help="Rows of one file of Parquet or Arrow.")
@click.option("--guard-formulas", is_flag=True, help="CSV: put an apostrophe before cells that spreadsheets run.")
@click.option("--run", metavar="RUN", help="An audit of these data; Croissant: its findings are known limitations.")
@RUNS
def export(
    data: tuple[Path, ...], to: Path, form: str, label: str | None, rows_a_file: int | None, run: str | None,
    store: Path, *, guard_formulas: bool,
) -> None:  # fmt: skip
    """Write data into a new folder, with PROVENANCE.md and provenance.json: who made the records, and what is unknown.

    \b
      holdfast data export corpus@v3 --out out --format parquet
      holdfast data export pictures/ --out out --format huggingface
    """
    from holdfast.cli.progress import shown
    from holdfast.data.exporting import export as exported
    from holdfast.data.exporting.form import Options, form_named
    from holdfast.data.limits import PASSING_BYTES
    from holdfast.data.standing import load_standing, version_of

    form_named(form)
    with shown() as progress:
        dataset = load_standing(data, label=label, in_memory=PASSING_BYTES, progress=progress)
        known = _known(run, store, dataset) if run is not None else ()
        options = Options(rows_a_file=rows_a_file, guard_formulas=guard_formulas, known=known)
        address = " ".join(str(one) for one in data)
        done = exported(
            dataset, to, form, options=options, address=address, version=version_of(data), progress=progress
        )
    click.echo(f"wrote {done.provenance.says} to {to}")
    for note in done.notes:
        click.echo(f"  {note}")
    click.echo(f"Next: holdfast audit {done.place}")


def _known(wanted: str, store: Path, dataset: "Dataset") -> tuple[str, ...]:
    """Return what a run found. Raises BadInput for a run that looked at other data."""
    from holdfast.core.store import RunStore

    run = RunStore(store).load(wanted)
    looked, given = {one.digest for one in run.inputs}, {one.digest for one in dataset.sources}
    if not given & looked:
        raise BadInput(f"run {run.id} looked at other data than {dataset.name}; audit these first, or name their run")
    return tuple(one.message.rstrip(".") for one in run.findings)
