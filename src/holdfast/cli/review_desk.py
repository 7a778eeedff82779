"""A reviewer's desk on a terminal, or at the end of a pipe; and which queue is meant."""

import getpass
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.core.errors import BadInput

if TYPE_CHECKING:
    from holdfast.core.dataset import Dataset
    from holdfast.data.review.queue import Queue
    from holdfast.data.review.session import Sitting

_WIDEST = 100

_FLAGS = {"size": "by-size", "checks": "check"}  # options that are not called what they set


class Keys:
    """Takes one key at a time from a terminal."""

    def show(self, lines: list[str]) -> None:
        """Print."""
        click.echo("\n".join(lines))

    def key(self, prompt: str) -> str | None:
        """Return the key that was pressed."""
        click.echo(prompt, nl=False)
        pressed = click.getchar()
        if pressed in {"\x04", ""}:
            return None
        click.echo(pressed if pressed.isprintable() else "")
        return pressed

    def line(self, prompt: str) -> str | None:
        """Return a line that was typed."""
        try:
            return input(prompt)
        except EOFError:
            return None


class Lines:
    """Takes answers from a pipe, one a line: `a`, `l positive`, `n a note`."""

    def show(self, lines: list[str]) -> None:
        """Print."""
        click.echo("\n".join(lines))

    def key(self, prompt: str) -> str | None:
        """Return the next line that is not empty."""
        click.echo(prompt, nl=False)
        for line in sys.stdin:
            if line.strip():
                click.echo(line.strip()[:200])
                return line
        click.echo("")
        return None

    def line(self, prompt: str) -> str | None:
        """Return the next line."""
        del prompt
        return sys.stdin.readline().rstrip("\n") or None


def user() -> str:
    """Return the name of who sits here. Raises BadInput where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as error:
        raise BadInput("this system does not say who you are: give your name with --reviewer") from error


def opened_queue(
    data: Sequence[Path],
    path: Path | None,
    said: Mapping[str, Any],
    store: Path,
    *,
    needs_data: bool = True,
) -> "tuple[Queue, Dataset | None]":
    """Return the queue that is meant, made where it is not there yet, and the data that it is about.

    `said` is what was said of the selection. Raises BadInput.
    """
    from holdfast.cli.progress import shown
    from holdfast.data.review.placing import data_of
    from holdfast.data.review.queue import HEADER, Queue
    from holdfast.data.standing import load_standing

    if len(data) == 1 and (data[0] / HEADER).is_file():  # a queue was named in place of its data
        path, data = data[0], ()
    if path is None and not data:
        raise BadInput("no data given: a file, a folder, a store such as corpus@v3, or a queue")
    place = path or store / "reviews" / _named(data)
    said = {name: value for name, value in said.items() if value is not None and value is not False and value != ()}
    if (place / HEADER).is_file():
        if said:
            given = ", ".join(f"--{_FLAGS.get(name, name.replace('_', '-'))}" for name in said)
            raise BadInput(f"the queue {place} is there already, and {given} cannot change it; name another by --queue")
        queue = Queue.open(place)
        if not needs_data:
            return queue, None
        with shown() as progress:
            return queue, data_of(queue, data, progress)
    if not data:
        raise BadInput(f"{place} is no queue; name the data to make one from")
    with shown() as progress:
        dataset = load_standing(data, label=said.get("label"), progress=progress)
    return made(dataset, place, data, said, store), dataset


def made(dataset: "Dataset", place: Path, data: Sequence[Path], said: Mapping[str, Any], store: Path) -> "Queue":
    """Return a new queue, and say where it is. Raises BadInput."""
    from holdfast.cli.flags import of_flags
    from holdfast.core.store import RunStore
    from holdfast.data.review.building import Asked, build

    names = {"sample", "by", "size", "uncertain", "checks", "most", "score", "reviewers", "seed"}
    values = {name: value for name, value in said.items() if name in names}
    if said.get("equal"):
        values["allocation"] = "equal"
    if "ask" in said:
        values["asks"] = said["ask"]
    run = said.get("run")
    asked = of_flags(Asked, {**values, "flagged": run is not None})
    found = RunStore(store).load(run) if run is not None else None
    queue = build(dataset, asked, place, address="\n".join(str(one.resolve()) for one in data), run=found)
    click.echo(f"chose {len(queue.items):,} of {len(dataset):,} records; the queue is {place}", err=True)
    return queue


def sat(queue: "Queue", dataset: "Dataset", reviewer: str, *, round_: int, opened: bool, adjudicate: bool) -> "Sitting":
    """Return what one sitting came to. Raises BadInput where there is nothing to adjudicate."""
    from holdfast.data.review.consensus import disputed
    from holdfast.data.review.session import review

    only = disputed(queue) if adjudicate else None
    desk = Keys() if sys.stdin.isatty() and sys.stdout.isatty() else Lines()
    width = min(_WIDEST, shutil.get_terminal_size().columns)
    return review(
        queue, dataset, reviewer, desk, round_=round_, blind=not opened, width=width, only=only, adjudicates=adjudicate
    )


def decided_from(queue: "Queue", path: Path | None, reviewer: str) -> str:
    """Return in a line what was taken from a table of decisions. Raises BadInput."""
    from datetime import UTC, datetime

    from holdfast.data.review.answering import decide_from

    if path is None:
        raise BadInput("no table of decisions was named")
    taken = decide_from(queue, path, reviewer, datetime.now(UTC))
    return f"took {len(taken):,} decisions from {path}. Next: holdfast data review report {queue.path}"


def told(queue: "Queue", done: "Sitting", reviewer: str) -> str:
    """Return in two lines what a sitting came to, and what to type next."""
    progress = queue.progress(reviewer)
    undone = f", {done.undone:,} taken back" if done.undone else ""
    rest = "" if done.finished else f" · {progress.total - progress.done:,} are left"
    return (
        f"\n{done.decided:,} decided by {reviewer}{undone}{rest}. All of it is in {queue.path}\n"
        f"Next: holdfast data review report {queue.path}"
    )


def _named(data: Sequence[Path]) -> str:
    """Return the name of a queue for data: that of the file or folder, made plain."""
    text = "-".join(one.name for one in data) or "data"
    return "".join(one if one.isalnum() or one in "-_." else "-" for one in text).strip(".-")[:60] or "data"
