"""Which device is chosen, what is said where it is not there, and what a record tells of it."""

import os
import stat
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from holdfast.core.errors import BadInput
from holdfast.core.sealed import write_sealed
from holdfast.finetune import device, optimiser, precision, processes
from holdfast.finetune.device import Device, OutOfMemory, beside, chosen, here, on, placed, refuse_shared, spared
from holdfast.finetune.optimiser import moments, optimiser_of, restore
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.repeatable import repeatable
from holdfast.finetune.strategy import Strategy, options_of, refuse_device, strategy_of
from holdfast.finetune.threads import _said, kept_device, machine

CARD = Device("cuda:1", {"device": "NVIDIA X, 80 GB", "driver": "1.2"}, 300.0, "mark")


@pytest.fixture
def cards(monkeypatch):
    """Stand in for a machine with two CUDA devices, the second of which is broken if the list says so."""
    broken = []

    def tried(one):
        if one.name in broken:
            raise BadInput(f"{one.says} is here and does not compute: no kernel image")
        return one

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda at: f"X{at}")
    monkeypatch.setattr(device, "_cuda", lambda at: Device(f"cuda:{at}", {"device": f"X{at}"}, 0.0, str(at)))
    monkeypatch.setattr(device, "_tried", tried)
    return broken


def test_by_itself_it_is_the_processor_where_nothing_else_is():
    assert chosen() == chosen("cpu") == Device()
    assert here() == Device()
    assert Device().backend == "gloo"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("cuda", "built without CUDA"),
        ("cuda:1", "built without CUDA"),
        ("mps", "no GPU of Apple"),
        ("gpu", "Did you mean 'cpu'"),
        ("cuda:", "known are auto, cpu, cuda, cuda:1, mps"),
    ],
)
def test_what_is_not_here_is_told_with_what_to_take(wanted, says):
    with pytest.raises(BadInput, match=says):
        chosen(wanted)


