"""Where a model computes: on the processor, or on an accelerator that is there and works.

Models are put there when they are made ready (`placed`), examples follow the model that they are shown to (`beside`),
and numbers come back (`numbers`). Copies of weights and checkpoints lie in the processor's memory, so that any device
takes them. Single precision is single there as well: products in TF32 (10 bits) are switched off.
"""

import gc
import os
import platform
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np
from jaxtyping import Float64

from holdfast.core.errors import BadInput, HoldfastError, unknown
from holdfast.core.text import one_line
from holdfast.finetune import processes
from holdfast.finetune.shards import spread
from holdfast.finetune.tasks.definitions import Module

AUTO, CPU, CUDA, MPS = "auto", "cpu", "cuda", "mps"
_KNOWN = (AUTO, CPU, CUDA, "cuda:1", MPS)
_OPTION = "--device, or options.scale.device"
# Of cuBLAS, which has to know before its first product; without it sums may come in another order each time
# (docs.nvidia.com/cuda/cublas, "Results reproducibility").
_WORKSPACE = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
_PATIENCE = 5.0  # seconds for nvidia-smi
# In what PyTorch says where memory is short, on a device, in a library of NVIDIA's, and on the processor.
_NO_ROOM = ("out of memory", "alloc_failed", "can't allocate memory")


class OutOfMemory(HoldfastError, MemoryError):
    """A device has no room for a step; what was saved until then is whole."""


