"""`holdfast report`."""

from pathlib import Path

import click

from holdfast.cli.options import FORMAT, OUT, RUNS


@click.command()
@click.argument("run", default="latest")
@FORMAT
@OUT
@RUNS
def report(run: str, form: str, out: Path | None, store: Path) -> None:
    """Show a run again, in any format.

    RUN is an id, the beginning or end of one, a run's folder, or `latest`.

    \b
      holdfast report
      holdfast report latest --format html --out report.html
      holdfast report 20261121-0930 --format markdown
      holdfast report --lang fr                            in French
    """
    from holdfast.cli.output import REPORT, show
    from holdfast.core.store import RunStore
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    home = RunStore(store)
    path = home.find(run) / REPORT
    show(home.load(run), form, out, path if path.is_file() else None)
