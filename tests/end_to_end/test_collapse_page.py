"""The page that tells the phenomenon: its commands run, and print what the page says they print."""

import re
import shlex
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "collapse.md").read_text("utf-8")
FILES = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
SHOWN = re.findall(r"^```console\n(.*?)^```\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("command", "said"), SHOWN, ids=[command.split()[-1] for command, _ in SHOWN])
def test_a_command_prints_what_the_page_says(holdfast, tmp_path, command, said):
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    program, *arguments = shlex.split(command.removeprefix("$ "))
    assert program == "holdfast"
    done = holdfast(*arguments)
    assert done.returncode == 0, done.stderr
    assert " ".join(said.split()) in " ".join(done.stdout.split())


def test_the_page_shows_commands():
    assert len(SHOWN) >= 5