def test_where_no_device_is_seen_it_says_what_hides_them(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(BadInput, match='no CUDA device is seen here, and CUDA_VISIBLE_DEVICES is ""'):
        chosen("cuda")


def test_a_cuda_device_is_taken_where_it_works(cards):
    assert chosen().name == chosen("cuda").name == "cuda:0"
    assert chosen("cuda:1").name == "cuda:1"
    assert chosen().backend == "cpu:gloo,cuda:nccl"
    assert chosen("cpu").name == "cpu"
    with pytest.raises(BadInput, match=r'the device is "cuda:7", and 2 CUDA devices are here: cuda:0 \(X0\), cuda:1'):
        chosen("cuda:7")


def test_a_device_that_does_not_compute_is_said_and_not_taken(cards):
    cards.append("cuda:0")
    (note,) = chosen().notes
    assert note.startswith("the processor was used: X0 (cuda:0) is here and does not compute")
    assert chosen().name == "cpu"
    with pytest.raises(BadInput, match="no kernel image"):
        chosen("cuda")


def test_each_process_takes_a_device_of_its_own(cards, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert chosen(many=2).name == "cuda:1"
    with pytest.raises(BadInput, match='"cuda:1", one, and 2 processes were launched'):
        chosen("cuda:1", many=2)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(BadInput, match="number 2 of its machine, and 2 CUDA devices"):
        chosen("cuda", many=3)


def test_a_run_that_goes_on_stays_on_its_kind_of_device(cards, monkeypatch):
    assert chosen("auto", kept="cpu").name == "cpu"  # it began without one, and its end would be another there
    assert chosen("cuda:1", kept="cuda").name == "cuda:1"
    assert chosen("auto", kept="cuda").name == "cuda:0"
    assert chosen("cuda:5", kept="cuda").name == "cuda:0"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert chosen("cuda", kept="cuda").name == "cpu"  # it goes on all the same
    assert chosen("auto", kept="mps").name == "cpu"


def test_processes_do_not_share_a_device_nor_mix_kinds(monkeypatch):
    monkeypatch.setattr(processes, "size", lambda: 2)
    monkeypatch.setattr(processes, "rank", lambda: 1)
    monkeypatch.setattr(processes, "agreed", lambda _, work: "cuda")
    with pytest.raises(BadInput, match="process 1 computes on cpu, and process 0 on cuda"):
        refuse_shared()
    monkeypatch.setattr(device, "_in_single", lambda: on(Device()))
    token = device._HERE.set(CARD)
    try:
        monkeypatch.setattr(processes, "summed", lambda values: values + values[::-1])
        with pytest.raises(BadInput, match=r"processes 0, 1 would share NVIDIA X, 80 GB \(cuda:1, driver 1.2\)"):
            refuse_shared()
        monkeypatch.setattr(processes, "summed", lambda values: values + np.array([1.0, 0.0]))
        refuse_shared()
    finally:
        device._HERE.reset(token)


def test_products_are_single_on_a_device_and_afterwards_as_before(monkeypatch):
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    with on(CARD):
        assert here() is CARD
        assert not torch.backends.cuda.matmul.allow_tf32
        assert not torch.backends.cudnn.allow_tf32
    assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == before == (False, True)
    assert here() == Device()


def test_what_the_driver_says_is_asked_of_nvidia_smi(monkeypatch, tmp_path):
    program = tmp_path / "nvidia-smi"
    one, other = '--id=GPU-1a) echo "550.54.15, 700.00";;', '--id=GPU-2b) echo "550, [N/A]";;'
    program.write_text(f'#!/bin/sh\ncase "$1" in {one} {other} *) exit 6;; esac\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    device._driver.cache_clear()
    assert device._driver("1a") == ("550.54.15", 700.0)
    assert device._driver("2b") == ("550", 0.0)
    assert device._driver("3c") == ("", 0.0)
    program.unlink()
    assert device._driver("4d") == ("", 0.0)


def test_what_is_known_of_a_device_is_told(monkeypatch):
    found = SimpleNamespace(name="NVIDIA H100", total_memory=85e9, uuid="1a")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: found)
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91002)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(device, "_driver", lambda _: ("580.1", 700.0))
    one = device._cuda(0)
    assert one.says == "NVIDIA H100, 85 GB (cuda:0, driver 580.1, CUDA 13.0, cuDNN 91002)"
    assert (one.watts, one.mark) == (700.0, "1a")


def test_examples_follow_the_model_in_whatever_holds_them():
    class Elsewhere:
        def __init__(self, where="cpu"):
            self.where = where

        def to(self, where):
            return Elsewhere(str(where))

    module = SimpleNamespace(parameters=lambda: iter([torch.zeros(1, device="meta")]))
    one = Elsewhere()
    moved = beside(module, {"a": one, "labels": [{"boxes": one}], "pair": (one,), "n": 3, "none": None})
    assert (moved["a"].where, moved["labels"][0]["boxes"].where, moved["pair"][0].where) == ("meta",) * 3
    assert (moved["n"], moved["none"]) == (3, None)
    batch = {"a": torch.zeros(2)}
    assert beside(nn.Linear(2, 2), batch) is batch
    layer = nn.Linear(2, 2)
    assert placed(layer) is layer


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_no_memory_is_told_with_what_to_do(error):
    with pytest.raises(OutOfMemory, match="this machine has no memory left: try less"), spared("try less"):
        raise error
    with pytest.raises(RuntimeError, match="shape"), spared("try less"):
        raise RuntimeError("shape")


class Weights(nn.Module):
    """A matrix, a bias, and a number by itself, as CLIP's temperature is."""

    def __init__(self):
        super().__init__()
        self.layer, self.scale = nn.Linear(3, 2), nn.Parameter(torch.tensor(1.5))

    def forward(self, given):
        return self.layer(given) * self.scale


def stepped(module, adam, n):
    for at in range(n):
        adam.zero_grad()
        module(torch.full((2, 3), 0.1 * (at + 1))).square().sum().backward()
        adam.step()


@pytest.mark.parametrize("kind", ["cpu", "cuda", "mps"])
def test_moments_come_back_whichever_way_steps_are_made(monkeypatch, kind):
    monkeypatch.setattr(optimiser, "kind_of", lambda _: kind)
    torch.manual_seed(0)
    one = Weights()
    adam = optimiser_of(one, 0.1)
    assert bool(adam.defaults["fused"]) == (kind != "mps")
    stepped(one, adam, 2)
    other = Weights()
    other.load_state_dict(one.state_dict())
    again = optimiser_of(other, 0.1)
    restore(again, other, moments(adam, one))
    stepped(one, adam, 2)
    stepped(other, again, 2)
    assert all(torch.equal(first, second) for first, second in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize(("able", "auto"), [(True, "bf16"), (False, "single")])
def test_bfloat16_is_taken_where_a_device_has_tiles_of_it(monkeypatch, able, auto):
    monkeypatch.setattr(precision, "here", lambda: CARD)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: able)
    assert precision.resolved("auto") == auto
    if able:
        assert precision.resolved("bf16") == "bf16"
    else:
        with pytest.raises(BadInput, match=r"NVIDIA X, 80 GB \(cuda:1, driver 1.2\) has no arithmetic of bfloat16"):
            precision.resolved("bf16")


def test_steps_refuse_what_does_not_repeat_only_while_they_run():
    def now():
        return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()

    before = now()
    with precision.repeating(strict=True):
        assert now() == (True, False)
    assert now() == before


@pytest.mark.parametrize(
    ("says", "strict"),
    [("", True), ("nll_loss2d_out does not have a deterministic implementation, but you set", False)],
)
def test_a_step_is_tried_and_undone_before_the_first(says, strict):
    class Task:
        def batch(self, split, rows, rng=None):
            return {"x": torch.ones(len(rows), 3)}

        def weight(self, batch):
            return float(len(batch["x"]))

        def loss(self, module, batch):
            assert torch.are_deterministic_algorithms_enabled()
            if says:
                raise RuntimeError(says)
            return module(batch["x"]).square().sum()

    from holdfast.finetune.loop import Job
    from holdfast.finetune.order import Order

    module = Weights().eval()
    before = {name: one.clone() for name, one in module.state_dict().items()}
    job = Job(Task(), module, Order(8, 4, 1, 0), 2, frozenset(), None, 0.1, None, 0, None,
              frozenset(dict(module.named_parameters())), np.arange(2))  # fmt: skip
    found = repeatable(job)
    assert found.strict is strict
    assert bool(found.notes) is not strict
    assert strict or "nll_loss2d_out does not have a deterministic implementation" in found.notes[0]
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
    assert not module.training
    assert all(one.grad is None for one in module.parameters())


def test_a_record_tells_the_device_and_where_a_run_went_on(monkeypatch, tmp_path):
    token = device._HERE.set(CARD)
    try:
        assert machine()["device"] == "NVIDIA X, 80 GB"
        assert Strategy("one process", None, None).says == "single, one process, cuda"
    finally:
        device._HERE.reset(token)
    assert "device" not in machine()
    gpu, cpu = {"device": "NVIDIA X, 80 GB", "driver": "1.2", "torch": "2.13"}, {"torch": "2.13"}
    (told,) = _said(gpu, [cpu])
    assert told.startswith("the run began on NVIDIA X, 80 GB and went on on the processor")
    (told,) = _said(gpu, [{**gpu, "driver": "1.3"}])
    assert "driver 1.3 instead of 1.2" in told
    assert kept_device(tmp_path) == ""
    write_sealed(tmp_path / "machine.json", {"threads": 1})
    assert kept_device(tmp_path) == "cpu"  # of before there was a choice
    write_sealed(tmp_path / "machine.json", {"threads": 1, "device": "cuda"})
    assert kept_device(tmp_path) == "cuda"


def test_the_recipe_says_where_and_what_has_no_device_refuses():
    told = Recipe(model="m", data="d", options={"scale": {"device": "cuda"}})
    assert options_of(told).device == "cuda"
    assert strategy_of(told).strict is False
    with pytest.raises(BadInput, match="estimators are not put on a device here"):
        refuse_device(told, "scikit-learn's estimators", "leave it out")
    refuse_device(Recipe(model="m", data="d"), "scikit-learn's estimators", "leave it out")
