"""Several processes make the step of one, end together, and go on to the same bits."""

import os
import signal

import numpy as np
import pytest

import small_models
from forked import together
from holdfast.core.errors import BadInput
from holdfast.core.progress import Silent
from holdfast.core.store import RunStore
from holdfast.finetune import processes
from holdfast.finetune.checkpoint import read_tensors
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.strategy import own, strategy_of
from holdfast.finetune.threads import _said
from holdfast.finetune.verb import finetune
from steps_only import ended, trained

SHARDED = {"scale": {"strategy": "fully-sharded"}}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    import torch

    torch.set_num_threads(1)  # before processes are forked
    folder = tmp_path_factory.mktemp("together")
    small_models.encoder(folder / "steady", dropout=0.0)
    small_models.encoder(folder / "dropping")
    small_models.write_texts(folder / "texts.csv", 120, seed=1)
    return folder


def recipe(place, **more):
    said = {"model": str(place / "steady"), "data": str(place / "texts.csv"), "label": "label", "rate": 0.003,
            "epochs": 2, "batch": 11, "evaluations": 3, "stop": "never", "keep": ()}  # fmt: skip
    return Recipe(**{**said, **more})


def far(one, other):
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one)


class Kills(Silent):
    """Ends this process at a step, as nothing can be done about."""

    def __init__(self, step):
        self.step = step

    def advanced(self, task, done, total, unit):
        if task == "training" and done >= self.step:
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("options", [{}, SHARDED], ids=["data-parallel", "fully-sharded"])
def test_two_processes_make_the_steps_of_one(place, tmp_path, options):
    one = trained(recipe(place), tmp_path / "one")
    told = recipe(place, options=options)
    assert together(2, lambda _: trained(told, tmp_path / "two"), folder=tmp_path) == [0, 0], said(tmp_path)
    start = read_tensors(place / "steady" / "model.safetensors")
    moved = far(start, {name: ended(tmp_path / "one")[f"bert.{name}"] for name in start})
    assert far(ended(tmp_path / "one"), ended(tmp_path / "two")) < 1e-5
    assert moved > 1e-3
    assert one.ran == {"single, one process": one.step}


def said(folder):
    return "\n".join(path.read_text() for path in sorted(folder.glob("said-*")))


@pytest.mark.parametrize(
    "options", [{}, pytest.param(SHARDED, marks=pytest.mark.slow)], ids=["data-parallel", "fully-sharded"]
)
def test_processes_that_were_killed_go_on_to_the_same_bits(place, tmp_path, options):
    told = recipe(place, model=str(place / "dropping"), options=options)
    assert together(2, lambda _: trained(told, tmp_path / "whole"), folder=tmp_path) == [0, 0], said(tmp_path)
    killed = together(2, lambda _: trained(told, tmp_path / "cut", Kills(9)), folder=tmp_path)
    assert killed == [-signal.SIGKILL] * 2, said(tmp_path)
    assert not (tmp_path / "cut" / "runs" / "end").exists()
    assert together(2, lambda _: trained(told, tmp_path / "cut"), folder=tmp_path) == [0, 0], said(tmp_path)
    assert far(ended(tmp_path / "whole"), ended(tmp_path / "cut")) == 0.0


@pytest.mark.parametrize("lost", [1, pytest.param(0, marks=pytest.mark.slow)])
def test_a_process_that_is_lost_ends_the_others_with_a_word(place, tmp_path, lost):
    told = recipe(place)
    codes = together(2, lambda rank: trained(told, tmp_path / "cut", Kills(4) if rank == lost else None),
                     folder=tmp_path)  # fmt: skip
    assert codes[lost] == -signal.SIGKILL
    assert codes[1 - lost] == 70
    last = (tmp_path / f"said-{1 - lost}").read_text().strip().splitlines()[-1]
    assert "another of the 2 processes of this run has ended" in last
    assert "torchrun --nproc-per-node 2 -m holdfast finetune --resume latest" in last


def test_processes_with_other_data_are_told_apart(tmp_path):
    def work(rank):
        with processes.together(RunStore(tmp_path / "store"), Silent()):
            processes.alike("data", f"digest-{rank}")

    assert together(2, work, folder=tmp_path)[1] == 70
    assert "read other data than process 0" in (tmp_path / "said-1").read_text()


def test_the_parts_of_a_batch_are_the_batch(monkeypatch):
    rows = np.arange(7)
    parts = []
    for rank in range(3):
        monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
        monkeypatch.setattr(processes, "size", lambda: 3)
        parts.append(own(rows))
        mine, counts = own(rows[:1])
        assert (mine.tolist(), counts) == ([0], 1.0 if rank == 0 else 0.0)
    assert sorted(np.concatenate([one for one, _ in parts]).tolist()) == rows.tolist()


@pytest.mark.parametrize(("more", "says"), [({"keep": ("kl",)}, "kl"), ({"adapt": "gradual"}, "gradual")])
def test_what_needs_whole_weights_is_refused_where_they_are_spread(monkeypatch, more, says):
    monkeypatch.setattr(processes, "size", lambda: 2)
    monkeypatch.setattr(processes, "agreed", lambda _, work: work())
    with pytest.raises(BadInput, match=f"{says}.*needs whole weights"):
        strategy_of(Recipe(model="m", data="d", options=SHARDED, **more))


def test_what_trains_in_one_process_is_not_started_in_several(monkeypatch, place, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(BadInput, match="2 were launched; start it without torchrun"):
        finetune(recipe(place, model="sklearn.linear_model.LogisticRegression"), store=RunStore(tmp_path))


def test_going_on_with_another_number_of_processes_is_said():
    assert not list(_said({"processes": "2"}, [{"processes": "2"}]))
    (told,) = _said({"processes": "2"}, [{"processes": "1"}])
    assert "began with 2 processes and went on with 1" in told
    assert "the same end is promised for as many processes only" in told
