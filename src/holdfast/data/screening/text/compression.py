"""Compression: does a text become smaller beside people's texts or beside machines'? No parameter is learnt.

The difference of two conditional code lengths, as in the compression distance of Cilibrasi & Vitányi (2005).
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_WINDOW = 32_000  # bytes that zlib can look back on


@dataclass(frozen=True, slots=True)
class References:
    """Texts of people and of machines, as bytes that a compressor may look back on."""

    human: tuple[bytes, ...]
    machine: tuple[bytes, ...]


def references(human: Sequence[str], machine: Sequence[str]) -> References:
    """Return references of equal size for both, in as many windows as they fill (eight at most)."""
    size = min(_bytes(human), _bytes(machine))
    windows = max(1, min(8, size // _WINDOW))
    each = min(_WINDOW, max(1, size // windows))
    return References(_windows(human, windows, each), _windows(machine, windows, each))


def gain(texts: Sequence[str], against: References) -> Float[np.ndarray, " texts"]:
    """Return per character how many bytes fewer a text takes beside machines' texts than beside people's."""
    found = [
        (_length(raw, against.human) - _length(raw, against.machine)) / max(1, len(raw))
        for raw in (text.encode("utf-8", "replace") for text in texts)
    ]
    return np.array(found, dtype=np.float64)


def _length(raw: bytes, windows: Sequence[bytes]) -> float:
    """Return the bytes that a text takes after a reference, the mean over its windows."""
    total = 0
    for window in windows:
        coder = zlib.compressobj(6, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, window)
        total += len(coder.compress(raw)) + len(coder.flush())
    return total / len(windows)


def _bytes(texts: Sequence[str]) -> int:
    return sum(len(text.encode("utf-8", "replace")) + 1 for text in texts)


def _windows(texts: Sequence[str], count: int, each: int) -> tuple[bytes, ...]:
    """Return the texts dealt out over `count` windows, each cut to the same size."""
    dealt = ["\n".join(texts[one::count]).encode("utf-8", "replace")[:each] for one in range(count)]
    return tuple(dealt)
