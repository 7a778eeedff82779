"""A third language is one folder: how it writes numbers, and its sentences. Nothing else has to be touched."""

import pytest

from holdfast.core.errors import BadInput
from holdfast.report.languages import catalogue as catalogues
from holdfast.report.languages import known, refuse_unknown, said
from holdfast.report.languages.saying import _looked_up
from holdfast.report.render import render
from report_runs import realistic

RULES = """\
decimal = ","
thousands = "."
spaced = ""
many_from = 2
and = "ja"
more = " ja # muud"
"""
SENTENCES = """\
[all]
"The {metric:own} of {claimed:number} is too good to be true: the honest value is about {real:number} ({low:number} to {high:number})." = "Liiga hea: {metric} {claimed}, ausalt {real} ({low} kuni {high})."
"{n:number} (row|rows) × {m:number} (column|columns)" = "{n} (rida|rida) × {m} (veerg|veergu)"
"Findings" = "Leiud"
"""  # noqa: E501 as in a catalogue


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Add a language `xx` in a folder of its own, beside those that are there."""
    folder = tmp_path / "languages"
    (folder / "xx").mkdir(parents=True)
    (folder / "xx" / "language.toml").write_text(RULES, "utf-8")
    (folder / "xx" / "words.toml").write_text(SENTENCES, "utf-8")
    monkeypatch.setattr(catalogues, "FOLDER", folder)
    for kept in (catalogues.catalogue, _looked_up):
        kept.cache_clear()
    yield "xx"
    for kept in (catalogues.catalogue, _looked_up):
        kept.cache_clear()


def test_a_folder_is_all_it_takes(toy):
    assert known() == ("en", toy)
    refuse_unknown(toy)
    with pytest.raises(BadInput, match="no language 'fr'; known are en, xx"):
        refuse_unknown("fr")


def test_numbers_are_written_its_way_and_the_number_chooses_the_word(toy):
    assert said("1,234 rows × 1 column", toy) == "1.234 rida × 1 veerg"
    assert said("1 row × 17 columns", toy) == "1 rida × 17 veergu"


@pytest.mark.parametrize("form", ["html", "markdown", "text"])
def test_a_report_says_what_the_language_knows_and_leaves_the_rest(toy, form):
    page = render(realistic(), form, toy)
    assert "Liiga hea: ROC AUC 0,934, ausalt 0,771 (0,757 kuni 0,785)." in page
    assert "Leiud" in page or form == "text"
    assert "rows" in page
    if form == "html":
        assert f'<html lang="{toy}">' in page
