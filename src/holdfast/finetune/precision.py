"""In which arithmetic a step runs: single precision, or bfloat16 where it is quick, with all that is summed in single.

Under `bf16` the products of matrices take bfloat16 (8 bits of exponent as in single precision, so that no loss has to
be scaled); weights, moments of the optimiser, the loss and everything that is judged stay in single precision
(Kalamkar et al., 2019, "A study of bfloat16 for deep learning training", 1905.12322). A step stays a pure function of
its number: a run that was killed goes on to the same bits in either.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, Literal

from holdfast.core.errors import BadInput
from holdfast.finetune.device import CPU, CUDA, here, kind_of
from holdfast.finetune.tasks.definitions import Module

Precision = Literal["single", "bf16"]


def resolved(wanted: Literal["auto", "single", "bf16"]) -> Precision:
    """Return the precision of steps. On its own it is bfloat16 only where tiles of it are multiplied at once.

    That is AMX of processors and, of NVIDIA's devices, compute capability 8.0. Raises BadInput where bfloat16 is
    wanted, and would be imitated in software.
    """
    if wanted == "single" or (wanted == "auto" and not _tiles()):
        return "single"
    if not has_bf16():
        what = "this processor" if here().kind == CPU else here().says
        raise BadInput(
            f'options.scale.precision is "bf16", and {what} has no arithmetic of bfloat16 (AVX-512 BF16 or AMX of a '
            'processor, compute capability 8.0 of a CUDA device): it would be slower and coarser; take "single"'
        )
    return "bf16"


def has_bf16() -> bool:
    """Return whether the device multiplies bfloat16 by itself."""
    import torch

    if here().kind != CPU:
        return here().kind != CUDA or _tiles()
    return _tiles() or bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())


@contextmanager
def repeating(strict: bool) -> Iterator[None]:  # noqa: FBT001 it is all that there is to say
    """Refuse, where `strict`, whatever adds up in another order each time: PyTorch then raises RuntimeError."""
    import torch

    if not strict:
        yield
        return
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(mode=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])


@contextmanager
def computing(module: Module, precision: Precision) -> Iterator[None]:
    """Let a model compute in a precision for as long as it learns; what it gives out is in single precision."""
    import torch

    if precision == "single":
        yield
        return
    own, kind = module.forward, kind_of(module)

    @wraps(own)
    def forward(*given: Any, **named: Any) -> Any:
        with torch.autocast(kind, dtype=torch.bfloat16):
            found = own(*given, **named)
        return _single(found)

    module.forward = forward
    try:
        yield
    finally:
        del module.forward  # what stands in the class comes forth again


def _single(found: Any) -> Any:
    """Return what a model gives out with bfloat16 as single precision, in the same shape of containers."""
    import torch

    if torch.is_tensor(found):
        return found.float() if found.dtype == torch.bfloat16 else found
    if isinstance(found, Mapping):
        for name, one in found.items():
            found[name] = _single(one)  # type: ignore[index]
        return found
    if isinstance(found, tuple | list):
        return type(found)(_single(one) for one in found)
    return found


def _tiles() -> bool:
    import torch

    if here().kind != CPU:
        return here().kind == CUDA and bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)())
