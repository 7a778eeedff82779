"""Options that many commands share, written once, so that they mean the same everywhere."""

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from holdfast.core.errors import BadInput

BY_NAME = {  # the format of a report, by the end of the file's name, where --format says nothing
    ".sarif.json": "sarif",
    ".sarif": "sarif",
    ".json": "json",
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".xml": "junit",
}

ENGLISH = "en"
_SPOKEN = "holdfast.language"  # where a call keeps the language of what people read


def _spoken(context: click.Context, parameter: click.Parameter, language: str | None) -> None:  # noqa: ARG001
    """Keep the language of reports: that of the flag, else `lang` of the settings file, else English.

    Raises BadInput for one that is not there, before any work is done.
    """
    if language is None:
        from holdfast.core.config import FILE_NAME

        path = context.params.get("config") or Path(FILE_NAME)
        language = _set_in(path) if path.is_file() else ENGLISH
    if language != ENGLISH:
        from holdfast.report.languages import refuse_unknown

        refuse_unknown(language)
    context.meta[_SPOKEN] = language


def _set_in(path: Path) -> str:
    from holdfast.core.config import read_toml
    from holdfast.report.languages import refuse_unknown

    language = read_toml(path).get("lang", ENGLISH)
    if not isinstance(language, str):
        raise BadInput(f'{path}: lang wants the name of a language, such as "fr", got {language!r}')
    refuse_unknown(language, str(path))
    return language


def spoken() -> str:
    """Return the language that this call's reports are written in."""
    context = click.get_current_context(silent=True)
    return str(context.meta.get(_SPOKEN, ENGLISH)) if context else ENGLISH


def _writable(context: click.Context, parameter: click.Parameter, out: Path | None) -> Path | None:  # noqa: ARG001
    """Return a file that can be written, and take the format from its name. Raises BadInput, before any work is done.

    Options that were given are processed before those that were not, so that the format is still open here.
    """
    if out is not None:
        refuse_unwritable(out)
        named = next((form for end, form in BY_NAME.items() if out.name.lower().endswith(end)), None)
        choice = next((one for one in context.command.params if "--format" in one.opts), None)
        if named is not None and choice is not None:
            context.default_map = {**(context.default_map or {}), str(choice.name): named}
    return out


def refuse_unwritable(out: Path) -> None:
    """Raise BadInput for a file that cannot be written: a folder, below a file, or without permission."""
    if out.is_dir():
        raise BadInput(f"{out} is a folder; name a file in it, such as {out / 'report.html'}")
    above = next(one for one in (out, *out.absolute().parents) if one.exists())
    if above != out and not above.is_dir():
        raise BadInput(f"cannot write {out}: {above} is a file, not a folder")
    if not os.access(above, os.W_OK):
        raise BadInput(f"cannot write {out}: no permission to write to {above}")


def _apart(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    try:
        lines = list(csv.reader(given, skipinitialspace=True))
    except csv.Error as error:
        raise click.BadParameter(f"{error}", context, parameter) from error
    return tuple(one.strip() for line in lines for one in line if one.strip())


def names(*flags: str, metavar: str = "NAME", **settings: Any) -> Callable[[Any], Any]:
    """Return an option for several names: with commas between, or the option again.

    A name with a comma in it stands in double quotes, as in CSV.
    """
    return click.option(*flags, multiple=True, metavar=f"{metavar},…", callback=_apart, **settings)


def _from_zero(context: click.Context, parameter: click.Parameter, seed: int | None) -> int | None:
    if seed is not None and seed < 0:
        raise click.BadParameter(f"wanted 0 or more, got {seed}", context, parameter)
    return seed


RUNS = click.option(
    "--runs", "store", default=".holdfast", show_default=True, metavar="FOLDER", type=click.Path(path_type=Path),
    help="Folder of runs.",
)  # fmt: skip
LISTED = click.option(
    "--format", "form", default="text", type=click.Choice(["text", "json"]), help="For people, or for machines."
)
LANGUAGE = click.option(
    "--lang", metavar="LANGUAGE", callback=_spoken, expose_value=False,
    help="Language of what people read: en, fr.  [default: `lang` of holdfast.toml, else en]",
)  # fmt: skip
OUT = click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), callback=_writable,
    help="Write there instead of to standard output.",
)  # fmt: skip
SEED = click.option(
    "--seed", type=int, metavar="N", callback=_from_zero, help="Seed of everything random.  [default: 0]"
)
SETTINGS = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Settings file.  [default: holdfast.toml, if there]",
)


def FORMAT(command: Any) -> Any:  # noqa: N802 a decorator among those that stand in capitals
    """Add the format of a report, and the language that goes with it."""
    return click.option(
        "--format", "form", default="text", metavar="FORMAT",
        help="text, html, json, markdown, sarif, junit, card.  [default: what --out is named, else text]",
    )(LANGUAGE(command))  # fmt: skip


def fail_on(default: str | None) -> Callable[[Any], Any]:
    """Return the option that says from which severity on the exit code is 1; None leaves that to the settings."""
    said = default or "that of the settings, else error"
    return click.option(
        "--fail-on", type=click.Choice(["error", "warning", "note", "never"]), metavar="SEVERITY", default=default,
        help=f"Exit with 1 from here on: error, warning, note, never.  [default: {said}]",
    )  # fmt: skip
