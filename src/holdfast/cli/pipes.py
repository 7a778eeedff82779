"""A pipe whose reader has enough, as in `holdfast audit … | head`: nothing is wrong, and the exit code stays."""

import io
import os
from typing import Any, TextIO

from holdfast.core.errors import HoldfastError


class ReaderLeft(SystemExit):
    """Nobody reads what is written. Whoever has more to do than write catches it; else the program ends with 0.

    Neither an OSError nor an Exception: click and rich make an exit code of 1 of those, which means findings.
    """


class _Pipe(io.FileIO):
    """Standard output that says once that its reader has left, and swallows what comes after."""

    def write(self, data: Any) -> int:
        """Return how many bytes were written. Raises ReaderLeft, HoldfastError (a full disk)."""
        try:
            return super().write(data)
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            if isinstance(error, BrokenPipeError):
                raise ReaderLeft(0) from None
            raise HoldfastError(f"cannot write the output: {error.strerror}") from error


def patient(stream: TextIO) -> TextIO:
    """Return a stream in whose place a pipe is written patiently; the same one where it is no pipe or file."""
    try:
        number = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return stream
    if stream.isatty() or not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    buffered = io.BufferedWriter(_Pipe(number, "wb", closefd=False))
    return io.TextIOWrapper(buffered, stream.encoding, stream.errors, line_buffering=stream.line_buffering)
