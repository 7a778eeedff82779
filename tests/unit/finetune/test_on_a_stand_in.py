"""Every task on a stand-in for an accelerator, which raises where tensors of two devices meet: the numbers of the CPU.

Slow, as the stand-in is compiled first (15 CPU-seconds) and every training is made twice (45 in all).
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import stand_in_device

pytestmark = pytest.mark.slow
TRAININGS = ("texts", "kept", "lora", "search", "language", "packed", "pictures", "factory", "yolos", "rt_detr")
# The way of an attack on pixels is made of signs, which turn over where a gradient is as good as 0.
LOOSE = {"pictures": 2e-3}


@pytest.fixture(scope="module")
def came(tmp_path_factory):
    if stand_in_device.compiler() is None:
        pytest.skip("no C++ compiler is here (c++ or g++), and the stand-in for an accelerator is compiled")
    torch = Path(importlib.util.find_spec("torch").origin).parent
    if not (torch / "include" / "ATen" / "ATen.h").is_file():
        pytest.skip("this PyTorch came without its C++ headers, which the stand-in for an accelerator needs")
    folder = tmp_path_factory.mktemp("stand-in")
    program = [sys.executable, "-W", "ignore", stand_in_device.__file__, folder / "materials", folder / "came.json"]
    own = {**os.environ, "OMP_NUM_THREADS": "1"}
    told = subprocess.run(program, env=own, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr[-4000:]
    return json.loads((folder / "came.json").read_text())


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_and_its_answers_are_those_of_the_processor(came, name):
    found = came[name]
    assert found["looks"] <= LOOSE.get(name, 1e-5)
    assert found["answers"] <= LOOSE.get(name, 1e-5)
    assert found["rows"] > 0
    assert not found["missed"]
    assert found["held"] > 4 * found["size"]  # weights, gradients, two moments: it was there that it learnt
    assert [one for one in found["notes"] if one.startswith("computed on a stand-in (standin:0)")]


def test_a_training_that_was_stopped_goes_on_to_the_same_bits(came):
    assert came["resumed"]["cut"] == came["resumed"]["whole"]


def test_a_training_goes_on_elsewhere_and_says_that_it_did(came):
    assert came["elsewhere"]["status"] == "finished"
    (said,) = [one for one in came["elsewhere"]["notes"] if one.startswith("the run began on a stand-in")]
    assert "went on on the processor" in said
    assert "not bit for bit" in said


def test_what_is_left_behind_is_found(came):
    assert "Expected all tensors to be on the same device" in came["left behind"]["says"]


def test_a_device_without_room_is_one_paragraph_and_the_run_can_go_on(came):
    assert came["out of memory"]["says"].startswith("a stand-in (standin:0) has no memory left")
    assert "fewer examples at once (micro = 4" in came["out of memory"]["says"]
    assert came["out of memory"]["status"] == "interrupted"


def test_gradients_of_several_processes_are_summed_there(came):
    assert came["summed"] == ["standin:0", "standin:0", None, None, None, None]


def test_steps_in_bfloat16_run_there(came):
    assert "Steps ran in bf16, one process, standin" in came["bf16"]["says"]
