import os

import numpy as np
import pytest
from PIL import Image

from holdfast.core.errors import BadInput
from holdfast.data.loading import load


def write(path, seed=0, side=12):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def rows(dataset, *names):
    return list(zip(*(dataset.values(name).to_pylist() for name in names), strict=True))


def test_class_folders_are_labels(tmp_path):
    for i in range(6):
        write(tmp_path / ("cat" if i % 2 else "dog") / f"{i}.png", i)
    dataset = load({"all": tmp_path})
    assert {c.name: (c.kind, c.role) for c in dataset.columns} == {
        "image": ("image", "feature"),
        "label": ("category", "label"),
        "file": ("category", "metadata"),
    }
    assert ("cat", "cat/1.png") in rows(dataset, "label", "file")
    value = dataset.values("image")[0].as_py()
    assert bytes(dataset.media.read(value)) == (tmp_path / dataset.values("file")[0].as_py()).read_bytes()


def test_split_folders_come_first_and_validation_stands_in_for_a_test(tmp_path):
    for split in ("train", "val"):
        for label in ("0", "1"):
            write(tmp_path / "data" / split / label / "x.png", hash((split, label)) % 99)
    dataset = load({"all": tmp_path})
    assert rows(dataset, "split", "label") == [("train", "0"), ("train", "1"), ("test", "0"), ("test", "1")]
    assert any("judged as the test" in note for note in dataset.sources[0].notes)


def test_flat_images_have_no_label(tmp_path):
    for i in range(3):
        write(tmp_path / f"{i}.png", i)
    dataset = load({"all": tmp_path})
    assert [c.name for c in dataset.columns] == ["image", "file"]


def test_equal_files_have_equal_values(tmp_path):
    write(tmp_path / "train" / "a" / "1.png", 7)
    write(tmp_path / "test" / "b" / "2.png", 7)
    first, second = load({"all": tmp_path}).values("image").to_pylist()
    assert first == second


def test_train_and_test_folders_as_two_inputs(tmp_path):
    write(tmp_path / "a" / "cat" / "1.png", 1)
    write(tmp_path / "a" / "dog" / "2.png", 2)
    write(tmp_path / "b" / "3.png", 3)  # without labels
    dataset = load({"train": tmp_path / "a", "test": tmp_path / "b"})
    assert rows(dataset, "split", "label") == [("train", "cat"), ("train", "dog"), ("test", None)]


def test_other_files_are_told_and_left_out(tmp_path):
    write(tmp_path / "cat" / "1.png", 1)
    write(tmp_path / "dog" / "1.png", 2)
    (tmp_path / "dog" / "notes.txt").write_text("x")
    (tmp_path / "dog" / ".hidden.png").write_text("x")
    dataset = load({"all": tmp_path})
    assert len(dataset) == 2
    assert any("no images are left out: .txt (1)" in note for note in dataset.sources[0].notes)


def test_links_out_of_the_folder_are_absent(tmp_path):
    write(tmp_path / "outside.png", 1)
    write(tmp_path / "data" / "a" / "1.png", 2)
    write(tmp_path / "data" / "b" / "2.png", 2)
    (tmp_path / "data" / "a" / "2.png").symlink_to(tmp_path / "outside.png")
    (tmp_path / "data" / "a" / "more").symlink_to(tmp_path)
    dataset = load({"all": tmp_path / "data"})
    values = dict(rows(dataset, "file", "image"))
    assert values["a/2.png"] == "absent:a/2.png"
    assert len(values) == 3
    assert any("lead out of the folder" in note for note in dataset.sources[0].notes)


def test_links_in_a_circle_end(tmp_path):
    write(tmp_path / "a" / "1.png", 1)
    write(tmp_path / "b" / "1.png", 2)
    (tmp_path / "a" / "again").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "again").symlink_to(tmp_path / "a")
    assert len(load({"all": tmp_path})) >= 2


def test_names_that_are_no_text_survive(tmp_path):
    write(tmp_path / "a" / "1.png", 1)
    write(tmp_path / "b" / "2.png", 2)
    os.rename(bytes(tmp_path / "b" / "2.png"), bytes(tmp_path / "b") + b"/\xff.png")  # noqa: PTH104 bytes
    assert len(load({"all": tmp_path})) == 2


def test_a_folder_of_tables_is_still_one(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    write(tmp_path / "pictures" / "1.png", 1)
    assert load({"all": tmp_path}).table.column_names == ["x", "y"]


def test_a_folder_without_anything(tmp_path):
    with pytest.raises(BadInput, match="folder without files"):
        load({"all": tmp_path})
