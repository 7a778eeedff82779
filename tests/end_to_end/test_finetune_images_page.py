"""The page about classes of pictures: its commands run; the fine-tuning in a short form, as CI has little time."""

import re
import shlex
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "finetune-images.md").read_text("utf-8")
FILES = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
COMMANDS = re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)
# A tenth of an epoch, and without the guards that train again. What they come to is said on the page.
SHORT = ("--epochs", "0.1", "--set", "evaluations=1", "--set", "options.need.off=true", "--set",
         "options.scratch.off=true", "--set", "options.sensitivity.off=true")  # fmt: skip
FEW = 300  # pictures


def test_the_commands_of_the_page_run(in_fork, tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    assert COMMANDS[0] == "python digits.py"
    assert in_fork(tmp_path, "python", "digits.py").returncode == 0
    assert len(list((tmp_path / "digits").rglob("*.png"))) == 1797
    for file in sorted((tmp_path / "digits").rglob("*.png"), key=lambda one: one.name)[FEW:]:
        file.unlink()
    done = in_fork(tmp_path, *_short(COMMANDS[1]), "--fail-on", "never")
    assert done.returncode == 0, done.stderr
    assert re.search(r"Accuracy 0\.\d+ \(0\.\d+ to [01]\.\d+\) on \d+ test examples", " ".join(done.stdout.split()))
    assert "pictures" in done.stdout
    (kept,) = (tmp_path / ".holdfast" / "runs").glob("2*")
    assert sorted(one.name for one in (kept / "model").iterdir()) == ["holdfast.json", "model.safetensors"]
    again = in_fork(tmp_path, *_short(COMMANDS[2].replace("RUN", kept.name)), "--fail-on", "never")
    assert again.returncode == 0, again.stderr
    assert len(COMMANDS) == 3


def _short(command):
    arguments = shlex.split(command)
    assert arguments[0] == "holdfast"
    return [*arguments, *SHORT]
