"""The page about the store: its commands run in their order, and print what the page says they print."""

import contextlib
import io
import re
import shlex
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from holdfast.cli import main as command_line
from holdfast.core.config import checked, read_toml
from holdfast.data.loading import load
from holdfast.data.store import Store
from holdfast.data.store.rules import Rules

PAGE = (Path(__file__).parents[2] / "docs" / "data-store.md").read_text("utf-8")
FILES = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
SHOWN = re.findall(r"^```console\n(.*?)^```\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_commands_of_the_page_print_what_it_says(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    assert len(SHOWN) >= 11
    for command, said in SHOWN:
        program, *arguments = shlex.split(command.removeprefix("$ "))
        assert program == "holdfast"
        done = called(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
        printed = " ".join(done.stdout.split())
        for line in said.splitlines():
            assert " ".join(line.split()) in printed, f"{command}\n{done.stdout}"


def test_the_rules_of_the_page_are_rules(tmp_path):
    (tmp_path / "origin.toml").write_text(FILES["origin.toml"])
    rules = checked(Rules, read_toml(tmp_path / "origin.toml"))
    assert rules.origin_value["synthetic"] == ("gpt", "llama")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("init", "corpus"), "is a store already"),
        (("add", "nothing", "lines.csv"), "there is no store nothing"),
        (("add", "corpus"), "nothing to add"),
        (("add", "corpus", "none.csv"), "no file none.csv"),
        (("add", "corpus", "lines.csv", "--origin", "robot"), "origin: got 'robot'"),
        (("add", "corpus", "lines.csv", "--origin-value", "human"), "--origin-value wants NAME=VALUE"),
        (("add", "corpus", "lines.csv", "--origin-column", "bi", "--origin-value", "human=a"), "no column 'bi'"),
        (("log", "lines.csv"), "is no store"),
        (("show", "corpus@none"), "no version"),
        (("diff", "corpus", "1", "9"), "no version"),
        (("diff", "corpus@1", "1", "1"), "two versions are compared, got 3"),
        (("checkout", "corpus", "."), "not an empty folder"),
        (("verify", "."), "is no store"),
        (("gc", "corpus", "--keep", "0"), "--keep"),
        (("tag", "corpus", "head"), "cannot be a tag"),
    ],
)
def test_a_mistake_is_one_paragraph_and_exit_code_2(lines, arguments, says):
    done = called(lines, "data", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_versions_are_compared_by_number_or_address(tmp_path):
    store = Store.create(tmp_path / "corpus")
    for n in (20, 30):
        store.add(load({"all": {"a": list(range(n))}}, undivided=True))
    plain, *others = (
        called(tmp_path, "data", "diff", *given).stdout
        for given in (("corpus", "1", "2"), ("corpus",), ("corpus@1", "corpus@2"), ("corpus@1",), ("corpus@1", "head"))
    )
    assert "10 added" in plain
    assert set(others) == {plain}
    Store.create(tmp_path / "other").add(load({"all": {"a": [1]}}, undivided=True))
    assert "of another store" in called(tmp_path, "data", "diff", "corpus@1", "other").stderr


def test_a_store_without_tags_says_so(lines):
    assert (
        "corpus has no tags. Name a version: holdfast data tag corpus NAME"
        in called(lines, "data", "tag", "corpus").stdout
    )


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """Return a folder with a file and a store that has it."""
    folder = tmp_path_factory.mktemp("mistakes")
    (folder / "lines.csv").write_text(FILES["lines.csv"])
    Store.create(folder / "corpus").add(load({"all": folder / "lines.csv"}, undivided=True))
    return folder


def called(folder, *arguments):
    """Call the command in this process: starting one for each of thirty calls would take longer than the calls."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr("sys.argv", ["holdfast", *arguments])
        with pytest.raises(SystemExit) as left:
            command_line.main()
    return CompletedProcess(arguments, left.value.code, out.getvalue(), err.getvalue())
