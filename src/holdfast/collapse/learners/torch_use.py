"""The only door to torch: imported when it is needed, on one thread, with the same result every time.

One thread, because sums over several come out differently on a machine with another number of cores, and because the
replicates of an experiment already keep all cores busy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from holdfast.core.errors import MissingExtra

EXTRA = "torch"


def torch_for(purpose: str) -> Any:
    """Return the module torch. Raises MissingExtra."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtra.for_package("torch", EXTRA, purpose) from error
    return torch


class _Users:
    """How many are inside `reproducible`, and what torch was set to before the first came."""

    lock = Lock()
    count = 0
    before: tuple[int, bool] = (1, False)


@contextmanager
def reproducible(purpose: str) -> Iterator[Any]:
    """Yield torch, set so that the same input gives the same bits; what was set before comes back. For many threads."""
    torch = torch_for(purpose)
    with _Users.lock:
        if _Users.count == 0:
            _Users.before = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled())
            torch.use_deterministic_algorithms(mode=True)
        _Users.count += 1
        # Each thread of ours has a setting of its own (OpenMP), so that all of them have to say it.
        torch.set_num_threads(1)
    try:
        yield torch
    finally:
        with _Users.lock:
            _Users.count -= 1
            if _Users.count == 0:
                torch.set_num_threads(_Users.before[0])
                torch.use_deterministic_algorithms(mode=_Users.before[1])
