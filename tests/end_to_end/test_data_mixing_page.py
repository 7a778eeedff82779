"""The page on mixing: its commands run in their order, and print what the page says they print."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from holdfast.cli import main as command_line
from holdfast.data.mixing.policy import Policy

PAGE = (Path(__file__).parents[2] / "docs" / "data-mixing.md").read_text("utf-8")
FILES = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
SHOWN = re.findall(r"^```console\n(.*?)^```\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
PYTHON = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def called(*arguments):
    """Return exit code and what was printed: starting a process for each call would take longer than the calls."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["holdfast", *arguments])
        with pytest.raises(SystemExit) as left:
            command_line.main()
    return left.value.code, out.getvalue(), err.getvalue()


def test_the_commands_of_the_page_print_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    assert len(SHOWN) == 6
    for command, said in SHOWN:
        program, *arguments = shlex.split(command.removeprefix("$ "))
        assert program == "holdfast"
        code, out, err = called(*arguments)
        assert code == {"holdfast:": 2, "The": 1}.get(said.split()[0], 0), err
        printed = " ".join((out + err).split())
        assert " ".join(said.split()) in printed, f"{command}\n{out}{err}"
    code, out, err = called("audit", "notes.csv", "--select", "policy-broken", "--no-honest", "--policy", "diet.toml")
    assert code == 1, err
    assert "caps.generation: 5 records come from generation 1, at most 2 may" in " ".join(out.split())
    found = {}
    exec(PYTHON[0], found)
    assert found["reason"] is None


def test_every_key_of_a_policy_is_on_the_page():
    table = PAGE.partition("## The policy")[2].partition("**What counts")[0]
    for name, field in Policy.model_fields.items():
        assert f"`{name}" in table, name
        inside = getattr(field.annotation, "model_fields", {})
        for below in inside:
            assert f".{below}`" in table, f"{name}.{below}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nothing.toml",), "cannot read nothing.toml"),
        ((".",), "cannot read ."),
        (("diet.toml", "--set", "records=many"), "records: got 'many'"),
        (("diet.toml", "--set", "shares.robot=1"), "shares.robot"),
        (("diet.toml", "--set", "source=nothing.csv"), "no file nothing.csv"),
        (("diet.toml", "--set", "source=empty.csv"), "empty.csv is empty"),
        (("diet.toml", "--set", "source=notes.csv", "--tag", "may"), "give one store as source"),
        (("diet.toml", "--set", "source=notes.csv", "--set", "test=nothing.csv"), "no file nothing.csv"),
        (("diet.toml", "--set", "source=notes.csv", "--out", "notes.csv"), "is there already"),
        (("diet.toml", "--check", "nothing.csv"), "no file nothing.csv"),
        (("diet.toml", "--check", "notes.csv", "--format", "pdf"), "pdf"),
    ],
)
def test_a_mistake_is_one_paragraph_and_exit_code_2(tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    for name, content in {**FILES, "empty.csv": ""}.items():
        (tmp_path / name).write_text(content)
    code, _, err = called("data", "mix", *arguments)
    assert code == 2
    assert says in err
    assert "Traceback" not in err
