import numpy as np
import pytest
from PIL import Image

from holdfast.core.errors import BadInput
from holdfast.data.loading import load
from holdfast.finetune.detection.boxes import drawn, packed


@pytest.fixture
def place(tmp_path):
    for split in ("train", "val"):
        for at in range(3):
            file = tmp_path / "images" / split / f"{at}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((8, 8, 3), 40 * at, np.uint8)).save(file)
            label = tmp_path / "labels" / split / f"{at}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text("0 0.5 0.5 0.2 0.4\n")
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [cat, dog]\n")
    return tmp_path


def read(place, **options):
    data = str(place / "data.yaml")
    return drawn(data, load({"all": data}), **options)


def test_boxes_stand_with_their_images(place):
    (place / "labels" / "train" / "1.txt").write_text("1 0.1 0.1 0.1 0.1\n0 0.1 0.1 0.3 0.1 0.3 0.3\n1 .1 .1 .1 .1\n")
    (place / "labels" / "val" / "2.txt").unlink()
    found = read(place)
    assert found.names == ("cat", "dog")
    assert found.boxes.counts.tolist() == [1, 2, 1, 1, 1, 0]
    classes, places = found.boxes.of(1)
    assert classes.tolist() == [1, 0]
    assert places[1] == pytest.approx([0.2, 0.2, 0.2, 0.2])  # around its outline
    assert found.notes == ("1 boxes stand twice in their image, and count once",)


def test_boxes_are_taken_in_any_order():
    boxes = packed([[(0, 1, 1, 1, 1)], [], [(1, 2, 2, 2, 2), (2, 3, 3, 3, 3)]])
    taken = boxes.take(np.array([2, 0, 2]))
    assert taken.counts.tolist() == [2, 1, 2]
    assert taken.classes.tolist() == [1, 2, 0, 1, 2]
    assert taken.images.tolist() == [0, 0, 1, 2, 2]


def test_a_box_that_reaches_over_the_edge_by_rounding_ends_there(place):
    (place / "labels" / "train" / "0.txt").write_text("0 0.9 0.5 0.204 0.4\n")
    found = read(place)
    assert found.boxes.of(0)[1][0] == pytest.approx([0.899, 0.5, 0.202, 0.4])
    assert "end at its edge" in found.notes[0]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2 0.5 0.5 0.1 0.1", "1 lines whose class is not one of 0 to 1, such as train/0.txt line 2: 2 0.5"),
        ("-1 0.5 0.5 0.1 0.1", "class is not one of"),
        ("0.5 0.5 0.5 0.1 0.1", "class is not one of"),
        ("cat 0.5 0.5 0.1 0.1", "not numbers"),
        ("0 0.5 0.5 0.1", "not a class and four numbers"),
        ("0 0.5 nan 0.1 0.1", "not a class and four numbers"),
        ("0 120 80 40 40", "outside of their image .they are shares of the image, not pixels"),
        ("0 0.95 0.5 0.3 0.1", "outside of their image"),
        ("0 0.5 0.5 0 0.1", "without an area"),
        ("0 0.5 0.5 -0.1 0.1", "without an area"),
    ],
)
def test_a_line_that_is_no_box_is_told(place, line, says):
    (place / "labels" / "train" / "0.txt").write_text(f"0 0.5 0.5 0.2 0.4\n{line}\n")
    with pytest.raises(BadInput, match=says):
        read(place)
    left = read(place, faulty="leave-out")
    assert left.boxes.counts.sum() == 6
    assert left.notes == ("1 lines that are no boxes were left out, as the recipe says",)


@pytest.mark.parametrize(
    ("names", "says"),
    [("{1: a, 2: b}", "wanted 0 to 1, each once"), ("[a, a]", "two classes are called 'a'"), ("[]", "names no class")],
)
def test_names_that_cannot_be(place, names, says):
    (place / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: {names}\n")
    with pytest.raises(BadInput, match=says):
        read(place)


def test_other_data_have_no_boxes(place):
    dataset = load({"all": place / "data.yaml"})
    with pytest.raises(BadInput, match=r"one data\.yaml"):
        drawn({"train": "a", "test": "b"}, dataset)
    with pytest.raises(BadInput, match="holdfast data export"):
        drawn("table.csv", dataset)
    (place / "images" / "train" / "9.png").write_bytes((place / "images" / "train" / "0.png").read_bytes())
    with pytest.raises(BadInput, match="changed while they were read"):
        drawn(str(place / "data.yaml"), dataset)
