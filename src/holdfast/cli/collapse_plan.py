"""`holdfast collapse plan` and `holdfast collapse forecast`: parse, call, render."""

import sys
from pathlib import Path
from typing import Any

import click

from holdfast.cli.options import FORMAT, OUT, RUNS, SEED


@click.command(context_settings={"max_content_width": 100}, short_help="How many real items each generation needs.")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[WISHES.toml]")
@click.option("--keep-variance", type=float, metavar="SHARE", help="Share of the variance that must be kept.")
@click.option("--rarest", type=float, metavar="P", help="Probability of the rarest type that must not vanish.")
@click.option("--chance", type=float, help="Chance that a type as rare as that is there.  [default: 0.99]")
@click.option("--risk", type=float, help="Squared error of a fitted quantity, in variances of one item.")
@click.option("--distance", type=float, help="Expected squared distance W₂² of a normal distribution, in variances.")
@click.option("--shrink", type=float, metavar="SHARE", help="Share of its deviation that a normal may lose.")
@click.option("--shrink-chance", type=float, help="Chance that it loses more than that.  [default: 0.05]")
@click.option("--sharpening", type=float, metavar="A", help="Items are drawn with density to this power.  [default: 1]")
@click.option("--temperature", type=float, help="The same as a temperature, 1/A.")
@click.option("--parameters", type=int, help="Fitted quantities that share the items.  [default: 1]")
@click.option("--effective", type=float, help="Independent items that one item is worth.  [default: 1]")
@click.option("--horizon", type=int, metavar="N", help="Generations it must hold for.  [default: for ever]")
@click.option("--synthetic", type=int, help="Synthetic items a generation.  [default: whatever their number]")
@click.option(
    "--verified", type=float, metavar="SHARE", help="Share of these that was made as good as real.  [default: 0]"
)
@click.option("--real-at-most", type=int, metavar="N", help="Real items a generation that there are.")
@click.option("--growth", type=float, metavar="D", help="The growing schedule has M₀ t^(1 + D) items.  [default: 0.5]")
@click.option("--real-cost", type=float, metavar="COST", help="Cost of a real item; asks for the cheapest mix.")
@click.option("--verified-cost", type=float, metavar="COST", help="Cost of a synthetic item that was verified.")
@click.option("--synthetic-cost", type=float, metavar="COST", help="Cost of a synthetic item.  [default: 0.001]")
@click.option("--verifier", type=float, metavar="SHARE", help="Share of verified items as good as real.  [default: 1]")
@click.option("--items", type=int, metavar="N", help="Least items a generation that the cheapest mix must have.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any setting, such as horizon=20.")
@FORMAT
@OUT
@RUNS
def plan(file: Path | None, temperature: float | None, assignments: tuple[str, ...], form: str, out: Path | None,
         store: Path, **flags: Any) -> int:  # fmt: skip
    """Say what must hold; be told how many real items each generation needs, and what else would do.

    \b
      holdfast collapse plan --keep-variance 0.95 --rarest 1e-4
      holdfast collapse plan --rarest 1e-5 --synthetic 1000000 --horizon 20
      holdfast collapse plan --distance 0.02 --temperature 0.8
      holdfast collapse plan --rarest 1e-4 --real-cost 1 --verified-cost 0.2
    """
    from holdfast.cli.flags import as_flags
    from holdfast.cli.output import finished
    from holdfast.collapse.planning.verb import run_plan
    from holdfast.collapse.planning.wishes import Wishes
    from holdfast.core.config import checked, override, read_toml
    from holdfast.core.errors import BadInput
    from holdfast.core.store import RunStore
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    said = {name: value for name, value in flags.items() if value is not None}
    if temperature is not None:
        if "sharpening" in said:
            raise BadInput("--temperature and --sharpening say the same thing twice; give one of them")
        if not temperature > 0:
            raise BadInput(f"--temperature must be above 0, got {temperature:g}; 1 draws from the model as it is")
        said["sharpening"] = 1 / temperature
    values = override({**(read_toml(file) if file is not None else {}), **said}, assignments)
    wishes = checked(Wishes, values, file, flags=as_flags(said))
    home = RunStore(store)
    record, _ = run_plan(wishes, store=home, command=tuple(sys.argv[1:]))
    finished(record, home, form, out)
    return 0


@click.command(context_settings={"max_content_width": 100}, short_help="From one generation, what many will leave.")
@click.argument("real", type=click.Path(path_type=Path), metavar="REAL")
@click.argument("replicates", nargs=-1, type=click.Path(path_type=Path), metavar="REPLICATE...")
@click.option("--generations", type=int, metavar="N", help="How far to look ahead.  [default: 10]")
@click.option("--regime", metavar="NAME", help="What later generations will learn from.  [default: replace]")
@click.option("--types", metavar="UNIT", help="What is counted in texts: words, characters, items.  [default: words]")
@click.option("--column", metavar="COLUMN", help="The column that is counted, where there are several.")
@click.option("--text", metavar="COLUMN", help="The column that holds the texts.")
@click.option("--suspect", type=click.Path(path_type=Path), metavar="FILE", help="How much of it did the models write?")
@click.option("--holdout", type=click.Path(path_type=Path), metavar="FILE", help="Real data no model learnt from.")
@SEED
@FORMAT
@OUT
@RUNS
def forecast(real: Path, replicates: tuple[Path, ...], suspect: Path | None, holdout: Path | None,
             form: str, out: Path | None, store: Path, **flags: Any) -> int:  # fmt: skip
    """Tell from replicates of one generation what will be left after many.

    REAL is what the models learnt from; each REPLICATE is what one of at least four models wrote that all learnt from
    it, with different luck.

    \b
      holdfast collapse forecast real.txt gen1-*.txt --generations 20
      holdfast collapse forecast real.csv gen1-*.csv --column diagnosis
      holdfast collapse forecast real.txt gen1-*.txt --suspect corpus.txt
    """
    from holdfast.cli.flags import of_flags
    from holdfast.cli.output import finished
    from holdfast.cli.progress import shown
    from holdfast.collapse.forecasting.verb import Asked, run_forecast
    from holdfast.core.store import RunStore
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    asked = of_flags(Asked, flags)
    home = RunStore(store)
    with shown() as progress:
        record, _ = run_forecast(
            asked,
            real,
            replicates,
            suspect=suspect,
            holdout=holdout,
            store=home,
            progress=progress,
            command=tuple(sys.argv[1:]),
        )
    finished(record, home, form, out)
    return 0
