"""The page about the dashboard: its commands run, servers answer and stop, and its pictures are there and small."""

import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from small_models import write_texts

COMMAND = Path(sys.executable).with_name("holdfast")
DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "dashboard.md").read_text("utf-8")
COMMANDS = [line.removeprefix("$ ") for block in re.findall(r"^```console\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
            for line in block.splitlines()]  # fmt: skip


def answered(command, folder):
    """Start a server, see that it answers, and stop it as a person does."""
    words = shlex.split(command)
    if "--port" in words:  # whatever else is up on this machine
        words[words.index("--port") + 1] = "0"
    words = [str(COMMAND), *words[1:], *(() if "--port" in words else ("--port", "0"))]
    around = {**os.environ, "BROWSER": "true"}  # a browser that does nothing
    with subprocess.Popen(
        words, cwd=folder, env=around, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as up:
        address = re.sub(r"//[^/:]+:", "//127.0.0.1:", up.stdout.readline().strip())  # by number, whatever its name
        shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert address.partition("token=")[2] not in shown
        with urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(address, timeout=60) as answer:
            page = answer.read().decode()
        up.send_signal(signal.SIGINT)
        said = up.communicate(timeout=30)[1]
    assert up.returncode == 0, said
    assert said.strip() == "holdfast: stopped"
    return page


def test_every_command_of_the_page_runs(holdfast, tmp_path):
    write_texts(tmp_path / "texts.csv", 60, seed=1)
    (tmp_path / "token.txt").write_text("a-token-that-somebody-chose\n")
    for command in dict.fromkeys(COMMANDS):
        program, *arguments = shlex.split(command)
        assert program == "holdfast"
        if arguments[0] == "serve":
            assert "<h1>Runs</h1>" in answered(command, tmp_path)
        else:
            done = holdfast(*arguments, input="q\n")
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert (tmp_path / "public" / "index.html").is_file()


def test_mistakes_are_told_in_a_paragraph(holdfast, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    for arguments, words in (
        (("serve", "--host", "0.0.0.0"), "--token FILE"),
        (("serve", "--token", "nothing.txt"), "names a file"),
        (("export", "notes"), "nothing is replaced"),
        (("export", "."), "holds files"),
    ):
        done = holdfast(*arguments)
        assert done.returncode == 2
        assert words in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
    assert (tmp_path / "notes" / "mine.txt").read_text() == "mine"


def test_the_pictures_are_there_and_small():
    shown = re.findall(r"\]\((images/\S+)\)", PAGE)
    assert len(shown) >= 6
    for name in shown:
        assert (DOCS / name).stat().st_size <= 150_000, name
