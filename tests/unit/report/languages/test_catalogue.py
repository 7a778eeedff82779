import tomllib

import pytest

from holdfast.report import languages as folder
from holdfast.report.languages.catalogue import CELLS, Choice, Entry, Hole, catalogue, entries, languages, split

ALL = [(language, english, other) for language in languages() for _, english, other in entries(language)]


def holes(text):
    return sorted(one.name for one in split(text) if isinstance(one, Hole))


def test_sentences_come_apart_into_words_holes_and_choices():
    assert split("{n:number} (row|rows) of '{x}'") == (
        Hole("n", "number"), " ", Choice(("row", "rows")), " of '", Hole("x", ""), "'",
    )  # fmt: skip


def test_french_is_there():
    assert languages() == ("fr",)


@pytest.mark.parametrize("language", languages())
def test_every_translation_has_the_holes_of_its_sentence(language):
    assert [english for one, english, other in ALL if one == language and holes(english) != holes(other)] == []


@pytest.mark.parametrize("language", languages())
def test_every_pattern_compiles_and_fits_what_it_was_made_of(language):
    for kept in catalogue(language).holed.values():
        for one in kept:
            made = "".join(
                ("7" if piece.kind == "number" else "xyz") if isinstance(piece, Hole)
                else piece.words[-1] if isinstance(piece, Choice) else piece
                for piece in one.pieces
            )  # fmt: skip
            assert one.pattern.fullmatch(made), one.english


@pytest.mark.parametrize("language", languages())
def test_no_sentence_has_two_translations(language):
    """A word in the cells of tables may be another than the same word in a sentence."""
    seen = {}
    for table, english, other in entries(language):
        assert seen.setdefault((table == CELLS, english), other) == other


@pytest.mark.parametrize("language", languages())
def test_a_pattern_that_begins_with_data_says_enough_of_its_own(language):
    short = [one.english for one in catalogue(language).holed.get("", ()) if len(one.fixed) < 5]
    assert short == []


@pytest.mark.parametrize("language", languages())
def test_nothing_is_said_to_anybody_in_person_and_signs_have_their_spaces(language):
    """French is impersonal here, and a sign that takes a space has one in the file."""
    text = " ".join(other for one, _, other in ALL if one == language).lower()
    assert not {" vous ", " votre ", " vos ", " tu "} & {
        text[i : i + n] for n in (4, 6, 7, 5) for i in range(len(text))
    }
    assert "'" not in "".join(other for one, english, other in ALL if "'" not in english and one == language)


def test_catalogues_are_plain_tables_of_text():
    from importlib.resources import files

    for language in languages():
        for file in files(folder).joinpath(language).iterdir():
            if file.name.endswith(".toml") and file.name != "language.toml":
                for table in tomllib.loads(file.read_text("utf-8")).values():
                    assert all(isinstance(value, str) and value for value in table.values())


def test_data_decide_how_long_a_match_takes_only_linearly():
    """Holes end at the first chance, so that nothing is tried again; hostile text cannot make a report slow."""
    from time import process_time

    entry = Entry("{a} of {b} of {c} of {d} of {e} and no more", "{a}{b}{c}{d}{e}")
    pattern = entry.pattern
    started = process_time()
    assert pattern.fullmatch("x of " * 20_000) is None
    assert process_time() - started < 1.0
