import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from PIL import Image

from holdfast.core.errors import BadInput
from holdfast.data.loading import load


def write(path, seed=0, side=12):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def rows(dataset, *names):
    return list(zip(*(dataset.values(name).to_pylist() for name in names), strict=True))


@pytest.fixture
def yolo(tmp_path):
    root = tmp_path / "coco8"
    for split in ("train", "val"):
        for i in range(2):
            write(root / "images" / split / f"{i}.png", 10 * i + len(split))
    label = root / "labels" / "train"
    label.mkdir(parents=True)
    (label / "0.txt").write_text("0 0.5 0.5 0.2 0.4\n1 0.1 0.1 0.1 0.1\n1 0.2 0.2 0.1 0.1\n")
    (label / "1.txt").write_text("0 0.1 0.1 0.3 0.1 0.3 0.3\nnonsense\n")
    (root / "data.yaml").write_text(
        "path: .\ntrain: images/train\nval: images/val\nnames: {0: no, 1: 'yes'}\nlr: 1e-4\n"
    )
    return root


def test_yolo(yolo):
    dataset = load({"all": yolo / "data.yaml"})
    assert rows(dataset, "split", "label", "n_boxes", "classes")[:2] == [
        ("train", "yes", 3, "no, yes"),
        ("train", "no", 1, "no"),
    ]
    area, x = rows(dataset, "box_area", "box_x")[1]
    assert (round(area, 6), round(x, 6)) == (0.04, 0.2)
    said = " ".join(dataset.sources[0].notes)
    assert "2 images have no label file" in said
    assert "1 label files hold lines that are no boxes" in said
    assert dataset["classes"].role == "metadata"
    assert dataset.digest == load({"all": yolo}).digest  # the folder finds its description


def test_yolo_named_from_where_one_stands(yolo, monkeypatch):
    monkeypatch.chdir(yolo.parent)
    dataset = load({"all": Path("coco8") / "data.yaml"})
    assert dataset.table == load({"all": yolo / "data.yaml"}).table
    assert len(dataset.media) == 4


def test_a_description_is_known_by_what_it_describes(yolo):
    before = load({"all": yolo / "data.yaml"}).sources[0].digest
    (yolo / "labels" / "train" / "0.txt").write_text("0 0.5 0.5 0.2 0.5\n")
    assert load({"all": yolo / "data.yaml"}).sources[0].digest != before


def test_yolo_lists_of_files_stay_inside(yolo, tmp_path):
    write(tmp_path.parent / "stray.png")
    (yolo / "train.txt").write_text("images/train/0.png\n../../stray.png\n/etc/passwd.png\n")
    (yolo / "data.yaml").write_text("train: train.txt\nval: [images/val]\nnc: 2\n")
    dataset = load({"all": yolo / "data.yaml"})
    values = [value for (value,) in rows(dataset, "image")]
    assert sum(value.startswith("absent:") for value in values) == 2
    assert len(values) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path: /etc\ntrain: none\nnames: [a]\n", "not on this disk beside it"),
        ("path: ../../..\ntrain: none\nnames: [a]\n", "not on this disk"),
        ("train: ../../../../..\nnames: [a]\n", "leads out"),
        ("train: images/nowhere\nnames: [a]\n", "downloads nothing"),
        ("train: 5\nnames: [a]\n", "wanted a folder"),
        ("train: images/train\nnames: 7\n", "names is a list"),
        ("a: 1\n", "describes no detection data set"),
    ],
)
def test_yolo_that_is_refused(yolo, text, said):
    (yolo / "data.yaml").write_text(text)
    with pytest.raises(BadInput, match=said):
        load({"all": yolo / "data.yaml"})


def test_bare_names_are_found_beside_their_data_or_refused(yolo, monkeypatch):
    monkeypatch.chdir(yolo.parent)
    assert len(load({"all": "coco8.yaml"})) == 4
    with pytest.raises(BadInput, match="downloads nothing"):
        load({"all": "coco128.yaml"})


