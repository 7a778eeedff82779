"""Options that many commands share, written once, so that they mean the same everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

STORE = click.option(
    "--store", default=".holdfast", show_default=True, type=click.Path(path_type=Path), help="Folder of runs."
)
FORMAT = click.option(
    "--format", "form", default="text", metavar="FORMAT", help="text, html, json, markdown, sarif, junit, card."
)
LISTED = click.option(
    "--format", "form", default="text", type=click.Choice(["text", "json"]), help="For people, or for machines."
)


def _spoken(context: click.Context, parameter: click.Parameter, language: str) -> str:  # noqa: ARG001 click's order
    """Return a language that reports are written in. Raises BadInput for another one, before any work is done."""
    if language != "en":
        from holdfast.report.languages import refuse_unknown

        refuse_unknown(language)
    return language


LANGUAGE = click.option(
    "--lang", default="en", show_default=True, metavar="LANGUAGE", callback=_spoken,
    help="Language of what people read: en, fr.",
)  # fmt: skip
OUT = click.option("--out", type=click.Path(path_type=Path), help="Write there instead of to standard output.")


def fail_on(default: str | None) -> Callable[[Any], Any]:
    """Return the option that says from which severity on the exit code is 1; None leaves that to the settings."""
    return click.option(
        "--fail-on", type=click.Choice(["error", "warning", "note", "never"]), default=default,
        show_default=default is not None, help="Exit with 1 from here on.",
    )  # fmt: skip
