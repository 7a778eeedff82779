"""The processes that train together: one alone, or as many as torchrun or Ray started. Only the first one writes.

Every process runs the same program on the same data, so that nothing has to be told to it. What could differ between
them (what lies on disk, a clock, a new id) is asked of the first one and passed on as bytes: all of them decide alike.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float
from pydantic import TypeAdapter

from holdfast.core.errors import BadInput, HoldfastError
from holdfast.core.progress import Progress, Silent
from holdfast.core.store import RunStore

_T = TypeVar("_T")
_PATIENCE = timedelta(hours=6)  # the others wait while the first one reads data or judges a control
_EAR = timedelta(seconds=3)  # in which the first process says that it has told an error
_TOLD = "holdfast/told"
_GONE = ("closed by peer", "reset by peer", "broken pipe", "connection refused", "timed out")


class Lost(HoldfastError, ConnectionError):
    """Another process of the run has ended; nothing goes on without it."""


@dataclass(frozen=True, slots=True)
class _Here:
    """This process among those of its run."""

    rank: int = 0
    size: int = 1


_ALONE = _Here()
_HERE: ContextVar[_Here] = ContextVar("here", default=_ALONE)
_TOLD_ELSEWHERE: ContextVar[bool] = ContextVar("told_elsewhere", default=False)


def launched() -> tuple[int, int]:
    """Return (number of this process, how many there are), as torchrun and Ray say in the environment."""
    size = int(os.environ.get("WORLD_SIZE") or 1)
    return (int(os.environ.get("RANK") or 0), size) if size > 1 else (0, 1)


def rank() -> int:
    """Return the number of this process, from 0."""
    return _HERE.get().rank


def size() -> int:
    """Return how many processes train together."""
    return _HERE.get().size


def first() -> bool:
    """Return whether this process is the one that writes."""
    return rank() == 0


def program() -> str:
    """Return what starts the program in as many processes as here."""
    return "holdfast" if size() == 1 else f"torchrun --nproc-per-node {size()} -m holdfast"


def told_elsewhere() -> bool:
    """Return whether the first process has already said what was wrong."""
    return _TOLD_ELSEWHERE.get()


def refuse_several(what: str) -> None:
    """Raise BadInput where more than one process was launched, for what trains in one."""
    _, many = launched()
    if many > 1:
        raise BadInput(f"{what} are fitted in one process, and {many} were launched; start it without torchrun")


@contextmanager
def together(store: RunStore, progress: Progress, backend: str = "gloo") -> Iterator[tuple[RunStore, Progress]]:
    """Join the processes that were launched with this one, if any; yield where this one writes and whom it tells.

    They talk through `backend`, which has to know the processor's memory. All but the first write into a folder that is
    thrown away, and tell nobody. Raises Lost where one of them ends.
    """
    number, many = launched()
    if many == 1 or size() > 1:
        yield store, progress
        return
    known, made = _joined(number, many, backend)
    token = _HERE.set(_Here(number, many))
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        try:
            yield (store, progress) if number == 0 else (RunStore(Path(folder)), Silent())
        except HoldfastError:
            _tell(known, number)
            raise
        except RuntimeError as error:
            if not any(sign in str(error).lower() for sign in _GONE):
                raise
            _tell(known, number)
            raise Lost(
                f"another of the {many} processes of this run has ended, and none goes on without it. What was saved "
                f"until now is whole; go on to the same end with as many: {program()} finetune --resume latest"
            ) from error
        finally:
            _HERE.reset(token)
            if made:
                _left()


def agreed(kind: Any, work: Callable[[], _T]) -> _T:
    """Return what `work` comes to in the first process, in all of them; `kind` is its type, which pydantic knows."""
    if size() == 1:
        return work()
    known = TypeAdapter(kind)
    return known.validate_json(passed(lambda: known.dump_json(work())))


def passed(work: Callable[[], bytes]) -> bytes:
    """Return the bytes that `work` comes to in the first process, in all of them."""
    if size() == 1:
        return work()
    import torch
    from torch import distributed

    content = work() if first() else b""
    length = torch.tensor([len(content)], dtype=torch.int64)
    distributed.broadcast(length, 0)
    buffer = torch.empty(int(length), dtype=torch.uint8)
    if first():
        buffer.copy_(torch.frombuffer(bytearray(content), dtype=torch.uint8) if content else buffer)
    if len(buffer):
        distributed.broadcast(buffer, 0)
    return buffer.numpy().tobytes()


def summed(values: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return the sum over processes, element by element, which is the same in each of them."""
    if size() == 1:
        return values
    import torch
    from torch import distributed

    total = torch.from_numpy(np.array(values, dtype=np.float64))
    distributed.all_reduce(total)
    return total.numpy()


def alike(what: str, print_of: str) -> None:
    """Raise BadInput where this process was given other data than the first one."""
    whose = agreed(str, lambda: print_of)
    if whose != print_of:
        raise BadInput(
            f"process {rank()} read other {what} than process 0 ({print_of[:12]}, not {whose[:12]}); every process "
            "has to find the same files"
        )


def _joined(number: int, many: int, backend: str) -> tuple[Any, bool]:
    """Return the store that processes share, None where another program made the group, and whether it was made."""
    from torch import distributed

    if distributed.is_initialized():
        return None, False
    store, _, _ = next(distributed.rendezvous("env://", number, many))
    distributed.init_process_group(backend, store=store, rank=number, world_size=many, timeout=_PATIENCE)
    return store, True


def _left() -> None:
    from torch import distributed

    with suppress(RuntimeError):  # of a group that a lost process has broken
        distributed.destroy_process_group()


def _tell(store: Any, number: int) -> None:
    """Say that an error is told by the first process; the others listen for that, and are then silent."""
    if store is None:
        return
    with suppress(RuntimeError):  # nobody is there to tell it
        if number == 0:
            store.set(_TOLD, "1")
        else:
            store.wait([_TOLD], _EAR)
            _TOLD_ELSEWHERE.set(True)
