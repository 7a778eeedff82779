"""The campaign of `benchmarks/faults/kill_store.py`: a few kills and power cuts always, two hundred with `-m slow`."""

import importlib.util
import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="kills and syncs are watched by Linux's means"
)
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults" / "kill_store.py"


def script():
    spec = importlib.util.spec_from_file_location("kill_store", SCRIPT)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_a_store_survives_those_who_are_killed_while_they_write_it(tmp_path):
    assert script().kills(tmp_path, 6, seed=1, every=3, damaged=2) == []


def test_a_store_survives_power_cuts(tmp_path):
    assert script().cuts(tmp_path, 6, seed=1, share=0.15) == []


def test_what_was_not_synced_is_missed(tmp_path, monkeypatch):
    """The power cuts find the fault that they are there to find."""
    monkeypatch.setattr("holdfast.core.durable.sync_all", list)
    assert script().cuts(tmp_path, 6, seed=1, share=0.1)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_a_store_survives_two_hundred_kills_and_power_cuts(tmp_path):
    (tmp_path / "kills").mkdir()
    assert script().kills(tmp_path / "kills", 200, seed=2) == []
    assert script().cuts(tmp_path, 200, seed=2) == []


def test_a_version_that_is_lost_is_noticed(tmp_path):
    campaign = script()
    store = campaign.Store.create(tmp_path / "corpus")
    said = [campaign.acknowledged(store.add(campaign.records("one", campaign.random.Random(1))), batch="one")]
    assert list(campaign.judged(store.folder, said, records=True)) == []
    os.unlink(store.folder / "versions" / "00000001.json")  # noqa: PTH108
    assert "is lost" in next(campaign.judged(store.folder, said, records=False))
