"""What the pages on notebooks, CI and other tools say can be typed runs as it stands, in order."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ["ci", "integrations", "notebook"]
BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_a_page_runs(holdfast, tmp_path, page):
    (tmp_path / ".holdfast").mkdir()
    session, ran = [], 0
    for language, name, content in BLOCK.findall((DOCS / f"{page}.md").read_text("utf-8")):
        if name:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
            if language == "yaml":
                yaml.safe_load(content)
        elif language == "pytest":
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", *shlex.split(content)],
                cwd=tmp_path, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout
            ran += 1
        elif language == "python":
            session.append(content)
        elif language == "console":
            for line in content.splitlines():
                command, _, expected = line.removeprefix("$ ").partition("  # exit ")
                program, *arguments = shlex.split(command)
                assert program == "holdfast"
                done = holdfast(*arguments)
                assert done.returncode == int(expected or 0), f"{line}\n{done.stdout[-800:]}{done.stderr[-800:]}"
                ran += 1
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(session)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert ran + len(session) >= 3
