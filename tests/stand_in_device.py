"""A stand-in for an accelerator, compiled on the spot: `python tests/stand_in_device.py MATERIALS RESULTS.json`.

As a program it makes each training of `placed_trainings` on the processor and on the stand-in, and writes down how far
they are apart; and tries what only a device has: being left behind, running out of memory, going on elsewhere.
A process of its own, because PyTorch takes one name for such a device, once.
"""

import ctypes
import json
import shutil
import subprocess
import sys
import tempfile
import types
from contextlib import contextmanager, suppress
from pathlib import Path

NAME = "standin"
HERE = Path(__file__).parent


def compiler():
    """Return the C++ compiler of this machine, None where there is none."""
    return shutil.which("c++") or shutil.which("g++")


def built(folder):
    """Compile the stand-in; return the library."""
    import torch
    from torch.utils import cpp_extension

    made = Path(folder) / "stand_in_device.so"
    includes = [f"-isystem{path}" for path in cpp_extension.include_paths()]
    libraries = [f"-L{path}" for path in cpp_extension.library_paths()]
    abi = f"-D_GLIBCXX_USE_CXX11_ABI={int(torch.compiled_with_cxx11_abi())}"
    subprocess.run(
        [compiler(), "-std=c++20", "-O0", "-fPIC", "-shared", "-w", abi, *includes,
         str(HERE / "stand_in_device.cpp"), *libraries, "-lc10", "-ltorch_cpu", "-ltorch", "-o", str(made)],
        check=True,
    )  # fmt: skip
    return made


def loaded(library):
    """Let PyTorch know the stand-in; return the module that PyTorch asks about it."""
    import torch

    torch.utils.rename_privateuse1_backend(NAME)
    torch.ops.load_library(str(library))
    c = ctypes.CDLL(str(library))
    c.fake_held.restype = c.fake_most.restype = ctypes.c_int64
    found = types.ModuleType(f"torch.{NAME}")
    found._is_in_bad_fork = lambda: False  # draws come from the processor's generator, which is seeded anyhow
    found.manual_seed_all = lambda _seed: None
    found.is_available = lambda: True
    found.device_count = lambda: 1
    found.current_device = lambda: 0
    found.synchronize = lambda *_: None
    found.get_amp_supported_dtype = lambda: [torch.bfloat16]
    found.max_memory_allocated = lambda *_: c.fake_most()
    found.reset_peak_memory_stats = lambda *_: c.fake_forget()
    found.held = c.fake_held
    found.limit = lambda n: c.fake_limit(ctypes.c_int64(n))
    torch._register_device_module(NAME, found)
    torch.__future__.set_swap_module_params_on_conversion(True)  # as on CUDA, weights that are tied stay tied
    return found


def results(materials):
    """Yield the name of each trial with what it came to."""
    import torch

    import placed_trainings
    from holdfast.finetune.device import Device

    torch.set_num_threads(1)
    memory = loaded(built(tempfile.mkdtemp()))
    recipes = placed_trainings.recipes(placed_trainings.materials(materials))
    stand_in = Device(f"{NAME}:0", {"device": "a stand-in"})
    for name, (said, data, options) in recipes.items():
        yield name, compared(whole(said, data, options, Device()), said, data, options, stand_in, memory)
    said = recipes["lora"][0]
    yield "resumed", resumed(said, stand_in)
    yield "elsewhere", elsewhere(said, stand_in)
    yield "left behind", left_behind(said, stand_in)
    yield "out of memory", out_of_memory(recipes["texts"][0], stand_in, memory)
    half, _ = tuned({**said, "options": {**said["options"], "scale": {"precision": "bf16"}}}, stand_in)
    yield "summed", summed()
    yield "bf16", {"says": " ".join(line for section in half.sections for line in section.says)}


def tuned(said, device, home=None, **more):
    """Return the record of a fine-tuning on a device, and its store."""
    from holdfast.core.store import RunStore
    from holdfast.finetune import verb
    from holdfast.finetune.recipe import Recipe

    home = home or RunStore(Path(tempfile.mkdtemp()))
    with _replaced(verb, "chosen", lambda *_, **__: device):
        return verb.finetune(Recipe(**said), store=home, **more), home


