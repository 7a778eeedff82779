"""`holdfast audit`: parse, call the library, render, leave with an exit code."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from holdfast.cli.main import CRASHED
from holdfast.cli.options import FORMAT, OUT, RUNS, SEED, SETTINGS, fail_on, names
from holdfast.core.errors import BadInput

if TYPE_CHECKING:
    from holdfast.audit.settings import AuditSettings
    from holdfast.core.dataset import Dataset
    from holdfast.core.progress import Progress
    from holdfast.core.record import Run
    from holdfast.core.store import RunStore

SPLITTERS = ("random", "stratified", "grouped", "ordered")


@click.command(context_settings={"max_content_width": 100})
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--split", "named", multiple=True, metavar="NAME=FILE", help="A split by name; repeat it.")
@click.option("--label", metavar="COLUMN", help="What is predicted.")
@click.option("--time", metavar="COLUMN", help="When a row was recorded.")
@names("--group", metavar="COLUMN", help="Whose row it is: patient, user, site.")
@names("--id", "identifier", metavar="COLUMN", help="Names a row and carries no meaning.")
@names("--ignore", help="Columns to leave out, or checks and families not to run.")
@names("--select", help="Run only these checks and families.")
@click.option("--split-column", metavar="COLUMN", help="Says which split a row is in.")
@click.option("--splitter", type=click.Choice(SPLITTERS), metavar="HOW",
              help="How to split one file: random, stratified, grouped, ordered.")  # fmt: skip
@click.option("--test-share", type=float, metavar="SHARE", help="Share of rows that the splitter makes test rows.")
@SEED
@click.option("--task", type=click.Choice(["auto", "classification", "regression"]), metavar="TASK",
              help="What sort of label it is: auto, classification, regression.")  # fmt: skip
@click.option("--model", metavar="MODULE:FACTORY", help="Your estimator; this runs your code.")
@click.option("--metric", metavar="NAME", help="Your metric, such as accuracy, roc_auc, r2.")
@click.option("--predictions", metavar="FILE", help="Your model's predictions for the test rows.")
@click.option("--code", multiple=True, metavar="FILE", help="A script, notebook or folder of them: parsed, never run.")
@click.option("--policy", type=click.Path(path_type=Path), metavar="FILE",
              help="Policy for what the training rows may be made of.  [default: that of a mix]")  # fmt: skip
@click.option("--honest/--no-honest", default=None, help="Whether to compute the honest score.  [default: honest]")
@fail_on(None)
@click.option("--baseline", metavar="RUN", help="Show only what this earlier run had not found.")
@FORMAT
@OUT
@SETTINGS
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any setting, such as audit.seed=1.")
@click.option("--resume", metavar="RUN", help="Go on with an audit that was interrupted.")
@RUNS
def audit(
    files: tuple[Path, ...], store: Path, resume: str | None, form: str, out: Path | None, **flags: Any
) -> int:  # fmt: skip
    """Find out why a model that looks good will fail, and how much of its score is real.

    \b
      holdfast audit data.csv --label y              split at random
      holdfast audit train.csv test.csv --label y
      holdfast audit data.csv --label y --group patient --splitter grouped
      holdfast audit data.csv --label y --model model.py:make --metric accuracy
      holdfast audit --code notebook.ipynb           code alone, or beside data

    Of lists, names stand with commas between, or the option again: --select leakage,duplicates.
    """
    from holdfast.cli.again import call_of
    from holdfast.core.store import RunStore
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    home = RunStore(store)
    if resume is None:
        return _audit(home, _Call(files, flags, tuple(sys.argv[1:])), _Output(form, out))
    _refuse_flags()
    earlier = home.load(resume)
    if earlier.status != "interrupted":
        raise BadInput(f"run {earlier.id} is {earlier.status}, not interrupted. Show it: holdfast report {earlier.id}")
    files, flags = call_of(earlier)
    return _audit(home, _Call(files, flags, earlier.command), _Output(form, out), earlier)


def _refuse_flags() -> None:
    """Raise BadInput for whatever was given beside --resume that the run's own call decides."""
    context = click.get_current_context()
    for parameter in context.command.params:
        name = str(parameter.name)
        if name in {"resume", "store", "form", "lang", "out"}:
            continue
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and context.params[name] != ():
            given = "files" if name == "files" else max(parameter.opts + parameter.secondary_opts, key=len)
            raise BadInput(f"{given} cannot be given with --resume, which takes files and settings from the run")


@dataclass(frozen=True, slots=True)
class _Call:
    files: Sequence[Path]
    flags: Mapping[str, Any]
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Output:
    form: str
    file: Path | None