def coco(tmp_path, **changes):
    for i in range(3):
        write(tmp_path / "images" / f"{i}.png", i)
    content = {
        "info": {"year": 2017},
        "images": [{"id": i, "file_name": f"{i}.png", "width": 12, "height": 12} for i in range(4)],
        "annotations": [
            {"image_id": 0, "category_id": 7, "bbox": [0, 0, 6, 6], "segmentation": [[1, 2, 3]]},
            {"image_id": 0, "category_id": 7, "bbox": [0, 0, 6, 6]},
            {"image_id": 0, "category_id": 8, "bbox": [0, 0, 12, 6]},
            {"image_id": 99, "category_id": 8, "bbox": "damaged"},
        ],
        "categories": [{"id": 7, "name": "cat"}, {"id": 8, "name": "dog"}],
        **changes,
    }
    path = tmp_path / "annotations" / "instances_train.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def test_coco(tmp_path):
    dataset = load({"all": coco(tmp_path)}, splitter="random")
    assert rows(dataset, "label", "n_boxes", "largest_box", "file")[0] == ("cat", 3, 0.5, "0.png")
    assert rows(dataset, "image")[3] == ("absent:" + str(tmp_path / "images" / "3.png"),)
    assert "1 annotations are of images that are not listed" in " ".join(dataset.sources[0].notes)
    assert len(dataset.media) == 3


def test_json_that_only_begins_like_coco_is_a_table(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"info": {"n": 2}, "rows": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}))
    assert load({"all": path}).table.column_names == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"images": [{"id": 1}], "annotations": []}', "no file_name"),
        ('{"images": [3], "annotations": []}', "no object"),
        ('{"images": [{"id": 1, "file_name": "a"}', "not JSON"),
        ('{"images": [{"id": {}, "file_name": "a"}], "annotations": []}', "an id is"),
        ('{"images": ' + "[" * 100_000, "nested too deeply|not JSON"),
    ],
)
def test_coco_that_is_refused(tmp_path, text, said):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(BadInput, match=said):
        load({"all": tmp_path / "a.json"})


def idx(tmp_path, n=5, labels=None):
    pixels = np.arange(n * 12, dtype=np.uint8)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(struct.pack(">IIII", 0x803, n, 4, 3) + pixels.tobytes()))
    if labels is not None:
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, len(labels)) + bytes(labels))
    return path


def test_idx_with_labels_beside_it(tmp_path):
    dataset = load({"all": idx(tmp_path, labels=[3, 1, 4, 1, 5])})
    assert [label for (label,) in rows(dataset, "label")] == ["3", "1", "4", "1", "5"]
    assert bytes(dataset.media.read(rows(dataset, "image")[0][0])) == b"P5 3 4 255\n" + bytes(range(12))


def test_a_folder_of_idx_files_is_split_by_their_names(tmp_path):
    idx(tmp_path, labels=[3, 1, 4, 1, 5])
    for name in ("images-idx3-ubyte.gz", "labels-idx1-ubyte"):
        (tmp_path / f"t10k-{name}").write_bytes((tmp_path / f"train-{name}").read_bytes())
    dataset = load({"all": tmp_path})
    assert dataset.table.column_names == ["image", "label", "split"]
    assert dataset.values("split").to_pylist() == ["test"] * 5 + ["train"] * 5
    assert dataset.one("label").name == "label"
    assert all(value in dataset.media for value in dataset.values("image").to_pylist())


def test_idx_without_labels(tmp_path):
    assert load({"all": idx(tmp_path)}).table.column_names == ["image"]


def test_idx_that_is_damaged(tmp_path):
    with pytest.raises(BadInput, match="does not hold 5 labels"):
        load({"all": idx(tmp_path, labels=[1, 2])})
    cut = tmp_path / "cut-idx3-ubyte"
    cut.write_bytes(struct.pack(">IIII", 0x803, 1 << 30, 28, 28) + b"abc")
    with pytest.raises(BadInput, match="cut short or damaged"):
        load({"all": cut})