def whole(said, data, options, device):
    """Return the record of a fine-tuning, what it saw, its weights, and what it predicts."""
    import pyarrow as pa

    import placed_trainings
    from holdfast.finetune import predicting

    run, home = tuned(said, device)
    with _replaced(predicting, "chosen", lambda _: device):
        answered = predicting.predictions(run, home.folder / run.id, Path(data), options=options)
        table = pa.concat_tables(answered.blocks)
    names = [name for name in table.column_names if name != "_generator"]  # which names the run
    return run, *placed_trainings.looks(run, home.folder / run.id), table.select(names).to_pylist()


def compared(first, said, data, options, device, memory):
    """Return how far a training on a device is from the one on the processor."""
    import numpy as np

    memory.reset_peak_memory_stats()
    before = memory.held()
    second = whole(said, data, options, device)
    seen = "On the way: Loss on training and on validation examples"
    return {
        "looks": float(np.abs(np.subtract(first[1][seen], second[1][seen])).max()),
        "weights": max(float((one - second[2][at]).abs().max()) for at, one in first[2].items()
                       if one.is_floating_point()),
        "answers": max(_apart(one, other) for one, other in zip(first[3], second[3], strict=True)),
        "rows": len(first[3]), "held": memory.max_memory_allocated() - before,
        "size": sum(one.numel() * one.element_size() for one in second[2].values()),
        "notes": [one for one in second[0].notes if one not in first[0].notes],
        "missed": "same device" in second[0].model_dump_json(),  # told as a reason of something that was left out
    }  # fmt: skip


def stopped(said, device):
    """Return a run that was broken off at its fourth step, and its store."""
    from holdfast.core.progress import Silent
    from holdfast.core.store import RunStore

    class Stops(Silent):
        def advanced(self, task, done, total, unit):
            if task == "training" and done >= 4:
                raise KeyboardInterrupt

    home = RunStore(Path(tempfile.mkdtemp()))
    with suppress(KeyboardInterrupt):
        tuned(said, device, home, progress=Stops())
    return home.load("latest"), home


def resumed(said, device):
    """Return hashes of the weights of an unbroken run, and of one that was broken off and gone on with."""
    from holdfast.core.hashing import digest_file

    cut, home = stopped(said, device)
    ends = {"whole": tuned(said, device), "cut": tuned(said, device, home, resume=cut)}
    return {name: digest_file(one.folder / run.id / "model" / "model.safetensors") for name, (run, one) in ends.items()}


def elsewhere(said, device):
    """Return what a run says that began on a device and went on on the processor."""
    from holdfast.finetune.device import Device

    cut, home = stopped(said, device)
    run, _ = tuned(said, Device(), home, resume=cut)
    return {"status": run.status, "notes": list(run.notes)}


def left_behind(said, device):
    """Return what is raised where examples do not follow the model."""
    from holdfast.finetune import evaluation

    with _replaced(evaluation, "beside", lambda _module, batch: batch):
        try:
            tuned(said, device)
        except RuntimeError as error:
            return {"says": str(error)}
    return {"says": ""}


def out_of_memory(said, device, memory):
    """Return what is raised where a device has no room for a step, and how the run is left."""
    from holdfast.core.store import RunStore
    from holdfast.finetune.device import OutOfMemory

    home = RunStore(Path(tempfile.mkdtemp()))
    memory.limit(memory.held() + 400_000)
    try:
        tuned(said, device, home)
    except OutOfMemory as error:
        return {"says": str(error), "status": home.load("latest").status}
    finally:
        memory.limit(0)
    return {"says": "", "status": ""}


def summed():
    """Return where gradients lie that were summed over processes, and that weights without one keep none."""
    import torch

    from holdfast.finetune import strategy

    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)).to(NAME)
    module[0](torch.ones(1, 3, device=NAME)).sum().backward()
    with _replaced(torch.distributed, "all_reduce", lambda _: None):
        strategy._summed(module)
    return [None if one.grad is None else str(one.grad.device) for one in module.parameters()]


def _apart(one, other):
    """Return the largest difference of numbers in two rows; infinite where anything else differs."""
    found = 0.0
    for name, value in one.items():
        if isinstance(value, float):
            found = max(found, abs(value - other[name]))
        elif value != other[name]:
            return float("inf")
    return found


@contextmanager
def _replaced(module, name, value):
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    found = dict(results(Path(sys.argv[1])))
    Path(sys.argv[2]).write_text(json.dumps(found, indent=1))
