"""`holdfast data scan`: parse, screen texts, render, leave with an exit code."""

import sys
from pathlib import Path
from typing import Any

import click

from holdfast.cli.options import FORMAT, OUT, RUNS, SEED, names


@click.command(
    context_settings={"max_content_width": 100},
    short_help="Estimate how much of a corpus is like labelled machine texts.",
)
@click.argument("data", metavar="DATA")
@click.option("--text", metavar="COLUMN", help="The column that holds the texts.  [default: the longest texts]")
@click.option("--known", multiple=True, metavar="[KIND=]FILE",
              help="Texts of known origin: human=FILE, synthetic=FILE, or a file with _origin; repeat it.")  # fmt: skip
@names("--by", metavar="COLUMN", help="Share for each value of a column.")
@click.option("--alpha", type=float, help="Share of people's texts that may be flagged.  [default: 0.05]")
@click.option("--coverage", type=float, help="Coverage of the intervals.  [default: 0.9]")
@click.option("--detector", metavar="NAME", help="What scores: together, words, characters, embedding, burstiness, "
              "compression, curvature, binoculars.  [default: together]")  # fmt: skip
@click.option("--model", type=click.Path(path_type=Path), help="Folder of your own language model (safetensors).")
@click.option("--second", type=click.Path(path_type=Path), help="A second one with the same tokenizer.")
@click.option("--attach", type=click.Path(path_type=Path), metavar="STORE",
              help="Write _screen_score and _screen_p beside the records of this store.")  # fmt: skip
@SEED
@FORMAT
@OUT
@RUNS
def scan(data: str, known: tuple[str, ...], model: Path | None, second: Path | None, attach: Path | None, form: str,
         out: Path | None, store: Path, **flags: Any) -> int:  # fmt: skip
    """Estimate how much of a corpus is like labelled machine texts, with an interval, or say why not.

    \b
      holdfast data scan corpus
      holdfast data scan new.csv --known human=2019.txt --known synthetic=ours.csv
      holdfast data scan corpus --attach corpus     scores for review, no verdicts

    In a store, records of known origin teach, and the others are asked about.

    Single records are flagged for review at a stated rate of false flags. Exit code 0 whatever the share is.
    """
    from holdfast.cli.flags import of_flags
    from holdfast.cli.output import finished
    from holdfast.cli.progress import shown
    from holdfast.core.store import RunStore
    from holdfast.data.screening.text import scan as verb
    from holdfast.data.screening.text.screening import ScreenSettings
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    settings, home = of_flags(ScreenSettings, flags), RunStore(store)
    with shown() as progress:
        found = verb.scan(data, known, settings, model=model, second=second, store=home, progress=progress,
                          command=tuple(sys.argv[1:]))  # fmt: skip
    if attach is not None:
        click.echo(f"attached to {attach}: {verb.attach(found, attach)}", err=True)
    finished(found.run, home, form, out)
    return 0