def test_paths_in_a_table(tmp_path):
    lines = ["path,age,y"]
    for i in range(12):
        write(tmp_path / "pictures" / f"{i}.png", i)
        lines.append(f"pictures/{i}.png,{20 + i % 5},{'ab'[i % 2]}")
    lines += ["pictures/gone.png,30,a", "../../etc/passwd.png,30,b", ",31,a"]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    dataset = load({"all": tmp_path / "t.csv"}, roles={"y": "label"})
    assert [(c.name, c.kind, c.role) for c in dataset.columns][:4] == [
        ("image", "image", "feature"),
        ("path", "category", "metadata"),
        ("age", "number", "metadata"),
        ("y", "category", "label"),
    ]
    values = [value for (value,) in rows(dataset, "image")]
    assert values[12:] == ["absent:pictures/gone.png", "absent:../../etc/passwd.png", None]
    assert len(dataset.media) == 12


def test_names_of_files_in_some_folder_below(tmp_path):
    names = [f"scan_{i}.jpg" for i in range(8)]
    for i, name in enumerate(names):
        write(tmp_path / "deep" / "er" / str(i % 2) / name, i)
    (tmp_path / "t.csv").write_text("y,name\n" + "".join(f"{i % 2},{name}\n" for i, name in enumerate(names)))
    assert len(load({"all": tmp_path / "t.csv"}).media) == 8


def test_a_person_can_say_which_column_names_images(tmp_path):
    for i in range(4):
        write(tmp_path / "images" / f"id{i}.png", i)
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"id{i},{i}\n" for i in range(4)))
    dataset = load({"all": tmp_path / "t.csv"}, kinds={"a": "image"})
    assert len(dataset.media) == 4
    assert dataset["image"].kind == "image"


def test_names_of_images_that_are_not_there_stay_words(tmp_path):
    (tmp_path / "t.csv").write_text("name,b\n" + "".join(f"id{i}.png,{i}\n" for i in range(4)))
    assert load({"all": tmp_path / "t.csv"}).table.column_names == ["name", "b"]


@pytest.mark.parametrize("typed", [pa.struct([("bytes", pa.binary()), ("path", pa.string())]), pa.binary()])
def test_images_in_the_cells_of_parquet(tmp_path, typed):
    data = [write(tmp_path / f"{i}.png", i).read_bytes() for i in range(3)]
    cells = [{"bytes": one, "path": f"{i}.png"} for i, one in enumerate(data)] if pa.types.is_struct(typed) else data
    table = pa.table({"picture": pa.array([*cells, None], typed), "label": [0, 1, 0, 1]})
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    dataset = load({"all": tmp_path / "a.parquet"}, roles={"label": "label"})
    assert dataset["picture"].kind == "image"
    values = [value for (value,) in rows(dataset, "picture")]
    assert values[3] is None
    assert bytes(dataset.media.read(values[1])) == data[1]
    if pa.types.is_struct(typed):
        assert [name for (name,) in rows(dataset, "file")] == ["0.png", "1.png", "2.png", None]
        assert dataset["file"].role == "metadata"


def test_images_in_shards_of_a_saved_data_set(tmp_path):
    data = [write(tmp_path / "made" / f"{i}.png", i).read_bytes() for i in range(4)]
    typed = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    (tmp_path / "set" / "data").mkdir(parents=True)
    for split, part in (("train", data[:3]), ("test", data[3:])):
        table = pa.table(
            {"image": pa.array([{"bytes": one, "path": None} for one in part], typed), "label": [0] * len(part)}
        )
        pa.parquet.write_table(table, tmp_path / "set" / "data" / f"{split}-00000-of-00001.parquet")
    dataset = load({"all": tmp_path / "set"})
    assert rows(dataset, "split") == [("test",)] + [("train",)] * 3
    assert bytes(dataset.media.read(rows(dataset, "image")[0][0])) == data[3]
