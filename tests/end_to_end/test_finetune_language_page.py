"""The page on language models: its commands run one after the other, and say what the page says."""

import re
import shlex
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "finetune-language.md").read_text("utf-8")
MAKES = re.search(r"^```python file=make.py\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1]
COMMANDS = re.findall(r"^\$ (holdfast .*)$", PAGE, re.MULTILINE)
# Guards that train again are those of every task, and tested with them.
SHORT = ("--set", "options.scratch.off=true", "--set", "options.sensitivity.off=true")


def test_the_commands_of_the_page_run(in_fork, tmp_path):
    (tmp_path / "make.py").write_text(MAKES)
    made = in_fork(tmp_path, "python", "make.py")
    assert made.returncode == 0, made.stderr
    stopped, mended = (in_fork(tmp_path, *shlex.split(one)) for one in COMMANDS[:2])
    trained = in_fork(tmp_path, *shlex.split(COMMANDS[2]), *SHORT)
    assert stopped.returncode == 1, stopped.stderr
    assert "Not started: the data fail nothing-supervised." in " ".join(stopped.stdout.split())
    assert mended.returncode == 0, mended.stderr
    assert "2 rows dropped" in mended.stdout
    kept = sum(len(path.read_text().splitlines()) - 1 for path in (tmp_path / "mended").glob("t*.csv"))
    kept += len((tmp_path / "mended" / "valid.csv").read_text().splitlines()) - 1
    assert kept == 88
    assert trained.returncode in {0, 1}, trained.stderr
    assert list(tmp_path.glob(".holdfast/runs/*/model/model.safetensors"))
