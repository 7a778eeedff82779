"""What gives a label away is read from words and from how texts are written; hostile texts change nothing."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit import catalogue
from holdfast.audit.cases import subject
from holdfast.audit.cases.texts import texts
from holdfast.audit.facts.texts.contamination import _longest, _spans
from holdfast.audit.facts.texts.format import NAMES
from holdfast.audit.facts.texts.sides import pair_of
from holdfast.audit.runner import Facts, run_check


def _labelled(written):
    return Facts({"dataset": subject({"text": written, "y": np.arange(len(written)) % 2})})


def _marks(text):
    """Return the names of the marks that one text among plain ones has."""
    written = [text, *(f"Plain words, and a stop, for text {n}." for n in range(39))]
    found = _labelled(written)["text_format"]
    row = int(np.flatnonzero(found.rows == 0)[0])
    return {name for name, count in zip(NAMES, found.counts["text"][row], strict=True) if count > 0}


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("Two lines,\nof words.", "line breaks"),
        ("Two lines,\r\nof words.", "carriage returns"),
        ("A blank at the end of it. ", "blanks at the end"),
        ("A  doubled blank in the middle.", "doubled blanks"),
        ("A comma , set apart from it.", "blanks before commas and stops"),
        ("no capital letter in all of it.", "no capital letter"),
        ("NO SMALL LETTER IN ALL OF IT.", "no small letter"),
        ("No mark at the end of it", "no mark at the end"),
        ("A “curly” quote in the middle.", "curly double quotes"),
        ('A "straight" quote in the middle.', "straight double quotes"),
        ("It is cafÃ© that was read wrongly.", "damaged characters"),
        ("A no-break\u00a0blank in the middle.", "no-break and zero-width blanks"),
        ("A line <br /> and some more.", "HTML tags"),
        ("Less &lt; and more &#62; of it.", "HTML entities"),
        ("Some **bold** words in it.", "Markdown marks"),
        ("A long — dash in the middle.", "long dashes"),
    ],
)
def test_marks_are_seen(text, mark):
    assert mark in _marks(text)


def test_plain_sentences_have_no_marks():
    assert _marks("Plain words, and a stop, as in all others.") == set()


def test_a_length_at_which_texts_are_cut():
    rng = np.random.default_rng(0)
    written = [text[:120] for text in texts(rng, 200, (10, 40))]
    found = _labelled(written)["text_format"]
    cut = found.counts["text"][:, -1] > 0
    assert cut.sum() == (found.length["text"] == 120).sum() > 20


def test_words_are_counted_once_for_copies_and_spelled_as_they_stand():
    written = ["The Same words stand here again and again"] * 30 + texts(np.random.default_rng(1), 50)
    (table,) = _labelled(written)["text_tokens"].each
    assert not any(table.spelled(word).lower() == "stand" for word in range(len(table.hashes)))
    (table,) = _labelled([f"{text} Don’t-stop" for text in written])["text_tokens"].each
    assert {"Don’t", "stop"} <= {table.spelled(word) for word in range(len(table.hashes))}


def test_places_of_a_word():
    written = [f"Dateline {text}" for text in texts(np.random.default_rng(2), 60)]
    (table,) = _labelled(written)["text_tokens"].each
    word = next(word for word in range(len(table.hashes)) if table.spelled(word) == "Dateline")
    rows, place = table.places(word)
    assert len(rows) == 60
    assert not place.any()


@pytest.mark.parametrize(
    ("names", "pair"),
    [
        (("premise", "hypothesis"), ("premise", "hypothesis")),
        (("sentence1", "sentence2"), ("sentence1", "sentence2")),
        (("id_text", "question", "answer"), ("question", "answer")),
        (("title", "body"), None),
        (("text",), None),
    ],
)
def test_pairs_of_texts_are_known_by_their_names(names, pair):
    assert pair_of(names) == pair


def test_passages_are_told_by_runs():
    assert _spans(np.array([1, 3]), 3, 8).tolist() == [False, True, True, True, True, True, False, False]
    assert _longest(np.array([True, False, True, True])) == (2, 4)
    assert _longest(np.zeros(3, dtype=bool)) == (0, 0)


HOSTILE = [
    "",
    "\x00\x01\x1b[31m",
    "\u202e\u2066 turned",
    "<script>alert(1)</script>",
    "x" * 1_000_000,
    "word " * 100_000,
    "\ud7ff \ufffd \U0010ffff",
    "'" * 1000,
    None,
]


@pytest.mark.parametrize("name", ["token-artefact", "format-artefact", "benchmark-contamination", "near-split-overlap"])
def test_hostile_texts_crash_nothing(name):
    written = [
        HOSTILE[n % len(HOSTILE)] if n < 90 else text for n, text in enumerate(texts(np.random.default_rng(3), 300))
    ]
    label, split = np.arange(300) % 2, ["train"] * 150 + ["test"] * 100 + ["benchmark"] * 50
    dataset = subject({"text": pa.array(written).to_pylist(), "y": label}, split=split)
    result = run_check(catalogue.checks()[name], Facts({"dataset": dataset}))
    assert result.status != "crashed", result.trace
    assert result.seconds < 20
