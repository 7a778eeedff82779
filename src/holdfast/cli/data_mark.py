"""`holdfast data mark`: keys, and marks and tags read and written; parse, call the library, render."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from holdfast.cli.main import CRASHED
from holdfast.cli.options import FORMAT, OUT, RUNS, SEED, fail_on

_Command = TypeVar("_Command", bound=Callable[..., Any])
_SCHEME = (
    click.option("--scheme", help="green (lists) or synthid (tournament).  [default: green]"),
    click.option("--gamma", type=float, help="green: share that is green by chance.  [default: 0.25]"),
    click.option("--context", type=int, help="Tokens that choose.  [default: 2 for green, 4 for synthid]"),
    click.option("--seeding", help="green: how they choose: left, min or self.  [default: left]"),
    click.option("--depth", type=int, help="synthid: layers.  [default: 30]"),
    click.option("--tokens", metavar="UNIT", help="words, bytes, or a tokenizer.json.  [default: words]"),
)


@click.group(context_settings={"max_content_width": 100}, short_help="Read and write marks in texts, tags of files.")
def mark() -> None:
    """Read and write marks in texts (with a key) and tags of files.

    \b
      holdfast data mark key my.key
      holdfast data mark write prompts.jsonl --model gpt/ --key-file my.key \\
        --out marked.jsonl
      holdfast data mark detect texts.jsonl --key-file my.key
      holdfast data mark detect pictures/          what files say of their origin
      holdfast data mark tag pictures/ --generator "sdxl 1.0" --out tagged/
    """


@mark.command(short_help="Make a key for marks.")
@click.argument("file", type=click.Path(path_type=Path))
def key(file: Path) -> None:
    """Write a key of 32 random bytes to FILE, which only you can read; records name it by a short hash.

    \b
      holdfast data mark key my.key
    """
    from holdfast.data.screening.watermarks.keys import new_key

    made = new_key(file)
    click.echo(f"made the key {made.id} in {file}. Keep it: without it no mark can be read, with it any can be forged.")
    click.echo(f"Next: holdfast data mark write PROMPTS --model FOLDER --key-file {file} --out marked.jsonl")


def _scheme(command: _Command) -> _Command:
    """Add the options that a writer and a reader share."""
    for option in reversed(_SCHEME):
        command = option(command)
    return command


@mark.command(short_help="Find marks in texts, and tags in files.")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--key-file", type=click.Path(path_type=Path), metavar="FILE", help="The key of the mark.")
@click.option("--text", metavar="COLUMN", help="The column that holds the texts.")
@_scheme
@click.option("--unweighted", is_flag=True, help="synthid: all layers count the same.")
@click.option("--windows", is_flag=True, default=None, help="Look for marked passages in longer texts too.")
@click.option("--alpha", type=float, help="Chance of a false alarm over all texts.  [default: 0.01]")
@click.option("--origin", default="_origin", metavar="COLUMN", show_default=True, help="Says human or synthetic.")
@click.option("--trust", type=click.Path(path_type=Path), metavar="PEM", help="Certificates that you trust to sign.")
@click.option("--save", type=click.Path(path_type=Path), help="Origins of records, as a new .parquet or .csv file.")
@fail_on("warning")
@FORMAT
@OUT
@RUNS
def detect(
    data: Path, key_file: Path | None, text: str | None, unweighted: bool, origin: str, trust: Path | None,  # noqa: FBT001
    save: Path | None, fail_on: str, form: str, out: Path | None, store: Path, **flags: Any,
) -> int:  # fmt: skip
    """Say what files say of their own origin, and find the mark of a key in texts.

    \b
      holdfast data mark detect pictures/
      holdfast data mark detect texts.jsonl --key-file my.key

    Tags: EXIF, XMP, texts in PNG, signed manifests (C2PA), front matter, columns of generators. Marks: say what the
    writer said (scheme, gamma, context, seeding, depth, tokens); what was written without the key gives a false alarm
    with chance ALPHA. Pictures of unknown origin are screened by those whose origin is known. Exit code 1: a mark was
    found, or a tag contradicts what is recorded.
    """
    from holdfast.cli.flags import of_flags
    from holdfast.cli.output import exit_code, finished
    from holdfast.cli.progress import shown
    from holdfast.core.store import RunStore
    from holdfast.data.loading import load
    from holdfast.data.screening.marks import find_marks
    from holdfast.data.screening.tags.manifests import certificates
    from holdfast.data.screening.watermarks.keys import read_key
    from holdfast.data.screening.watermarks.settings import MarkSettings
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    settings, home = of_flags(MarkSettings, {**flags, "weighted": not unweighted}), RunStore(store)
    secret = read_key(key_file) if key_file else None
    trusted = certificates(trust) if trust else ""
    with shown() as progress:
        dataset = load({"all": data}, kinds={text: "text"} if text else None, progress=progress)
        run = find_marks(
            dataset, secret, settings, column=text, trust=trusted, origin=origin, save=save, store=home,
            progress=progress, command=tuple(sys.argv[1:]),
        )  # fmt: skip
    finished(run, home, form, out)
    return exit_code(run, fail_on, CRASHED)


@mark.command(short_help="Go on with texts by your own model, marked.")
@click.argument("prompts", type=click.Path(path_type=Path))
@click.option("--model", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="Your causal model.")
@click.option("--key-file", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The key of the mark.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new JSONL file.")
@click.option("--text", metavar="COLUMN", help="The column that holds the prompts.")
@click.option("--scheme", help="green (lists) or synthid (tournament).  [default: green]")
@click.option("--gamma", type=float, help="green: share that is green by chance.  [default: 0.25]")
@click.option("--delta", type=float, help="green: lead in logits: larger is easier to find.  [default: 2]")
@click.option("--context", type=int, help="Tokens that choose.  [default: 2 for green, 4 for synthid]")
@click.option("--seeding", help="green: how they choose: left, min or self.  [default: left]")
@click.option("--depth", type=int, help="synthid: layers.  [default: 30]")
@click.option("--length", type=int, help="Tokens to write for each text.  [default: 200]")
@click.option("--temperature", type=float, help="Of drawing.  [default: 1]")
@SEED
def write(prompts: Path, model: Path, key_file: Path, out: Path, text: str | None, **flags: Any) -> None:
    """Go on with each text of PROMPTS by your own model, and leave the mark of a key in what it writes.

    \b
      holdfast data mark write prompts.jsonl --model gpt/ --key-file my.key \\
        --out marked.jsonl

    The new records say that they are synthetic and by which model. A text that is there cannot be marked afterwards.
    """
    from holdfast.cli.flags import of_flags
    from holdfast.cli.progress import shown
    from holdfast.data.loading import load
    from holdfast.data.screening.marks import text_column
    from holdfast.data.screening.watermarks.keys import read_key
    from holdfast.data.screening.watermarks.settings import MarkSettings
    from holdfast.data.screening.watermarks.writing import Manner, continued, save_marked

    said = {name: value for name, value in flags.items() if value is not None}
    how = of_flags(Manner, {name: said.pop(name) for name in ("length", "temperature", "seed") if name in said})
    settings, secret = of_flags(MarkSettings, said), read_key(key_file)
    with shown() as progress:
        dataset = load({"all": prompts}, kinds={text: "text"} if text else None, progress=progress)
        texts = [one or "" for one in dataset.values(text_column(dataset, text)).to_pylist()]
        written = continued(texts, model, settings.made(), secret, how, progress)
        n = save_marked(out, texts, written, model.resolve().name)
    same = " ".join(f"--{name} {value}" for name, value in said.items() if name != "delta")
    click.echo(f"wrote {n:,} texts with the mark of key {secret.id} to {out}")
    click.echo(
        f"Next: holdfast data mark detect {out} --text text --key-file {key_file} "
        f"--tokens {model / 'tokenizer.json'} {same}".rstrip()
    )


@mark.command(short_help="Copy files with tags of their origin.")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="A new folder.")
@click.option("--origin", type=click.Choice(["synthetic", "human"]), default="synthetic", show_default=True,
              metavar="ORIGIN", help="synthetic or human.")  # fmt: skip
@click.option("--generator", default="", metavar="NAME", help="The model that made them, with its version.")
@click.option("--source-type", "kind", default="", metavar="NAME",
              help="IPTC name.  [default: trainedAlgorithmicMedia or digitalCapture]")  # fmt: skip
def tag(source: Path, out: Path, origin: Any, generator: str, kind: str) -> None:
    """Copy pictures and texts of SOURCE into a new folder, with tags that say who or what made them.

    \b
      holdfast data mark tag pictures/ --generator "sdxl 1.0" --out tagged/

    PNG, JPEG, WebP: XMP DigitalSourceType, EXIF or a text; the bytes of the pixels stay. Texts: front matter; JSONL:
    columns of provenance.
    """
    from holdfast.cli.progress import shown
    from holdfast.core.errors import BadInput
    from holdfast.data.screening.tags.files import tag_files

    with shown() as progress:
        done = tag_files(source, out, origin, generator, kind, progress)
    reasons = "; ".join(f"{n:,}: {reason}" for reason, n in done.left_out[:6])
    if not done.written:
        raise BadInput(f"no file of {source} could be tagged ({reasons})")
    left = f"; left out {sum(n for _, n in done.left_out):,} ({reasons})" if done.left_out else ""
    click.echo(f"wrote {done.written:,} files with tags to {out}{left}")
    click.echo(f"Next: holdfast data mark detect {out}")
