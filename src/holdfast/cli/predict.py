"""`holdfast predict`: a tuned model on new data."""

from pathlib import Path
from typing import Any

import click

from holdfast.cli.options import RUNS, SEED, names
from holdfast.core.errors import BadInput


@click.command(context_settings={"max_content_width": 100})
@click.argument("run", metavar="RUN")
@click.argument("data", type=click.Path(path_type=Path), metavar="DATA")
@names("--keep", metavar="COLUMN", help="Columns of the data to write before the answers.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE",
              help="Write there: .csv, .jsonl or .parquet.  [default: CSV to standard output]")  # fmt: skip
@click.option("--tokens", type=int, help="Of models that write: tokens of a text at most.  [default: 128]")
@click.option("--temperature", type=float, help="0: always the likeliest token; 1: drawn as the model has it.  "
              "[default: 0]")  # fmt: skip
@click.option("--top-p", type=float, help="Drawn from the likeliest tokens that have this share.  [default: 1]")
@SEED
@click.option("--batch", type=int, help="Texts written at once.  [default: 16]")
@click.option("--least", type=float, help="Of detectors: score of a box at least.  [default: 0.25]")
@click.option("--device", metavar="NAME", default="auto",
              help="Where to compute: cpu, cuda, cuda:1, mps.  [default: what is there]")  # fmt: skip
@RUNS
def predict(run: str, data: Path, keep: tuple[str, ...], out: Path | None, device: str, store: Path,
            **options: Any) -> None:  # fmt: skip
    """Answer new data by the model of a fine-tuning, row for row.

    \b
      holdfast predict latest new.csv --out predictions.csv
      holdfast predict 4f1c new.parquet --keep id --out predictions.parquet
      holdfast predict latest pictures/ --out predictions.csv
      holdfast predict latest prompts.jsonl --keep prompt --out answers.jsonl

    Classes come with a probability each. Boxes come one a line, as class, score, centre, width and height, shares of
    the picture. `holdfast compare` takes the file as it is. Texts come with their origin:
    whoever loads them later sees that a model wrote them.
    """
    from holdfast.cli.progress import shown
    from holdfast.core.store import RunStore
    from holdfast.finetune.predicting import predictions
    from holdfast.finetune.writing import shape_of, written

    shape = shape_of(out)
    if out is not None and (out.exists() or out.is_symlink()):
        raise BadInput(f"{out} is there already; name a new file")
    home = RunStore(store)
    with shown() as progress:
        asked = {name: value for name, value in options.items() if value is not None}
        found = predictions(
            home.load(run), home.find(run), data, keep=keep, options=asked, device=device, progress=progress
        )
        rows = written(found.blocks, out, shape)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    if out is not None:
        click.echo(f"wrote {out}: {rows:,} rows", err=True)
