"""Writes the reference from the code: commands, checks, Python, settings, the record of a run.

    python docs/make_reference.py FOLDER

`docs/make_site.py` calls it; nothing that it writes is kept in the repository, so nothing can be out of date.
"""

import importlib
import inspect
import re
import sys
import typing
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from reference_markdown import cell, code, documented, fenced, fields, joined, plain, table
from reference_python import python_page

from holdfast.audit import catalogue
from holdfast.audit.definitions import HEADINGS, Check
from holdfast.audit.settings import AuditSettings
from holdfast.cli.main import holdfast
from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.regimes import Regime
from holdfast.core.record import Run
from holdfast.data.loaders import loaders
from holdfast.data.mixing.policy import Policy
from holdfast.finetune.recipe import Recipe
from holdfast.report.render import formats

EXIT_CODES = {
    0: "Nothing was found at or above `--fail-on` (or nothing was to be judged).",
    1: "Something was found at or above `--fail-on`.",
    2: "A mistake in the call or in the input: one paragraph on standard error says what, got, wanted.",
    3: "A check crashed, or Holdfast itself did: its trace is shown, and the other checks have run.",
    130: "Stopped by Ctrl-C; what was finished is kept, and `--resume` goes on.",
}
SETTINGS = (
    ("Audit", "`holdfast.toml`, under `[audit]`; `holdfast schema` prints the same as JSON Schema.", AuditSettings),
    ("Fine-tuning", "A recipe: `holdfast finetune recipe.toml`.", Recipe),
    ("An experiment over generations", "`holdfast collapse run experiment.toml`.", Experiment),
    ("A regime of your own", "Under `[regime.NAME]` of an experiment.", Regime),
    ("A policy of mixing", "`holdfast data mix policy.toml`.", Policy),
)


def pages() -> dict[str, str]:
    """Return the text of every page of the reference by its path in the site."""
    return {
        "reference/commands.md": commands_page(),
        "reference/python.md": python_page(),
        "reference/settings.md": settings_page(),
        "reference/record.md": record_page(),
        **check_pages(),
    }


# Commands


def commands_page() -> str:
    """Return the page of every command with its arguments, options and examples."""
    codes = table(("code", "means"), [(str(number), said) for number, said in EXIT_CODES.items()])
    parts = [
        "# Commands",
        (
            "`holdfast COMMAND --help` says the same in a terminal. Results go to standard output, progress to "
            "standard error."
        ),
        "## Exit codes",
        codes,
    ]
    for path, command in walk(holdfast, "holdfast"):
        parts += command_parts(path, command)
    return joined(parts)


