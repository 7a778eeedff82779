"""`holdfast collapse profile`: which of the ways to fail a chain of generations shows."""

import sys
from pathlib import Path
from typing import Any

import click

from holdfast.cli.options import FORMAT, OUT, RUNS, SEED, fail_on
from holdfast.core.errors import BadInput


@click.command(
    context_settings={"max_content_width": 100}, short_help="Tell collapse, mode collapse and forgetting apart."
)
@click.argument("learnt", type=click.Path(path_type=Path), metavar="LEARNT")
@click.argument("generations", nargs=-1, type=click.Path(path_type=Path), metavar="GENERATION...")
@click.option("--real", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="Real data no model learnt from.")  # fmt: skip
@click.option("--domain", "domains", multiple=True, metavar="NAME=FILE", help="Real data of one domain; repeat it.")
@click.option("--types", metavar="UNIT", help="What is counted in texts: words, characters, items.  [default: words]")
@click.option("--column", metavar="COLUMN", help="The column that is counted, where there are several.")
@click.option("--text", metavar="COLUMN", help="The column that holds the texts.")
@click.option(
    "--tail", type=float, metavar="SHARE", help="Of the real items, whose types are the tail.  [default: 0.2]"
)
@SEED
@fail_on("warning")
@FORMAT
@OUT
@RUNS
def profile(learnt: Path, generations: tuple[Path, ...], real: Path, domains: tuple[str, ...], fail_on: str, form: str,
            out: Path | None, store: Path, **flags: Any) -> int:  # fmt: skip
    """Tell collapse, mode collapse and forgetting apart, and which step loses the tail.

    LEARNT is what the first model learnt from; each GENERATION is what a model wrote and the next one learnt from.

    \b
      holdfast collapse profile train.txt gen1.txt gen2.txt --real fresh.txt
      holdfast collapse profile a.csv gen1.csv --real b.csv --column diagnosis
      holdfast collapse profile all.txt gen1.txt --real fresh.txt \\
        --domain law=law.txt --domain news=news.txt
    """
    from holdfast.cli.flags import of_flags
    from holdfast.cli.main import CRASHED
    from holdfast.cli.output import exit_code, finished
    from holdfast.cli.progress import shown
    from holdfast.collapse.profile.verb import Asked, run_profile
    from holdfast.core.store import RunStore
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    asked = of_flags(Asked, flags)
    named: dict[str, Path] = {}
    for one in domains:
        name, equals, path = one.partition("=")
        if not equals or not name or not path:
            raise BadInput(f"--domain wants NAME=FILE, such as law=law.txt, got {one!r}")
        named[name] = Path(path)
    home = RunStore(store)
    with shown() as progress:
        record, _ = run_profile(
            asked, learnt, generations, real, domains=named, store=home, progress=progress, command=tuple(sys.argv[1:])
        )
    finished(record, home, form, out)
    return exit_code(record, fail_on, CRASHED)
