import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.probe.changing import VALUES, Pool, changed

TABLE = pa.table(
    {
        "whole": pa.array([5, 1, 3, 2, 4, 9], pa.int64()),
        "gaps": pa.array([0.5, None, 2.5, None, 1.5, 3.5], pa.float64()),
        "word": pa.array(["b", "a", "a", "c", "b", "d"], pa.large_string()),
        "flag": pa.array([True, False, True, True, False, False]),
    }
)
POOLS = {name: Pool.of(TABLE.column(name)) for name in TABLE.column_names}
PLACES = np.array([1, 2, 5])


@pytest.mark.parametrize("kind", VALUES)
def test_a_change_keeps_types_ranges_gaps_and_other_rows(kind):
    done = changed(TABLE, TABLE.column_names, PLACES, kind, POOLS, np.random.default_rng(0))
    assert done.schema == TABLE.schema
    for name in TABLE.column_names:
        before, after = TABLE.column(name).to_pylist(), done.column(name).to_pylist()
        assert [after[i] for i in (0, 3, 4)] == [before[i] for i in (0, 3, 4)]
        assert set(after) <= set(before)
        assert [value is None for value in after] == [value is None for value in before]


def test_raised_and_lowered_go_to_opposite_ends():
    rng = np.random.default_rng(0)
    high = changed(TABLE, ["whole"], PLACES, "raised", POOLS, rng).column("whole").to_pylist()
    low = changed(TABLE, ["whole"], PLACES, "lowered", POOLS, rng).column("whole").to_pylist()
    assert min(high[i] for i in PLACES) >= 5
    assert max(low[i] for i in PLACES) <= 2


def test_shuffled_values_are_those_that_were_there():
    done = changed(TABLE, ["whole", "word"], np.arange(6), "shuffled", POOLS, np.random.default_rng(1))
    assert sorted(done.column("whole").to_pylist()) == sorted(TABLE.column("whole").to_pylist())
    assert done.column("word").to_pylist() != TABLE.column("word").to_pylist()


def test_columns_without_values_stay():
    empty = pa.table({"none": pa.nulls(3, pa.float64())})
    pools = {"none": Pool.of(empty.column("none"))}
    assert changed(empty, ["none"], np.arange(3), "raised", pools, np.random.default_rng(0)).equals(empty)
