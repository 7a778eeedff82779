"""`holdfast checklist`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.options import LANGUAGE, OUT, RUNS, spoken

if TYPE_CHECKING:
    from holdfast.report.checklist import Checklist


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--view", default="reforms", type=click.Choice(["reforms", "lones", "both"]), help="Which checklist.")
@click.option(
    "--answers",
    default="reforms.toml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="What people answered; written with the questions where it is missing, never changed after that.",
)
@click.option("--format", "form", default="text", metavar="FORMAT", help="text, html, json, markdown.")
@LANGUAGE
@OUT
@RUNS
def checklist(runs: tuple[str, ...], view: str, answers: Path, form: str, out: Path | None, store: Path) -> None:
    """Fill the REFORMS checklist with what runs show, and ask people for the rest.

    RUN is an id, the beginning or end of one, a run's folder, or `latest`; several runs fill one checklist.

    \b
      holdfast checklist
      holdfast checklist latest --format html --out checklist.html
      holdfast checklist 20261121-0930 20261121-1100 --view both --format markdown
    """
    from holdfast.core.store import RunStore
    from holdfast.report import checklist as lists
    from holdfast.report.checklist.render import refuse_unknown

    refuse_unknown(form)
    home = RunStore(store)
    records = [home.load(one) for one in dict.fromkeys(runs or ("latest",))]
    if lists.write_questions(answers):
        click.echo(f"wrote {answers}: the questions for people. Answer them there, then run this again.", err=True)
    views = [name for name in lists.LISTS if view in {name, "both"}]
    filled = lists.checklist(records, lists.read(answers), views=views, file=answers)
    _show(filled, form, out)


def _show(filled: "Checklist", form: str, out: Path | None) -> None:
    from holdfast.cli.output import save
    from holdfast.report.checklist import as_text, render

    if out is not None:
        save(out, render(filled, form, spoken()))
        return
    if form == "text" and sys.stdout.isatty():
        from rich.console import Console

        as_text.print_lists(filled, Console(), spoken())
        return
    sys.stdout.buffer.write(render(filled, form, spoken()).encode("utf-8", "replace"))
