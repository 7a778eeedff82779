"""`holdfast data duplicates`: parse, look for copies, render."""

import sys
from pathlib import Path
from typing import Any

import click

from holdfast.cli.options import FORMAT, RUNS


@click.command(context_settings={"max_content_width": 100}, short_help="Find equal and nearly equal records.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--text", metavar="COLUMN", help="The column of texts.  [default: the one with most to read]")
@click.option("--threshold", type=float, help="Share of runs of words that near-copies share.  [default: 0.8]")
@click.option("--words", type=int, metavar="N", help="Words of a run.  [default: 3]")
@click.option(
    "--engine", type=click.Choice(["embedded", "spark"]), help="DuckDB here, or a cluster.  [default: embedded]"
)
@click.option("--master", metavar="URL", help="Which cluster Spark uses.  [default: local[*]]")
@click.option("--memory", type=int, metavar="MB", help="What joins of the embedded engine may hold.  [default: 1024]")
@click.option("--work", type=click.Path(path_type=Path), help="Keep checkpoints here; the same call goes on with them.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the pairs there, as Parquet.")
@FORMAT
@RUNS
def duplicates(
    paths: tuple[Path, ...], form: str, out: Path | None, work: Path | None, store: Path, **flags: Any
) -> None:
    """Find records that are copies of others: equal, the same words, or nearly the same.

    \b
      holdfast data duplicates corpus.parquet
      holdfast data duplicates train.csv test.csv    within and between files
      holdfast data duplicates shards/ --out pairs.parquet
      holdfast data duplicates shards/ --engine spark --work /shared/w
    """
    from holdfast.cli.flags import of_flags
    from holdfast.cli.output import finished
    from holdfast.cli.progress import shown
    from holdfast.core.store import RunStore
    from holdfast.data.bulk.settings import DuplicateSettings
    from holdfast.data.bulk.verb import duplicates as find
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    settings = of_flags(DuplicateSettings, flags)
    home = RunStore(store)
    with shown() as progress:
        run = find(paths, settings, out=out, work=work, store=home, progress=progress, command=sys.argv[1:])
    finished(run, home, form, None)
    if out is not None:
        click.echo(f"wrote {out}", err=True)
