"""Near-copies of texts are found whatever was done to them, and nothing else is; hostile texts change nothing."""

import time
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.cases.texts import edited, texts
from holdfast.audit.evidence.texts import differing
from holdfast.audit.facts.texts.forms import forms_of
from holdfast.audit.runner import Facts
from holdfast.core.errors import NotApplicable


def _dataset(written, split=None, **columns):
    dataset = subject({"text": written, **columns}, split=split)
    as_text = tuple(replace(c, kind="text") if c.name == "text" else c for c in dataset.columns)
    return replace(dataset, columns=as_text)


def _near(written, split=None, among=None, **columns):
    """Return which rows have a near-copy among all rows, or those of a mask."""
    facts = Facts({"dataset": _dataset(written, split, **columns)})
    (pairs,) = facts["text_pairs"]
    rows = np.arange(len(written))
    among = np.ones(len(written), dtype=bool) if among is None else among
    return set(np.flatnonzero(pairs.partners(facts["row_groups"], rows, among) >= 0).tolist()), pairs


CHANGES = {
    "case and punctuation": lambda _, text: text.upper().replace(".", " –"),
    "dropped": lambda rng, text: edited(rng, text, 0.1),
    "replaced": lambda rng, text: edited(rng, text, 0.1, "replace"),
    "swapped": lambda rng, text: edited(rng, text, 0.05, "swap"),
    "first half": lambda _, text: text[: len(text) // 2],
    "quoted": lambda rng, text: f"{texts(rng, 1, (40, 40))[0]} {text}",
    "sentences turned": lambda _, text: ". ".join(reversed(text.split(". "))),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_finds_changed_copies_and_nothing_else(change):
    rng = np.random.default_rng(0)
    written = texts(rng, 400, (70, 100))
    for place in range(20):
        written[200 + place] = change(rng, written[place])
    found, pairs = _near(written)
    planted = {*range(20), *range(200, 220)}
    assert len(found & planted) >= 36
    assert not found - planted
    assert pairs.expected < 0.01
    assert pairs.sampled is None


@pytest.mark.parametrize("place", ["in front", "behind"])
def test_what_every_text_begins_or_ends_with_is_no_copy(place):
    rng = np.random.default_rng(1)
    form, written = texts(rng, 1, (60, 60))[0], texts(rng, 300, (30, 60))
    joined = [f"{form} {text}" if place == "in front" else f"{text} {form}" for text in written]
    assert not _near(joined)[0]


def test_one_question_with_many_answers_is_no_copy():
    rng = np.random.default_rng(2)
    questions, answers = texts(rng, 30, (40, 50)), texts(rng, 300, (40, 60))
    assert not _near([f"{questions[place % 30]} {answer}" for place, answer in enumerate(answers)])[0]


def test_short_texts_of_frequent_words_are_no_copies():
    rng = np.random.default_rng(3)
    said = rng.choice(["ok", "lar", "see", "you", "later", "at", "home", "no", "yes", "call"], size=(500, 7))
    assert not _near([" ".join(line) for line in said.tolist()])[0]


def test_every_text_of_a_kind_finds_one_on_the_other_side():
    rng = np.random.default_rng(4)
    written = texts(rng, 700, (60, 80))
    for place in range(500, 700):
        written[place] = edited(rng, written[0], 0.05)
    split = np.where(rng.random(700) < 0.8, "train", "test")
    found, pairs = _near(written, split, among=split == "train")
    copies = set(range(500, 700))
    assert len(found & copies) >= 195
    assert len(pairs.left) < 3 * 700


def test_other_columns_do_not_matter_where_the_text_carries_the_row():
    rng = np.random.default_rng(5)
    written = texts(rng, 100, (40, 60))
    written[50] = written[0].lower()
    assert _near(written, price=rng.normal(size=100), colour=rng.choice(["a", "b"], size=100))[0] == {0, 50}


def test_a_short_name_among_many_columns_makes_no_row():
    rng = np.random.default_rng(6)
    columns = {f"x{place}": rng.normal(size=100) for place in range(20)}
    facts = Facts({"dataset": _dataset(texts(rng, 100, (5, 7)), **columns)})
    with pytest.raises(NotApplicable, match="20 other columns"):
        facts["text_pairs"]


def test_of_several_texts_all_must_be_near():
    rng = np.random.default_rng(7)
    premise, hypothesis = texts(rng, 200, (40, 60)), texts(rng, 200, (10, 15))
    premise[100:150] = premise[:50]
    hypothesis[100:105] = [text.upper() for text in hypothesis[:5]]
    facts = Facts({"dataset": subject({"premise": premise, "hypothesis": hypothesis})})
    (pairs,) = facts["text_pairs"]
    first = facts["row_groups"].first(np.ones(200, dtype=bool))
    assert {int(row) for row in first[np.concatenate([pairs.left, pairs.right])]} == {*range(5), *range(100, 105)}
    assert pairs.columns == ("premise", "hypothesis")


def test_order_of_rows_does_not_matter():
    rng = np.random.default_rng(8)
    written = texts(rng, 300, (30, 50))
    written[200:220] = [edited(rng, text, 0.1) for text in written[:20]]
    found, _ = _near(written)
    order = rng.permutation(300)
    again, _ = _near([written[row] for row in order.tolist()])
    assert {int(order[row]) for row in again} == found


HOSTILE = {
    "empty": [""] * 100,
    "one text": ["the same words again and again and again, as they were before"] * 500,
    "a giant": ["word " * 200_000, "x" * 1_000_000, *(f"a b c d e f g {n}" for n in range(50))],
    "no words": ["... --- ...", "\x00\x01\x02", "\u202e\u2066", "\ufeff", "🙂" * 500] * 10,
    "one word many times": ["ha " * n for n in range(1, 60)],
    "Chinese": ["我们今天去公园看花因为天气很好所以大家都很高兴", "他昨天买了一本关于中国历史的书然后坐火车回家"] * 20,
    "surrogates": [f"{chr(0x10FFFF)} text {n} \ud7ff and so on and on {n * 7}" for n in range(60)],
}


@pytest.mark.parametrize("written", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts(written):
    before = time.process_time()
    with suppress(NotApplicable):
        found, _ = _near(written)
        assert found <= set(range(len(written)))
    assert time.process_time() - before < 5


def test_many_copies_of_one_text_cost_no_more_than_their_number():
    rng = np.random.default_rng(9)
    written = texts(rng, 500, (20, 30)) + [
        "The very same words stand here once more, as they stood before" + "!" * (n % 7) for n in range(30_000)
    ]
    split = np.where(rng.random(len(written)) < 0.7, "train", "test")
    before = time.process_time()
    found, pairs = _near(written, split, among=split == "train")
    assert time.process_time() - before < 5
    assert found >= set(range(500, len(written)))
    assert len(pairs.left) < 100


def test_links_are_as_many_as_texts_and_sides():
    normals = np.zeros(1000, dtype=np.uint64)
    sides = (np.arange(1000) % 2 == 0, np.arange(1000) % 2 == 1)
    forms = forms_of((normals,), sides)
    left, right, distance = forms.linked(np.array([0]), np.array([0]), np.zeros(1))
    assert len(left) == 2000
    assert (left != right).all()
    assert not distance.any()
    for side in sides:
        assert set(left[side[right]].tolist()) == set(range(1000))


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("a b c d e f g h X j k l m n o p", "a b c d e f g h Y j k l m n o p", ("… d e f g h X j k l m n …",) * 2),
        ("same", "same", ("same", "same")),
        ("", "new", ("", "new")),
        ("line\nbreak here", "line\nbreak there", ("line break here", "line break there")),
    ],
)
def test_what_differs_is_shown(one, other, shown):
    left, right = differing(one, other)
    assert left == shown[0]
    assert right == shown[1].replace("X", "Y")
