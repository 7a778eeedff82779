import numpy as np
import pyarrow as pa
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.inference import describe
from holdfast.data.splitting import SPLITTERS, free_name, split


def table(n=100, **columns):
    rng = np.random.default_rng(0)
    columns = {"x": rng.normal(size=n), "y": ["no"] * (n - n // 10) + ["yes"] * (n // 10)} | columns
    return describe("t", pa.table(columns), roles={"y": "label"})


def side(dataset):
    return np.array(dataset.table.column("split").to_pylist())


@pytest.mark.parametrize("how", ["random", "stratified", "ordered"])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_share_is_kept(how, share):
    assert np.isclose((side(split(table(), how, test_share=share)) == "test").mean(), share)


def test_random_depends_on_the_seed_only():
    one, other = table(), describe("t", pa.table({"z": range(100)}))
    assert (side(split(one, "random", seed=5)) == side(split(other, "random", seed=5))).all()
    assert (side(split(one, "random", seed=5)) != side(split(one, "random", seed=6))).any()


def test_stratified_keeps_the_share_of_each_class():
    data = split(table(), "stratified")
    label = np.array(data.table.column("y").to_pylist())
    assert (side(data)[label == "yes"] == "test").sum() == 2
    assert (side(data)[label == "no"] == "test").sum() == 18


def test_grouped_never_parts_a_group():
    groups = np.arange(100) % 23
    data = split(table(g=groups).with_roles({"g": "group"}), "grouped")
    sides = side(data)
    assert {len(set(sides[groups == group])) for group in range(23)} == {1}
    assert 0.1 < (sides == "test").mean() < 0.3


def test_ordered_takes_the_latest_rows():
    when = np.datetime64("2020-01-01", "us") + np.random.default_rng(1).permutation(100).astype("timedelta64[D]")
    sides = side(split(table(when=when).with_roles({"when": "time"}), "ordered"))
    assert when[sides == "test"].min() > when[sides == "train"].max()


def test_ordered_without_times_takes_the_last_rows():
    assert (side(split(table(), "ordered"))[-20:] == "test").all()


@pytest.mark.parametrize("how", sorted(SPLITTERS))
def test_both_sides_hold_a_row_however_small_the_share(how):
    data = table(10, g=np.arange(10)).with_roles({"g": "group"})
    if how == "stratified":
        with pytest.raises(BadInput, match="too small"):
            split(data, how, test_share=0.001)
    else:
        assert set(side(split(data, how, test_share=0.001))) == {"train", "test"}


def test_the_step_is_kept_in_the_history_and_the_input_is_not_touched():
    data = table()
    done = split(data, "random", seed=3)
    assert done.history[-1].params == {"splitter": "random", "test_share": 0.2, "seed": 3}
    assert data.table.column_names == ["x", "y"]


def test_an_earlier_split_column_is_put_aside():
    done = split(table(split=["train"] * 100).with_roles({"split": "split"}), "random")
    assert (done.one("split").name, done["split"].role) == ("split.2", "ignore")


@pytest.mark.parametrize(
    ("how", "share", "said"),
    [
        ("stratifed", 0.2, "Did you mean 'stratified'"),
        ("random", 1.0, "between 0 and 1"),
        ("grouped", 0.2, "needs a group column"),
    ],
)
def test_what_cannot_be_split_is_told(how, share, said):
    with pytest.raises(BadInput, match=said):
        split(table(), how, test_share=share)


def test_one_group_or_one_row_cannot_be_split():
    with pytest.raises(BadInput, match="one group cannot be split"):
        split(table(g=["a"] * 100).with_roles({"g": "group"}), "grouped")
    with pytest.raises(BadInput, match="too few"):
        split(table(1), "random")


def test_a_missing_label_or_time_column_of_nothing_is_told():
    with pytest.raises(BadInput, match="needs a label column"):
        split(table().with_roles({"y": "feature"}), "stratified")
    empty = pa.nulls(100, pa.timestamp("us"))
    with pytest.raises(BadInput, match="is missing"):
        split(table(when=empty).with_roles({"when": "time"}), "ordered")


def test_a_free_name():
    assert free_name("a", ["b"]) == "a"
    assert free_name("a", ["a", "a.2"]) == "a.3"
