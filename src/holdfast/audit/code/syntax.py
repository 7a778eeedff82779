"""Source text to syntax tree, forgiving; line numbers always stay those of the source.

Magics are blanked, Python 2 is translated where that is simple, and a statement that cannot be read loses only itself.
"""

import ast
import re
import warnings
from dataclasses import dataclass
from typing import Literal

MOST_REPAIRS = 20  # statements taken out of one cell before the rest is given up
MOST_LINES = 200_000  # lines of one cell; beyond, the parser's memory is the limit

_MAGIC = re.compile(r"^(\s*)(?:[!?]|%{1,2}[a-zA-Z_]|%$|/[a-zA-Z]|[,;][a-zA-Z_.]+ )")
_AUTOMAGIC = re.compile(  # what IPython takes for a magic without its percent sign
    r"^(\s*)(?:pip|conda|mamba|cd|ls|cat|mkdir|rmdir|rm|mv|cp|matplotlib|load_ext|reload_ext|run|timeit|env)\s+(?!(?:in|is|and|or|not|if)\b)[\w./~-]"
)
_HELP = re.compile(r"^(\s*)[\w.\[\]'\"*()]+\?{1,2}\s*(?:#.*)?$")
_ASSIGNED = re.compile(r"^(\s*[\w.,\s\[\]'\"]+?=\s*)(?:!|%(?=[a-zA-Z_]))")
_PYTHON_CELLS = {"time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "python", "python3", "pypy", "px"}
_PROMPT = re.compile(r"^(?:>>>|\.\.\.|In \[\d*\]:)(?: |$)")

_PRINT = re.compile(r"^(\s*(?:.*?[:;]\s*)?)print\s+(?![=(.,\[+\-*/%&|^<>)]|(?:in|is|and|or|if|not)\b)(.+?)\s*$")
_PRINT_TO = re.compile(r"^(\s*)print\s*>>\s*[\w.]+\s*(?:,\s*(.*))?$")
_PRINT_BRACKET = re.compile(r"^(\s*)print\s+(\(.*\)\s*(?:,|%|\+).*|\(.*\)\s*,?)\s*$")
_EXCEPT = re.compile(r"^(\s*except\s+[\w.()\s,]+?)\s*,\s*(\w+)\s*:")
_RAISE = re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*(.+)$")
_EXEC = re.compile(r"^(\s*)exec\s+(?!\()(.+)$")
_OCTAL = re.compile(r"(?<![\w.])0([0-7]+)(?![\w.])")
_LONG = re.compile(r"(?<![\w.])(\d+)[lL]\b")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What could not be read in one cell."""

    kind: Literal["syntax", "python-2", "size"]
    message: str
    line: int
    lost: bool


def parsed(source: str, *, notebook: bool = False) -> tuple[ast.Module, list[Trouble]]:
    """Return the syntax tree of a cell or script, and what stood in the way."""
    source = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ")
    source = source.replace("\x00", " ")
    if source.count("\n") > MOST_LINES:
        return _empty(), [Trouble("size", f"more than {MOST_LINES:,} lines: not read", 1, lost=True)]
    if notebook and _foreign(source):
        return _empty(), []
    tree, error = _parse(source)
    if tree is not None:
        return tree, []
    blanked = "\n".join(_without_magic(line, notebook=notebook) for line in source.split("\n"))
    tree, error = _parse(blanked)
    if tree is not None:
        return tree, []
    return _repaired(blanked, error)


def _repaired(source: str, error: Exception | None) -> tuple[ast.Module, list[Trouble]]:
    troubles: list[Trouble] = []
    modern = "\n".join(_modern(line) for line in source.split("\n"))
    if modern != source:
        first = next(
            i for i, (a, b) in enumerate(zip(source.split("\n"), modern.split("\n"), strict=True), 1) if a != b
        )
        tree, later = _parse(modern)
        if tree is not None or _line_of(later) > _line_of(error):
            text = f"Python 2: {source.split(chr(10))[first - 1].strip()[:80]}"
            troubles.append(Trouble("python-2", text, first, lost=False))
            source, error = modern, later
        if tree is not None:
            return tree, troubles
    lines = source.split("\n")
    for _ in range(MOST_REPAIRS):
        bad = min(max(_line_of(error), 1), len(lines))
        start, stop = _block(lines, bad)
        if not any(line.strip() for line in lines[start:stop]):
            break
        troubles.append(Trouble("syntax", f"cannot be read: {_reason(error)}", bad, lost=True))
        lines[start:stop] = [""] * (stop - start)
        tree, error = _parse("\n".join(lines))
        if tree is not None:
            return tree, troubles
    if not troubles or not troubles[-1].lost:
        troubles.append(Trouble("syntax", f"cannot be read: {_reason(error)}", max(_line_of(error), 1), lost=True))
    return _empty(), troubles


def _parse(source: str) -> tuple[ast.Module | None, Exception | None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the code that is read are not ours to warn of
            return ast.parse(source), None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return None, error


def _empty() -> ast.Module:
    return ast.Module(body=[], type_ignores=[])


def _line_of(error: Exception | None) -> int:
    return error.lineno or 1 if isinstance(error, SyntaxError) else 10**9 if error is None else 1


def _reason(error: Exception | None) -> str:
    if isinstance(error, SyntaxError):
        return str(error.msg)[:120]
    return "nested too deeply" if isinstance(error, RecursionError | MemoryError) else str(error)[:120]


def _block(lines: list[str], bad: int) -> tuple[int, int]:
    """Return the statement at the left margin that line `bad` (from 1) belongs to, as a half-open range from 0."""
    start = bad - 1
    while start > 0 and (not lines[start].strip() or lines[start][0] in " \t)]}#"):
        start -= 1
    stop = bad
    while stop < len(lines) and (not lines[stop].strip() or lines[stop][0] in " \t)]}"):
        stop += 1
    return start, stop


def _foreign(source: str) -> bool:
    """Return whether a cell magic hands the whole cell to something that is not Python."""
    first = next((line for line in source.split("\n") if line.strip()), "").strip()
    if not first.startswith("%%"):
        return False
    name = first[2:].split(maxsplit=1)[0] if first[2:].split() else ""
    return name not in _PYTHON_CELLS


def _without_magic(line: str, *, notebook: bool) -> str:
    line = _PROMPT.sub("", line)
    if found := _MAGIC.match(line) or _HELP.match(line) or (_AUTOMAGIC.match(line) if notebook else None):
        return f"{found[1]}pass"
    if found := _ASSIGNED.match(line):
        return f"{found[1]}None"
    return line


def _modern(line: str) -> str:
    """Return a line of Python 2 as Python 3 reads it, for the forms that a line shows alone."""
    if line.lstrip().startswith("#"):
        return line
    if found := _PRINT_TO.match(line):
        return f"{found[1]}print({found[2] or ''})"
    if found := _PRINT_BRACKET.match(line):
        return f"{found[1]}print({found[2].rstrip(', ')})"
    if found := _PRINT.match(line):
        return f"{found[1]}print({found[2].rstrip(', ')})"
    if found := _EXEC.match(line):
        return f"{found[1]}exec({found[2]})"
    line = _EXCEPT.sub(r"\1 as \2:", line)
    line = _RAISE.sub(r"\1(\2)", line)
    line = re.sub(r"^(\s*)print\s*$", r"\1print()", line)
    line = line.replace("<>", "!=")
    line = _LONG.sub(r"\1", line)
    return _OCTAL.sub(r"0o\1", line) if re.search(r"(?<![\w.])0\d", line) else line
