"""`holdfast collapse watch`: parse, look at the generations, render, leave with an exit code."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.cli.main import CRASHED
from holdfast.cli.options import FORMAT, OUT, RUNS, SEED, fail_on, names
from holdfast.core.errors import BadInput

if TYPE_CHECKING:
    from holdfast.core.store import RunStore


@click.command(context_settings={"max_content_width": 100}, short_help="Raise an alarm when tails are lost.")
@click.argument("sets", nargs=-1, type=click.Path(path_type=Path), metavar="FOLDER | RUN | SETS...")
@click.option(
    "--real",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The real data.  [default: `real`, else the first set]",
)
@click.option(
    "--controls", metavar="FOLDER", type=click.Path(path_type=Path), help="Samples of models fitted on real data."
)
@click.option("--text", metavar="COLUMN", help="The column that holds the documents.")
@click.option("--alpha", type=float, help="Chance of a false alarm, over all generations.  [default: 0.05]")
@click.option("--budget", type=float, help="Share of a tail whose loss is tolerated.  [default: 0.1]")
@click.option("--planned", type=int, help="Generations to share real documents out among.  [default: 25]")
@click.option("--endless", is_flag=True, default=None, help="A stream without an end: alpha is per generation.")
@names("--metrics", help="Measures, or `all`.  [default: the usual ones]")
@SEED
@fail_on("warning")
@FORMAT
@OUT
@RUNS
def watch(sets: tuple[Path, ...], real: Path | None, controls: Path | None, fail_on: str, form: str, out: Path | None,
          store: Path, **flags: Any) -> int:  # fmt: skip
    """Raise an alarm when generations lose the tails of real data or drift away, and at no more than chance.

    \b
      holdfast collapse watch samples/               real, gen1, gen2 … in it
      holdfast collapse watch real.csv gen1.csv gen2.csv
      holdfast collapse watch gens/ --real corpus.txt
      holdfast collapse watch latest                 a run of the laboratory

    Each set is a file (CSV, Parquet, JSONL, .npy; .txt: a document a line) or a folder of documents or pictures.

    Exit code 1 is the alarm.
    """
    from holdfast.cli.flags import of_flags
    from holdfast.cli.output import exit_code, finished
    from holdfast.cli.progress import shown
    from holdfast.collapse.watching.runs import watch_run
    from holdfast.collapse.watching.sets import WatchSettings, watch_paths
    from holdfast.core.store import RunStore
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    if not sets:
        raise BadInput("nothing to watch: give a folder of sample sets, several sets, or a run of the laboratory")
    settings, home = of_flags(WatchSettings, flags), RunStore(store)
    command = tuple(sys.argv[1:])
    with shown() as progress:
        if len(sets) == 1 and not sets[0].exists() and real is None:
            run = watch_run(_known(str(sets[0]), home), home, settings, progress=progress, command=command)
        else:
            run = watch_paths(
                sets, settings, real=real, controls=_inside(controls), store=home, progress=progress, command=command
            )
    finished(run, home, form, out)
    return exit_code(run, fail_on, CRASHED)


def _known(wanted: str, home: "RunStore") -> str:
    """Return the name of a run. Raises BadInput where there is neither a run nor a file of this name."""
    try:
        home.find(wanted)
    except BadInput as error:
        raise BadInput(f"there is no file or folder {wanted}, and {error}") from error
    return wanted


def _inside(folder: Path | None) -> tuple[Path, ...]:
    """Return the sample sets of a folder of controls. Raises BadInput."""
    if folder is None:
        return ()
    if not folder.is_dir():
        raise BadInput(f"--controls wants a folder with a file or sub-folder for each control, got {folder}")
    return tuple(sorted(one for one in folder.iterdir() if not one.name.startswith((".", "_"))))
