"""The page on tables: its commands run one after the other, and come to what the page says."""

import csv
import re
import shlex
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "finetune-tables.md").read_text("utf-8")
FILES = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
COMMANDS = re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)
# Without the curve over sizes and with two trials: what they come to is said on the page.
SHORT = ("--set", "options.need.off=true")


def test_the_commands_of_the_page_run(in_fork, tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_text(content.replace("trials = 8", "trials = 2"))
    assert in_fork(tmp_path, *shlex.split(COMMANDS[0])).returncode == 0
    stopped = ran(in_fork, tmp_path, COMMANDS[1])
    assert stopped.returncode == 1, stopped.stderr
    assert said(stopped).startswith("Not started: the data fail label-in-disguise.")
    fitted = ran(in_fork, tmp_path, COMMANDS[2], *SHORT)
    assert fitted.returncode == 0, fitted.stderr
    assert "the best single column: rate_marriage" in said(fitted)
    assert "Accuracy 0.716 (0.692 to 0.741) on 1,276 test rows" in said(fitted)
    searched = ran(in_fork, tmp_path, COMMANDS[3], *SHORT)
    assert searched.returncode in {0, 1}, searched.stderr
    assert "The best of 2 trials by 5 folds" in said(searched)
    line = ran(in_fork, tmp_path, COMMANDS[4], *SHORT)
    assert line.returncode == 0, line.stderr
    assert "R² 0.611 (0.514 to 0.701)" in said(line)
    assert ran(in_fork, tmp_path, COMMANDS[5]).returncode == 0
    with (tmp_path / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 442
    assert len(COMMANDS) == 6


def ran(in_fork, folder, command, *more):
    program, *arguments = shlex.split(command)
    assert program == "holdfast"
    return in_fork(folder, program, *arguments, *(more if arguments[0] == "finetune" else ()))


def said(done):
    return " ".join(done.stdout.split())
