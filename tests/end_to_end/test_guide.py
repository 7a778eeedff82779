"""The guide's commands work as they stand, in the order in which they stand."""

import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import small_models
from holdfast.cli.main import COMMANDS

GUIDE = (Path(__file__).parents[2] / "docs" / "guide.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


def answers_until_stopped(folder, arguments):
    command = [sys.executable, "-m", "holdfast", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        address = server.stdout.readline().strip()
        with urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(address, timeout=60) as answer:
            assert answer.status == 200
        server.send_signal(signal.SIGINT)
        assert server.communicate(timeout=30)[1].strip() == "holdfast: stopped"
    assert server.returncode == 0


def test_every_command_of_the_guide_runs(holdfast, tmp_path):
    small_models.encoder(tmp_path / "models" / "encoder")  # what the guide takes to be there
    small_models.write_texts(tmp_path / "reviews.csv", 120, seed=1, label="stars")
    for name, content in re.findall(r"^```\w+ file=(\S+)\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE):
        (tmp_path / name).write_text(content)
    for block in blocks("console"):
        for line in block.splitlines():
            program, *arguments = shlex.split(line.removeprefix("$ "))
            assert program == "holdfast"
            if arguments[0] == "serve":  # goes on until it is stopped
                answers_until_stopped(tmp_path, arguments)
                continue
            done = holdfast(*arguments)
            assert done.returncode == 0, f"{line}\n{done.stdout[-500:]}{done.stderr[-500:]}"
    for block in blocks("python"):
        done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "warning" in done.stdout or "error" in done.stdout
    (tmp_path / "holdfast.toml").write_text(blocks("toml")[0])
    done = holdfast("audit", ".holdfast/demo/affairs.csv", "--no-honest", "--fail-on", "never")
    assert done.returncode == 0, done.stderr


def test_every_command_is_in_the_guide():
    shown = "\n".join(blocks("console"))
    for command in COMMANDS:
        assert f"$ holdfast {command}" in shown, f"{command} has no example"
