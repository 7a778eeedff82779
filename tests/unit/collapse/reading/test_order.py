"""Which sample sets there are, and in which order."""

import pytest

from holdfast.collapse.reading.order import natural, sets_of
from holdfast.core.errors import BadInput


def made(folder, *names):
    for name in names:
        (folder / name).write_text("x\n1\n")
    return folder


def test_numbers_in_names_count_as_numbers():
    names = ["gen10.csv", "gen2.csv", "Gen1.csv", "gen1b.csv"]
    assert sorted(names, key=natural) == ["Gen1.csv", "gen1b.csv", "gen2.csv", "gen10.csv"]


def test_the_first_of_a_folder_is_real_unless_one_is_called_so(tmp_path):
    made(tmp_path, "gen0.csv", "gen10.csv", "gen2.csv", ".hidden", "_notes.csv")
    real, rest = sets_of([tmp_path])
    assert (real.name, [one.name for one in rest]) == ("gen0.csv", ["gen2.csv", "gen10.csv"])
    made(tmp_path, "real.csv")
    real, rest = sets_of([tmp_path])
    assert (real.name, len(rest)) == ("real.csv", 3)
    real, rest = sets_of([tmp_path], tmp_path / "gen2.csv")
    assert (real.name, len(rest)) == ("gen2.csv", 3)


def test_real_data_may_lie_as_a_file_beside_folders(tmp_path):
    made(tmp_path, "real.txt", "readme.txt")
    for name in ("gen1", "gen2"):
        (tmp_path / name).mkdir()
    real, rest = sets_of([tmp_path])
    assert (real.name, [one.name for one in rest]) == ("real.txt", ["gen1", "gen2"])


def test_sets_that_are_named_keep_their_order(tmp_path):
    made(tmp_path, "b.csv", "a.csv", "c.csv")
    real, rest = sets_of([tmp_path / "b.csv", tmp_path / "c.csv", tmp_path / "a.csv"])
    assert (real.name, [one.name for one in rest]) == ("b.csv", ["c.csv", "a.csv"])


@pytest.mark.parametrize(
    ("names", "says"),
    [((), "is empty"), (("real.csv",), "one sample set only"), (("a.csv", "b.txt"), "different kinds")],
)
def test_what_cannot_be_watched_is_told(tmp_path, names, says):
    with pytest.raises(BadInput, match=says):
        sets_of([made(tmp_path, *names)])


def test_real_data_that_are_not_there(tmp_path):
    with pytest.raises(BadInput, match=r"nope\.csv to be the real data"):
        sets_of([made(tmp_path, "a.csv")], tmp_path / "nope.csv")
