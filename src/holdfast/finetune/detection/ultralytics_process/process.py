"""Orders to the other process, and what comes back: lines of JSON, no code and no pickles in either direction."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from holdfast.core.errors import BadInput, MissingExtra, StoreError
from holdfast.core.text import one_line

LICENCE = (
    "Ultralytics is licensed under AGPL-3.0, or a paid licence of theirs: see whether that suits what you do with the "
    "model. Detectors of transformers, such as YOLOS and RT-DETR, are under Apache-2.0 and need nothing more"
)
PACKAGE = "ultralytics"
DRIVER = Path(__file__).with_name("driver.py")
_LONGEST_LINE = 64 << 20  # bytes of one answer: sixteen pictures with a hundred boxes each are 200 KB
_TAIL = 4000  # characters of what the library printed that are looked at
# Nothing is sent, fetched or installed; checkpoints are read by their list of known types only.
_QUIET: Mapping[str, str] = {
    "YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "ULTRALYTICS_SAFE_LOAD": "1", "YOLO_VERBOSE": "false",
    "HF_HUB_OFFLINE": "1", "WANDB_MODE": "disabled", "COMET_MODE": "disabled", "PYTHONDONTWRITEBYTECODE": "1",
    "MPLBACKEND": "agg", "PYTHONIOENCODING": "utf-8",
}  # fmt: skip
Event = dict[str, Any]


def required(python: str | None) -> str:
    """Return the Python that the library is started with. Raises MissingExtra, BadInput."""
    if python is None:
        if importlib.util.find_spec(PACKAGE) is None:  # looked for, not imported
            missing = MissingExtra.for_package(PACKAGE, "yolo", "A model of Ultralytics")
            raise MissingExtra(f"{missing}. {LICENCE}")
        return sys.executable
    if not Path(python).is_file():
        raise BadInput(
            f"options.yolo.python is {one_line(python, 200)}, where there is no file; wanted the Python of an "
            "environment that has Ultralytics, such as /envs/yolo/bin/python"
        )
    return python


def ask(python: str, order: Mapping[str, Any], folder: Path, heard: Callable[[Event], None] = lambda _: None) -> Event:
    """Send an order, hand over each event, and return the last one. Raises BadInput for what went wrong there.

    The library has its settings and writes what it prints in `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{order['do']}.log"
    with _started(python, folder, log) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(order).encode())
            process.stdin.close()
        last: Event = {}
        for event in _events(process.stdout):
            last = event
            if event.get("event") == "failed":
                break
            heard(event)
        process.wait()
    if last.get("event") == "done":
        return last
    raise _failed(last, log, process.returncode)


@contextmanager
def _started(python: str, folder: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the driver; end it whatever happens here."""
    environment = {**os.environ, **_QUIET, "YOLO_CONFIG_DIR": str(folder.absolute())}
    try:
        with log.open("ab") as said:
            process = subprocess.Popen(  # noqa: S603 the driver of this package, and a Python that the user named
                [python, "-P", str(DRIVER)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=environment, cwd=folder,
            )  # fmt: skip
    except OSError as error:
        raise BadInput(f"{one_line(python, 200)} cannot be started: {error.strerror or error}") from error
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _events(lines: Any) -> Iterator[Event]:
    while line := lines.readline(_LONGEST_LINE):
        with suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                yield event


def _failed(last: Event, log: Path, code: int | None) -> Exception:
    """Return the error for what went wrong in the other process."""
    said = one_line(str(last.get("says", "")), 400)
    kind = str(last.get("kind", ""))
    if kind == "missing":
        return MissingExtra(f"Ultralytics cannot be imported there: {said}. {LICENCE}")
    if kind == "TypeError" and "checkpoint format" in said:
        return BadInput(
            f"the weights hold more than a checkpoint of Ultralytics does ({said}); a file of pickles runs code when "
            "it is read, so that only their list of known types is"
        )
    if "No space left" in said:
        return StoreError(f"the disk is full: {said}")
    if said:
        return BadInput(f"Ultralytics stopped with {kind}: {said}. All that it printed is in {log}")
    ended = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    tail = one_line(_tail(log), 300)
    return BadInput(f"the process of Ultralytics {ended} without a word; it printed last: {tail}. See {log}")


def _tail(log: Path) -> str:
    try:
        return log.read_text("utf-8", "replace")[-_TAIL:].strip()
    except OSError:
        return "nothing"
