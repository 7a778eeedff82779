"""Versions compared by a model of vectors: it is used, or refused in words, and never left out in silence."""

from pathlib import Path

import pyarrow as pa
import pytest

import small_models
from holdfast.audit.drifting.verb import drift
from holdfast.core.errors import BadInput


def worded(n: int, seed: int, marks: tuple[str, str]) -> pa.Table:
    return pa.table({"text": [text for text, _ in small_models.texts(n, seed, marks)]})


def test_a_model_of_vectors_stands_for_the_texts(tmp_path):
    pytest.importorskip("transformers")
    folder = str(small_models.encoder(tmp_path / "model"))
    old, new = worded(300, 0, ("good", "bad")), worded(300, 1, ("warm", "cold"))
    lines = drift(old, new, model=folder).sections[0].evidence[0].cells
    assert [row[0] for row in lines if row[1] and row[-1].endswith("rows as vectors")] == ["vectors"]
    lines = drift(old, worded(300, 2, ("good", "bad")), model=folder).sections[0].evidence[0].cells
    assert not any(row[1] for row in lines)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda folder: None, "no folder"),
        (lambda folder: folder.write_bytes(b"\x80\x04."), "is no folder: a model of vectors is given by its local"),
        (lambda folder: _files(folder, {}), "it is no folder of a model"),
        (lambda folder: _files(folder, {"pytorch_model.bin": b"\x80\x04."}), "pickled weights, which can run code"),
        (lambda folder: _files(folder, {"model.safetensors": b"\x08"}), "cannot be read"),
    ],
    ids=["absent", "a file", "empty", "pickled", "damaged"],
)
def test_a_model_that_cannot_be_read_is_refused_and_not_left_out(tmp_path, write, said):
    if said == "cannot be read":
        pytest.importorskip("transformers")
    write(tmp_path / "model")
    with pytest.raises(BadInput, match=said):
        drift(worded(60, 0, ("good", "bad")), worded(60, 1, ("good", "bad")), model=str(tmp_path / "model"))


def test_a_model_without_texts_or_pictures_is_refused(tmp_path):
    pytest.importorskip("transformers")
    folder = str(small_models.encoder(tmp_path / "model"))
    with pytest.raises(BadInput, match="no column of texts or images"):
        drift(pa.table({"a": range(60)}), pa.table({"a": range(60, 120)}), model=folder)


def _files(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, content in (files and {"config.json": b'{"model_type": "bert"}', **files}).items():
        (folder / name).write_bytes(content)
