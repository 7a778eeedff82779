"""`holdfast collapse theories`: what is known about collapse, and where it holds."""

from pathlib import Path

import click

from holdfast.cli.options import OUT
from holdfast.core.errors import BadInput


@click.command(context_settings={"max_content_width": 100}, short_help="List the theories, and where they hold.")
@click.argument("name", required=False)
@click.option("--format", "form", default="text", type=click.Choice(["text", "markdown"]), help="How to list them.")
@OUT
def theories(name: str | None, form: str, out: Path | None) -> None:
    """List the exact and limiting statements that are drawn over simulations, or explain one.

    \b
      holdfast collapse theories
      holdfast collapse theories variance-by-descent
      holdfast collapse theories --format markdown --out docs/collapse-theories.md
    """
    from holdfast.cli.output import save
    from holdfast.collapse.statements import as_page, as_text, explained

    if name is not None and form == "markdown":
        raise BadInput("--format markdown writes the page of all theories; leave the name out")
    text = explained(name) if name is not None else as_page() if form == "markdown" else as_text()
    if out is not None:
        save(out, text.rstrip("\n") + "\n")
        return
    click.echo(text.rstrip("\n"))
