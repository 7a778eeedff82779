"""`holdfast probe`: parse, run the experiments in a child process, render, leave with an exit code."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.cli.audit import SPLITTERS, inputs_of
from holdfast.cli.main import CRASHED
from holdfast.cli.options import LANGUAGE, OUT, RUNS, SEED, SETTINGS, fail_on, names
from holdfast.core.errors import BadInput

if TYPE_CHECKING:
    from holdfast.audit.settings import AuditSettings

FORMS = ("fit_predict", "estimator", "features", "split")


@click.command(context_settings={"max_content_width": 100})
@click.argument("code", metavar="FILE.py:FUNCTION")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="DATA...")
@click.option("--form", type=click.Choice(FORMS), metavar="FORM",
              help="What the code is, if it does not say so: fit_predict, estimator, features, split.")  # fmt: skip
@click.option("--split", "named", multiple=True, metavar="NAME=FILE", help="A split by name; repeat it.")
@click.option("--label", metavar="COLUMN", help="What is predicted.")
@click.option("--time", metavar="COLUMN", help="When a row was recorded.")
@names("--group", metavar="COLUMN", help="Whose row it is; left as it is.")
@names("--id", "identifier", metavar="COLUMN", help="Names a row; left as it is.")
@names("--ignore", help="Columns to leave out, or probes not to run.")
@names("--select", help="Run only these probes.")
@click.option("--split-column", metavar="COLUMN", help="Says which split a row is in.")
@click.option("--splitter", type=click.Choice(SPLITTERS), metavar="HOW",
              help="How to split one file: random, stratified, grouped, ordered.")  # fmt: skip
@click.option("--test-share", type=float, metavar="SHARE", help="Share of rows that the splitter makes test rows.")
@SEED
@click.option("--timeout", type=click.FloatRange(min=0.1), default=120.0, show_default=True, help="Seconds for a call.")
@click.option("--budget", type=click.FloatRange(min=1.0), default=900.0, show_default=True, help="Seconds for all.")
@click.option("--memory", default="4G", show_default=True, metavar="SIZE", help="Memory for a call, such as 500M.")
@click.option("--rows", default=10_000, show_default=True, type=click.IntRange(min=20), help="Most rows to hand over.")
@fail_on(None)
@click.option(
    "--format",
    "form_out",
    default="text",
    metavar="FORMAT",
    help="text, html, json, markdown, sarif, junit.  [default: what --out is named, else text]",
)
@LANGUAGE
@OUT
@SETTINGS
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any setting, such as audit.seed=1.")
@RUNS
def probe(code: str, files: tuple[Path, ...], form: str | None, form_out: str, out: Path | None, store: Path,
          **flags: Any) -> int:  # fmt: skip
    """Prove by experiment whether test rows, the future or unknown labels reach your model.

    Runs your code, in a child process with limits, on data in which some rows were changed, and looks at what moves.

    \b
      holdfast probe pipeline.py:fit_predict train.csv test.csv --label y
      holdfast probe pipeline.py:make_model data.csv --label y
      holdfast probe features.py:add_features series.csv --time date
      holdfast probe prepare.py:split data.csv --label y --form split

    It takes fit_predict(train, test) -> predictions; an estimator, or a function that makes one; features(frame) ->
    frame; split(frame) -> (train, test).
    """
    from holdfast.audit.probe.process import Limits, in_child, missing_pandas
    from holdfast.audit.probe.verb import probe as run_probe
    from holdfast.audit.verb import open_data
    from holdfast.cli.output import exit_code, finished
    from holdfast.cli.progress import shown
    from holdfast.core.store import RunStore
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form_out)
    if ":" not in code:
        raise BadInput(f"wanted the code to probe as file.py:function, got {code!r}")
    if missing_pandas():
        raise BadInput("the code gets its rows as pandas frames, and pandas is not installed. Try: pip install pandas")
    settings = _settings(flags)
    limits = Limits(flags["timeout"], size_of(flags["memory"]))
    inputs = inputs_of(files, flags["named"])
    home = RunStore(store)
    with shown() as progress:
        dataset = open_data(inputs, settings, progress)
        with in_child(code, form, limits) as pipeline:  # type: ignore[arg-type]  # click has looked
            run = run_probe(
                pipeline,
                dataset,
                settings,
                seconds=flags["budget"],
                most_rows=flags["rows"],
                store=home,
                progress=progress,
                command=tuple(sys.argv[1:]),
            )
    finished(run, home, form_out, out)
    return exit_code(run, settings.fail_on, CRASHED)


def size_of(text: str) -> int:
    """Return bytes for a size such as `500M` or `4G`. Raises BadInput."""
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    said = text.strip().upper().removesuffix("IB").removesuffix("B")
    number, unit = (said[:-1], units[said[-1]]) if said[-1:] in units else (said, 1)
    try:
        size = int(float(number) * unit)
    except ValueError:
        size = 0
    if size < 1 << 26:
        raise BadInput(f"--memory wants a size of at least 64M, such as 500M or 4G, got {text!r}")
    return size


def _settings(flags: dict[str, Any]) -> "AuditSettings":
    from holdfast.cli.settings import audit_settings, sorted_ignores

    names = ("label", "time", "group", "select", "split_column", "splitter", "test_share", "seed", "fail_on")
    said = {name: flags[name] for name in names}
    said["id"] = flags["identifier"]
    said["ignore"], said["ignore_columns"] = sorted_ignores(flags["ignore"])
    return audit_settings(flags["config"], said, list(flags["assignments"]))
