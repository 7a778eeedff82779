"""One number of threads for the whole of a run, also after a kill: sums over threads come out differently otherwise."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdfast.core.store import write_whole

_NAME = "threads"
_SIZE, _ROUNDS = 384, 12  # of matrices; about what a small encoder multiplies


@contextmanager
def steady(folder: Path) -> Iterator[int]:
    """Set torch to the number of threads that this run has, or that is quickest here; put it back afterwards.

    On a machine that others use as well, two threads can be three times slower than one, as they wait for each other.
    """
    import torch

    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    path = folder / _NAME
    try:
        count = max(1, min(int(path.read_text()), 1024))
    except (OSError, ValueError):
        count = _quickest(before[0])
        write_whole(path, str(count).encode())
    torch.set_num_threads(count)
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    try:
        yield count
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(mode=before[1])


def _quickest(most: int) -> int:
    """Return whether one thread or all of them multiply matrices faster right now."""
    import torch

    left = torch.ones(_SIZE, _SIZE)
    seen = {}
    for count in (1, most):
        torch.set_num_threads(count)
        left @ left
        started = time.perf_counter()
        for _ in range(_ROUNDS):
            left @ left
        seen[count] = time.perf_counter() - started
    return min(seen, key=lambda count: seen[count])