def walk(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command below a group, with the words that call it."""
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from walk(command, f"{path} {name}")


def command_parts(path: str, command: click.Command) -> Iterator[str]:
    """Yield the parts of one command's section."""
    context = click.Context(command, info_name=path, max_content_width=200)
    yield f"{'##' if path.count(' ') == 1 else '###'} {path}"
    yield from told(command.help or "")
    if isinstance(command, click.Group):
        return
    yield f"```text\n{path} {' '.join(command.collect_usage_pieces(context))}\n```"
    records = [one.get_help_record(context) for one in command.params if isinstance(one, click.Option)]
    rows = [(f"`{names}`", cell(said)) for names, said in filter(None, records)]
    if rows:
        yield table(("option", "means"), rows)


def told(text: str) -> Iterator[str]:
    """Yield the paragraphs of a command's help; what stands below `\\b` is kept as it is."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        kept, mark, rest = paragraph.partition("\b\n")
        if mark and not kept:
            lines = inspect.cleandoc(rest).splitlines()
            typed = all(line.startswith(("holdfast", " ")) for line in lines)
            yield fenced("\n".join(lines), "bash" if typed else "text")
        else:
            yield plain(" ".join(paragraph.split()))


# Checks


def check_pages() -> dict[str, str]:
    """Return the list of all checks, and a page for each family."""
    every = catalogue.checks().values()
    parts = [
        "# Checks",
        (
            f"{len(every)} checks in families. `holdfast checks show NAME` says the same in a terminal; `--select` and "
            "`--ignore` take names of checks and of families."
        ),
    ]
    found = {}
    for family, members in groupby(every, key=lambda check: check.family):
        checks = list(members)
        page = f"reference/checks/{family}.md"
        link = page.removeprefix("reference/")
        rows = [(f"[{one.name}]({link}#{one.name})", str(one.severity), cell(one.title)) for one in checks]
        parts += [f"## {family}", table(("check", "severity", "says"), rows)]
        found[page] = joined([f"# Checks: {family}", *(part for one in checks for part in check_parts(one))])
    return {"reference/checks.md": joined(parts), **found}


def check_parts(check: Check) -> Iterator[str]:
    """Yield the parts of one check's section, from its docstring and signature."""
    yield f"## {check.name}"
    yield f"**{plain(check.title)}** Severity: {check.severity}. {reads(check)}"
    for heading in HEADINGS:
        if text := section(check.doc, heading):
            yield f"**{heading}.** {plain(text)}"
    if check.options:
        names = [f"audit.checks.{check.name}.{option.name}" for option in check.options]
        rows = [(f"`{name}`", code(option.default)) for name, option in zip(names, check.options, strict=True)]
        yield table(("option", "default"), rows)
    cases = [
        f"- {'finds' if one.at is not None else 'is silent on'}: {plain(one.doc.splitlines()[0])}"
        for one in check.cases
    ]
    if cases:
        yield "**Cases it is held to.**"
        yield "\n".join(cases)
    if check.references:
        yield "**Shown by.**"
        yield "\n".join(
            f"- [{plain(one.text)}]({one.url})" if one.url else f"- {plain(one.text)}" for one in check.references
        )


def reads(check: Check) -> str:
    """Return the sentence about what a check reads."""
    return f"Reads the facts {', '.join(f'`{name}`' for name in check.needs)}."


def section(doc: str, heading: str) -> str:
    """Return the text below one heading of a check's documentation."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", doc, re.DOTALL | re.MULTILINE)
    return found[1].strip() if found else ""


# Settings and records


def settings_page() -> str:
    """Return the page of everything that can be set in files."""
    parts = [
        "# Settings",
        (
            "Defaults, then the file, then flags, then `--set a.b=c`: the later one holds. An unknown key is refused, "
            "with the nearest one that there is. Options of single checks stand with the [checks](checks.md)."
        ),
    ]
    for title, where, model in SETTINGS:
        parts += [f"## {title}", where, fields(model)]
        parts += [part for below in nested(model) for part in (f"### {below.__name__}", *record_parts(below))]
    return joined(parts)


def record_page() -> str:
    """Return the page about what a run leaves behind, and which files are read and written."""
    reads_ = table(
        ("format", "endings"), [(one.name, ", ".join(f"`{end}`" for end in one.suffixes)) for one in loaders()]
    )
    parts = [
        "# The record of a run",
        (
            "Every command that judges something leaves a run in `.holdfast/runs/<id>/`. The folder is the truth; "
            "`index.sqlite` beside it is a list that is made again whenever it is lost."
        ),
        fenced(inspect.cleandoc(section_of_store()), "text"),
        (
            f"`holdfast report RUN --format FORMAT` writes it as {', '.join(f'`{one}`' for one in formats())}. "
            "`json` is the record itself, in the fields below; `schema` counts up when they change, and older records "
            "stay readable."
        ),
        "## Files that are read",
        reads_,
        (
            "Beside those: folders of documents and of pictures, COCO annotations, `data.yaml` of object detectors, "
            "IDX files, folders that `datasets` saved, and versions of a store (`PATH@VERSION`). "
            "Pickles are never opened."
        ),
        "## Run",
        *record_parts(Run),
    ]
    parts += [part for below in nested(Run) for part in (f"## {below.__name__}", *record_parts(below))]
    return joined(parts)


def section_of_store() -> str:
    """Return the lines about the folder of a run, from where they are kept."""
    doc = importlib.import_module("holdfast.core.store").__doc__ or ""
    return "\n".join(line for line in doc.splitlines() if line.startswith("    "))


def record_parts(model: type[BaseModel]) -> Iterator[str]:
    """Yield what a record is, and its fields."""
    yield from documented(inspect.getdoc(model) or "")
    yield fields(model)


def nested(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return the records inside a record, at any depth, in the order in which they are met."""
    found: list[type[BaseModel]] = []
    waiting: list[Any] = [field.annotation for field in model.model_fields.values()]
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, type) and not typing.get_args(kind) and issubclass(kind, BaseModel):
            if kind not in found and kind is not model:
                found.append(kind)
                waiting += [field.annotation for field in kind.model_fields.values()]
        else:
            waiting += typing.get_args(kind)
    return found


if __name__ == "__main__":
    for page_name, page_text in pages().items():
        target = Path(sys.argv[1]) / page_name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page_text, encoding="utf-8")
