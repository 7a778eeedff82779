"""What guards plan to spend, what the machine tells of memory, and how amounts are said."""

import subprocess
import sys

import numpy as np
import pytest

from holdfast.core.errors import BadInput
from holdfast.finetune.controls.scratch import seeds
from holdfast.finetune.measuring.cost import bytes_in_words, time_in_words
from holdfast.finetune.measuring.forgetting import turned_wrong
from holdfast.finetune.measuring.sensitivity import planned
from holdfast.finetune.recipe import Recipe


def recipe(**options):
    return Recipe(model="m", data="d", options=options)


@pytest.mark.parametrize(("steps", "each"), [(3, 3), (20, 5), (28, 5), (60, 10), (1000, 100)])
def test_short_trainings_take_a_tenth_of_a_long_one(steps, each):
    assert planned(recipe(), steps) == ((0.3, 1.0, 3.0), each)


def test_the_band_is_what_options_say():
    assert planned(recipe(sensitivity={"rates": [0.5, 2.0], "share": 1.0}), 40) == ((0.5, 1.0, 2.0), 40)
    assert planned(recipe(sensitivity={"off": True}), 40)[0] == ()
    with pytest.raises(BadInput, match=r"options\.sensitivity"):
        planned(recipe(sensitivity={"shares": 1.0}), 40)


@pytest.mark.parametrize(("flops", "many"), [(1e9, 3), (1e10, 2), (1.9e10, 1), (3e10, 0), (None, 0)])
def test_scratch_has_as_many_seeds_as_its_operations_allow(flops, many):
    assert seeds(recipe(), 100, flops) == many


@pytest.mark.skipif(sys.platform != "linux", reason="told by Linux")
def test_the_peak_of_memory_is_that_since_it_was_forgotten():
    """In a process of its own: others give memory back at any moment."""
    code = """
from holdfast.finetune.measuring import memory
memory.forget_peak()
before = memory.peak()
held = bytearray(b"x") * 64_000_000
assert memory.peak() >= before + 50_000_000
assert memory.held() > len(held)
del held
assert memory.peak() >= before + 50_000_000
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_amounts_are_said_as_people_say_them():
    assert [time_in_words(one) for one in (0.42, 8.21, 42.0, 240.0, 9000.0)] == [
        "0.42 s", "8.2 s", "42 s", "4 min", "2.5 h",
    ]  # fmt: skip
    assert [bytes_in_words(one) for one in (5.8e8, 1.24e9)] == ["580 MB", "1.2 GB"]


def test_answers_that_turned_wrong_are_counted():
    before = np.repeat([True, True, False, False], [70, 12, 3, 15])
    after = np.repeat([True, False, True, False], [70, 12, 3, 15])
    found = turned_wrong(before, after)
    assert found.value == 0.12
    # Wilson's interval of 12 of 100.
    assert (found.low, found.high) == pytest.approx((0.0700, 0.1981), abs=2e-4)
