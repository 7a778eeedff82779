"""Serves a site until somebody presses Ctrl-C."""

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.web.site import Site

PORT = 8765
_TRIES = 20  # ports after the usual one that are tried, where none was named
LEAST_TOKEN = 20  # characters of a token that somebody chose


def serve(
    site: Site, host: str, port: int | None, token: str, *, opens: bool = False, say: Callable[[str], object] = print
) -> None:
    """Serve a site until it is stopped. `say` is told the address with the token, `opens` a browser with it.

    Raises KeyboardInterrupt after Ctrl-C, when all is closed; BadInput where the port is taken, or where others could
    reach the site without a token that was chosen.
    """
    uvicorn = _library()
    from holdfast.web.app import application
    from holdfast.web.guards import Doors, new_token

    if host not in {"127.0.0.1", "localhost", "::1"} and not token:
        raise BadInput(
            f"--host {host} lets other computers in: choose a token of at least {LEAST_TOKEN} characters, and give it "
            "by --token FILE, or in HOLDFAST_TOKEN"
        )
    if token and len(token) < LEAST_TOKEN:
        raise BadInput(
            f"the token has {len(token)} characters, at least {LEAST_TOKEN} are needed: openssl rand -hex 24"
        )
    door = opened(host, port)
    with door, indexed(site) as shown_site:
        number = door.getsockname()[1]
        doors = Doors(token or new_token(), number, host)
        named = socket.gethostname() if host in {"0.0.0.0", "::"} else host  # noqa: S104 what a person asked for
        shown = f"[{named}]" if ":" in named else named
        settings = uvicorn.Config(
            application(shown_site, doors),
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            ws="none",
            timeout_keep_alive=20,
            timeout_graceful_shutdown=1,
            limit_concurrency=200,
            h11_max_incomplete_event_size=32_768,
            lifespan="on",
            http="h11",
            loop="asyncio",
        )
        server = uvicorn.Server(settings)
        address = f"http://{shown}:{number}/?token={doors.token}"
        say(f"{address}\n\nOpen this address in a browser. Who has the token in it sees everything; Ctrl-C stops.")
        with way_in(address) if opens else nullcontext() as path:
            if path is not None:
                open_browser(path)
            server.run(sockets=[door])


def opened(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens: at a port that was named, or at the first that is free from the usual one on.

    Raises BadInput where there is none.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = [port] if port is not None else list(range(PORT, PORT + _TRIES))
    why = ""
    for one in wanted:
        door = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform != "win32":
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, one))
            door.listen(64)
        except OSError as error:
            door.close()
            why = error.strerror or str(error)
        else:
            return door
    where = f"port {port}" if port is not None else f"none of the ports {wanted[0]} to {wanted[-1]}"
    raise BadInput(
        f"{where} at {host} cannot be used: {why.lower()}. Another dashboard may be up. Name another port, or let "
        "the system choose one that is free: holdfast serve --port 0"
    )


@contextmanager
def indexed(site: Site) -> Iterator[Site]:
    """Yield the site with an index that can be written: in a folder of its own, where the runs are not ours."""
    if not site.store.root.is_dir() or os.access(site.store.root, os.W_OK):
        yield site
        return
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        yield replace(site, index=Path(folder))


@contextmanager
def way_in(address: str) -> Iterator[Path]:
    """Yield a file that only its owner can read, and that leads a browser to the address.

    The address holds the token, and what a browser is started with can be read by everybody in the list of processes.
    """
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        path = Path(folder) / "open.html"
        path.touch(0o600)
        path.write_text(
            f'<!DOCTYPE html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Holdfast</title>'
            f'<meta http-equiv="refresh" content="0;url={escape(address)}">'
            f'<a href="{escape(address)}">Open Holdfast</a>',
            "utf-8",
        )
        yield path


def open_browser(path: Path) -> None:
    """Open a file in the person's browser, where there is one."""
    import webbrowser

    with suppress(webbrowser.Error, OSError):
        webbrowser.open(path.as_uri())


def _library() -> Any:
    try:
        import starlette  # noqa: F401 what the application is made with
        import uvicorn
    except ImportError as error:
        raise MissingExtra.for_package("starlette and uvicorn", "web", "the dashboard") from error
    return uvicorn
