"""The campaign of `benchmarks/faults/kill_finetune.py`: two kills always, fifty of each case with `-m slow`."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults" / "kill_finetune.py"
SHORT = ("enc", "texts.csv", "--label", "label", "--rate", "0.01", "--epochs", "1", "--set", "evaluations=4",
         "--set", "options.sensitivity.off=true", "--set", "options.need.off=true",
         "--set", 'allow=["split-overlap", "near-split-overlap", "conflicting-duplicates"]')  # fmt: skip


def script():
    spec = importlib.util.spec_from_file_location("kill_finetune", SCRIPT)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_a_killed_training_is_gone_on_with_to_the_same_bits(tmp_path):
    assert script().campaign(tmp_path, "short", kills=1, seed=1, call=SHORT) == []


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("case", ["classify-text", "search", "generate-text"])
def test_fifty_kills_change_nothing(tmp_path, case):
    assert script().campaign(tmp_path, case, kills=50, seed=2) == []


def test_another_end_is_noticed():
    one = {"model.safetensors": "ab", "sections": [{"title": "On the way", "says": ["x"]}]}
    assert script().differences(one, {**one}) == []
    other = {**one, "sections": [{"title": "On the way", "says": ["y"]}]}
    assert script().differences(one, other) == ["/sections/0/says/0 is another: x / y"]
