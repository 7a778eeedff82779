"""`holdfast data add`."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.cli.options import LISTED
from holdfast.core.errors import BadInput

if TYPE_CHECKING:
    from holdfast.data.store import Version
    from holdfast.data.store.rules import Rules

_COLUMNS = {
    "made": "says when a record was made",
    "generator": "names the model that made a record",
    "generation": "says how many generations from people's work",
    "parents": "names the records that a record was made from",
    "id": "holds the ids that --parents-column uses",
    "verifier": "says who checked a record",
    "licence": "says under which licence a record is",
    "source": "says where a record was taken from",
}


def _rule_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where records come from; each is a field of `Rules`."""
    options = [
        click.option("--origin", metavar="ORIGIN", help="Who made all of it: human, human-verified, synthetic."),
        click.option("--evidence", metavar="HOW", help="How that is known: signed, reviewed, declared, inferred."),
        click.option("--origin-column", metavar="COLUMN", help="Says who or what made a record."),
        click.option("--origin-value", multiple=True, metavar="ORIGIN=A,B", help="Its values; repeat it."),
        click.option("--origin-folder", multiple=True, metavar="FOLDER=ORIGIN", help="By folder; repeat it."),
        click.option("--origin-source", multiple=True, metavar="FILE=ORIGIN", help="By file, such as wiki*.csv=human."),
        click.option("--human-before", metavar="DATE", help="What --made-column has from before was made by people."),
        click.option("--generator", metavar="MODEL", help="The model that made what is synthetic."),
        click.option("--generation", type=int, metavar="N", help="The generation of what is synthetic."),
        *(click.option(f"--{name}", metavar="TEXT", help=f"The {name} of all of it.")
          for name in ("verifier", "licence", "source")),
        *(click.option(f"--{name}-column", metavar="COLUMN", help=f"{what[0].upper()}{what[1:]}.")
          for name, what in _COLUMNS.items()),
        click.option("--rules", type=click.Path(path_type=Path), help="All of these from a TOML file."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command("add", context_settings={"max_content_width": 100})
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--message", "-m", default="", help="What is added, and why.")
@click.option("--label", metavar="COLUMN", help="What is predicted.")
@click.option("--role", multiple=True, metavar="COLUMN=ROLE", help="What a column is there for; repeat it.")
@click.option("--kind", multiple=True, metavar="COLUMN=KIND", help="What its values are; repeat it.")
@click.option("--amend", is_flag=True, help="Change what is known of records that are there already; needs -m.")
@_rule_options
@LISTED
def add(store: Path, files: tuple[Path, ...], message: str, amend: bool, form: str, **flags: Any) -> None:  # noqa: FBT001
    """Add the records of files or folders to a store; what is there already adds nothing.

    \b
      holdfast data add corpus essays.jsonl --origin human -m "essays of 2021"
      holdfast data add corpus answers.csv --origin synthetic --generator llama-3
      holdfast data add corpus mixed.csv --origin-column model \\
        --origin-value human=human --origin-value synthetic=gpt
      holdfast data add corpus photos/ \\
        --origin-folder real=human --origin-folder generated=synthetic
      holdfast data add corpus old.csv --made-column at --human-before 2022-12-01

    A folder, a file, a version of another store (other@v3). Of whatever no rule speaks, the origin stays unknown.
    """
    from holdfast.cli.progress import shown
    from holdfast.data.loading import load
    from holdfast.data.store import Store

    if not files:
        raise BadInput(f"nothing to add: holdfast data add {store} FILE")
    home, rules = Store.open(store), _rules(flags)
    home.writable()
    roles: dict[str, Any] = {**({flags["label"]: "label"} if flags["label"] else {}), **_pairs("role", flags["role"])}
    kinds: dict[str, Any] = _pairs("kind", flags["kind"])
    for file in files:
        with shown() as progress:
            dataset = load({"all": file}, roles=roles, kinds=kinds, undivided=True, progress=progress)
            version = home.add(dataset, message, rules=rules, amend=amend, progress=progress)
        _say(version, len(dataset), home.name, form)


def _rules(flags: Mapping[str, Any]) -> "Rules":
    """Return the rules that the file and the flags over it come to. Raises BadInput."""
    from holdfast.core.config import checked, read_toml
    from holdfast.data.store.rules import Rules

    values: dict[str, Any] = dict(read_toml(flags["rules"])) if flags["rules"] is not None else {}
    for name in Rules.model_fields:
        said = flags.get(name)
        if said is None or said == ():
            continue
        if name == "origin_value":
            values[name] = {origin: text.split(",") for origin, text in _pairs("origin-value", said).items()}
        else:
            values[name] = _pairs(name.replace("_", "-"), said) if isinstance(said, tuple) else said
    return checked(Rules, values, flags["rules"])


def _pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.rpartition("=") if option != "origin-value" else text.partition("=")
        if not equals or not name or not value:
            raise BadInput(f"--{option} wants NAME=VALUE, got {text!r}")
        found[name] = f"{found[name]},{value}" if name in found and option == "origin-value" else value
    return found


def _say(version: "Version", n_records: int, name: str, form: str) -> None:
    from holdfast.core.text import one_line
    from holdfast.data.store.version import listed

    if form == "json":
        click.echo(json.dumps({"given": n_records, **listed(version)}, indent=2))
        return
    if version.present:
        click.echo(f"{version.present:,} of {n_records:,} records were there already")
    if version.added or version.changed:
        origins = ", ".join(f"{n:,} {origin}" for origin, n in version.origins.items() if n)
        done = f"{version.added:,} added" + (f", {version.changed:,} amended" if version.changed else "")
        click.echo(f"version {version.number} ({version.short}): {done}, {version.rows:,} in all: {origins}")
    else:
        click.echo(f"nothing new: {name} is still at version {version.number} ({version.short})")
    for note in version.notes:
        click.echo(f"  {one_line(note, 300)}")
    if version.number == 1 and version.added:
        click.echo(f"Next: holdfast data show {name}")
