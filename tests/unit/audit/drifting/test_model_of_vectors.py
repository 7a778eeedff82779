"""Versions compared by a model of vectors: it is used, or refused in words, and never left out in silence."""

from pathlib import Path

import pyarrow as pa
import pytest

import small_models
from holdfast.audit.drifting import embedded
from holdfast.audit.drifting.verb import drift
from holdfast.audit.facts.learning import embedding
from holdfast.core.errors import BadInput


def worded(n: int, seed: int, marks: tuple[str, str]) -> pa.Table:
    return pa.table({"text": [text for text, _ in small_models.texts(n, seed, marks)]})


def test_a_model_of_vectors_stands_for_the_texts(tmp_path):
    pytest.importorskip("transformers")
    folder = str(small_models.encoder(tmp_path / "model"))
    old, new = worded(300, 0, ("good", "bad")), worded(300, 1, ("warm", "cold"))
    lines = drift(old, new, model=folder).sections[0].evidence[0].cells
    assert [row[0] for row in lines if row[1] and row[-1].endswith("rows as vectors")] == ["text as vectors"]
    lines = drift(old, worded(300, 2, ("good", "bad")), model=folder).sections[0].evidence[0].cells
    assert not any(row[1] for row in lines)


def test_every_text_is_read_once_and_all_columns_of_texts_are(tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    folder, read = str(small_models.encoder(tmp_path / "model")), []

    def counting(values, encode, progress):
        read.extend(values)
        return embedding.encoded(values, encode, progress)

    monkeypatch.setattr(embedded, "encoded", counting)
    parts = [worded(80, seed, ("good", "bad")).column("text") for seed in range(4)]
    versions = [pa.table({"said": part, "answer": pa.chunked_array(part.chunks[::-1])}) for part in parts]
    versions[1:] = [pa.concat_tables([versions[0], one]) for one in versions[1:]]
    run = drift(*versions, model=folder)
    assert len(read) == len(set(read))
    assert set(read) <= {text for part in parts for text in part.to_pylist()}
    (together,) = [one for one in run.sections if one.title == "All columns together"]
    assert any("read 'said' and 'answer'" in sentence for sentence in together.says)


def test_missing_texts_and_columns_that_one_version_lacks(tmp_path):
    pytest.importorskip("transformers")
    folder = str(small_models.encoder(tmp_path / "model"))
    old, new = worded(100, 0, ("good", "bad")), worded(100, 1, ("good", "bad"))
    gaps = pa.table({"text": [text if i % 3 else None for i, text in enumerate(new.column("text").to_pylist())]})
    assert "text as vectors" in _lines(drift(old, gaps, model=folder))
    number = pa.array(range(100))
    with pytest.raises(BadInput, match="no column of texts that all versions have; leave --model out"):
        drift(old.append_column("n", number), pa.table({"n": number}), model=folder)
    empty = pa.table({"text": pa.nulls(100, pa.string()), "n": number})
    with pytest.raises(BadInput, match="no column of texts"):
        drift(empty, empty.set_column(1, "n", pa.array(range(100, 200))), model=folder)


def _lines(run):
    return [row[0] for row in run.sections[0].evidence[0].cells]


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
    with pytest.raises(BadInput, match="there is no column of texts that all versions have"):
        drift(pa.table({"a": range(60)}), pa.table({"a": range(60, 120)}), model=folder)


def _files(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, content in (files and {"config.json": b'{"model_type": "bert"}', **files}).items():
        (folder / name).write_bytes(content)