@dataclass(frozen=True, slots=True)
class Device:
    """A place to compute, as PyTorch names it, and what it is: nothing is said of the processor."""

    name: str = CPU
    about: dict[str, str] = field(default_factory=dict)  # what changes sums in their last digits
    watts: float = 0.0  # the most that it is allowed to draw; 0 where nobody tells
    mark: str = ""  # tells one from another, where a machine has several
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of device: cpu, cuda, mps."""
        return self.name.partition(":")[0]

    @property
    def says(self) -> str:
        """What it is, in words."""
        more = ", ".join(f"{name} {value}" for name, value in self.about.items() if name != "device")
        return f"{self.about.get('device', 'the processor')} ({self.name}{f', {more}' if more else ''})"

    @property
    def backend(self) -> str:
        """How processes that compute on such devices talk to one another, as torch.distributed names it."""
        return "cpu:gloo,cuda:nccl" if self.kind == CUDA else "gloo"


_PROCESSOR = Device()
_HERE: ContextVar[Device] = ContextVar("device", default=_PROCESSOR)


def here() -> Device:
    """Return the device that models are put on."""
    return _HERE.get()


@contextmanager
def on(device: Device) -> Iterator[None]:
    """Put models on a device for as long as this lasts."""
    token = _HERE.set(device)
    try:
        with _in_single() if device.kind == CUDA else nullcontext():
            yield
    finally:
        _HERE.reset(token)


@contextmanager
def _in_single() -> Iterator[None]:
    import torch

    torch.cuda.set_device(here().name)
    products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    before = products.allow_tf32, convolutions.allow_tf32
    products.allow_tf32 = convolutions.allow_tf32 = False
    try:
        yield
    finally:
        products.allow_tf32, convolutions.allow_tf32 = before


def chosen(wanted: str = AUTO, *, kept: str = "", many: int = 1) -> Device:
    """Return the device that is wanted; by itself a CUDA device that works, else Apple's, else the processor.

    A run that goes on stays on the kind of device that it has `kept` to, where that is here; where it is not, and none
    like what is wanted is, it goes on elsewhere. Each of `many` processes of a machine takes a device of its own.
    Raises BadInput for what is not here, or does not compute.
    """
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,3})?", wanted):
        raise unknown("device", wanted, _KNOWN)
    if wanted == CPU or (wanted == AUTO and kept == CPU):
        return _PROCESSOR
    if wanted != AUTO and not kept:
        if many > 1 and wanted != CUDA:
            raise BadInput(
                f'the device is "{wanted}", one, and {many} processes were launched; wanted "cuda", of which '
                'each process takes its own, or "cpu"'
            )
        return _checked(wanted, many)
    notes = []
    for name in dict.fromkeys((*((wanted,) if wanted != AUTO else ()), *((kept,) if kept else ()), CUDA, MPS)):
        if name == CPU or (name == MPS and many > 1) or not _there(name.partition(":")[0]):
            continue
        try:
            return _checked(name, many)
        except BadInput as error:
            notes.append(f"the processor was used: {error}")
    return Device(notes=tuple(notes[:1]))


def refuse_shared() -> None:
    """Raise BadInput where processes that train together compute on unlike devices, or two of them on the same one."""
    kind = processes.agreed(str, lambda: here().kind)
    if kind != here().kind:
        raise BadInput(
            f"process {processes.rank()} computes on {here().kind}, and process 0 on {kind}; wanted the same kind of "
            f"device for all ({_OPTION})"
        )
    if kind == CPU or processes.size() == 1:
        return
    own = blake2b(f"{platform.node()} {here().mark}".encode(), digest_size=6).digest()
    marks = np.zeros(processes.size())
    marks[processes.rank()] = int.from_bytes(own)  # 48 bits, which a double holds
    marks = processes.summed(marks)
    others = np.flatnonzero(marks == marks[processes.rank()])
    if len(others) > 1:
        raise BadInput(
            f"processes {', '.join(map(str, others))} would share {here().says}; each needs a device of its own: "
            'launch fewer, or take "cpu"'
        )


def _there(kind: str) -> bool:
    """Return whether PyTorch sees a device of a kind."""
    import torch

    return bool(torch.cuda.is_available() if kind == CUDA else torch.backends.mps.is_available())


def _checked(wanted: str, many: int) -> Device:
    """Return a device that has just computed something. Raises BadInput."""
    kind, _, number = wanted.partition(":")
    if not _there(kind):
        raise BadInput(f'the device is "{wanted}", and {_missing(kind)}; take "auto" or "cpu" ({_OPTION})')
    if kind == MPS:
        return _tried(Device(MPS, {"device": "Apple GPU"}))
    import torch

    count = torch.cuda.device_count()
    own = int(os.environ.get("LOCAL_RANK") or 0) if many > 1 and count > 1 else 0
    at = int(number) if number else own
    if at >= count:
        names = ", ".join(f"cuda:{one} ({torch.cuda.get_device_name(one)})" for one in range(count))
        what = f'the device is "{wanted}"' if number else f"this process is number {at} of its machine"
        raise BadInput(f"{what}, and {count} CUDA devices are here: {names}; each process needs one of its own")
    return _tried(_cuda(at))


def _missing(kind: str) -> str:
    import torch

    if kind == MPS:
        return "this machine has no GPU of Apple that PyTorch knows"
    if torch.version.cuda is None:
        return f"this PyTorch ({torch.__version__}) was built without CUDA (pytorch.org names the builds that have it)"
    seen = os.environ.get("CUDA_VISIBLE_DEVICES")
    hidden = f', and CUDA_VISIBLE_DEVICES is "{one_line(seen, 40)}"' if seen is not None else ""
    return f"no CUDA device is seen here{hidden} (nvidia-smi shows what the driver sees)"


def _cuda(at: int) -> Device:
    """Return what is known of a CUDA device."""
    import torch

    found = torch.cuda.get_device_properties(at)
    mark = str(getattr(found, "uuid", "")).removeprefix("GPU-")
    driver, watts = _driver(mark)
    about = {
        "device": f"{found.name}, {found.total_memory / 1e9:.0f} GB",
        "driver": driver,
        "CUDA": torch.version.cuda or "",
        "ROCm": torch.version.hip or "",
        "cuDNN": str(torch.backends.cudnn.version() or ""),
    }
    return Device(f"{CUDA}:{at}", {name: value for name, value in about.items() if value}, watts, mark or str(at))


@cache
def _driver(mark: str) -> tuple[str, float]:
    """Return the driver's version and the most watts that a device may draw, as nvidia-smi says; else nothing."""
    asked = [
        "nvidia-smi",
        f"--id=GPU-{mark}",
        "--query-gpu=driver_version,power.limit",
        "--format=csv,noheader,nounits",
    ]
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        said = subprocess.run(asked, capture_output=True, text=True, timeout=_PATIENCE, check=True).stdout  # noqa: S603 own words
        driver, _, watts = (one.strip() for one in said.strip().partition(","))
        with suppress(ValueError):
            return one_line(driver, 40), max(0.0, float(watts))
        return one_line(driver, 40), 0.0
    return "", 0.0


