"""Short form of the table of gain against forgetting (`benchmarks/detection/forgetting.py`)."""

import math

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def forgetting(benchmark):
    return benchmark("detection/forgetting.py")


@pytest.mark.parametrize("family", ["encoder", "language"])
def test_every_way_is_measured_and_none_is_empty(forgetting, family):
    found = forgetting.campaign(family, range(1), forgetting.SHORT)
    rows = found["0"]
    assert set(rows) == {"before", *(way.name for way in forgetting.ways(family))}
    assert all(
        math.isfinite(row["gain"]) and math.isfinite(row["lost"]) for name, row in rows.items() if name != "before"
    )
    assert len(forgetting.told(family, found)) == len(rows) + 3


def test_a_ratio_of_paired_values_has_fiellers_interval(forgetting):
    value, low, high = forgetting.ratio([1.0, 2.1, 2.9, 4.2], [2.0, 4.0, 6.0, 8.0])
    assert low < value < high
    assert value == pytest.approx(0.51)
    assert high - low < 0.2
    assert math.isnan(forgetting.ratio([1.0, -1.0, 0.5], [0.1, -0.1, 0.05])[1])
