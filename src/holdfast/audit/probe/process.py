"""The person's code in a child process, with a limit of time and memory for each request."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from holdfast.audit.probe import wire
from holdfast.audit.probe.pipeline import About, Answer, Call, Form, failed
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line

_GRACE = 10.0  # seconds beyond the limit after which the child itself is taken for dead
_IMPORTS = 300.0  # seconds that importing the code may take
_MOST_LOG = 2_000
# One thread: sums come in one order, and a forked process inherits no pool of threads.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take."""

    seconds: float = 120.0
    memory: int = 4 << 30  # bytes of data


class Child:
    """One interpreter that has imported the code."""

    def __init__(self, reference: str, form: Form | None, folder: Path, limits: Limits) -> None:
        """Start it. Raises BadInput when the code cannot be imported."""
        self._folder, self._limits = folder, limits
        folder.mkdir()
        environment = {**dict.fromkeys(_THREADS, "1"), **os.environ}
        self._process = subprocess.Popen(  # noqa: S603 this is what the person asked for
            [sys.executable, "-P", "-m", "holdfast.audit.probe.child", reference, form or "", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C reaches the parent, which ends the child
        )
        self._number = 0
        self._written: dict[int, tuple[pa.Table, Path]] = {}
        try:
            hello = self._reply(min(_IMPORTS, limits.seconds + _GRACE))
        except BaseException:
            self.end()
            raise
        if hello is None or "error" in hello:
            self.end()
            slow = f"importing {reference} took more than {limits.seconds:g} s (--timeout) or ended the program"
            said = hello["error"] if hello else slow + _told(folder / "import.log")
            raise BadInput(one_line(said, 600))
        self.about = About(str(hello["name"]), hello["form"], str(hello["file"]), int(hello["line"]))

    def run(self, calls: Sequence[Call]) -> list[Answer]:
        """Return the answers to calls that one worker makes."""
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        given = []
        for number, call in enumerate(calls):
            test = folder / f"call-{number}.arrow"
            wire.write_table(call.test, call.rows, test)
            given.append(wire.described(call, test, self._training(call)))
        log = folder / "log"
        request: dict[str, Any] = {
            "calls": given, "folder": str(folder), "log": str(log),
            "seconds": self._limits.seconds * len(calls), "memory": self._limits.memory,
        }  # fmt: skip
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            reply = self._reply(request["seconds"] + _GRACE)
        except BrokenPipeError:
            reply = None
        why = self._why(reply)
        answers = [wire.read_answer(folder, number) or failed(f"it {why}") for number in range(len(calls))]
        answers = [failed(one.error + _told(log)) if one.error else one for one in answers]
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()
        return answers

    def end(self) -> None:
        """Stop the child and everything that it started."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _training(self, call: Call) -> Path | None:
        """Return the file of the training rows, which most calls share."""
        if call.train is None or call.train_rows is None:
            return None
        key = id(call.train)
        if key not in self._written:
            path = self._folder / f"train-{len(self._written)}.arrow"
            wire.write_table(call.train, call.train_rows, path)
            self._written[key] = (call.train, path)  # the table is kept, so that its id stays its own
        return self._written[key][1]

    def _reply(self, seconds: float) -> dict[str, Any] | None:
        """Return the child's next line; None when it ended or said nothing in time."""
        assert self._process.stdout is not None
        handle, until, line = self._process.stdout.fileno(), time.monotonic() + seconds, b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([handle], [], [], max(0.0, until - time.monotonic()))
            piece = os.read(handle, 1 << 16) if ready else b""
            if not piece:
                return None
            line += piece
        found: dict[str, Any] = json.loads(line)
        return found

    def _why(self, reply: dict[str, Any] | None) -> str:
        code = reply.get("code") if reply else -1
        if code is None:
            return f"took more than {self._limits.seconds:g} s, which is the limit (--timeout)"
        if code == 3:
            return "ended the program instead of returning"
        if code in {4, -9}:
            return "ran out of the memory it was given (--memory)"
        if code < 0 and reply is not None:
            names = {item.value: item.name for item in signal.Signals}
            return f"was ended by the signal {names.get(-code, -code)}"
        return "ended without an answer"


class Process:
    """A pipeline in child processes; one of them serves nearly all calls."""

    def __init__(self, reference: str, form: Form | None, folder: Path, limits: Limits) -> None:
        """Import the code. Raises BadInput when that fails."""
        self._new = partial(Child, reference, form, limits=limits)
        self._folder = folder
        self._child = self._started()

    @property
    def about(self) -> About:
        """Name, form and place of the code."""
        return self._child.about

    def run(self, calls: Sequence[Call], *, fresh: bool = False) -> Sequence[Answer]:
        """Return the answers to `calls`, made in one new process, or in a new interpreter if `fresh`."""
        if not fresh:
            return self._child.run(calls)
        other = self._started()
        try:
            return other.run(calls)
        finally:
            other.end()

    def _started(self) -> Child:
        return self._new(folder=self._folder / str(time.monotonic_ns()))

    def end(self) -> None:
        """Stop the child."""
        self._child.end()


@contextlib.contextmanager
def in_child(reference: str, form: Form | None = None, limits: Limits | None = None) -> Iterator[Process]:
    """Yield the pipeline that `reference` names, in a child process that ends with the block.

    Raises BadInput when the code cannot be imported, or this system has no processes that can be limited.
    """
    if not hasattr(os, "fork"):
        raise BadInput("holdfast probe needs Linux or macOS, where a process can be copied and limited")
    with TemporaryDirectory(prefix="holdfast-probe-") as folder:
        process = Process(reference, form, Path(folder), limits or Limits())
        try:
            yield process
        finally:
            process.end()


def _told(log: Path) -> str:
    """Return the end of what the code printed, ready to be added to a sentence."""
    try:
        text = log.read_bytes()[-_MOST_LOG:].decode("utf-8", "replace").strip()
    except OSError:
        return ""
    last = [line for line in text.splitlines() if line.strip()][-3:]
    return f"; the last it printed: {one_line(' / '.join(last), 400)}" if last else ""


def missing_pandas() -> bool:
    """Return whether pandas, in whose frames the code gets its rows, is not installed."""
    from importlib.util import find_spec

    return find_spec("pandas") is None
