"""The page on drift: its commands run, and print what the page says they print."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "data-drift.md").read_text("utf-8")
FILES = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
SHOWN = re.findall(r"^```console\n([^\n]*)\n```\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
USES = re.findall(r"^\$ holdfast data drift (.*?)(?:  +#.*)?$", PAGE, re.MULTILINE)


@pytest.fixture
def files(tmp_path):
    for content in FILES.values():
        subprocess.run([sys.executable, "-c", content], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize(("command", "said"), SHOWN, ids=["drift", "none"])
def test_a_command_prints_what_the_page_says(holdfast, files, command, said):
    program, *arguments = shlex.split(command.removeprefix("$ "))
    assert program == "holdfast"
    done = holdfast(*arguments)
    assert done.returncode == ("0 of" not in said), done.stderr
    assert " ".join(said.split()) in " ".join(done.stdout.split())


def test_a_store_and_a_column_of_times_are_followed(holdfast, files):
    holdfast("data", "init", "corpus")
    for name in ("old.csv", "same.csv"):
        assert holdfast("data", "add", "corpus", name).returncode == 0
    assert holdfast("data", "tag", "corpus@1", "v1").returncode == 0
    days = [f"2024-{month:02}-{day:02}" for month in range(1, 4) for day in range(1, 29)]
    (files / "rides.csv").write_text("\n".join(["date,rides", *(f"{day},{i * 7 % 31}" for i, day in enumerate(days))]))
    assert len(USES) == 6, USES
    for use in USES[2:4]:  # the others are those of the tests above, and of the tests of the verb
        done = holdfast("data", "drift", *shlex.split(use), "--fail-on", "never")
        assert done.returncode == 0, (use, done.stderr)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("old.csv", "nwe.csv"), "Did you mean 'new.csv'?"),
        (
            ("old.csv", "new.csv", "--model", "old.csv"),
            "old.csv is no folder: a model of vectors is given by its local",
        ),
    ],
    ids=["file", "model"],
)
def test_a_mistake_is_one_paragraph(holdfast, files, given, said):
    done = holdfast("data", "drift", *given)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
