import numpy as np
import pyarrow as pa
import pytest

from holdfast.data.mixing.descent import descendants


def made(records, parents, roots):
    text = (pa.chunked_array([pa.array(values, pa.large_string())]) for values in (records, parents, roots))
    return descendants(*text).tolist()


def test_children_and_grandchildren_of_roots():
    assert made(list("abcdx"), ["", "a", "b z", None, "q  r"], ["a"]) == [False, True, True, False, False]


def test_a_root_is_no_descendant_of_itself_unless_it_leads_back():
    assert made(list("ab"), ["b", "a"], ["a"]) == [True, True]
    assert made(["a"], [None], ["a"]) == [False]


def test_a_parent_that_is_not_in_the_table_may_be_a_root():
    assert made(["b", "c"], ["gone", "b"], ["gone"]) == [True, True]


def test_circles_end():
    assert made(list("abc"), ["c", "a", "b"], ["z"]) == [False] * 3


def test_nobody_has_parents_or_there_are_no_roots():
    assert made(["a", "b"], [None, ""], ["a"]) == [False, False]
    assert made(["a", "b"], [None, "a"], []) == [False, False]


@pytest.mark.parametrize("length", [20_000])
def test_a_long_chain_costs_no_more_than_its_length(length):
    names = [f"{i:032x}" for i in range(length)]
    found = made(names, [None, *names[:-1]], names[:1])
    assert sum(found) == length - 1


def test_hostile_parents_do_no_harm():
    odd = ["\x00", "a\tb", "\u202ea", "<script>", "x" * 100_000, " a ", "a"]
    assert made([str(i) for i in range(7)], odd, ["a"]) == [False] * 5 + [True, True]


def test_it_agrees_with_following_by_hand():
    rng = np.random.default_rng(0)
    n = 200
    parents = [sorted({int(p) for p in rng.integers(0, n, rng.integers(0, 3))}) for _ in range(n)]
    roots = {int(one) for one in rng.integers(0, n, 3)}
    reached: set[int] = set()
    while True:
        more = {i for i in range(n) if set(parents[i]) & (roots | reached)} - reached
        if not more:
            break
        reached |= more
    found = made([str(i) for i in range(n)], [" ".join(map(str, one)) for one in parents], [str(one) for one in roots])
    assert {i for i in range(n) if found[i]} == reached
