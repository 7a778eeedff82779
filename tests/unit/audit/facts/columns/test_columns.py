import time
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.facts.columns.columns import N_TOP, QUANTILES
from holdfast.audit.runner import Facts
from holdfast.data.inference import describe


def profiles_of(dataset, **options):
    return Facts({"dataset": dataset}, {"column_profiles": options})["column_profiles"]


def test_counts_missing_and_distinct_values():
    found = profiles_of(subject({"a": [1.5, 2.0, None, 2.0], "c": ["x", None, None, "y"]}))
    assert (found["a"].n_missing, found["a"].n_unique, found["a"].n_known) == (1, 2, 3)
    assert (found["c"].n_missing, found["c"].n_unique, found["c"].missing_share) == (2, 2, 0.5)


def test_the_split_is_left_out_and_every_other_role_is_in():
    found = profiles_of(subject({"a": [1, 2], "y": [0, 1], "who": ["m", "n"]}, split=["train", "test"], who="id"))
    assert list(found.profiles) == ["a", "y", "who"]
    assert [p.name for p in found.of(role="id")] == ["who"]


def test_range_moments_and_quantiles_are_those_of_numpy():
    values = np.random.default_rng(0).normal(size=1001)
    found = profiles_of(subject({"a": values}))["a"]
    assert (found.low, found.high) == (values.min(), values.max())
    assert found.mean == pytest.approx(values.mean())
    assert found.deviation == pytest.approx(values.std())
    assert found.quantiles == pytest.approx(np.quantile(values, QUANTILES))


def test_whole_numbers_are_told_from_fractions_also_when_stored_as_floats():
    found = profiles_of(subject({"i": [1, 2, 3], "w": [1.0, 2.0, None], "f": [1.0, 2.5, 3.0]}))
    assert [found[name].whole for name in "iwf"] == [True, True, False]


def test_the_most_frequent_values_come_first_and_ties_follow_the_values():
    found = profiles_of(subject({"c": ["b", "a", "c", "b", "a", "b"], "n": [3, 3, 1, 1, 2, 2]}))
    assert found["c"].top == (("b", 3), ("a", 2), ("c", 1))
    assert found["n"].top == ((1, 2), (2, 2), (3, 2))


def test_a_key_has_no_arbitrary_top_values():
    found = profiles_of(subject({"k": [f"k{i}" for i in range(3000)], "few": [i % 50 for i in range(3000)]}))
    assert found["k"].top == ()
    assert found["k"].distinct_share == 1.0
    assert len(found["few"].top) == N_TOP


def test_infinities_and_huge_integers_are_taken_as_they_are():
    huge = 2**62
    found = profiles_of(subject({"f": [1.0, np.inf, -np.inf, 2.0], "i": [huge, huge + 1, huge + 2, huge]}))
    assert (found["f"].low, found["f"].high, found["f"].mean) == (-np.inf, np.inf, 1.5)
    assert found["i"].n_unique == 3
    assert found["i"].top[0] == (huge, 2)


def test_times_are_seconds_and_their_top_values_stay_times():
    moment = datetime(2026, 1, 1)  # noqa: DTZ001 the canonical type has no zone
    found = profiles_of(subject({"t": [moment, moment, None]}))["t"]
    assert found.low == moment.replace(tzinfo=UTC).timestamp()
    assert found.top == ((moment, 2),)


def test_truth_values_nulls_and_vectors_do_not_stop_it():
    table = pa.table(
        {
            "b": pa.array([True, False, True]),
            "nothing": pa.nulls(3),
            "empty": pa.array([None, None, None], pa.float64()),
            "v": pa.array([[1.0, 2.0], None, [3.0, 4.0]], pa.list_(pa.float64(), 2)),
        }
    )
    found = profiles_of(describe("odd", table))
    assert found["b"].top == ((True, 2), (False, 1))
    assert (found["nothing"].n_unique, found["empty"].n_unique, found["empty"].low) == (0, 0, None)
    assert (found["v"].n_missing, found["v"].n_unique_exact) == (1, False)


def test_no_rows_give_empty_profiles():
    found = profiles_of(
        subject({"a": [1.0], "c": ["x"]}).derive("none", pa.table({"a": [1.0], "c": ["x"]}).slice(0, 0))
    )
    assert [(p.n, p.n_unique, p.top) for p in found] == [(0, 0, ()), (0, 0, ())]


def test_a_sample_says_so_and_does_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(1)
    dataset = subject({"a": rng.normal(size=500), "c": rng.choice(["x", "y"], 500)})
    found = profiles_of(dataset, most_rows=100)
    assert (found.sampled.rows, found.sampled.of) == (100, 500)
    assert (found["a"].n_unique, found["a"].n_unique_exact) == (100, False)
    assert found["a"].low == dataset.numbers("a").min()
    again = profiles_of(dataset.take(rng.permutation(500)), most_rows=100)
    assert again.profiles == found.profiles


def test_constant_columns_are_constant_also_when_sampled():
    dataset = subject({"one": [7] * 300, "nearly": [7] * 299 + [8], "word": ["w"] * 300})
    found = profiles_of(dataset, most_rows=50)
    assert found["one"].constant
    assert found["word"].constant
    assert not found["nearly"].constant
    assert profiles_of(dataset)["word"].constant


def test_ten_thousand_columns_take_little_time():
    values = np.random.default_rng(0).normal(size=(100, 10_000))
    dataset = subject({f"c{i}": values[:, i] for i in range(10_000)})
    facts = Facts({"dataset": dataset})
    _ = facts["row_keys"]
    started = time.process_time()
    assert len(facts["column_profiles"]) == 10_000
    assert time.process_time() - started < 6
