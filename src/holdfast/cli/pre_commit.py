"""The hook `holdfast-code` of pre-commit: the files that are committed, parsed; a line for each leak. Keeps no run."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.main import CRASHED, main
from holdfast.cli.options import SETTINGS, names

if TYPE_CHECKING:
    from holdfast.core.finding import Finding


@click.command("holdfast-code", context_settings={"max_content_width": 100})
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    help="Exit with 1 from here on.  [default: warning]",
)
@names("--ignore", help="Checks and families not to run.")
@names("--select", help="Run only these checks and families.")
@SETTINGS
def code(files: tuple[Path, ...], fail_on: str | None, ignore: tuple[str, ...], select: tuple[str, ...],
         config: Path | None) -> int:  # fmt: skip
    """Name the lines of scripts and notebooks where test data leak into training. Nothing is run."""
    from holdfast.audit.verb import audit
    from holdfast.cli.output import exit_code
    from holdfast.cli.settings import audit_settings, sorted_ignores
    from holdfast.core.text import one_line

    if not files:
        return 0
    checks, columns = sorted_ignores(ignore)
    said = {"fail_on": fail_on, "select": select, "ignore": checks, "ignore_columns": columns}
    settings = audit_settings(config, said, ())
    # Most leaks in code are warnings, as nobody knows how much they cost; pre-commit shows nothing of what passes.
    limit = settings.fail_on if "fail_on" in settings.model_fields_set else "warning"
    run = audit(code=files, settings=settings)
    for finding in run.findings:
        for line in _lines(finding):
            click.echo(one_line(line))
    for result in run.results:
        if result.trace:
            click.echo(one_line(f"{result.check} crashed: {result.reason}"), err=True)
    return exit_code(run, limit, CRASHED)


def _lines(finding: "Finding") -> Iterator[str]:
    """Yield a finding as compilers write them, place by place, then what to do."""
    for place in finding.locations:
        cell = f", cell {place.cell}" if place.cell is not None else ""
        where = f"{place.file or 'code'}:{place.line or 1}{cell}"
        yield f"{where}: {finding.severity.value} {finding.check}: {finding.message}"
    if finding.fix:
        yield f"    fix: {finding.fix}"


if __name__ == "__main__":
    main(code)
