"""`holdfast audit`."""

from pathlib import Path

import click

from holdfast.core.errors import BadInput


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--label", help="column to be predicted")
@click.option("--format", "form", default="text", help="text, json, …")
def audit(files: tuple[Path, ...], label: str | None, form: str) -> int:
    """Audit a table: one file, or a training and a test file."""
    from holdfast.audit.audit import audit_dataset
    from holdfast.audit.settings import AuditSettings
    from holdfast.core.finding import Severity
    from holdfast.core.store import RunStore
    from holdfast.data.loading import load
    from holdfast.report.render import render

    if len(files) > 2:
        raise BadInput(f"got {len(files)} files, wanted one, or a training and a test file")
    names = ("train", "test") if len(files) == 2 else ("all",)
    dataset = load(dict(zip(names, files, strict=True)), roles={label: "label"} if label else {})
    run = audit_dataset(dataset, AuditSettings(label=label), store=RunStore())
    click.echo(render(run, form), nl=False)
    return 1 if run.count(Severity.ERROR) else 0
