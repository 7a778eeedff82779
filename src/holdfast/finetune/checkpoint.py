"""Checkpoints that a kill cannot tear: tensors in safetensors, everything else in JSON, complete or not there at all.

    ckpt-00000120/model.safetensors   what learns, and buffers
                  train.safetensors   moments of the optimiser
                  state.json          step, stopping, history, seconds, and the hash of each file; sealed

Written under a temporary name, synced, renamed, and the folder synced. Two are kept: where the newest is damaged, the
one before it is taken, and the run goes on from there to the same end.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.core.durable import replacing_by_name, sync_folder
from holdfast.core.errors import BadInput, StoreError
from holdfast.core.hashing import digest_file
from holdfast.core.progress import Progress, say
from holdfast.core.sealed import read_sealed, write_sealed
from holdfast.finetune import processes, shards

KEPT = 2
_NAME = "ckpt-"
_STATE = "state.json"
_TORN = "stepped-over.json"  # what was said of damaged checkpoints
Tensors = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was saved at one step."""

    step: int
    tensors: Mapping[str, Tensors]  # file name without its ending -> name -> tensor
    state: Mapping[str, Any]


def save(folder: Path, checkpoint: Checkpoint, kept: int = KEPT) -> Path:
    """Write a checkpoint below `folder`, then forget the oldest. Raises StoreError, as for a full disk.

    Of several processes all have to ask for it, and the first one writes.
    """
    final = folder / f"{_NAME}{checkpoint.step:08d}"
    every = {name: shards.whole(tensors) for name, tensors in checkpoint.tensors.items()}
    if not processes.first():
        return final
    temporary = folder / f".{final.name}.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        hashes = {}
        for name, tensors in every.items():
            path = temporary / f"{name}.safetensors"
            write_tensors(path, tensors)
            hashes[path.name] = digest_file(path)
        write_sealed(temporary / _STATE, {"step": checkpoint.step, "hashes": hashes, "state": checkpoint.state})
        if final.exists():  # of a run that fell back behind it and has come here again
            shutil.rmtree(final)
        temporary.rename(final)
        sync_folder(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise StoreError(f"cannot save a checkpoint to {folder}: {error.strerror or error}") from error
    for old in sorted(folder.glob(f"{_NAME}*"))[:-kept]:
        shutil.rmtree(old, ignore_errors=True)
    for torn in folder.glob(f".{_NAME}*.tmp"):  # of processes that were killed; this one has none open
        shutil.rmtree(torn, ignore_errors=True)
    return final


def latest(folder: Path) -> Checkpoint | None:
    """Return the newest checkpoint that is whole, None if there is none."""
    return next(whole(folder), None)


def whole(folder: Path) -> Iterator[Checkpoint]:
    """Yield the checkpoints that are as they were written, newest first; those of the first of several processes."""
    names = processes.agreed(list[str], lambda: [one.name for one in sorted(folder.glob(f"{_NAME}*"), reverse=True)])
    for name in names:
        found = _passed(folder / name) if processes.size() > 1 else _read(folder / name)
        if found is not None:
            yield found


def stepped_over(folder: Path, used: int, progress: Progress) -> None:
    """Say that newer checkpoints than the one at step `used` are damaged, where any are, and remember it.

    Raises StoreError.
    """
    steps = sorted(int(one.name.removeprefix(_NAME)) for one in folder.glob(f"{_NAME}*"))
    torn = [step for step in steps if step > used]
    if not torn or not processes.first():
        return
    now = f"{'the checkpoint' if len(torn) == 1 else 'checkpoints'} of step {', '.join(map(str, torn))}"
    note = f"{now} could not be used as written; the run went on from {f'step {used}' if used else 'its beginning'}"
    try:
        write_sealed(folder / _TORN, [*stepped(folder), note])
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror or error}") from error
    say(progress, note)


def stepped(folder: Path) -> tuple[str, ...]:
    """Return what was said of damaged checkpoints, over all starts."""
    try:
        return tuple(map(str, read_sealed(folder / _TORN)))
    except (OSError, ValueError, TypeError):
        return ()


def write_tensors(path: Path, tensors: Tensors, metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors to a file, whole or not at all; of several processes only the first writes. Raises OSError."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    every = shards.whole(tensors)
    if not processes.first():
        return
    found = {name: one.detach().cpu().contiguous() for name, one in every.items()}
    with replacing_by_name(path) as temporary:
        try:
            save_file(found, temporary, dict(metadata or {}))  # as bytes they would take twice their memory once more
        except SafetensorError as error:
            raise OSError(str(error)) from error


def read_tensors(path: Path) -> dict[str, Any]:
    """Return the tensors of a file. Raises BadInput where it is none of safetensors."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))  # as bytes they would take twice their memory
    except (OSError, SafetensorError) as error:
        raise BadInput(f"{path.name} cannot be read as safetensors: {error}") from error


def _passed(place: Path) -> Checkpoint | None:
    """Return the checkpoint that the first process finds at a place, in all of them."""
    from safetensors.torch import load
    from safetensors.torch import save as as_bytes

    found = _read(place) if processes.first() else None
    told = {"step": found.step, "state": dict(found.state), "files": sorted(found.tensors)} if found else {}
    known = json.loads(processes.passed(lambda: json.dumps(told).encode()))
    if not known:
        return None
    tensors = {
        name: load(processes.passed(lambda at=name: as_bytes(dict(found.tensors[at])) if found else b""))  # type: ignore[misc]
        for name in known["files"]
    }
    return Checkpoint(known["step"], tensors, known["state"])


def _read(place: Path) -> Checkpoint | None:
    try:
        content = read_sealed(place / _STATE)
        for name, digest in content["hashes"].items():
            if Path(name).name != name or digest_file(place / name) != digest:
                return None
        tensors = {Path(name).stem: read_tensors(place / name) for name in content["hashes"]}
        return Checkpoint(int(content["step"]), tensors, content["state"])
    except (OSError, ValueError, KeyError, TypeError):  # BadInput is a ValueError
        return None
