"""`holdfast serve`."""

import getpass
import os
from pathlib import Path

import click

from holdfast.cli.options import RUNS
from holdfast.core.errors import BadInput

_TOKEN = "HOLDFAST_TOKEN"  # noqa: S105 the name of a variable


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port; 0 for any that is free.  [default: 8765, or the next]"
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; others need --token.")
@click.option("--open/--no-open", "opens", default=False, help="Open it in a browser.")
@click.option("--token", type=click.Path(path_type=Path), metavar="FILE", help="File that holds the token.")
@click.option(
    "--data", multiple=True, type=click.Path(path_type=Path), metavar="STORE", help="A store of data to show."
)
@click.option("--answers", default="reforms.toml", show_default=True, type=click.Path(path_type=Path),
              help="What people answered to the checklist.")  # fmt: skip
@click.option("--reviewer", metavar="NAME", help="Who decides in the review queue.  [default: your user name]")
@RUNS
def serve(
    port: int | None, host: str, token: Path | None, data: tuple[Path, ...], answers: Path, reviewer: str | None,
    store: Path, *, opens: bool,
) -> None:  # fmt: skip
    """Show runs, findings and data in a browser, to you alone.

    \b
      holdfast serve                        then open the address that it prints
      holdfast serve --data corpus          with the versions of a store of data
      holdfast serve --runs /srv/holdfast   the runs of another folder

    The address holds a token; whoever has it can look, and nothing but answers of people is ever written. A token of
    your own comes from a file (--token), or from HOLDFAST_TOKEN: what stands in a command can be read by others.
    """
    from holdfast.cli.export import opened
    from holdfast.core.store import RunStore
    from holdfast.web.serving import serve as served
    from holdfast.web.site import Site

    site = Site(RunStore(store), opened(data), answers, reviewer or _user())
    try:
        served(site, host, port, _token(token), opens=opens, say=click.echo)
    except KeyboardInterrupt:
        click.echo("\nholdfast: stopped", err=True)


def _token(path: Path | None) -> str:
    """Return the token that was chosen; empty, if none was. Raises BadInput."""
    if path is None:
        return os.environ.get(_TOKEN, "").strip()
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise BadInput(
            f"--token names a file that holds the token, and {path} cannot be read: {why}. "
            f"A token in the command itself could be read by others; give a file, or set {_TOKEN}"
        ) from error


def _user() -> str:
    """Return the name of who sits here, empty where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
