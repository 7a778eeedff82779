"""One number of threads for the whole of a run, also after a kill, and the machine that it runs on.

Sums over threads, and on another processor or with another release, come out differently in the last digits. So a run
keeps its number of threads, and where it is gone on with elsewhere, that is said: "exact" is then not promised.
"""

import os
import platform
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from holdfast.core.errors import StoreError
from holdfast.core.sealed import read_sealed, write_sealed
from holdfast.finetune import processes
from holdfast.finetune.device import CPU, here

_NAME = "machine.json"
_SIZE, _ROUNDS = 384, 12  # of matrices; about what a small encoder multiplies
_MOST = 1024
_OF_DEVICES = ("driver", "CUDA", "ROCm", "cuDNN")  # which another device does not have
_PACKAGES = ("torch", "transformers", "numpy", "scikit-learn")  # whose releases change sums


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run goes on: threads, and what is to be said about the machine."""

    threads: int
    notes: tuple[str, ...] = ()


@contextmanager
def steady(folder: Path) -> Iterator[Place]:
    """Set torch to the number of threads that this run has, or that is quickest here; put it back afterwards.

    On a machine that others use as well, two threads can be three times slower than one, as they wait for each other.
    Raises StoreError where the folder cannot be written.
    """
    import torch

    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    began, since, count = processes.agreed(tuple[dict[str, str], list[dict[str, str]], int], lambda: _since(folder))
    kept = {"threads": count, "device": kept_device(folder) or here().kind, "began": began, "since": since}
    try:
        write_sealed(folder / _NAME, kept)
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror or error}") from error
    torch.set_num_threads(count)
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    try:
        with nullcontext() if here().kind == CPU else _hushed():
            yield Place(count, (*_computed(), *_said(began, since)))
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(mode=before[1])


def kept_device(folder: Path) -> str:
    """Return the kind of device that a run in a folder keeps to; nothing of one that has not begun."""
    try:
        return str(read_sealed(folder / _NAME).get("device", CPU))
    except (OSError, ValueError, AttributeError):
        return ""


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep remarks on what adds up in another order each time off the screen; the record tells it once."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*deterministic", UserWarning)
        yield


def _computed() -> Iterator[str]:
    """Yield what is to be said of the device, where it is not the processor, or was not to be."""
    yield from here().notes
    if here().kind != CPU:
        yield f"computed on {here().says}, by PyTorch {version('torch')}"


def _since(folder: Path) -> tuple[dict[str, str], list[dict[str, str]], int]:
    """Return where the run began, where it went on since, and its threads."""
    import torch

    here = machine()
    began, since, count = _read(folder / _NAME)
    if not began:
        began, count = here, _quickest(torch.get_num_threads())
    if here != (since[-1] if since else began):
        since = [*since, here]
    return began, since, count


def machine() -> dict[str, str]:
    """Return what of this machine, and of what is installed on it, changes sums in their last digits."""
    import torch

    found = {
        "processor": _processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "system": f"{platform.system()} {platform.machine()}",
        "processes": str(processes.size()),
    }
    found |= here().about
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _read(path: Path) -> tuple[dict[str, str], list[dict[str, str]], int]:
    """Return where the run began, where it went on since, and its threads; nothing of a run that begins."""
    try:
        kept: Any = read_sealed(path)
        return dict(kept["began"]), [dict(one) for one in kept["since"]], max(1, min(int(kept["threads"]), _MOST))
    except (OSError, ValueError, KeyError, TypeError):
        return {}, [], 0


def _said(began: Mapping[str, str], since: Sequence[Mapping[str, str]]) -> Iterator[str]:
    seen = set()
    counts = {one.get("processes", "1") for one in since} - {began.get("processes", "1")}
    if counts:
        yield (
            f"the run began with {began.get('processes', '1')} processes and went on with {', '.join(sorted(counts))}; "
            "it learnt from the same examples in the same order; the same end is promised for as many processes only"
        )
    devices = [one.get("device", "the processor") for one in (began, *since)]
    if others := list(dict.fromkeys(one for one in devices if one != devices[0])):
        yield (
            f"the run began on {devices[0]} and went on on {', '.join(others)}: it learnt from the same examples in "
            "the same order, but sums and dropout differ there, so that its end is not bit for bit that of a run that "
            "nothing interrupted"
        )
    for one in since:
        for name in sorted({*began, *one} - {"processes", "device", *(_OF_DEVICES if others else ())}):
            was, now = began.get(name, "none"), one.get(name, "none")
            if was != now:
                seen.add(f"{name} {now} instead of {was}")
    if seen:
        yield (
            f"the run went on elsewhere than it began ({', '.join(sorted(seen))}): its end may differ in the last "
            "digits from that of a run that nothing interrupted"
        )


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
            return next(names, "") or platform.processor()
    except OSError:
        return platform.processor()


def _quickest(most: int) -> int:
    """Return whether one thread or all of them multiply matrices faster right now."""
    import torch

    left = torch.ones(_SIZE, _SIZE)
    seen = {}
    for count in sorted({1, min(most, os.cpu_count() or 1)}):
        torch.set_num_threads(count)
        left @ left
        started = time.perf_counter()
        for _ in range(_ROUNDS):
            left @ left
        seen[count] = time.perf_counter() - started
    return min(seen, key=lambda count: seen[count])