def _audit(home: "RunStore", call: _Call, output: _Output, earlier: "Run | None" = None) -> int:
    from holdfast.audit.verb import audit_dataset, given_facts
    from holdfast.cli.again import refuse_changed
    from holdfast.cli.output import exit_code, finished
    from holdfast.cli.progress import shown
    from holdfast.core.store import new_id

    flags = call.flags
    settings = settings_of(flags)
    if not call.files and not flags["named"] and not flags["code"]:
        raise BadInput("no data given. Try: holdfast audit data.csv --label y, or holdfast audit --code notebook.ipynb")
    inputs = inputs_of(call.files, flags["named"]) if call.files or flags["named"] else {}
    run_id = earlier.id if earlier else new_id()
    baseline = home.load(flags["baseline"]) if flags["baseline"] else None
    try:
        with shown() as progress:
            dataset = _opened(inputs, flags["ignore"], settings, progress)
            given = given_facts(
                dataset, settings, None, None, {**_code(flags["code"]), **_origin(inputs, flags["policy"], dataset)}
            )
            if earlier is not None:
                code = given["code"].files if "code" in given else ()
                refuse_changed(earlier, settings, data=dataset.sources if dataset is not None else (), code=code)
            run = audit_dataset(
                dataset,
                settings,
                given=given,
                store=home,
                progress=progress,
                command=call.arguments,
                baseline=baseline,
                resume=earlier,
                run_id=run_id,
            )
    except KeyboardInterrupt:
        if (home.folder / run_id / "run.json").is_file():
            click.echo(f"holdfast: what is done is kept. Go on with: holdfast audit --resume {run_id}", err=True)
        raise
    finished(run, home, output.form, output.file)
    return exit_code(run, settings.fail_on, CRASHED)


def _opened(
    inputs: Mapping[str, Path], ignored: Sequence[str], settings: "AuditSettings", progress: "Progress"
) -> "Dataset | None":
    from holdfast.audit.verb import open_data

    if not inputs:
        return None
    dataset = open_data(inputs, settings, progress)
    _refuse_ambiguous(ignored, dataset)
    return dataset


def _code(paths: Sequence[str]) -> dict[str, Any]:
    from holdfast.audit.code import read_code

    return {"code": read_code(paths)} if paths else {}


def _origin(inputs: Mapping[str, Path], policy: Path | None, dataset: "Dataset | None") -> dict[str, Any]:
    """Return what there is about the origin of records beside the data: a policy, versions of a store."""
    from holdfast.audit.policies import beside

    found = beside(inputs)
    if policy is not None:
        from holdfast.collapse.planning.for_policy import settled
        from holdfast.data.mixing.policy import read_policy

        found["policy"] = settled(read_policy(policy), len(dataset) if dataset is not None else None)
    return found


def settings_of(flags: Mapping[str, Any]) -> "AuditSettings":
    """Return the settings that flags, file and defaults come to. Raises BadInput."""
    from holdfast.cli.settings import audit_settings, sorted_ignores

    names = ("label", "time", "group", "select", "split_column", "splitter", "test_share", "seed", "task", "model")
    said = {name: flags[name] for name in (*names, "metric", "predictions", "fail_on")}
    said["id"] = flags["identifier"]
    said["ignore"], said["ignore_columns"] = sorted_ignores(flags["ignore"])
    assignments = list(flags["assignments"])
    if flags["honest"] is not None:
        assignments.append(f"audit.honest.enabled={str(flags['honest']).lower()}")
    return audit_settings(flags["config"], said, assignments)


def inputs_of(files: Sequence[Path], named: Sequence[str]) -> dict[str, Path]:
    """Return the files by split; `all` is one that is not split. Raises BadInput."""
    inputs: dict[str, Path] = {}
    for text in named:
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise BadInput(f"--split wants NAME=FILE, such as test=b.csv, got {text!r}")
        if name in inputs:
            raise BadInput(f"--split names {name!r} twice; one split is one file or one folder of parts")
        inputs[name] = Path(path)
    if files and inputs:
        raise BadInput("give either files or --split NAME=FILE, not both")
    code = next((file for file in files if file.suffix in {".py", ".ipynb"}), None)
    if code is not None:
        raise BadInput(f"{code} is code, not data. Try: holdfast audit --code {code}")
    if len(files) > 2:
        raise BadInput(f"got {len(files)} files, wanted one, or a training and a test file. More: --split NAME=FILE")
    if not files and not inputs:
        raise BadInput("no data given: name a file, or a training and a test file, such as data.csv --label y")
    return inputs or dict(zip(("train", "test") if len(files) == 2 else ("all",), files, strict=True))


def _refuse_ambiguous(ignored: Sequence[str], dataset: "Dataset") -> None:
    from holdfast.cli.settings import sorted_ignores

    for name in sorted_ignores(ignored)[0]:
        if name in ignored and name in dataset.table.column_names:
            raise BadInput(f"--ignore {name} is a column and a check or family. Say column:{name} or check:{name}.")
