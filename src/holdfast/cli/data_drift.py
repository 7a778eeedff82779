"""`holdfast data drift`: parse, compare versions or periods, render, leave with an exit code."""

import sys
from pathlib import Path
from typing import Any

import click

from holdfast.cli.main import CRASHED
from holdfast.cli.options import FORMAT, OUT, RUNS, SEED, fail_on, names


@click.command(context_settings={"max_content_width": 100}, short_help="Say what moved between versions, or over time.")
@click.argument("versions", nargs=-1, metavar="OLD NEW | STORE | DATA")
@click.option("--by", metavar="COLUMN", help="Follow one data set over time, by a column of times.")
@click.option("--every", type=click.Choice(["hour", "day", "week", "month", "quarter", "year"]), metavar="PERIOD",
              help="hour, day, week, month, quarter, year.  [default: one that makes 3 to 36]")  # fmt: skip
@click.option("--since", metavar="VERSION", help="Of a store: from this version or tag on.")
@click.option("--label", metavar="COLUMN", help="The label: its shift is told apart from that of features.")
@names("--group", metavar="COLUMN", help="Rows with the same value count as one.")
@names("--ignore", "ignore_columns", metavar="COLUMN", help="Columns to leave out.")
@click.option("--against", type=click.Choice(["before", "first"]),
              help="What each version or period is compared with.  [default: before]")  # fmt: skip
@click.option("--real", metavar="DATA", help="Real data, for the alarm over versions.  [default: the first one]")
@click.option("--model", metavar="FOLDER", help="A model of vectors for texts or images, in a local folder.")
@click.option("--min-effect", type=float, help="Effect from which a column is reported.  [default: 0.1]")
@click.option("--alpha", type=float, help="Chance of a false finding of each check.  [default: 0.001]")
@SEED
@fail_on("warning")
@FORMAT
@OUT
@RUNS
def drift(versions: tuple[str, ...], since: str | None, real: str | None, fail_on: str, form: str, out: Path | None,
          store: Path, **flags: Any) -> int:  # fmt: skip
    """Say what moved between versions of data, or over time.

    \b
      holdfast data drift old.csv new.csv          files or folders, two or more
      holdfast data drift corpus@v1 corpus@head    versions of a store
      holdfast data drift corpus --since v1        what each version added
      holdfast data drift rides.csv --by date --every month

    Rows that were there before are counted, and are no evidence of agreement.
    """
    from holdfast.audit.drifting.settings import DriftSettings
    from holdfast.cli.flags import of_flags
    from holdfast.cli.output import exit_code, finished
    from holdfast.cli.progress import shown
    from holdfast.collapse.versions.verb import drift_of
    from holdfast.core.store import RunStore
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    settings = of_flags(DriftSettings, flags)
    home = RunStore(store)
    with shown() as progress:
        command = tuple(sys.argv[1:])
        run = drift_of(versions, settings, since=since, real=real, store=home, progress=progress, command=command)
    finished(run, home, form, out)
    return exit_code(run, fail_on, CRASHED)
