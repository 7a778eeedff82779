"""The page on language models: its commands run one after the other, and say what the page says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "finetune-language.md").read_text("utf-8")
MAKES = re.search(r"^```python file=make.py\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1]
COMMANDS = re.findall(r"^\$ holdfast (.*)$", PAGE, re.MULTILINE)


def test_the_commands_of_the_page_run(holdfast, tmp_path):
    subprocess.run([sys.executable, "-c", MAKES], cwd=tmp_path, check=True, capture_output=True)
    stopped, mended, trained = (holdfast(*shlex.split(one)) for one in COMMANDS[:3])
    assert stopped.returncode == 1, stopped.stderr
    assert "Not started: the data fail nothing-supervised." in " ".join(stopped.stdout.split())
    assert mended.returncode == 0, mended.stderr
    assert "2 rows dropped" in mended.stdout
    kept = sum(len(path.read_text().splitlines()) - 1 for path in (tmp_path / "mended").glob("t*.csv"))
    kept += len((tmp_path / "mended" / "valid.csv").read_text().splitlines()) - 1
    assert kept == 88
    assert trained.returncode in {0, 1}, trained.stderr
    assert list(tmp_path.glob(".holdfast/runs/*/model/model.safetensors"))
