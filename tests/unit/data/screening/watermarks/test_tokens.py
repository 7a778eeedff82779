"""Texts as tokens: words, bytes, the person's tokenizer; documents stay apart."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.core.errors import BadInput
from holdfast.data.screening.watermarks.tokens import blocks, cutter, in_bytes, ragged, word_codes, words


def texts(*values):
    return pa.array(values, pa.large_string())


def test_words_and_punctuation_stand_apart():
    found = words(texts("Hello, world!", None, "", " hello\nworld"))
    assert found.ends.tolist() == [4, 4, 4, 6]
    assert found.codes.tolist() == word_codes(["Hello", ",", "world", "!", "hello", "world"]).tolist()
    assert found.document().tolist() == [0, 0, 0, 0, 3, 3]
    assert found.place().tolist() == [0, 1, 2, 3, 0, 1]


@settings(max_examples=40)
@given(st.lists(st.one_of(st.none(), st.text()), max_size=6))
def test_any_text_is_cut_and_each_as_if_alone(values):
    values = [None if one is None else one.encode("utf-8", "replace").decode() for one in values]
    for cut in (words, in_bytes):
        found = cut(texts(*values))
        assert len(found.ends) == len(values)
        starts = [0, *found.ends.tolist()]
        for number, value in enumerate(values):
            alone = cut(texts(value))
            assert found.codes[starts[number] : starts[number + 1]].tolist() == alone.codes.tolist()


def test_blocks_keep_order_and_lose_nothing():
    long = "x" * 3_000_000
    values = pa.chunked_array([texts("a", long, None), texts(long, long, "b")])
    cut = list(blocks(values))
    assert pa.chunked_array(cut).to_pylist() == values.to_pylist()
    assert len(cut) > 2


def test_a_slice_of_an_array_is_read_as_itself():
    found = words(texts("one", "two words", "three").slice(1, 1))
    assert found.ends.tolist() == [2]


def test_tokenizer_of_a_person(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.save(str(tmp_path / "tokenizer.json"))
    for path in (tmp_path, tmp_path / "tokenizer.json"):
        assert cutter(str(path))(texts("a b zebra", None)).codes.tolist() == [0, 1, 2]


@pytest.mark.parametrize("content", ["", "{}", "null", '{"model": 3}', "\0"])
def test_what_is_no_tokenizer_is_refused(tmp_path, content):
    pytest.importorskip("tokenizers")
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(BadInput, match="is no tokenizer"):
        cutter(str(tmp_path))
    with pytest.raises(BadInput, match="there is no file"):
        cutter(str(tmp_path / "nowhere"))


def test_ragged_of_nothing():
    assert ragged([]).ends.tolist() == []
    assert ragged([np.array([3, 4])]).codes.tolist() == [3, 4]
