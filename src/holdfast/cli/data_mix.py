"""`holdfast data mix`: parse, mix or judge, say what was done."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.cli.main import CRASHED
from holdfast.cli.options import LANGUAGE, RUNS
from holdfast.core.errors import BadInput

if TYPE_CHECKING:
    from holdfast.data.mixing import Policy


@click.command("mix", context_settings={"max_content_width": 100})
@click.argument("policy", type=click.Path(path_type=Path), metavar="POLICY.toml")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Write the mix there (with --check: the report).  [default: the name of the policy]")  # fmt: skip
@click.option("--tag", metavar="NAME", help="Keep the mix in its store as well, under a tag.")
@click.option("--dry-run", is_flag=True, help="Show the numbers and write nothing.")
@click.option("--check", "data", metavar="DATA", help="Judge an existing training set; exit with 1 if it breaks one.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any key of the policy, such as seed=1.")
@click.option("--format", "form", default="text", metavar="FORMAT",
              help="text, json; with --check html, markdown, sarif, junit as well.")  # fmt: skip
@LANGUAGE
@RUNS
def mix(policy: Path, out: Path | None, data: str | None, assignments: tuple[str, ...], form: str, store: Path,
        *, tag: str | None, dry_run: bool) -> int:  # fmt: skip
    """Make a training set under a policy: shares, caps, and enough records by people.

    \b
      holdfast data mix diet.toml --dry-run          what would be taken
      holdfast data mix diet.toml --out training     Parquet files and _mix.json
      holdfast data mix diet.toml --check training   does a training set keep it?

    \b
    diet.toml:
      source = "corpus@head"          # a version of a store, or files
      records = 10_000
      test = "test.parquet"           # neither its records nor their children
      shares.synthetic.at_most = 0.3
      caps.generator = 0.1
      human = { minimum = "planner", rarest = 1e-3, horizon = 10 }
    """
    from holdfast.collapse.planning.for_policy import need
    from holdfast.data.mixing import mix as mixed
    from holdfast.data.mixing import read_policy, telling, write_mix

    said = read_policy(policy, assignments)
    if data is not None:
        return _check(said, data, out, form, store)
    if form not in {"text", "json"}:
        raise BadInput(f"--format {form} shows a report, and a mix has none; wanted text or json")
    from holdfast.cli.progress import shown
    from holdfast.data.mixing.tagging import store_of, tag_mix

    folder = out or Path(policy.stem)
    with shown() as progress:
        source = store_of(said.source, tag) if tag else None
        found = mixed(said, ask=need, progress=progress)
        record = None if dry_run else write_mix(found, folder, progress)
        version = tag_mix(found, tag) if tag and not dry_run else None
    if form == "json":
        click.echo(json.dumps(telling.as_json(found), indent=2) if record is None else record.model_dump_json(indent=2))
        return 0
    click.echo(telling.table(found) if record is None else telling.written(found, record, folder))
    if version is not None:
        click.echo(f"  in {source} as version {version.number}, tag {tag}: column mix_{tag} holds the weights")
    for note in telling.said(found):
        click.echo(f"  {note}")
    click.echo(f"Next: holdfast {f'data mix {policy} --out {folder}' if record is None else f'audit {folder}'}")
    return 0


def _check(policy: "Policy", data: str, out: Path | None, form: str, store: Path) -> int:
    """Judge a training set, show the run, and return the exit code."""
    from holdfast.audit.policies import judge
    from holdfast.cli.output import exit_code, finished
    from holdfast.cli.progress import shown
    from holdfast.collapse.planning.for_policy import settled
    from holdfast.core.store import RunStore
    from holdfast.data.loading import load
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    home = RunStore(store)
    with shown() as progress:
        dataset = load({"all": data}, undivided=True, progress=progress)
        run = judge(dataset, settled(policy, len(dataset)), store=home, progress=progress, command=tuple(sys.argv[1:]))
    finished(run, home, form, out)
    return exit_code(run, "error", CRASHED)
