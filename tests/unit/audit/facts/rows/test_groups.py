import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.runner import Facts
from holdfast.data.inference import describe


def groups_of(dataset):
    return Facts({"dataset": dataset})["groups"]


def persons(rng, n_groups=200, size=5):
    """Records of persons whose age, height, eyes and site stay the same, while other columns change."""
    who = np.repeat(np.arange(n_groups), size)
    n = len(who)
    steady = {
        "age": rng.integers(20, 90, n_groups)[who],
        "height": rng.integers(150, 200, n_groups)[who],
        "eyes": rng.choice(list("abcd"), n_groups)[who],
        "site": rng.choice(list("uvwxyz"), n_groups)[who],
    }
    return who, {
        **steady,
        "pulse": rng.normal(size=n),
        "steps": rng.integers(0, 900, n),
        "mood": rng.choice(["p", "q"], n),
    }


def test_given_groups_are_taken_and_missing_ones_have_no_group():
    found = groups_of(subject({"g": ["a", "b", "a", None], "x": [1.0, 2.0, 3.0, 4.0]}, g="group"))
    assert (found.origin, found.given, found.n_groups) == ("given", True, 2)
    assert found.codes[0] == found.codes[2] != found.codes[1]
    assert found.codes[3] == -1


def test_two_given_columns_make_one_key():
    found = groups_of(subject({"g": [1, 1, 2, 2], "h": ["a", "b", "a", "a"]}, g="group", h="group"))
    assert found.n_groups == 3


@pytest.mark.parametrize("name", ["Patient ID", "userId", "subject"])
def test_a_column_named_like_a_key_of_persons_groups_rows(name):
    who, columns = persons(np.random.default_rng(0))
    found = groups_of(subject({name: who, "pulse": columns["pulse"]}))
    assert (found.origin, found.columns, found.n_groups) == ("name", (name,), 200)


def test_an_id_that_repeats_groups_rows_and_one_that_does_not_groups_nothing():
    rng = np.random.default_rng(1)
    repeated = np.concatenate((np.arange(300), np.arange(30)))
    x = rng.normal(size=330)
    assert groups_of(subject({"key": repeated, "x": x}, key="id")).origin == "id"
    assert not groups_of(subject({"key": np.arange(330), "x": x}, key="id")).found


def test_the_coarser_of_two_keys_is_taken():
    patient = np.repeat(np.arange(100), 6)
    visit = np.repeat(np.arange(300), 2)
    found = groups_of(subject({"subject id": visit, "patient id": patient, "x": np.arange(600) * 0.5}))
    assert found.columns == ("patient id",)


def test_few_large_groups_are_sites_not_persons():
    rng = np.random.default_rng(2)
    assert not groups_of(subject({"user": rng.integers(0, 10, 500), "x": rng.normal(size=500)})).found
    lopsided = np.concatenate((np.zeros(300), np.arange(1, 201)))
    assert not groups_of(subject({"user": lopsided, "x": rng.normal(size=500)})).found


@pytest.mark.parametrize(("n_groups", "size"), [(200, 5), (40, 60), (300, 4)])
def test_columns_that_repeat_together_betray_persons(n_groups, size):
    rng = np.random.default_rng(3)
    who, columns = persons(rng, n_groups, size)
    found = groups_of(subject(columns))
    assert found.origin == "bundle"
    assert set(found.columns) == {"age", "height", "eyes", "site"}
    assert not found.certain
    right = np.mean([len(np.unique(who[found.codes == code])) == 1 for code in range(0, found.n_groups, 7)])
    assert right > 0.95


def test_a_price_that_depends_smoothly_on_what_was_booked_is_no_person():
    rng = np.random.default_rng(4)
    n = 4000
    plan, speed, lines = rng.integers(0, 4, n), rng.integers(0, 3, n), rng.integers(0, 3, n)
    price = 20 * plan + 5 * speed + 1.5 * lines + rng.integers(0, 12, n) * 0.1
    columns = {"price": price, "plan": plan, "speed": speed, "lines": lines, "use": rng.normal(size=n)}
    assert not groups_of(subject(columns)).found


def test_ordinary_categories_and_copies_are_no_groups():
    rng = np.random.default_rng(5)
    n = 3000
    columns = {f"c{i}": rng.choice([f"v{j}" for j in range(3 + 5 * i)], n) for i in range(6)}
    columns["x"] = rng.normal(size=n)
    assert not groups_of(subject(columns)).found
    copied = rng.integers(0, 600, n)
    assert not groups_of(subject({name: values[copied] for name, values in columns.items()})).found


def test_groups_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(6)
    _, columns = persons(rng)
    dataset = subject(columns)
    order = rng.permutation(len(dataset))
    first, second = groups_of(dataset), groups_of(dataset.take(order))
    assert first.columns == second.columns
    assert np.array_equal(first.codes[order], second.codes)


def test_odd_tables_have_no_groups():
    empty = pa.table({"a": pa.array([], pa.float64()), "b": pa.array([], pa.large_string())})
    assert not groups_of(describe("empty", empty)).found
    assert not groups_of(subject({"a": [1.0]})).found
    assert not groups_of(subject({"patient id": [None] * 50, "x": [None] * 50})).found
