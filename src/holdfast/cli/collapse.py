"""`holdfast collapse`: run an experiment over generations, plan, watch."""

import sys
from pathlib import Path
from typing import Any

import click

from holdfast.cli.audit import STORE
from holdfast.cli.collapse_plan import forecast, plan
from holdfast.cli.collapse_watch import watch
from holdfast.core.errors import BadInput

SUFFIX = ".toml"


@click.group(context_settings={"max_content_width": 100})
def collapse() -> None:
    """See generations of models collapse, or not; be told how much real data keeps them safe."""


collapse.add_command(plan)
collapse.add_command(watch)
collapse.add_command(forecast)


@collapse.command(context_settings={"max_content_width": 100})
@click.argument("what", required=False, metavar="[EXPERIMENT.toml | LEARNER]")
@click.option("--samples", type=int, help="Items a generation learns from.  [default: 100]")
@click.option("--generations", type=int, help="How many models are fitted, each after the other.  [default: 50]")
@click.option("--replicates", type=int, help="How often the whole history is run.  [default: 1000]")
@click.option("--regimes", help="Names with commas between, or `all`.  [default: replace,accumulate,fresh-real]")
@click.option("--measures", help="Names with commas between.  [default: all that suit]")
@click.option("--seed", type=int, help="Seed of everything random.  [default: 0]")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any setting, such as options.sd=2.")
@click.option("--resume", metavar="RUN", help="Go on with a run that was interrupted.")
@click.option("--format", "form", default="text", metavar="FORMAT", help="text, html, json, markdown.")
@click.option("--out", type=click.Path(path_type=Path), help="Write there instead of to standard output.")
@STORE
def run(what: str | None, assignments: tuple[str, ...], resume: str | None, form: str, out: Path | None, store: Path,
        **flags: Any) -> int:  # fmt: skip
    """Run an experiment: learners through generations, in several regimes, beside exact theory.

    \b
      holdfast collapse run gaussian --samples 100 --generations 200 --regimes all --replicates 10000
      holdfast collapse run experiment.toml
    """
    from holdfast.cli.output import finished
    from holdfast.cli.progress import shown
    from holdfast.collapse.experiment import Experiment, read_experiment
    from holdfast.collapse.verb import run_experiment
    from holdfast.core.config import checked, override
    from holdfast.core.store import RunStore
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    home = RunStore(store)
    said = _said(flags)
    before = None
    if resume is not None:
        if what or said or assignments:
            raise BadInput("--resume goes on with the settings of the run; leave the others out")
        before = home.load(resume)
        if before.kind != "collapse" or "replicates" not in Experiment.model_fields:
            raise BadInput(f"run {before.id} is a {before.kind} run; only a collapse run is resumed here")
        experiment = checked(Experiment, before.config)
    elif what is not None and what.endswith(SUFFIX):
        experiment = read_experiment(Path(what), said, assignments)
    else:
        experiment = checked(Experiment, override({**({"learner": what} if what else {}), **said}, assignments))
    with shown() as progress:
        record, _ = run_experiment(
            experiment, store=home, progress=progress, command=tuple(sys.argv[1:]), resumed=before
        )
    finished(record, home, form, out)
    return 0


def _said(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the flags that were given, lists taken apart."""
    said = {name: value for name, value in flags.items() if value is not None}
    for name in ("regimes", "measures"):
        if name in said:
            said[name] = tuple(one.strip() for one in said[name].split(",") if one.strip())
    return said
