"""`holdfast data review`: choose records, review them, tell what came of it, take it over into the data."""

from pathlib import Path
from typing import Any

import click

from holdfast.cli.audit import STORE

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
      holdfast data review corpus --sample 200          draw records, and review them here
      holdfast data review corpus                       go on with it
      holdfast data review report QUEUE                 rates with intervals, and how well reviewers agree
      holdfast data review apply QUEUE corpus           take the decisions over into the store
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
@click.option("--check", "checks", multiple=True, metavar="NAME", help="With --run: only findings of this check.")
@click.option("--most", type=int, metavar="N", help="Uncertain and flagged records, at most.  [default: 200]")
@click.option("--ask", metavar="QUESTIONS", help="label, origin, fit, with commas between.")
@click.option("--label", metavar="COLUMN", help="The column that holds the label.")
@click.option("--score", metavar="COLUMN", help="A detector's scores, for sharper estimates.")
@click.option("--reviewers", type=int, metavar="N", help="How many people judge each record.  [default: 1]")
@click.option("--seed", type=int, help="Seed of the draw.  [default: 0]")
@click.option("--round", "round_", type=int, default=1, show_default=True, help="Judge records anew in round 2, 3 …")
@click.option("--open", "opened", is_flag=True, help="Show labels and scores, which bends judgement.")
@click.option("--adjudicate", is_flag=True, help="Only records that reviewers disagree about; your word is final.")
@click.option("--decide", type=click.Path(path_type=Path), help="Take decisions from a table, all or none.")
@STORE
def records(
    data: tuple[Path, ...], store: Path, queue: Path | None, reviewer: str | None, decide: Path | None, **said: Any
) -> None:
    """Review records, one at a time: text is wrapped, pictures are shown where the terminal can.

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
