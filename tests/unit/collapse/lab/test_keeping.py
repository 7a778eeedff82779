"""What is kept of an experiment: restored exactly, never unpickled, damage is done again."""

import numpy as np
import pytest

from holdfast.collapse.lab.keeping import Keeper
from holdfast.collapse.lab.loop import Moment
from holdfast.collapse.learners.gaussian import Gaussian, Moments, Normal


@pytest.fixture
def keeper(tmp_path):
    return Keeper(tmp_path / "values")


def test_a_moment_comes_back_as_it_was(keeper):
    one = Moment(
        7,
        (Normal(np.array([1.0]), np.array([2.0])), Normal(np.array([3.0]), np.array([4.0]))),
        {"synthetic": Moments(np.array([5.0]), np.array([0.25]), np.array([1.5]))},
        {"variance": np.array([[0.5], [np.nan]])},
    )
    keeper.keep(0, 1, one)
    back = keeper.moment(0, 1, Gaussian())
    assert back.generation == 7
    assert [type(model) for model in back.models] == [Normal, Normal]
    assert back.models[1].mean == 3.0
    assert type(back.held["synthetic"]) is Moments
    np.testing.assert_array_equal(back.values["variance"], one.values["variance"])


def test_a_finished_block_forgets_how_far_it_was(keeper):
    keeper.keep(0, 0, Moment(1, (Normal(np.ones(1), np.ones(1)),), {}, {}))
    keeper.finish(0, 0, {"variance": np.ones((2, 3))})
    assert keeper.moment(0, 0, Gaussian()) is None
    assert keeper.finished(0, 0)["variance"].shape == (2, 3)


def test_at_the_end_nothing_is_left_but_values(keeper):
    """As after a kill between a block's values and the end of its moment, and one inside a write."""
    keeper.finish(0, 0, {"variance": np.ones((2, 3))})
    keeper.keep(0, 0, Moment(1, (Normal(np.ones(1), np.ones(1)),), {}, {}))
    (keeper.folder / ".values-000-00001.npz.99.ab.tmp").write_bytes(b"torn")
    keeper.tidy()
    assert [path.name for path in keeper.folder.iterdir()] == ["values-000-00000.npz"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 torn", b"nothing of the kind"])
def test_a_damaged_file_counts_as_not_there(keeper, damage):
    keeper.finish(2, 3, {"variance": np.ones((1, 1))})
    (path,) = keeper.folder.iterdir()
    path.write_bytes(damage)
    assert keeper.finished(2, 3) is None


def test_nothing_is_unpickled(keeper):
    keeper.finish(0, 0, {"variance": np.ones((1, 1))})
    (path,) = keeper.folder.iterdir()
    with path.open("wb") as file:
        np.savez(file, variance=np.array([{"a": 1}], dtype=object))
    assert keeper.finished(0, 0) is None


def test_a_state_of_another_kind_is_refused(keeper):
    keeper.keep(0, 0, Moment(1, (Normal(np.ones(1), np.ones(1)),), {}, {}))
    (path,) = keeper.folder.iterdir()
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["state|model/0"] = np.array("Gaussian")
    with path.open("wb") as file:
        np.savez(file, **arrays)
    with pytest.raises(ValueError, match="no state"):
        keeper.moment(0, 0, Gaussian())
