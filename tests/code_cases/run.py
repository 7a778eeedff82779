"""Runs the code audit over the labelled cases beside this file and prints recall, false alarms and misses."""

from __future__ import annotations

import ast
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
FENCE = re.compile(r"^```python[ ]*(?P<info>[^\n]*)\n(?P<code>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"cell (?P<cell>\d+) (?:executed )?(?P<count>\d+|never)")
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

    def normal(self, where: Place) -> Place:
        """The place with the first line of the statement it stands in, for a statement may take several lines."""
        code = next(cell.code for cell in self.cells if cell.number == where.cell)
        return where._replace(line=first_lines(code).get(where.line, where.line))


@dataclass(frozen=True)
class Outcome:
    """What the audit said about a case, against what a reviewer says."""

    case: CodeCase
    missed: tuple[frozenset[Place], ...]
    false: tuple[Place, ...]

    @property
    def exact(self) -> bool:
        return not self.missed and not self.false


@cache
def first_lines(code: str) -> dict[int, int]:
    """Line of a statement that holds no other statement → its first line."""
    try:
        tree = ast.parse(re.sub(r"^[ ]*[%!].*$", "", code, flags=re.MULTILINE))
    except SyntaxError:  # a cell in another language is a case too
        return {}
    return {
        line: node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and not hasattr(node, "body")
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


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
    wanted = [frozenset(map(case.normal, group)) for group in case.expected]
    known = frozenset(map(case.normal, case.allowed)).union(*wanted)
    said = {case.normal(where) for where in said}
    missed = tuple(group for group in wanted if not group & said)
    return Outcome(case, missed, tuple(sorted(said - known, key=str)))


def said_about(case: CodeCase, folder: Path) -> set[Place]:
    """What the family `code` finds in a case."""
    from holdfast.audit import catalogue
    from holdfast.audit.code import code_of, read_code
    from holdfast.audit.runner import Facts, run_check

    if case.is_notebook:
        file = folder / "case.ipynb"
        file.write_text(notebook(case), encoding="utf-8")
        code = read_code([file])
    else:
        code = code_of(case.cells[0].code, "case.py")
    facts = Facts({"code": code})
    said = set()
    for check in catalogue.selected(("code",)):
        result = run_check(check, facts)
        if result.trace:
            raise RuntimeError(f"{check.name} crashed on {case.name}\n{result.trace}")
        for finding in result.findings:
            for location in finding.locations:
                said.add(place(result.check, location.cell, location.line or 0))
    return said


@dataclass(frozen=True)
class Tally:
    """How often the audit was right over all cases."""

    outcomes: tuple[Outcome, ...]

    @property
    def wanted(self) -> int:
        return sum(len(outcome.case.expected) for outcome in self.outcomes)

    @property
    def recall(self) -> float:
        return 1 - sum(len(outcome.missed) for outcome in self.outcomes) / self.wanted

    @property
    def clean(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if not outcome.case.expected]

    @property
    def false_alarms(self) -> float:
        """The share of clean cases about which anything is said."""
        return sum(bool(outcome.false) for outcome in self.clean) / len(self.clean)

    @property
    def wrong_places(self) -> float:
        """The share of all that is said, in leaky and clean cases, that is wrong."""
        wrong = sum(len(outcome.false) for outcome in self.outcomes)
        right = sum(len(outcome.case.expected) - len(outcome.missed) for outcome in self.outcomes)
        return wrong / max(1, wrong + right)


def tally(folder: Path) -> Tally:
    return Tally(tuple(judged(case, said_about(case, folder)) for case in all_cases()))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = tally(Path(folder))
    for outcome in result.outcomes:
        for group in outcome.missed:
            sys.stdout.write(f"missed  {outcome.case.name}: {' or '.join(sorted(map(spelled, group)))}\n")
        for wrong in outcome.false:
            sys.stdout.write(f"false   {outcome.case.name}: {spelled(wrong)}\n")
    cases = len(result.outcomes)
    sys.stdout.write(
        f"{cases} cases, {len(result.clean)} clean, {result.wanted} findings wanted\n"
        f"recall {result.recall:.3f}; clean cases with a false alarm {result.false_alarms:.3f}; "
        f"wrong among what is said {result.wrong_places:.3f}; "
        f"exactly right {sum(outcome.exact for outcome in result.outcomes) / cases:.3f}\n"
    )


def spelled(where: Place) -> str:
    return where.check + (f" cell {where.cell}" if where.cell else "") + (f" line {where.line}" if where.line else "")


if __name__ == "__main__":
    main()
