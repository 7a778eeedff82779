"""Theories in words: every one speaks somewhere, and the page of the documentation says what they say now."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from holdfast.cli.collapse_theories import theories
from holdfast.collapse import catalogue
from holdfast.collapse.statements import EXACT, LIMIT, SILENT, as_page, stated, statements
from holdfast.core.errors import BadInput

PAGE = Path(__file__).parents[3] / "docs" / "collapse-theories.md"


def test_every_theory_is_stated_and_speaks_somewhere() -> None:
    found = {one.theory.name: one for one in statements()}
    assert set(found) == set(catalogue.theories())
    silent = [name for name, one in found.items() if not any(one.speaks.values())]
    assert not silent


def test_marks_tell_exact_from_limiting_statements() -> None:
    for one in statements():
        assert set(one.speaks.values()) <= {SILENT, EXACT if one.theory.exact else LIMIT}


def test_where_descent_speaks_is_found_from_the_graph() -> None:
    found = {one.theory.name: one.speaks for one in statements()}
    descent = found["variance-by-descent"]
    assert descent["older models"] == descent["wider draws"] == descent["golden"] == EXACT
    assert descent["verified-biased"] == SILENT
    assert found["stability-variance"]["wider, fresh real"] == LIMIT
    assert found["accumulate-variance"]["accumulate"] == EXACT
    assert found["accumulate-variance"]["replace"] == SILENT


def test_the_page_is_what_the_theories_say() -> None:
    assert PAGE.read_text("utf-8").rstrip("\n") == as_page().rstrip("\n"), (
        "write it again: holdfast collapse theories --format markdown --out docs/collapse-theories.md"
    )


def test_one_theory_is_explained_in_full() -> None:
    text = " ".join(CliRunner().invoke(theories, ["golden-regression"]).output.split())
    for part in (
        "arXiv:2502.18049",
        "https://arxiv.org/abs/2502.18049",
        "w* = (√5 − 1)/2",
        "golden",
        "coefficient-error",
    ):
        assert part in text


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="variance-by-descent"):
        stated("varance-by-descent")


@pytest.mark.parametrize("width", [80, 60])
def test_lists_and_explanations_fit_the_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for name in ([], ["golden-regression"], ["tale-of-tails"]):
        lines = CliRunner().invoke(theories, name).output.splitlines()
        assert [line for line in lines if len(line) > width and "https://" not in line] == []


def test_machines_get_the_same_as_people() -> None:
    listed = json.loads(CliRunner().invoke(theories, ["--format", "json"]).output)
    assert [one["theory"] for one in listed] == [one.theory.name for one in statements()]
    one = json.loads(CliRunner().invoke(theories, ["golden-regression", "--format", "json"]).output)
    assert one in listed
    assert one["exact"]
    assert one["speaks_in"] == ["golden"]


def test_the_command_lists_explains_and_writes(tmp_path: Path) -> None:
    run = CliRunner().invoke
    listed = run(theories, [])
    assert listed.exit_code == 0
    assert "variance-by-descent" in listed.output
    assert "formula" in run(theories, ["regression-replace"]).output
    page = tmp_path / "page.md"
    assert run(theories, ["--format", "markdown", "--out", str(page)]).exit_code == 0
    assert page.read_text("utf-8").startswith("# Theories")
    with pytest.raises(BadInput, match="leave the name out"):
        run(theories, ["regression-replace", "--format", "markdown"], catch_exceptions=False)
