"""Sample sets from files: what is in them, and what is refused."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.collapse.reading.sets import read_set
from holdfast.core.errors import BadInput


def table(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def test_a_document_a_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("one\x85still one\r\n\ntwo\u2028still two\n".encode())
    found = read_set(path)
    assert found.texts == ("one\x85still one", "two\u2028still two")
    assert found.holds == ("texts",)


def test_an_odd_encoding_is_read_and_said(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xe9\nna\xefve\n")
    found = read_set(path)
    assert found.texts == ("café", "naïve")
    assert "Windows-1252" in found.notes[0]


def test_vectors_and_pictures_from_arrays(tmp_path):
    np.save(tmp_path / "v.npy", np.arange(12.0).reshape(4, 3))
    np.save(tmp_path / "w.npy", np.arange(4))
    np.save(tmp_path / "p.npy", np.full((5, 8, 8), 255, dtype=np.uint8))
    assert read_set(tmp_path / "v.npy").points.shape == (4, 3)
    assert read_set(tmp_path / "w.npy").points.shape == (4, 1)
    pixels = read_set(tmp_path / "p.npy").pixels
    assert (pixels.shape, pixels.max()) == ((5, 8, 8, 1), 1.0)


def test_large_pictures_are_made_smaller(tmp_path):
    pictures = np.zeros((70, 100, 70, 3), dtype=np.uint8)
    pictures[69, :3, :2] = 255
    np.save(tmp_path / "p.npy", pictures)
    pixels = read_set(tmp_path / "p.npy").pixels
    assert pixels.shape == (70, 33, 35, 3)
    assert pixels[69].sum() == pixels[69, 0, 0].sum() == 3


def test_pickles_are_never_opened(tmp_path):
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(BadInput, match="without unpickling"):
        read_set(tmp_path / "o.npy")


def test_numbers_and_categories_of_a_table_less_what_names_rows(tmp_path):
    rng = np.random.default_rng(0)
    path = table(tmp_path / "a.parquet", id=np.arange(60), x=rng.normal(size=60), c=rng.choice(["a", "b"], 60))
    found = read_set(path)
    assert found.holds == ("numbers", "categories")
    assert found.columns == ("x",)
    assert list(found.categories) == ["c"]


def test_the_columns_of_the_real_set_decide(tmp_path):
    rng = np.random.default_rng(0)
    real = read_set(table(tmp_path / "r.parquet", x=rng.normal(size=60), y=rng.normal(size=60)))
    same = read_set(table(tmp_path / "s.parquet", z=np.arange(30.0), y=np.ones(30), x=np.arange(30)), like=real)
    assert same.points[:3].tolist() == [[0, 1], [1, 1], [2, 1]]
    with pytest.raises(BadInput, match="no column 'y'"):
        read_set(table(tmp_path / "t.parquet", x=np.arange(30.0)), like=real)


def test_numbers_that_are_none_are_an_error_of_generations_and_a_note_of_real_data(tmp_path):
    real = read_set(table(tmp_path / "r.parquet", x=[0.5, 1.5, 2.5] * 9, y=[1.0, None, 2.0] * 9))
    assert real.columns == ("x",)
    assert "'y' is left out" in real.notes[0]
    bad = table(tmp_path / "g.parquet", x=[0.5, float("nan"), 2.5] * 9, y=[1.0] * 27)
    with pytest.raises(BadInput, match="'x': 9 of 27 items"):
        read_set(bad, like=real)
    np.save(tmp_path / "n.npy", np.array([[1.0, np.inf]]))
    with pytest.raises(BadInput, match="1 of 1 items"):
        read_set(tmp_path / "n.npy")


def test_other_kinds_and_shapes_are_refused(tmp_path):
    np.save(tmp_path / "r.npy", np.zeros((3, 4)))
    np.save(tmp_path / "s.npy", np.zeros((3, 5)))
    (tmp_path / "t.txt").write_text("a\nb\n")
    real = read_set(tmp_path / "r.npy")
    with pytest.raises(BadInput, match=r"holds texts, and the real data r\.npy hold numbers"):
        read_set(tmp_path / "t.txt", like=real)
    with pytest.raises(BadInput, match=r"5 dimensions and those of r\.npy 4"):
        read_set(tmp_path / "s.npy", like=real)


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_generation_is_told(tmp_path, content):
    (tmp_path / "e.txt").write_text(content)
    with pytest.raises(BadInput, match="holds no items"):
        read_set(tmp_path / "e.txt")


def test_a_column_of_documents_by_name(tmp_path):
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(["red", "green", "blue", "dark", "light"], 12)) for _ in range(40)]
    path = table(tmp_path / "a.parquet", title=lines, body=lines[::-1], n=np.arange(40.0))
    with pytest.raises(BadInput, match="--text COLUMN"):
        read_set(path)
    assert read_set(path, "body").texts == tuple(lines[::-1])
    with pytest.raises(BadInput, match="holds numbers, not documents"):
        read_set(path, "n")
    with pytest.raises(BadInput, match="Did you mean 'body'"):
        read_set(path, "bodi")
