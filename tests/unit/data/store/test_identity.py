import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.data.store.identity import Known, content_sum, record_names, summed, version_name, written

CELLS = st.one_of(st.none(), st.text(max_size=5))


def named(table):
    return record_names(table, table.column_names).to_pylist()


def test_a_name_depends_neither_on_types_nor_on_the_order_of_columns_nor_on_empty_ones():
    text = pa.large_string()
    one = pa.table({"a": [1, 2], "b": pa.array(["x", None], text)})
    same = pa.table({"b": pa.array(["x", None], text), "c": pa.nulls(2), "a": [1.0, 2.0]})
    strings = pa.table({"a": pa.array(["1", "2"], text), "b": pa.array(["x", None], text)})
    assert named(one) == named(same) == named(strings)


def test_names_tell_values_and_columns_apart():
    text = pa.large_string()
    tables = [
        pa.table({"a": pa.array([a], text), "b": pa.array([b], text)})
        for a, b in (("x", "y"), ("xy", ""), ("xy", None), ("", "xy"), (None, "xy"), (None, None), ("y", "x"))
    ]
    tables += [pa.table({"b": pa.array(["x"], text)}), pa.table({"a1": pa.array(["x"], text)})]
    tables += [pa.table({"a": [value]}) for value in (0.1, 1e300, 2**53, -1, True)]
    days = [0, 86_400_000_000]
    tables += [pa.table({"a": pa.array([day], pa.timestamp("us"))}) for day in days]
    vectors = [[1.0, 2.0], [2.0, 1.0]]
    tables += [pa.table({"a": pa.array([vector], pa.list_(pa.float64(), 2))}) for vector in vectors]
    found = [named(table)[0] for table in tables]
    assert len(set(found)) == len(found)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_names_and_sums_do_not_depend_on_the_order_of_rows(rows, random):
    def table(some):
        return pa.table({"a": pa.array([a for a, _ in some], pa.large_string()),
                         "b": pa.array([b for _, b in some], pa.large_string())})  # fmt: skip

    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = named(table(rows)), named(table(shuffled))
    assert sorted(one) == sorted(other)
    assert len(set(one)) == len(rows)
    sums = [content_sum(pa.table({"_record": pa.array(some, pa.large_string())})) for some in (one, other)]
    assert (sums[0] == sums[1]).all()
    assert version_name(len(rows), sums[0]) == version_name(len(rows), summed(written(sums[1])))


def test_a_sum_changes_by_what_changed():
    names = record_names(pa.table({"x": list(range(9))}), ["x"])
    table = pa.table({"_record": names, "_origin": pa.array(["human"] * 9, pa.large_string()), "s": list(range(9))})
    with np.errstate(over="ignore"):
        parts = content_sum(table.slice(0, 4), ["s"]) + content_sum(table.slice(4), ["s"])
    assert (parts == content_sum(table, ["s"])).all()
    assert (parts != content_sum(table)).any()


def test_known_records_are_found_and_others_are_not():
    names = record_names(pa.table({"x": list(range(1000))}), ["x"])
    known = Known(names.take(pa.array(np.arange(0, 1000, 2))))
    places = known.find(pa.chunked_array([names]))
    assert (places[::2] == np.arange(500)).all()
    assert (places[1::2] == -1).all()
    assert (Known(names.slice(0, 0)).find(names) == -1).all()


def test_names_that_share_their_first_half_are_told_apart():
    known = pa.array(["0" * 16 + f"{i:016x}" for i in (5, 3, 9)], pa.large_string())
    wanted = pa.array(["0" * 16 + f"{i:016x}" for i in (9, 4, 3, 5)], pa.large_string())
    assert Known(known).find(wanted).tolist() == [2, -1, 1, 0]
