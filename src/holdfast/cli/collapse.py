"""`holdfast collapse`: run an experiment over generations, plan, watch."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from holdfast.cli.collapse_plan import forecast, plan
from holdfast.cli.collapse_profile import profile
from holdfast.cli.collapse_theories import theories
from holdfast.cli.collapse_watch import watch
from holdfast.cli.options import FORMAT, OUT, RUNS, SEED, names
from holdfast.core.errors import BadInput

SUFFIX = ".toml"


@click.group(context_settings={"max_content_width": 100})
def collapse() -> None:
    """See generations of models collapse, or not; be told how much real data keeps them safe.

    \b
      holdfast collapse run gaussian --samples 100     see it happen
      holdfast collapse plan --keep-variance 0.95      how many real items do
      holdfast collapse watch generations/             is it happening to yours?
    """


collapse.add_command(plan)
collapse.add_command(watch)
collapse.add_command(forecast)
collapse.add_command(profile)
collapse.add_command(theories)


@collapse.command(
    context_settings={"max_content_width": 100}, short_help="Run learners through generations, beside exact theory."
)
@click.argument("what", required=False, metavar="[EXPERIMENT.toml | LEARNER]")
@click.option("--samples", type=int, help="Items a generation learns from.  [default: 100]")
@click.option("--generations", type=int, help="How many models are fitted, each after the other.  [default: 50]")
@click.option("--replicates", type=int, help="How often the whole history is run.  [default: 1000]")
@names("--regimes", help="Or `all`.  [default: replace,accumulate,fresh-real]")
@names("--measures", help="What is measured.  [default: all that suit]")
@SEED
@click.option(
    "--vary",
    multiple=True,
    metavar="KEY=A,B",
    help="Run with each of several values, such as samples=100,1000 or options.start=fresh,warm.",
)
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any setting, such as options.sd=2.")
@click.option("--resume", metavar="RUN", help="Go on with a run that was interrupted.")
@FORMAT
@OUT
@RUNS
def run(what: str | None, assignments: tuple[str, ...], resume: str | None, form: str, out: Path | None, store: Path,
        **flags: Any) -> int:  # fmt: skip
    """Run an experiment: learners through generations, in several regimes, beside exact theory.

    \b
      holdfast collapse run gaussian --samples 100 --generations 200
      holdfast collapse run gaussian --regimes all --replicates 10000
      holdfast collapse run transformer --set options.file=book.txt
      holdfast collapse run mine:Model --vary options.start=fresh,warm
      holdfast collapse run experiment.toml

    A learner of your own is MODULE:NAME, from the current folder or installed: something that makes an object with
    fit(samples) and sample(n). This imports and runs your code. Options go to the call that makes the object.
    """
    from holdfast.cli.flags import as_flags
    from holdfast.cli.output import finished
    from holdfast.cli.progress import shown
    from holdfast.collapse.lab.experiment import Experiment, read_experiment
    from holdfast.collapse.lab.verb import run_experiment
    from holdfast.core.config import checked, override
    from holdfast.core.store import RunStore, new_id
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    home = RunStore(store)
    said = _said(flags)
    before, run_id = None, new_id()
    if resume is not None:
        if what or said or assignments:
            raise BadInput("--resume goes on with the settings of the run; leave the others out")
        before = home.load(resume)
        if before.kind != "collapse" or "replicates" not in Experiment.model_fields:
            raise BadInput(f"run {before.id} is a {before.kind} run; only a collapse run is resumed here")
        if before.status == "finished":
            raise BadInput(f"run {before.id} is finished, not interrupted. Show it: holdfast report {before.id}")
        experiment = checked(Experiment, before.config)
    elif what is not None and what.endswith(SUFFIX):
        experiment = read_experiment(Path(what), said, assignments)
    else:
        experiment = checked(
            Experiment, override({**({"learner": what} if what else {}), **said}, assignments), flags=as_flags(said)
        )
    try:
        with shown() as progress:
            record, _ = run_experiment(
                experiment, store=home, progress=progress, command=tuple(sys.argv[1:]), resumed=before, run_id=run_id
            )
    except KeyboardInterrupt:
        run_id = before.id if before is not None else run_id
        kept = f"; what is done is kept. Go on with: holdfast collapse run --resume {run_id}"
        click.echo(f"holdfast: stopped{kept if (home.folder / run_id / 'run.json').is_file() else ''}", err=True)
        sys.stdout.flush()
        os._exit(130)  # Python would wait for threads in the middle of a generation, which may take minutes
    finished(record, home, form, out)
    return 0


def _said(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the flags that were given."""
    said = {name: value for name, value in flags.items() if value not in (None, ()) and name != "vary"}
    if flags.get("vary"):
        said["vary"] = dict(_varied(one) for one in flags["vary"])
    return said


def _varied(said: str) -> tuple[str, list[Any]]:
    """Return the setting and the values of `key=a,b`; each is read as in --set."""
    from holdfast.core.config import override

    key, equals, values = said.partition("=")
    if not equals or not key.strip() or not all(one.strip() for one in values.split(",")):
        raise BadInput(f"--vary wants key=value,value, such as options.start=fresh,warm, got {said!r}")
    return key.strip(), [override({}, (f"value={one}",))["value"] for one in values.split(",")]
