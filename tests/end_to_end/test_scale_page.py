"""The page on scale: its command runs and prints what the page says."""

import re
import shlex
from pathlib import Path

import pyarrow.parquet as pq

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text("utf-8")
FILES = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
COMMAND, SAID = re.findall(r"^```console\n(.*?)^```\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0]


def test_the_command_prints_what_the_page_says_and_keeps_the_pairs(holdfast, tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    done = holdfast(*shlex.split(COMMAND.removeprefix("$ "))[1:])
    assert done.returncode == 0, done.stderr
    assert " ".join(SAID.split()) in " ".join(done.stdout.split())
    assert pq.read_table(tmp_path / "pairs.parquet")["kind"].to_pylist() == ["equal", "same words", "near"]
    again = holdfast(*shlex.split(COMMAND.removeprefix("$ "))[1:])
    assert again.returncode == 2
    assert "is there already" in again.stderr
