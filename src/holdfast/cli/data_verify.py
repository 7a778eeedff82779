"""`holdfast data verify`."""

from pathlib import Path

import click

from holdfast.cli.options import LISTED


@click.command("verify")
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--records", is_flag=True, help="Name every record anew by its content as well.")
@LISTED
def verify(store: Path, records: bool, form: str) -> int:  # noqa: FBT001 a flag, as click hands it over
    """Read every file of a store, and name those that are missing, torn or changed, with their versions.

    \b
      holdfast data verify corpus

    Exit code 1 if something is damaged.
    """
    from holdfast.cli.progress import shown
    from holdfast.core.text import one_line
    from holdfast.data.store import Store

    with shown() as progress:
        found = Store.open(store).verify(records=records, progress=progress)
    if form == "json":
        click.echo(found.model_dump_json(indent=2))
        return int(bool(found.faults))
    for fault in found.faults:
        versions = ", ".join(str(one) for one in fault.versions)
        which = f"version{'s' if len(fault.versions) > 1 else ''} {versions}" if versions else "no version that is kept"
        click.echo(one_line(f"{fault.what}: {fault.path}: {fault.says}; touches {which}", 500))
    what = (
        f"{found.versions:,} version{'s' * (found.versions != 1)}, {found.files:,} files with "
        f"{found.bytes / 1e6:,.1f} MB, {found.images:,} image{'s' * (found.images != 1)}"
    )
    click.echo(f"{what}: {f'{len(found.faults)} damaged' if found.faults else 'all as they were written'}")
    return int(bool(found.faults))
