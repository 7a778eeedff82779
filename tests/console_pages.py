"""Reads what a page of documentation shows: commands with what they print, and files to write before."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROMPT = "$ "


@dataclass(frozen=True)
class Step:
    """A block of a page: a file to write, commands to type, or what the last command prints."""

    language: str
    file: str | None
    text: str

    @property
    def commands(self):
        """The words of each command."""
        assert all(line.startswith(PROMPT) for line in self.text.splitlines())
        return [shlex.split(line.removeprefix(PROMPT)) for line in self.text.splitlines()]


def steps(name):
    """Return the blocks of a page of docs/ in their order."""
    return [Step(*found) for found in BLOCK.findall((DOCS / name).read_text("utf-8"))]


def follow(name, holdfast, folder, codes=(0, 1)):
    """Do what a page says, in its order, in a folder; see that commands print what the page says that they print.

    Every `console` block is typed, its commands being `holdfast` or `python`. A `text` block below it must be found in
    what was printed, blanks aside; lines of `…` alone stand for what was left out. Returns the number of commands.
    """
    said, typed = "", 0
    for step in steps(name):
        if step.file:
            (folder / step.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / step.file).write_text(step.text, encoding="utf-8")
        elif step.language == "console":
            said = ""
            for words in step.commands:
                done = holdfast(*words[1:], program=words[0])
                assert done.returncode in codes, f"{' '.join(words)}\n{done.stdout[-800:]}{done.stderr[-800:]}"
                said += done.stdout + done.stderr
                typed += 1
        elif step.language == "text":
            for part in re.split(r"^\s*…\s*$", step.text, flags=re.MULTILINE):
                assert squeezed(part) in squeezed(said), f"{name} says:\n{part}\nbut this was printed:\n{said}"
    return typed


def squeezed(text):
    """Return text with single blanks, so that the width of a terminal does not matter."""
    return " ".join(text.split())
