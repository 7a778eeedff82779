"""The pages on review and export: their commands run one after the other, and print what the pages say."""

import re
import shlex
from pathlib import Path

import pytest

from holdfast.cli.main import holdfast as main
from holdfast.core.errors import BadInput

DOCS = Path(__file__).parents[2] / "docs"
_PARTS = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```\n?(?:```text\n(.*?)^```)?", re.DOTALL | re.MULTILINE)


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command in this process, and gives what it prints: a page has many of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        main.main(list(arguments), standalone_mode=False, prog_name="holdfast")
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("page", ["data-review.md", "data-export.md"])
def test_a_page_does_what_it_says(command, tmp_path, page):
    ran = 0
    for kind, file, content, said in _PARTS.findall((DOCS / page).read_text("utf-8")):
        if file:
            (tmp_path / file).write_text(content)
        elif kind == "console":
            program, *arguments = shlex.split(content.removeprefix("$ "))
            assert program == "holdfast"
            printed = " ".join(command(*arguments).split())
            for line in said.strip().splitlines():
                assert " ".join(line.split()) in printed
            ran += 1
        elif kind == "python":
            exec(compile(content, page, "exec"), {})
            ran += 1
    assert ran >= 4


def test_review_in_a_pipe_stops_and_goes_on(holdfast, tmp_path):
    lines = [f"a ticket with number {i} and some words,{'bug' if i % 2 else 'bill'}" for i in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["text,topic", *lines]))
    first = holdfast(
        "data", "review", "t.csv", "--label", "topic", "--sample", "12", "--reviewer", "a", input="1\n2\nk\n"
    )
    assert first.returncode == 0, first.stderr
    assert "3 decided by a · 9 are left" in first.stdout
    second = holdfast("data", "review", "t.csv", "--reviewer", "a", input="1\n" * 20)
    assert "9 decided by a." in second.stdout
    again = holdfast("data", "review", "t.csv", "--sample", "5")
    assert again.returncode == 2
    assert "--sample cannot change it" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["review", "nowhere.csv"], "no file nowhere.csv"),
        (["review", "t.csv", "--label", "topik"], "Did you mean 'topic'"),
        (["review", "report", "."], "is no queue"),
        (["review", "t.csv", "--uncertain", "topic"], "holds text, not numbers"),
        (["review", "t.csv", "--ask", "taste"], "taste"),
        (["review", "t.csv", "--run", "latest"], "no runs in"),
        (["review", "t.csv", "--by", "topic", "--by-size", "topic"], "not both"),
        (["export", "t.csv", "--out", "t.csv", "--format", "csv"], "there already"),
        (["export", "t.csv", "--out", "x", "--format", "xml"], "no format 'xml'"),
        (["export", "--out", "x", "--format", "csv"], "no data given"),
        (["export", "t.csv", "--out", "t.csv/x", "--format", "csv"], "cannot write"),
    ],
)
def test_mistakes_are_said_in_a_paragraph(command, tmp_path, arguments, words):
    (tmp_path / "t.csv").write_text("text,topic\n" + "some words and more words,bug\n" * 30)
    with pytest.raises(BadInput) as caught:
        command("data", *arguments)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value).strip()