def _tried(device: Device) -> Device:
    """Return a device that computes. Raises BadInput where it does not, as with too old a driver."""
    import torch

    os.environ.setdefault(*_WORKSPACE)
    try:
        one = torch.ones(2, 2, device=device.name)
        wrong = "" if float((one @ one).sum()) == 8.0 else "2 × 2 ones came to something else than 8"
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        wrong = one_line(str(error).partition("\n")[0], 200)
    if wrong:
        raise BadInput(f'{device.says} is here and does not compute: {wrong}; take "cpu" ({_OPTION})')
    return device


def kind_of(module: Module) -> str:
    """Return the kind of device that a model lies on."""
    one = next(iter(module.parameters()), None)
    return CPU if one is None else str(one.device.type)


def placed(module: Module) -> Module:
    """Return a model that lies on the device of this run; it is moved, not copied."""
    wanted = here().name
    if any(str(one.device) != wanted for one in (*module.parameters(), *module.buffers())):
        module.to(wanted)
    return module


def beside(module: Module, batch: Any) -> Any:
    """Return examples, or anything else of tensors, where the model lies that they are shown to."""
    one = next(iter(module.parameters()), None)
    return batch if one is None or one.device.type == CPU else _moved(batch, one.device)


def _moved(one: Any, where: Any) -> Any:
    """Return tensors, also those in lists and mappings, on a device; anything else as it is."""
    if isinstance(one, Mapping):
        return {name: _moved(value, where) for name, value in one.items()}
    if isinstance(one, list | tuple):
        return [_moved(value, where) for value in one]
    return one.to(where) if hasattr(one, "to") else one


def numbers(tensor: Any) -> Float64[np.ndarray, "..."]:
    """Return a tensor as numbers of the processor, in double precision, which not every device has."""
    found: np.ndarray = tensor.detach().cpu().double().numpy()
    return found


def brought(tensor: Any) -> Any:
    """Return a copy of a tensor in the processor's memory; of one that processes share, where it is."""
    one = tensor.detach()
    return one.clone() if spread(one) or one.device.type == CPU else one.cpu()


def duplicate(module: Module) -> Module:
    """Return a copy of a model on the processor, without a second one where it lies."""
    if kind_of(module) == CPU:
        return deepcopy(module)
    import torch

    known: dict[int, Any] = {}
    for one in module.parameters():
        known[id(one)] = torch.nn.Parameter(one.detach().cpu(), requires_grad=one.requires_grad)
    for one in module.buffers():
        known[id(one)] = one.detach().cpu()
    return deepcopy(module, known)


def freed() -> None:
    """Let go of models that nobody uses: they refer to themselves, and Python counts objects, not their size."""
    if here().kind != CPU:
        gc.collect()


def settled() -> None:
    """Wait until the device has done what it was told: times are measured from then on."""
    if here().kind != CPU:
        _torch_module().synchronize()


def forget_peak() -> None:
    """Begin the peak of the device's memory anew."""
    if (forget := getattr(_torch_module(), "reset_peak_memory_stats", None)) is not None:
        forget(here().name)


def peak() -> int | None:
    """Return the most bytes that PyTorch has held on the device; None where it does not say, and of the processor."""
    most = getattr(_torch_module(), "max_memory_allocated", None)
    return None if here().kind == CPU or most is None else int(most(here().name))


def _torch_module() -> Any:
    import torch

    return torch.get_device_module(here().kind)


@contextmanager
def own_draws() -> Iterator[None]:
    """Leave the generators as they were, whatever is drawn inside."""
    import torch

    device = torch.device(here().name)
    with torch.random.fork_rng(devices=[device.index or 0] if device.type == CUDA else []):
        yield


@contextmanager
def spared(advice: str) -> Iterator[None]:
    """Raise OutOfMemory, which is one paragraph, where the device has no room left."""
    try:
        yield
    except RuntimeError as error:
        if not any(sign in str(error).lower() for sign in _NO_ROOM):
            raise
        held, where = peak(), "this machine" if here().kind == CPU else here().says
        most = f" (at most {held / 1e6:,.0f} MB were held by this process)" if held else ""
        raise OutOfMemory(f"{where} has no memory left{most}: {advice}") from error
