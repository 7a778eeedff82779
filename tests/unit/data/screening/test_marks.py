"""A record of marks and tags: what it says, what it finds, and what it never holds."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.core.store import RunStore
from holdfast.data.screening.marks import find_marks, text_column
from holdfast.data.screening.watermarks.settings import MarkSettings

sys.path.insert(0, str(Path(__file__).parent / "watermarks"))
from marking import KEY, OTHER, chances, written

SETTINGS = MarkSettings(tokens="words")


@pytest.fixture(scope="module")
def data():
    """Eight marked texts after eight plain ones; two of them count as people's work."""
    import numpy as np

    from holdfast.data.screening.watermarks.tokens import word_codes

    rng = np.random.default_rng(0)
    names = [f"w{i}" for i in range(64)]
    language = chances(rng)
    marked = written(SETTINGS.made(), KEY, language, 8, 150, rng, word_codes(names))
    rows = [*written(None, KEY, language, 8, 150, rng), *marked]
    texts = [" ".join(names[i] for i in row) for row in rows]
    origins = ["human"] * 10 + [None] * 6
    table = pa.table({"text": pa.array(texts, pa.large_string()), "_origin": pa.array(origins, pa.large_string())})
    return Dataset("made", table, (Column("text", "text"), Column("_origin", "category", "origin")))


def test_what_carries_a_mark_is_found_and_held_against_what_is_recorded(data, tmp_path):
    run = find_marks(data, KEY, SETTINGS, save=tmp_path / "o.csv", store=RunStore(tmp_path / "runs"))
    assert run.kind == "data"
    assert run.says.startswith("8 of 16 texts carry the mark")
    first, second = run.findings
    assert list(first.locations[0].rows) == list(range(8, 16))
    assert (second.check, list(second.locations[0].rows)) == ("tag-against-origin", [8, 9])
    saved = pyarrow.csv.read_csv(tmp_path / "o.csv").to_pylist()
    assert [row["row"] for row in saved] == list(range(8, 16))
    assert {(row["_origin"], row["_evidence"]) for row in saved} == {("synthetic", "inferred")}
    assert RunStore(tmp_path / "runs").load("latest") == run


def test_another_key_finds_nothing(data):
    run = find_marks(data, OTHER, SETTINGS)
    assert not run.findings
    assert "says nothing about texts of other makers" in run.says


def test_the_record_names_the_key_and_does_not_hold_it(data):
    text = find_marks(data, KEY, SETTINGS).model_dump_json()
    assert KEY.id in text
    assert KEY.secret.hex() not in text


def test_nothing_is_replaced(data, tmp_path):
    (tmp_path / "o.csv").write_text("mine")
    with pytest.raises(BadInput, match="is there already"):
        find_marks(data, save=tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text() == "mine"
    with pytest.raises(BadInput, match=r"\.parquet or \.csv"):
        find_marks(data, save=tmp_path / "o.txt")


def test_a_column_of_texts_is_needed_for_a_mark(data):
    numbers = Dataset("numbers", pa.table({"x": [1, 2]}), (Column("x", "number"),))
    with pytest.raises(BadInput, match="holds texts"):
        find_marks(numbers, KEY)
    with pytest.raises(BadInput, match="does not hold text"):
        text_column(numbers, "x")
    assert text_column(data, None) == "text"
