"""Runs the code audit over the labelled cases beside this file and prints recall, false alarms and misses."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
FENCE = re.compile(r"^```python[ ]*(?P<info>[^\n]*)\n(?P<code>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"cell (?P<cell>\d+) executed (?P<count>\d+|never)")
MARK = re.compile(r"[ ]*# (?P<kind>found|either|maybe): (?P<names>[a-z|, -]+)$")
BY_CELL = "cells-out-of-order"  # its finding is about a cell, whatever line stands for it


class Place(NamedTuple):
    """A check at a place; scripts have no cell, and line 0 stands for the whole cell."""

    check: str
    cell: int | None
    line: int


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook, or a whole script."""

    code: str
    number: int | None = None
    executed: int | None = None


@dataclass(frozen=True)
class CodeCase:
    """A labelled script or notebook. Each group of `expected` is one finding, at any of its places."""

    name: str
    cells: tuple[Cell, ...]
    expected: tuple[frozenset[Place], ...]
    allowed: frozenset[Place]

    @property
    def is_notebook(self) -> bool:
        return self.cells[0].number is not None


@dataclass(frozen=True)
class Outcome:
    """What the audit said about a case, against what a reviewer says."""

    case: CodeCase
    missed: tuple[frozenset[Place], ...]
    false: tuple[Place, ...]

    @property
    def exact(self) -> bool:
        return not self.missed and not self.false


def place(check: str, cell: int | None, line: int) -> Place:
    return Place(check, cell, 0 if check == BY_CELL else line)


def cases_of(path: Path) -> Iterator[CodeCase]:
    """The cases of one Markdown file."""
    for section in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title = section.split("\n", 1)[0].strip()
        cells, expected, either, allowed = [], [], {}, set()
        for fence in FENCE.finditer(section):
            info = CELL.search(fence["info"])
            number = int(info["cell"]) if info else None
            lines = []
            for position, text in enumerate(fence["code"].splitlines(), start=1):
                mark = MARK.search(text)
                lines.append(MARK.sub("", text))
                if mark is None:
                    continue
                for names in mark["names"].split(","):
                    places = {place(name.strip(), number, position) for name in names.split("|")}
                    if mark["kind"] == "maybe":
                        allowed |= places
                    elif mark["kind"] == "either":
                        either.setdefault(names.strip(), set()).update(places)
                    else:
                        expected.append(frozenset(places))
            executed = int(info["count"]) if info and info["count"] != "never" else None
            cells.append(Cell("\n".join(lines) + "\n", number, executed))
        groups = (*expected, *(frozenset(places) for places in either.values()))
        yield CodeCase(f"{path.stem}: {title}", tuple(cells), groups, frozenset(allowed))


def all_cases() -> list[CodeCase]:
    return [case for path in sorted(HERE.glob("*.md")) if path.name != "README.md" for case in cases_of(path)]


def notebook(case: CodeCase) -> str:
    """The case as the text of an .ipynb file, format 4.5."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{cell.number}",
            "execution_count": cell.executed,
            "metadata": {},
            "outputs": [],
            "source": cell.code.rstrip("\n").splitlines(keepends=True),
        }
        for cell in case.cells
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def judged(case: CodeCase, said: set[Place]) -> Outcome:
    """What was missed and what was a false alarm."""
    known = frozenset().union(case.allowed, *case.expected)
    missed = tuple(group for group in case.expected if not group & said)
    return Outcome(case, missed, tuple(sorted(said - known, key=str)))
