"""What a record says about the splits and the label in them."""

import pytest

from holdfast.audit.cases import subject
from holdfast.audit.outcome import MOST_CLASSES, split_records
from holdfast.audit.runner import Facts


def records(columns, **more):
    return split_records(Facts({"dataset": subject(columns, **more)}))


def test_classes_of_each_split():
    train, test = records({"y": ["a", "a", "b", None, "b", "b"]}, split=["train"] * 4 + ["test"] * 2)
    assert (train.name, train.rows, train.unlabelled, train.n_classes) == ("train", 4, 1, 2)
    assert [(one.name, one.rows) for one in train.classes] == [("a", 2), ("b", 1)]
    assert [(one.name, one.rows) for one in test.classes] == [("b", 2)]


def test_a_quantity_is_summed_up():
    values = [float(i) for i in range(101)]
    (everything,) = records({"y": values})
    assert everything.name == "all"
    assert everything.summary.median == pytest.approx(50)
    assert everything.summary.quarter == pytest.approx(25)
    assert (everything.summary.low, everything.summary.high) == (0.0, 100.0)


def test_many_classes_are_cut_and_counted():
    (everything,) = records({"y": [f"c{i}" for i in range(200)]})
    assert len(everything.classes) == MOST_CLASSES
    assert everything.n_classes == 200


def test_splits_without_a_label_have_their_sizes():
    found = records({"x": [1.5, 2.5, 3.5]}, split=["test", "train", "train"])
    assert [(one.name, one.rows, one.n_classes) for one in found] == [("train", 2, 0), ("test", 1, 0)]


def test_nothing_to_say_without_split_and_label():
    assert records({"x": [1.5, 2.5]}) == ()


def test_values_near_the_largest_number_bring_no_warning():
    (everything,) = records({"y": [1.7e308, -1.7e308, 1.6e308, *map(float, range(40))]})
    assert everything.summary.high == 1.7e308
