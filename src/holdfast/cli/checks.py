"""`holdfast checks`."""

import json
import shutil
import sys
from itertools import groupby
from pathlib import Path

import click

from holdfast.cli.options import LISTED
from holdfast.core.errors import BadInput, unknown

_LINE = 160  # characters that no line of the list has, so that programs find a check a line


@click.group(invoke_without_command=True)
@click.pass_context
def checks(context: click.Context) -> None:
    """List the checks, explain one, or start a new one.

    \b
      holdfast checks list
      holdfast checks show split-overlap
    """
    if context.invoked_subcommand is None:
        context.invoke(list_checks)


@checks.command("list")
@LISTED
def list_checks(form: str = "text") -> None:
    """List every check by family.

    \b
      holdfast checks list
    """
    from holdfast.audit import catalogue

    known = catalogue.checks().values()
    if form == "json":
        rows = [{"check": c.name, "family": c.family, "title": c.title, "severity": str(c.severity)} for c in known]
        click.echo(json.dumps(rows, indent=2))
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _LINE
    paper = click.HelpFormatter(width=max(40, min(width, _LINE)))
    for family, members in groupby(known, lambda item: item.family):
        with paper.section(family):
            paper.write_dl([(item.name, item.title) for item in members], col_max=width)
    click.echo(paper.getvalue().rstrip("\n"))


@checks.command("show")
@click.argument("name")
def show_check(name: str) -> None:
    """Explain one check: what, why, how, limits, options, references.

    \b
      holdfast checks show split-overlap
    """
    from holdfast.audit import catalogue

    known = catalogue.checks()
    if name not in known:
        raise unknown("check", name, known)
    item = known[name]
    click.echo(f"{item.name} ({item.family}, {item.severity})\n\n{item.doc}\n")
    if item.options:
        click.echo("## Options")
        for option in item.options:
            click.echo(f"audit.checks.{item.name}.{option.name} = {option.default!r}")
        click.echo()
    click.echo("## Facts it reads\n" + ", ".join(item.needs) + "\n")
    click.echo("## Cases it is held to")
    for case in item.cases:
        click.echo(f"{'finds ' if case.at is not None else 'silent'}  {case.doc.partition(chr(10))[0]}")
    click.echo("\n## References")
    for reference in item.references:
        click.echo(f"{reference.text} {reference.url}".rstrip())


@checks.command("new")
@click.argument("name")
@click.option("--family", required=True, help="What it belongs to, such as leakage; the name of its folder.")
@click.option("--package", default=".", type=click.Path(path_type=Path), help="Folder that holds the families.")
def new_check(name: str, family: str, package: Path) -> None:
    """Write the skeleton of a new check: one file with its documentation and cases.

    \b
      holdfast checks new constant-label --family labels --package src/my_plugin
    """
    import re
    from importlib.resources import files

    from holdfast.audit import catalogue

    if not re.fullmatch(r"[a-z]+(-[a-z]+)+", name):
        raise BadInput(f"a check's name is words joined by hyphens, such as constant-label, got {name!r}")
    if name in catalogue.checks():
        raise BadInput(f"there is a check {name!r} already: holdfast checks show {name}")
    folder = package / family
    path = folder / f"{name.replace('-', '_')}.py"
    if path.exists():
        raise BadInput(f"{path} exists already")
    skeleton = (files("holdfast.cli") / "check_skeleton.txt").read_text("utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(skeleton.replace("{function}", name.replace("-", "_")), "utf-8")
    click.echo(f"wrote {path}")
    click.echo("Next: describe it, plant a case, make it find that; its contract is in holdfast.audit.conformance")
