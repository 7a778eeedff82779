"""The order of rows in time, and what carries over in it."""

import numpy as np
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.facts.time.order import autocorrelation, split_was_default
from holdfast.audit.runner import Facts
from holdfast.core.dataset import Source, Step
from holdfast.core.errors import NotApplicable
from holdfast.data.splitting import split


def walk(rng, n, memory=0.95):
    values = rng.normal(size=n)
    for i in range(1, n):
        values[i] += memory * values[i - 1]
    return values


def days(n):
    return np.datetime64("2020-01-01", "D").astype("datetime64[us]") + np.arange(n) * np.timedelta64(1, "D")


def order_of(dataset):
    return Facts({"dataset": dataset})["time_order"]


def test_a_time_column_gives_the_order(rng):
    shuffled = rng.permutation(50)
    order = order_of(subject({"day": days(50)[shuffled], "y": rng.normal(size=50)}, day="time"))
    assert (order.source, order.column) == ("time column", "day")
    assert shuffled[order.rows].tolist() == list(range(50))


def test_months_written_as_text_are_times(rng):
    months = [f"{1990 + i // 12}-{i % 12 + 1:02d}" for i in range(48)]
    assert order_of(subject({"Month": months, "y": rng.normal(size=48)})).column == "Month"


def test_a_birth_date_is_not_the_time_of_a_row(rng):
    with pytest.raises(NotApplicable, match="no time column"):
        order_of(subject({"birth date": days(400)[rng.permutation(400)], "y": rng.normal(size=400)}))


def test_several_series_are_told_apart(rng):
    table = {"day": np.tile(days(40), 3), "shop": np.repeat(["a", "b", "c"], 40), "y": rng.normal(size=120)}
    order = order_of(subject(table, day="time"))
    assert order.series_column == "shop"
    assert order.starts.tolist() == [0, 40, 80]


def test_file_order_counts_where_the_label_depends_on_it(rng):
    order = order_of(subject({"x": rng.normal(size=800), "y": walk(rng, 800, 0.98)}))
    assert order.source == "file order"
    assert order.strength > 0.2


@pytest.mark.parametrize("label", ["shuffled", "sorted", "classes in blocks"])
def test_file_order_is_no_time_where_it_says_nothing(rng, label):
    y = {
        "shuffled": rng.normal(size=600),
        "sorted": np.sort(rng.normal(size=600)),
        "classes in blocks": np.repeat(["a", "b", "c"], 200),
    }[label]
    with pytest.raises(NotApplicable, match=r"sorted by the label|does not depend on the place"):
        order_of(subject({"x": rng.normal(size=600), "y": y}))


def test_autocorrelation_of_an_autoregressive_series(rng):
    found, pairs = autocorrelation(walk(rng, 20_000, 0.8), np.zeros(20_000), range(1, 4))
    assert found == pytest.approx([0.8, 0.64, 0.512], abs=0.03)
    assert pairs.tolist() == [19_999, 19_998, 19_997]


def test_autocorrelation_stays_inside_groups():
    values = np.array([1.0, 1.0, -1.0, -1.0])
    assert autocorrelation(values, np.array([0, 0, 1, 1]), range(1, 2))[0][0] == pytest.approx(1.0)


def test_memory_is_what_features_leave(rng):
    slow = walk(rng, 600)
    own = Facts({"dataset": subject({"day": days(600), "x": rng.normal(size=600), "y": slow}, day="time")})
    assert own["label_memory"].carried_over > 0.5
    explained = {"day": days(600), "x": slow, "y": slow + 3 * rng.normal(size=600)}
    left = Facts({"dataset": subject(explained, day="time")})["label_memory"]
    assert abs(left.standard_errors) < 4
    assert left.raw[0] > 0.2


def test_a_column_made_of_the_label_does_not_hide_its_memory(rng):
    slow = walk(rng, 1000)
    y = np.where(slow + rng.normal(size=1000) > 0, "yes", "no")
    leak = 3.0 * (y == "yes") + rng.normal(size=1000)
    facts = Facts(
        {"dataset": subject({"day": days(1000), "leak": leak, "x": rng.normal(size=1000), "y": y}, day="time")}
    )
    assert facts["label_memory"].n_features == 1
    assert facts["label_memory"].carried_over > 0.3


def test_how_the_split_lies_in_time(rng):
    def cut(split):
        table = {"day": days(100), "y": rng.normal(size=100)}
        return Facts({"dataset": subject(table, split=split, day="time")})["time_cut"]

    ordered = cut(["train"] * 80 + ["test"] * 20)
    assert (ordered.is_ordered, ordered.interleaved, ordered.train_later, len(ordered.late)) == (True, 0.0, 0.0, 0)
    backwards = cut(["test"] * 20 + ["train"] * 80)
    assert (backwards.is_ordered, backwards.train_later, len(backwards.late)) == (False, 1.0, 80)
    at_random = cut(np.where(rng.random(100) < 0.2, "test", "train"))
    assert at_random.is_random
    assert at_random.train_later == pytest.approx(0.5, abs=0.2)


def test_who_made_the_split(rng):
    dataset = split(subject({"a": rng.normal(size=50)}), "random")
    assert dataset.history[-1] == Step("split", {"splitter": "random", "test_share": 0.2, "seed": 0})
    assert not split_was_default(dataset)
    noted = Source("a.csv", 0, 50, notes=("no split given: judged on the random 80/20 split",))
    from dataclasses import replace

    assert split_was_default(replace(dataset, sources=(noted,)))


@pytest.fixture
def rng():
    return np.random.default_rng(7)
