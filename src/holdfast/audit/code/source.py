"""From text to syntax trees: scripts and notebooks, cell by cell, with what could not be read."""

import ast
from dataclasses import dataclass, field
from typing import Literal

from holdfast.audit.code.comments import Allowed, allowed_in
from holdfast.audit.code.notebook import NotANotebook, RawCell, cells_of
from holdfast.audit.code.syntax import parsed
from holdfast.core.hashing import digest_json

MOST_CHARACTERS = 5_000_000  # of code in one file; the largest hand-written ones have a fiftieth of it

NO_REASON = "this comment allows nothing: wanted `# holdfast: allow name-of-a-check (reason)`"

ProblemKind = Literal["syntax", "python-2", "format", "size", "encoding", "language", "comment"]


@dataclass(frozen=True, slots=True)
class ReadingProblem:
    """Something that could not be read, and where: the rest of the file was."""

    kind: ProblemKind
    message: str
    file: str
    line: int = 1
    cell: int | None = None
    lost: bool = True  # whether lines went unread because of it


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell of a notebook, or a whole script (`number` is None); cells count from 1, as linters count them."""

    source: str
    tree: ast.Module = field(repr=False, compare=False)
    number: int | None = None
    count: int | None = None  # the execution count that the notebook has stored


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A script or notebook."""

    name: str
    cells: tuple[Cell, ...]
    problems: tuple[ReadingProblem, ...] = ()
    notebook: bool = False
    allowed: tuple[Allowed, ...] = ()  # findings that comments accept

    @property
    def digest(self) -> str:
        """A hash of name and code: what tells one state of the file from another."""
        return digest_json([self.name, [cell.source for cell in self.cells]])


@dataclass(frozen=True, slots=True)
class Code:
    """Scripts and notebooks that belong together, parsed and never run."""

    files: tuple[CodeFile, ...]

    @property
    def problems(self) -> tuple[ReadingProblem, ...]:
        """What could not be read, over all files."""
        return tuple(problem for file in self.files for problem in file.problems)

    @property
    def allowed(self) -> tuple[Allowed, ...]:
        """The findings that comments accept, over all files."""
        return tuple(one for file in self.files for one in file.allowed)

    @property
    def digest(self) -> str:
        """A hash of names and code: what tells one state of the code from another."""
        return digest_json([file.digest for file in self.files])


def code_of(source: str, name: str = "script.py") -> Code:
    """Return the code that a text holds: a notebook where `name` ends in `.ipynb`, a script otherwise."""
    return Code((file_of(source, name),))


def file_of(source: str, name: str) -> CodeFile:
    """Return one file as it was read; what cannot be read is among its problems."""
    notebook = name.lower().endswith(".ipynb")
    if not notebook:
        return _assembled(name, [RawCell(source, None, None)], notebook=False)
    try:
        return _assembled(name, cells_of(source), notebook=True)
    except NotANotebook as error:
        return CodeFile(name, (), (ReadingProblem(error.kind, str(error), name),), notebook=True)


def _assembled(name: str, raw: list[RawCell], *, notebook: bool) -> CodeFile:
    cells: list[Cell] = []
    problems: list[ReadingProblem] = []
    allowed: list[Allowed] = []
    room = MOST_CHARACTERS
    for item in raw:
        room -= len(item.source)
        if room < 0:
            most = f"{MOST_CHARACTERS / 1e6:.0f} million characters"
            problems.append(
                ReadingProblem("size", f"more than {most} of code: not read from here on", name, 1, item.number)
            )
            break
        tree, troubles = parsed(item.source, notebook=notebook)
        problems.extend(
            ReadingProblem(trouble.kind, trouble.message, name, trouble.line, item.number, trouble.lost)
            for trouble in troubles
        )
        cells.append(Cell(item.source, tree, item.number, item.count))
        accepted, empty = allowed_in(item.source, tree, name, item.number)
        allowed.extend(accepted)
        problems.extend(ReadingProblem("comment", NO_REASON, name, line, item.number, lost=False) for line in empty)
    return CodeFile(name, tuple(cells), tuple(problems), notebook, tuple(allowed))
