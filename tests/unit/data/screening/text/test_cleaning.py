import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.data.screening.text.cleaning import _FROM, _TO, LOOK_ALIKES, MOST_CHARACTERS, cleaned


def test_every_look_alike_has_its_latin_letter():
    assert len(_FROM) == len(_TO) == len(LOOK_ALIKES)
    assert _TO.isascii()
    assert all("LATIN" not in unicodedata.name(letter) for letter in _FROM)


def test_look_alikes_in_latin_text_are_undone():
    assert cleaned(["The quick brоwn fох jumрs"]).texts == ("The quick brown fox jumps",)


def test_real_cyrillic_is_left_alone():
    assert cleaned(["Быстрая лиса"]).texts == ("Быстрая лиса",)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("one\n\ntwo\tthree", "one two three"),
        ("* one\n* two", "one two"),
        ("# Title\nsome **bold** text", "Title some bold text"),
        ("“it’s” – fine…", '"it\'s" - fine...'),
        ("a\u200bb\u00adc\ufeff", "abc"),
        ("wait , what ?", "wait, what?"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
    ],
)
def test_format_goes_and_words_stay(text, left):
    assert cleaned([text]).texts == (left,)


def test_what_was_stripped_is_counted_once_a_text():
    counts = dict(cleaned(["a\nb\nc", "d\ne", "f"]).stripped)
    assert counts["line breaks"] == 2


def test_a_huge_cell_is_cut_and_said():
    found = cleaned(["a " * MOST_CHARACTERS])
    assert len(found.texts[0]) <= MOST_CHARACTERS
    assert dict(found.stripped)["cut at 20,000 characters"] == 1


@given(st.text(max_size=80))
def test_cleaning_never_fails_and_leaves_single_spaces(text):
    (left,) = cleaned([text]).texts
    assert left == " ".join(left.split())
    assert not {"\n", "\u200b", "\u202e"} & set(left)
