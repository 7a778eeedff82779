"""`holdfast data review`: choose records, review them, tell what came of it, take it over into the data."""

import sys
from pathlib import Path
from typing import Any

import click

from holdfast.cli.options import FORMAT, OUT, RUNS, names

DEFAULT = "records"  # the command that is meant where none is named
_WIDE = {"max_content_width": 100}


class ReviewGroup(click.Group):
    """A group whose first word is data, unless it is a command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command before arguments that name none."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


@click.group(cls=ReviewGroup, context_settings=_WIDE)
def review() -> None:
    """Have people look at records; estimate from what they saw.

    \b
      holdfast data review corpus --sample 200    draw records, review them here
      holdfast data review corpus                 go on with it
      holdfast data review report QUEUE           rates, and how reviewers agree
      holdfast data review apply QUEUE corpus     take decisions into the store
      holdfast data review DATA --help            how records are chosen and shown
    """


QUEUE = click.option("--queue", type=click.Path(path_type=Path), help="Folder of the queue.  [default: in .holdfast]")
REVIEWER = click.option("--reviewer", metavar="NAME", help="Who decides.  [default: your user name]")


@review.command(DEFAULT, hidden=True, short_help="Review records.")
@click.argument("data", nargs=-1, type=click.Path(path_type=Path))
@QUEUE
@REVIEWER
@click.option("--sample", type=int, metavar="N", help="Draw N records at random, for estimates.")
@click.option("--by", metavar="COLUMN", help="Draw from each value of this column by itself.")
@click.option("--equal", is_flag=True, help="With --by: as many from each, not in proportion.")
@click.option("--by-size", "size", metavar="COLUMN", help="Draw with a chance in proportion to this column.")
@click.option("--uncertain", metavar="COLUMN", help="Records whose score is nearest to one half.")
@click.option("--run", metavar="RUN", help="Records that a run's findings name: an id, or `latest`.")
@names("--check", "checks", help="With --run: only findings of these checks.")
@click.option("--most", type=int, metavar="N", help="Uncertain and flagged records, at most.  [default: 200]")
@names("--ask", metavar="QUESTION", help="label, origin, fit.")
@click.option("--label", metavar="COLUMN", help="The column that holds the label.")
@click.option("--score", metavar="COLUMN", help="A detector's scores, for sharper estimates.")
@click.option("--reviewers", type=int, metavar="N", help="How many people judge each record.  [default: 1]")
@click.option("--seed", type=int, help="Seed of the draw.  [default: 0]")
@click.option("--round", "round_", type=int, default=1, show_default=True, help="Judge records anew in round 2, 3 …")
@click.option("--open", "opened", is_flag=True, help="Show labels and scores, which bends judgement.")
@click.option("--adjudicate", is_flag=True, help="Only records that reviewers disagree about; your word is final.")
@click.option("--decide", type=click.Path(path_type=Path), help="Take decisions from a table, all or none.")
@RUNS
def records(
    data: tuple[Path, ...], store: Path, queue: Path | None, reviewer: str | None, decide: Path | None, **said: Any
) -> None:
    """Review records, one at a time: text is wrapped, pictures are shown where the terminal can.

    \b
      holdfast data review corpus --sample 200
      holdfast data review t.csv --run latest --check label-errors

    Labels and scores are hidden, and the order is random. Every decision is on the disk before the next record comes.
    """
    from holdfast.cli.review_desk import decided_from, opened_queue, sat, told, user

    who, how = reviewer or user(), {name: said.pop(name) for name in ("round_", "opened", "adjudicate")}
    held, dataset = opened_queue(data, queue, said, store, needs_data=decide is None)
    if dataset is None or decide is not None:
        click.echo(decided_from(held, decide, who))
        return
    try:
        done = sat(held, dataset, who, **how)
    except KeyboardInterrupt:
        click.echo(f"\nholdfast: every decision is kept in {held.path}", err=True)
        raise
    click.echo(told(held, done, who))


@review.command(short_help="Say what the decisions come to: rates with intervals, agreement.")
@click.argument("queue", type=click.Path(path_type=Path))
@click.option("--gold", type=click.Path(path_type=Path), help="Table of _record and truth, to allow for errors.")
@click.option("--within", type=float, metavar="SHARE", help="How many more reviews for ± this?")
@click.option("--coverage", type=float, help="Coverage of the intervals.  [default: 0.95]")
@click.option("--round", "round_", type=int, help="Only this round.")
@FORMAT
@OUT
@RUNS
def report(queue: Path, gold: Path | None, form: str, out: Path | None, store: Path, **said: Any) -> None:
    """Say what the decisions of a queue come to.

    \b
      holdfast data review report .holdfast/reviews/corpus

    Rates come from records that were drawn, never from those that were picked for being uncertain or flagged.
    """
    from holdfast.cli.flags import of_flags
    from holdfast.cli.output import finished
    from holdfast.core.store import RunStore
    from holdfast.data.review.gold import read_gold
    from holdfast.data.review.queue import Queue
    from holdfast.data.review.verb import Telling
    from holdfast.data.review.verb import report as told
    from holdfast.report.render import refuse_unknown

    refuse_unknown(form)
    asked, home = of_flags(Telling, said), RunStore(store)
    held = Queue.open(queue)
    truth = read_gold(gold, held) if gold is not None else None
    run = told(held, asked, gold=truth, store=home, command=tuple(sys.argv[1:]))
    finished(run, home, form, out)


@review.command(short_help="Take the decisions over into a store, as a new version.")
@click.argument("queue", type=click.Path(path_type=Path))
@click.argument("corpus", type=click.Path(path_type=Path), metavar="STORE")
def apply(queue: Path, corpus: Path) -> None:
    """Take the decisions of a queue over into a store, as new versions: verifiers, origins, reviewed labels.

    \b
      holdfast data review apply .holdfast/reviews/corpus corpus

    Labels never change: the right ones stand in a column of their own, such as `label_reviewed`.
    """
    from holdfast.data.review.applying import apply as applied
    from holdfast.data.review.queue import Queue
    from holdfast.data.store import Store

    version, done = applied(Queue.open(queue), Store.open(corpus))
    if done.contradictions:
        click.echo(f"{len(done.contradictions):,} records stay synthetic, as was declared, though reviewers say human")
    if done.disputed:
        click.echo(f"{done.disputed:,} records are disputed and change nothing: review with --adjudicate")
    click.echo(
        f"took over {len(done.provenance):,} records: {corpus}@{version.short}. Next: holdfast data log {corpus}"
    )


@review.command(short_help="Write a queue for Label Studio or Argilla.")
@click.argument("queue", type=click.Path(path_type=Path))
@click.option("--format", "form", required=True, metavar="FORMAT", help="label-studio or argilla.")
@click.option(
    "--out",
    "folder",
    metavar="FOLDER",
    required=True,
    type=click.Path(path_type=Path),
    help="A new folder for the files.",
)
@click.option("--open", "opened", is_flag=True, help="Show what the data say, as suggestions.")
@RUNS
def send(queue: Path, form: str, folder: Path, store: Path, *, opened: bool) -> None:
    """Write a queue, with its decisions so far, into the files of another tool.

    \b
      holdfast data review send QUEUE --format label-studio --out tasks/
    """
    from holdfast.cli.review_desk import opened_queue
    from holdfast.data.review.exchange import format_named
    from holdfast.data.review.exchange import send as sent

    format_named(form)
    held, dataset = opened_queue((queue,), None, {}, store)
    if dataset is not None:
        done = sent(held, dataset, form, folder, blind=not opened)
        click.echo(f"wrote {', '.join(str(folder / name) for name in done.files)}: {'; '.join(done.notes)}")


@review.command(short_help="Take decisions from a file of Label Studio or Argilla.")
@click.argument("queue", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", required=True, metavar="FORMAT", help="label-studio or argilla.")
def take(queue: Path, file: Path, form: str) -> None:
    """Take the decisions that another tool exported. Taking the same file twice adds nothing.

    \b
      holdfast data review take QUEUE export.json --format label-studio
    """
    from holdfast.data.review.exchange import take as taken
    from holdfast.data.review.queue import Queue

    done = taken(Queue.open(queue), file, form)
    for name, n in sorted(done.unknown.items()):
        click.echo(f"left alone, as it has no place here: {name} ({n:,})")
    if done.strangers or done.drafts:
        click.echo(f"left out: {done.strangers:,} records that are not in the queue, {done.drafts:,} drafts")
    click.echo(f"took {len(done.decisions):,} decisions from {file}. Next: holdfast data review report {queue}")
