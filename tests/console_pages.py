"""Reads what a page of documentation shows: files to write, commands to type, and what they print."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```", re.DOTALL | re.MULTILINE)
LEFT_OUT = re.compile(r"^\s*…\s*$", re.MULTILINE)
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
        assert all(line.startswith(PROMPT) for line in self.text.splitlines()), self.text
        return [shlex.split(line.removeprefix(PROMPT)) for line in self.text.splitlines()]


def steps(name):
    """Return the blocks of a page of docs/ in their order."""
    return [Step(language, file or None, text) for language, file, text in BLOCK.findall(read(name))]


def read(name):
    """Return the text of a page of docs/."""
    return (DOCS / name).read_text("utf-8")


def follow(name, run, folder, shortened=lambda words: words):
    """Do what a page says, in its order, in a folder; return exit codes with what was printed by command.

    `run(folder, *words)` runs a command. A `text` block must be found in what the `console` block above it printed,
    but for blanks, as terminals differ in width; a line with nothing but `…` stands for what was left out. Exit code 1
    means findings, and is expected where the page says so.
    """
    found, said, page = {}, "", steps(name)
    for at, step in enumerate(page):
        if step.file:
            (folder / step.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / step.file).write_text(step.text, encoding="utf-8")
        elif step.language == "console":
            said, below = "", page[at + 1].text if at + 1 < len(page) else ""
            expected = {2} if below.startswith("holdfast: ") else {0, 1}  # a mistake that the page shows
            for words in step.commands:
                done = run(folder, *shortened(words))
                assert done.returncode in expected, f"{' '.join(words)}\n{done.stdout[-800:]}{done.stderr[-800:]}"
                said += done.stdout + done.stderr
                found[" ".join(words)] = done.returncode, done.stdout
        elif step.language == "text":
            for part in LEFT_OUT.split(step.text):
                assert squeezed(part) in squeezed(said), f"{name} says:\n{part}\nbut this was printed:\n{said}"
    return found


def squeezed(text):
    """Return text with single blanks."""
    return " ".join(text.split())
