import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.core.errors import BadInput
from holdfast.report.languages import ENGLISH, gaps, in_table, known, plain, refuse_unknown, said

NARROW = "\u202f"


def fr(text):
    return said(text, "fr").replace(NARROW, "_")


def test_english_is_what_it_was():
    assert said("1 of 2 test rows (50.0%) also occur in the training data", ENGLISH).startswith("1 of 2")
    assert in_table("4,480") == "4,480"


def test_numbers_are_written_the_french_way():
    assert fr("1,032 of 9,043 test rows (11.4%) also occur in the training data") == (
        "1_032 des 9_043 lignes de test (11,4_%) figurent aussi dans les données d’entraînement"
    )
    assert in_table("0.927 to 0.941", "fr") == "0,927 à 0,941"
    assert in_table("12.5%", "fr") == f"12,5{NARROW}%"


def test_one_and_many():
    assert "1 des 20 lignes de test (5,0_%) figure aussi" in fr(
        "1 of 20 test rows (5.0%) also occur in the training data"
    )
    assert fr("1 check passed") == "1 contrôle réussi"
    assert fr("2 suppressed") == "2 écartés"


@pytest.mark.parametrize("name", ["12.5%", "1,000", "rows", "a; b", "price: net", "{x}", r"\1", "error", "<b>"])
def test_the_data_s_own_text_stays_as_it_is(name):
    shown = said(f"Drop '{name}', unless it is known at the moment of prediction and not derived from the label.", "fr")
    assert f"«{NARROW}{name}{NARROW}»" in shown
    assert shown.startswith("Retirer")


@given(st.text(max_size=200))
def test_any_text_comes_through(text):
    assert isinstance(said(text, "fr"), str)


@given(st.text(min_size=1, max_size=30))
def test_what_stands_in_a_hole_is_neither_changed_nor_lost(name):
    assert name in said(f"The split stands in the column {name}.", "fr")


def test_sentences_inside_sentences():
    assert fr(
        "Do not trust a score from this data yet: 2 of 20 test rows (10.0%) also occur in the training data."
    ) == (
        "Aucun score tiré de ces données n’est encore fiable_: 2 des 20 lignes de test (10,0_%) figurent aussi dans "
        "les données d’entraînement."
    )


def test_a_sentence_without_an_entry_stays_english_whole():
    text = "Some checks looked at a sample of the rows; the record says which. Nobody translated this."
    assert said(text, "fr") == text


def test_two_sentences_that_have_entries():
    assert fr("No findings. No findings.") == "Aucun constat. Aucun constat."


def test_a_single_word_may_be_a_name_of_the_data():
    assert in_table("error", "fr") == "error"
    assert in_table("loss", "fr") == "perte"
    assert in_table("copied rows", "fr") == "lignes copiées"


def test_what_has_no_words_is_named_and_a_single_word_is_a_name():
    assert gaps("No findings. Nobody translated this.", "fr") == ("No findings. Nobody translated this.",)
    assert gaps("The honest score could not be estimated: nobody knows.", "fr") == ("nobody knows",)
    assert gaps("The split stands in the column side.", "fr") == ()


def test_a_sentence_may_stand_without_its_capital_or_its_full_stop():
    assert said("no findings", "fr") == "aucun constat"
    assert said("The label is a number, not a class.", "fr") == "L’étiquette est un nombre, non une classe."


def test_lists_are_translated_between_quoted_names_only():
    fix = "Drop 'bread and butter' and 'b': the label is computed from them, or they from it."
    assert "'bread and butter' et 'b'" in said(fix, "fr")
    assert "a and b" in said("Data from elsewhere: a and b.", "fr")


def test_a_terminal_without_unicode_gets_letters_without_accents():
    assert plain(f"étiquette{NARROW}: «{NARROW}x{NARROW}»") == 'etiquette : "x"'


def test_a_language_that_is_not_there_is_refused_with_those_that_are():
    assert known() == ("en", "fr")
    with pytest.raises(BadInput, match="no language 'xx'; known are en, fr"):
        refuse_unknown("xx")
