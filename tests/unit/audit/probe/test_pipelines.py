"""The short form of benchmarks/detection/probe.py: some pipelines with known truth, in this process."""

import importlib.util
import sys
from pathlib import Path

import pytest

from holdfast.audit.probe.inside import Inside
from holdfast.audit.probe.verb import probe
from holdfast.core.record import Status

FOLDER = Path(__file__).parents[3] / "probe_pipelines"


def module(name):
    spec = importlib.util.spec_from_file_location(f"probe_pipelines_{name}", FOLDER / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


truth = module("truth")
ALL = {item.function: item for item in truth.all_truths()}
SHORT = (
    "scaler_on_all",
    "scaler_on_train",
    "scaler_on_all_before_a_tree",
    "target_encoding_on_all",
    "threshold_on_test",
    "copies_before_the_split",
    "scaler_refitted_on_test",
    "centred_window",
    "trailing_window",
    "window_filled_from_behind",
    "target_window_with_its_own_row",
    "scaled_over_all_time",
)


def test_there_are_many_pipelines_leaky_and_clean():
    assert len(ALL) >= 60
    assert sum(not item.speaks for item in ALL.values()) >= 20
    assert set(SHORT) <= set(ALL)


@pytest.mark.parametrize("name", SHORT)
def test_the_verdict_is_right_and_names_the_place(name):
    item = ALL[name]
    code = getattr(module(item.file.removesuffix(".py")), name)
    run = probe(Inside(lambda: code, item.form), truth.data_of(item))
    assert not [one for one in run.results if one.status is Status.CRASHED]
    assert {finding.check for finding in run.findings} == item.speaks
    for finding in run.findings:
        if finding.check in item.lines:
            assert item.lines[finding.check] in {place.line for place in finding.locations}


def test_silence_says_what_it_covers():
    code = module("fitting").scaler_on_train
    run = probe(Inside(lambda: code), truth.people())
    assert all(one.reason for one in run.results)
    assert "large values" in run.result("test-rows-reach-training").reason
    assert any(note.startswith("test-rows-reach-training: silence covers") for note in run.notes)
