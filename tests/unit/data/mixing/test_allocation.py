import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.data.mixing.allocation import (
    Allocation,
    Shortfall,
    allocate,
    cap_of,
    fill,
    most_records,
    most_within,
    ranges_of,
    shared_out,
)
from holdfast.data.mixing.counting import Stock, by
from mixtures import policy

STOCK = Stock(verified=50, human=1_000, cells={("a", 1): 5_000, ("b", 1): 300, ("b", 2): 700})


def test_without_limits_a_mix_is_like_the_stock():
    taken = allocate(policy(), STOCK, 705)
    assert (taken.verified, taken.human) == (5, 100)
    assert taken.cells == {("a", 1): 500, ("b", 1): 30, ("b", 2): 70}


def test_an_exact_share_is_met_to_one_record():
    taken = allocate(policy(shares={"human": 0.5}), STOCK, 701)
    assert taken.verified + taken.human in {350, 351}
    assert taken.records == 701


def test_a_cap_of_one_generator_leaves_room_to_the_others():
    taken = allocate(policy(caps={"generator": 400}), STOCK, 1_500)
    assert by(taken.cells, 0) == {"a": 400, "b": 400}
    assert taken.verified + taken.human == 700


def test_a_minimum_is_met_before_proportions():
    taken = allocate(policy(human={"minimum": 600, "verified": 40}), STOCK, 1_000)
    assert taken.verified >= 40
    assert taken.verified + taken.human == 600


@pytest.mark.parametrize(
    ("said", "records", "key", "wanted", "there"),
    [
        ({"human": {"verified": 60}}, 500, "human.verified", 60, 50),
        ({"shares": {"human": 0.5}}, 3_000, "shares.human", 1_500, 1_050),
        ({"shares": {"synthetic": 0.9}, "caps": {"generator": 100}}, 1_000, "shares.synthetic", 900, 200),
        ({"caps": {"generation": 0.1}}, 2_000, "records", 2_000, 1_450),
        ({"human": {"minimum": 400}, "shares": {"synthetic": {"at_least": 0.7}}}, 1_000, "records", 1_000, 1_100),
        ({"human": {"minimum": 400}, "shares": {"human": {"at_most": 0.3}}}, 1_000, "human.minimum", 400, 300),
        ({"unknown": "own", "shares": {"unknown": 0.1}}, 100, "shares.unknown", 10, 0),
    ],
)
def test_what_cannot_be_met_names_the_constraint_and_by_how_much(said, records, key, wanted, there):
    found = allocate(policy(**said), STOCK, records)
    assert isinstance(found, Shortfall)
    assert (found.key, found.wanted, found.there) == (key, wanted, there)


def test_the_most_records_are_the_most():
    said = policy(shares={"human": 0.5}, caps={"generator": 500})
    most = most_records(said, STOCK)
    assert isinstance(allocate(said, STOCK, most), Allocation)
    assert most == 2_001  # 1,000 within the caps, and as many people's as half rounds up to
    assert all(isinstance(allocate(said, STOCK, n), Shortfall) for n in range(most + 1, most + 50))


def test_no_number_of_records_works_where_a_minimum_is_never_met():
    assert most_records(policy(human={"verified": 51}), STOCK) is None


def test_a_number_is_a_number_and_a_share_a_share():
    assert (cap_of(5, 100), cap_of(0.05, 100), cap_of(1.0, 100), cap_of(None, 100), cap_of(500, 100)) == (
        5, 5, 100, 100, 100,
    )  # fmt: skip


def test_a_policy_that_names_the_planner_has_no_numbers_yet():
    with pytest.raises(ValueError, match="planner"):
        ranges_of(policy(human={"minimum": "planner", "rarest": 0.1}), 10)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 10), st.integers(0, 40)), min_size=1, max_size=5), st.data()
)
def test_sharing_out_keeps_bounds_and_total(parts, data):
    weights, low, room = zip(*parts, strict=True)
    high = [a + b for a, b in zip(low, room, strict=True)]
    total = data.draw(st.integers(sum(low), sum(high)))
    got = shared_out(total, weights, low, high)
    assert sum(got) == total
    assert all(a <= one <= b for a, one, b in zip(low, got, high, strict=True))


@settings(max_examples=60)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 20), st.integers(1, 20), st.data())
def test_filling_keeps_cells_caps_and_total(rows, columns, row_cap, column_cap, data):
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    cells = np.array(data.draw(st.lists(st.integers(0, 15), min_size=rows * columns, max_size=rows * columns)))
    cells = cells.reshape(rows, columns)
    graph = np.zeros((rows + columns + 2,) * 2, np.int32)
    graph[0, 1 : rows + 1], graph[1 : rows + 1, rows + 1 : -1] = row_cap, cells
    graph[rows + 1 : -1, -1] = column_cap
    most = most_within(cells, row_cap, column_cap)
    assert most == maximum_flow(csr_array(graph), 0, rows + columns + 1).flow_value
    total = data.draw(st.integers(0, most))
    got = fill(total, cells, row_cap, column_cap)
    assert got.sum() == total
    assert ((got >= 0) & (got <= cells)).all()
    assert (got.sum(axis=1) <= row_cap).all()
    assert (got.sum(axis=0) <= column_cap).all()
