"""`holdfast collapse theories`: what is known about collapse, and where it holds."""

import json
import shutil
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.options import OUT
from holdfast.core.errors import BadInput

if TYPE_CHECKING:
    from holdfast.collapse.statements import Statement

_WIDEST = 100  # characters that are still read well


@click.command(context_settings={"max_content_width": 100}, short_help="List the theories, and where they hold.")
@click.argument("name", required=False)
@click.option(
    "--format", "form", default="text", type=click.Choice(["text", "json", "markdown"]), help="How to list them."
)
@OUT
def theories(name: str | None, form: str, out: Path | None) -> None:
    """List the exact and limiting statements that are drawn over simulations, or explain one.

    \b
      holdfast collapse theories
      holdfast collapse theories variance-by-descent
      holdfast collapse theories --format markdown --out docs/collapse-theories.md
    """
    from holdfast.cli.output import save
    from holdfast.collapse.statements import as_page, stated, statements

    if name is not None and form == "markdown":
        raise BadInput("--format markdown writes the page of all theories; leave the name out")
    if form == "markdown":
        text = as_page()
    elif form == "json":
        found = stated(name).record() if name is not None else [one.record() for one in statements()]
        text = json.dumps(found, indent=2)
    else:
        text = _explained(stated(name)) if name is not None else _listed(statements())
    if out is not None:
        save(out, text.rstrip("\n") + "\n")
        return
    click.echo(text.rstrip("\n"))


def _paper() -> click.HelpFormatter:
    return click.HelpFormatter(width=min(max(40, shutil.get_terminal_size().columns), _WIDEST))


def _listed(found: "tuple[Statement, ...]") -> str:
    """Return all theories as a list, by learner."""
    paper = _paper()
    for learner, mine in groupby(found, key=lambda one: one.learner):
        with paper.section(learner):
            paper.write_dl([(one.theory.name, one.theory.title) for one in mine], col_max=paper.width // 2)
    paper.write_paragraph()
    paper.write("All about one of them: holdfast collapse theories NAME")
    return paper.getvalue().lstrip("\n")


def _explained(one: "Statement") -> str:
    """Return all about one theory."""
    theory, paper = one.theory, _paper()
    rows = [
        ("about", f"{one.about}, of {' or '.join(one.learners)}"),
        ("formula", theory.formula),
        ("assumes", theory.assumes),
        ("kind", "exact" if theory.exact else "a limit or first-order law: drawn, not counted"),
        ("speaks in", ", ".join(one.regimes) or "no regime that was tried"),
        ("source", theory.source),
        *([("", theory.url)] if theory.url else []),
    ]
    paper.write(f"{theory.name}\n")
    with paper.indentation():
        paper.write_text(theory.title)
        paper.write_paragraph()
        paper.write_dl(rows)
    rest = theory.doc.partition("\n")[2].strip()
    if rest:
        paper.write_paragraph()
        paper.write_text(rest)
    return paper.getvalue()
