"""The child process: imports the person's code once, and forks a worker for each request, so that no call sees another.

Reads requests from standard input, a line of JSON each, and answers on what was standard output; what the code prints
goes to a file. When standard input ends, because the parent is done or dead, everything that was started is killed.
"""

import contextlib
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

MOST_WRITTEN = 1 << 30  # bytes of one file that the code may write, so that a loop that prints does not fill the disk
_TICK = 0.02


def main() -> None:
    """Serve requests until standard input ends."""
    reference, form, folder = sys.argv[1:4]
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")
    log = os.open(Path(folder, "import.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.path.insert(0, str(Path.cwd()))
    say(reply, _imported(reference, form))
    for line in sys.stdin:
        say(reply, serve(json.loads(line)))


def say(reply: Any, what: dict[str, Any]) -> None:
    """Write one line of JSON."""
    reply.write(json.dumps(what) + "\n")
    reply.flush()


def _imported(reference: str, form: str) -> dict[str, Any]:
    global _target  # noqa: PLW0603 a process serves one target
    from holdfast.audit.probe.calling import Open
    from holdfast.audit.probe.target import find
    from holdfast.core.errors import BadInput

    try:
        import sklearn.base  # noqa: F401 so that what is fitted can be noted, and workers need not import it

        Open.hold()
        _target = find(reference, form or None)  # type: ignore[arg-type]
    except BadInput as error:
        return {"error": str(error)}
    except SystemExit as error:
        return {"error": f"{reference.rpartition(':')[0]} ended the program when it was imported ({error})"}
    about = _target.about
    return {"name": about.name, "form": about.form, "file": about.file, "line": about.line}


_target: Any = None


def serve(request: dict[str, Any]) -> dict[str, Any]:
    """Return how a worker that made the calls of `request` ended."""
    worker = os.fork()
    if worker == 0:
        _work(request)
    with contextlib.suppress(OSError):
        os.setpgid(worker, worker)  # also done by the worker: whoever comes first
    try:
        return _watched(worker, time.monotonic() + request["seconds"])
    finally:
        _kill(worker)


def _watched(worker: int, until: float) -> dict[str, Any]:
    while True:
        done, status = os.waitpid(worker, os.WNOHANG)
        if done:
            return {"code": os.waitstatus_to_exitcode(status)}
        if time.monotonic() > until:
            _kill(worker)
            os.waitpid(worker, 0)
            return {"code": None}
        ready, _, _ = select.select([sys.stdin.fileno()], [], [], _TICK)
        if ready and not os.read(sys.stdin.fileno(), 1):  # the parent never writes while it waits: this is the end
            _kill(worker)
            os.waitpid(worker, 0)
            os._exit(1)


def _kill(group: int) -> None:
    """End the worker and whatever it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _work(request: dict[str, Any]) -> None:
    """Make the calls and leave; never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        _limit(request["memory"])
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdin = os.fdopen(os.dup(0), "r")
        from holdfast.audit.probe.calling import Caller
        from holdfast.audit.probe.wire import call_of, write_answer

        caller, folder = Caller(_target), Path(request["folder"])
        for number, given in enumerate(request["calls"]):
            write_answer(caller(call_of(given)), folder, number)
        sys.stdout.flush()
        code = 0
    except SystemExit:
        code = 3
    except MemoryError:
        code = 4
    except BaseException:  # noqa: BLE001 a worker must not go on as a second server
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _limit(memory: int) -> None:
    for kind, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main()
