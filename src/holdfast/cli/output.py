"""What every command that ends in a run does with it: show it, keep the report, choose the exit code."""

import sys
from contextlib import suppress
from pathlib import Path

import click

from holdfast.cli.options import refuse_unwritable, spoken
from holdfast.cli.pipes import ReaderLeft
from holdfast.core.durable import write_whole
from holdfast.core.errors import BadInput
from holdfast.core.finding import Severity
from holdfast.core.record import Run, Status
from holdfast.core.store import RunStore

REPORT = "report.html"


def finished(run: Run, home: RunStore, form: str, out: Path | None) -> None:
    """Write the HTML report beside the record, then show the run, both in the language of the call."""
    from holdfast.report.render import render

    path = home.folder / run.id / REPORT
    write_whole(path, render(run, "html", spoken()).encode("utf-8", "replace"))
    show(run, form, out, path)


def show(run: Run, form: str, out: Path | None, report: Path | None = None) -> None:
    """Write the run in a format to `out`, or to standard output. Raises BadInput when `out` cannot be written."""
    from holdfast.report.render import render

    if out is not None:
        save(out, render(run, form, spoken()))
        say(run)
        return
    with suppress(ReaderLeft):  # the run is kept, and its exit code still says what was found
        if form == "text":
            from rich.console import Console

            from holdfast.report.renderers.text import print_run

            print_run(run, Console(), report=report, language=spoken())
        else:
            sys.stdout.buffer.write(render(run, form, spoken()).encode("utf-8", "replace"))
        sys.stdout.flush()


def say(run: Run) -> None:
    """Say on standard error what came out, for whoever sent the report somewhere else."""
    from holdfast.report.build import build
    from holdfast.report.translated import translated

    verdict = translated(build(run, 0), spoken()).verdict
    click.echo("\n".join([verdict.sentence, *verdict.details[:1]]), err=True)


def save(out: Path, text: str) -> None:
    """Write text to a file, whole or not at all, and say so. Raises BadInput where it cannot be written."""
    refuse_unwritable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, text.encode("utf-8", "replace"))
    except OSError as error:
        raise BadInput(f"cannot write {out}: {error.strerror or error}") from error
    click.echo(f"wrote {out}", err=True)


def exit_code(run: Run, fail_on: str, crashed: int) -> int:
    """Return 0, 1 for findings at or above `fail_on`, or `crashed` when a check crashed."""
    if any(result.status is Status.CRASHED for result in run.results):
        return crashed
    if fail_on == "never":
        return 0
    worst = Severity(fail_on)
    return int(any(finding.severity.rank <= worst.rank for finding in run.findings))
