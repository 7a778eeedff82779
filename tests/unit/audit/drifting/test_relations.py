"""Pairs of columns that hang together differently: found and named, and nothing else is."""

import numpy as np
import pyarrow as pa

from holdfast.audit.drifting.comparing import Compared
from holdfast.audit.drifting.relations import Relations
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.verb import drift, look, sliced
from holdfast.data.inference import describe


def found(old: dict, new: dict) -> Relations:
    return compared(old, new).related


def compared(old: dict, new: dict) -> Compared:
    sides = [describe(name, pa.table(one)) for name, one in (("old", old), ("new", new))]
    settings = DriftSettings()
    return look(sliced([("old", sides[0]), ("new", sides[1])], settings), settings).steps[0]


def pair(rng, n, r, **more):
    a, b, c = rng.normal(size=(3, n))
    return {"a": a, "b": r * a + np.sqrt(1 - r * r) * b, "c": c, **more}


def test_a_correlation_that_came_is_named_with_its_size():
    rng = np.random.default_rng(0)
    seen = found(pair(rng, 300, 0.0), pair(rng, 300, 0.5))
    (one,) = seen.changed
    assert (one.first, one.second) == ("a", "b")
    assert one.low < 0.5 < one.high
    assert seen.p_value < 1e-4
    assert seen.n_pairs == 3


def test_it_is_said_in_the_first_sentence():
    rng = np.random.default_rng(0)
    run = drift(pa.table(pair(rng, 300, 0.0)), pa.table(pair(rng, 300, 0.6)))
    assert "pairs of columns hang together differently, most of all 'a' and 'b' (correlation" in run.says


def test_columns_that_shift_while_they_hang_together_as_before_are_not_named():
    rng = np.random.default_rng(1)
    old, new = pair(rng, 400, 0.7), pair(rng, 400, 0.7)
    seen = found(old, new | {"a": np.exp(new["a"] + 1), "b": 3 * new["b"] - 2})
    assert not seen.changed
    assert seen.p_value > 0.05


def test_equal_data_are_seldom_called_different():
    called = [found(*(pair(np.random.default_rng([seed, side]), 60, 0.5) for side in range(2))) for seed in range(20)]
    assert sum(one.p_value < 0.05 for one in called) <= 4  # 5 of 20 or more: a chance of 0.003 at a level of 0.05
    assert sum(bool(one.changed) for one in called) <= 4


def test_a_value_of_a_category_that_a_number_goes_with():
    rng = np.random.default_rng(2)
    place = np.repeat(["north", "south", "west"], 200)
    one = {"number": rng.normal(size=600), "place": place, "gaps": np.where(rng.random(600) < 0.4, np.nan, 1.0)}
    other = one | {"number": rng.normal(size=600) + np.where(place == "west", 1.5, 0.0)}
    seen = found(one, other)
    assert {"number", "place = west"} in [{change.first, change.second} for change in seen.changed]
    assert all("gaps" not in (change.first, change.second) for change in seen.changed)  # one value has no correlation


def test_pairs_are_compared_where_both_values_are_known():
    rng = np.random.default_rng(3)
    old, new = pair(rng, 600, 0.9), pair(rng, 600, 0.9)
    lost = rng.random(600) < 0.5
    seen = found(old, new | {"b": np.where(lost, np.nan, new["b"])})
    assert not seen.changed


def test_one_column_has_no_pairs():
    rng = np.random.default_rng(4)
    assert found({"a": rng.normal(size=80)}, {"a": rng.normal(size=80)}).n_pairs == 0
