"""Words are read from bytes as a person would read them, whatever the script and however hostile the text."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.data.bulk.words import MOST_BYTES, blocks_of, words_of


def _words(*texts):
    return words_of(pa.array(texts, pa.large_string()))


def _same(one, other):
    a, b = _words(one), _words(other)
    return a.hashes.tolist() == b.hashes.tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, World!", "hello world"),
        ("don't", "dont"),
        ("don’t", "don't"),
        ("«ÉTÉ» — été", "été été"),
        ("a b\tc\r\nd", "a b c d"),
        ("...", ""),
        ("ÅNGSTRÖM Ω", "ångström ω"),
        ("wait…what", "wait what"),
        ("a\x00b", "a b"),
    ],
)
def test_case_punctuation_and_blanks_do_not_count(one, other):
    assert _same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ab c", "a bc"), ("ab", "ba"), ("a b", "b a"), ("a", "aa"), ("caf", "café"), ("x" * 70, "x" * 71)],
)
def test_different_words_differ(one, other):
    assert not _same(one, other)


def test_scripts_without_spaces_are_read_by_character():
    assert _words("日本語です。").counts.tolist() == [5]
    assert _words("สวัสดี").counts[0] > 1


def test_words_do_not_reach_over_from_one_text_to_the_next():
    words = _words("end", "start", None, "", "end")
    assert words.counts.tolist() == [1, 1, 0, 0, 1]
    assert words.hashes[0] == words.hashes[2]
    assert words.runs(2)[0].tolist() == []


def test_runs_stay_inside_their_text():
    words = _words("a b c", "d", "e f")
    runs, starts = words.runs(2)
    assert starts.tolist() == [0, 2, 2, 3]
    assert runs.tolist() == [*_words("a b c").runs(2)[0].tolist(), *_words("e f").runs(2)[0].tolist()]
    assert words.runs(5)[0].tolist() == []


def test_a_word_hashes_alike_wherever_it_stands():
    text = "x" * 9 + " needle " + "antidisestablishmentarianism " * 3 + "needle"
    words = _words("needle", text)
    assert words.hashes[0] == words.hashes[2] == words.hashes[6]
    assert len(set(words.hashes[3:6].tolist())) == 1


def test_blocks_hold_all_texts_once():
    texts = pa.chunked_array([pa.array(["word " * 30_000, "b"]), pa.array(["c"] * 5, pa.string())]).cast(
        pa.large_string()
    )
    seen = [(at, len(block)) for at, block in blocks_of(texts)]
    assert [at for at, _ in seen] == np.concatenate(([0], np.cumsum([n for _, n in seen])))[:-1].tolist()
    assert sum(n for _, n in seen) == 7
    picked = [text for _, block in blocks_of(texts, np.array([6, 1])) for text in block.to_pylist()]
    assert picked == ["c", "b"]


def test_of_a_giant_text_the_beginning_is_read():
    words = _words("ab " * (MOST_BYTES // 2), "tail")
    assert words.counts.tolist() == [-(-MOST_BYTES // 3), 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.text(max_size=30), min_size=1, max_size=8))
def test_a_text_reads_alike_alone_and_among_others(texts):
    together = words_of(pa.array(texts, pa.large_string()))
    alone = [words_of(pa.array([text], pa.large_string())) for text in texts]
    assert together.counts.tolist() == [int(one.counts[0]) for one in alone]
    assert together.hashes.tolist() == [value for one in alone for value in one.hashes.tolist()]
