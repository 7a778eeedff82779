"""Comments that accept findings: `# holdfast: allow fit-before-split (the scaler's range is given by the sensor)`."""

import ast
import re
from dataclasses import dataclass

_MARK = re.compile(r"#\s*holdfast:\s*allow\b(?P<rest>.*)$")
_ALLOWS = re.compile(r"^\s+(?P<names>[a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)\s*\((?P<reason>.{3,})\)\s*$")


@dataclass(frozen=True, slots=True)
class Allowed:
    """A check whose findings on some lines are accepted, and why."""

    check: str
    reason: str
    file: str
    cell: int | None
    first: int
    last: int

    def accepts(self, check: str, file: str | None, cell: int | None, line: int | None) -> bool:
        """Return whether a finding of `check` at a place is one of those."""
        return (self.check, self.file, self.cell) == (check, file, cell) and self.first <= (line or 0) <= self.last


def allowed_in(source: str, tree: ast.Module, file: str, cell: int | None) -> tuple[list[Allowed], list[int]]:
    """Return what the comments of a text accept, and the lines of those that give no reason and accept nothing.

    A comment speaks of the statement that it stands in or behind; on a line of its own, of the statement below it.
    """
    if "holdfast:" not in source:
        return [], []
    found: list[Allowed] = []
    empty: list[int] = []
    spans = _spans(tree)
    for number, line in enumerate(source.splitlines(), 1):
        mark = _MARK.search(line)
        if mark is None:
            continue
        told = _ALLOWS.match(mark["rest"])
        if told is None:
            empty.append(number)
            continue
        first, last = _statement(spans, number, alone=not line[: mark.start()].strip())
        reason = " ".join(told["reason"].split())[:300]
        found.extend(Allowed(name.strip(), reason, file, cell, first, last) for name in told["names"].split(","))
    return found, empty


def _spans(tree: ast.Module) -> list[tuple[int, int]]:
    """Return the lines of each statement; of one that holds others, its head."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            inner = getattr(node, "body", None)
            last = inner[0].lineno - 1 if isinstance(inner, list) and inner else (node.end_lineno or node.lineno)
            found.append((node.lineno, max(node.lineno, last)))
    return sorted(found)


def _statement(spans: list[tuple[int, int]], line: int, *, alone: bool) -> tuple[int, int]:
    inside = [span for span in spans if span[0] <= line <= span[1]]
    if inside and not (alone and inside[-1][0] == line):
        return inside[-1]
    below = next((span for span in spans if span[0] >= line), None)
    return below if alone and below is not None else (line, line)
