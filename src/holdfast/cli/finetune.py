"""`holdfast finetune`: read the recipe, train, render, leave with an exit code."""

import sys
from pathlib import Path
from typing import Any

import click

from holdfast.cli.main import CRASHED
from holdfast.cli.options import FORMAT, OUT, RUNS, SEED, fail_on
from holdfast.core.errors import BadInput, HoldfastError

WRONG = 2  # exit code of the caller's mistake


@click.command(context_settings={"max_content_width": 100})
@click.argument("what", nargs=-1, metavar="RECIPE.toml | MODEL DATA...")
@click.option("--label", metavar="COLUMN", help="The column to predict.")
@click.option("--group", metavar="COLUMN", help="Whose row it is (patient, author): theirs stay on one side.")
@click.option("--original", metavar="DATA", help="Data of what the model could do before, to see what it forgets.")
@click.option("--task", metavar="NAME", help="Where the data do not say it: classify-text, generate-text, "
              "classify-image, detect-objects, table.")  # fmt: skip
@click.option("--epochs", type=float, help="How often to go through the training data.  [default: 3]")
@click.option("--rate", type=float, help="Learning rate at its peak.")
@SEED
@click.option("--device", metavar="NAME", help="Where to compute: cpu, cuda, cuda:1, mps.  [default: what is there]")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE",
              help="Any key of a recipe, such as adapt=lora, batch=8, search.trials=12.")  # fmt: skip
@click.option("--resume", metavar="RUN", help="Go on with a run that was interrupted.")
@fail_on("error")
@FORMAT
@OUT
@RUNS
def finetune(what: tuple[str, ...], device: str | None, assignments: tuple[str, ...], resume: str | None, fail_on: str,
             form: str, out: Path | None, store: Path, **flags: Any) -> int:  # fmt: skip
    """Fine-tune a model with the guards on: what it gains, what it forgets, and whether simpler would do.

    \b
      holdfast finetune recipe.toml
      holdfast finetune models/encoder reviews.csv --label stars
      holdfast finetune models/encoder train.csv test.csv --label stars
      holdfast finetune models/encoder new.csv --label y --original old.csv
      holdfast finetune boosting customers.csv --label churn

    MODEL is a folder with config.json, tokenizer.json and safetensors, a name of the hub, or for tables an estimator
    of scikit-learn: boosting, forest, linear, sklearn.svm:SVC.
    """
    from holdfast.cli.output import exit_code, finished
    from holdfast.cli.progress import shown
    from holdfast.core.config import checked
    from holdfast.core.store import RunStore
    from holdfast.finetune.processes import launched, told_elsewhere
    from holdfast.finetune.recipe import Recipe
    from holdfast.finetune.verb import finetune as tuned
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    home, said = RunStore(store), {name: value for name, value in flags.items() if value is not None}
    before = None
    if device is not None:
        assignments = (*assignments, f"options.scale.device={device}")
    if resume is not None:
        if what or said or assignments:
            raise BadInput("--resume goes on with the recipe of the run; leave the others out")
        before = home.load(resume)
        if before.kind != "finetune":
            raise BadInput(
                f"run {before.id} is no fine-tuning but of kind {before.kind}; only a fine-tuning goes on here"
            )
        recipe = checked(Recipe, before.config)
    else:
        recipe = _recipe(what, said, assignments)
    try:
        with shown() as progress:
            run = tuned(recipe, store=home, progress=progress, command=tuple(sys.argv[1:]), resume=before)
    except HoldfastError:
        if told_elsewhere():  # of several processes one tells what is wrong
            return WRONG
        raise
    if launched()[0] == 0:
        finished(run, home, form, out)
    return exit_code(run, fail_on, CRASHED)


def _recipe(what: tuple[str, ...], said: dict[str, Any], assignments: tuple[str, ...]) -> Any:
    """Return the recipe of a file, or of a model and data, with flags over it. Raises BadInput."""
    from holdfast.cli.flags import as_flags
    from holdfast.core.config import checked, override
    from holdfast.finetune.recipe import Recipe, read_recipe

    if len(what) == 1 and what[0].endswith(".toml"):
        known = read_recipe(Path(what[0]), assignments).model_dump(exclude_unset=True)
        return checked(Recipe, {**known, **said}, flags=as_flags(said))
    if len(what) == 1:
        raise BadInput(f"no data given for {what[0]}. Try: holdfast finetune {what[0]} data.csv --label y")
    if len(what) not in {2, 3}:
        raise BadInput("give a recipe (recipe.toml), or a model and data: holdfast finetune MODEL DATA --label y")
    data = what[1] if len(what) == 2 else {"train": what[1], "test": what[2]}
    return checked(Recipe, override({"model": what[0], "data": data, **said}, assignments), flags=as_flags(said))
