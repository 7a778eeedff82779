"""Notebooks as JSON: code cells with their numbers and execution counts, formats 3 and 4.

Read with the standard library: the code audit needs source and execution count only; nbformat would check and convert
outputs that are then thrown away, and refuses damaged ones whole.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class RawCell:
    """The text of a code cell, its number among the code cells and its stored execution count."""

    source: str
    number: int | None
    count: int | None


class NotANotebook(ValueError):
    """The text is no notebook in Python; says why."""

    def __init__(self, message: str, kind: Literal["format", "language"] = "format") -> None:
        super().__init__(message)
        self.kind: Literal["format", "language"] = kind


def cells_of(text: str) -> list[RawCell]:
    """Return the code cells of a notebook. Raises NotANotebook."""
    if not text.strip():
        raise NotANotebook("the notebook is empty")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotANotebook(f"not a notebook: the JSON cannot be read ({_short(error)})") from error
    if not isinstance(document, dict):
        raise NotANotebook("not a notebook: the JSON holds no object")
    language = _language(document)
    if language not in {"python", "ipython", "python2", "python3"}:
        raise NotANotebook(f"the notebook's language is {language[:40]!r}; only Python is read", "language")
    if not isinstance(document.get("cells"), list) and not isinstance(document.get("worksheets"), list):
        raise NotANotebook("not a notebook: there is no list of cells")
    found: list[RawCell] = []
    for cell in _cells(document):
        if cell.get("cell_type") != "code":
            continue
        count = cell.get("execution_count", cell.get("prompt_number"))
        number = len(found) + 1
        known = count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else None
        found.append(RawCell(_text(cell.get("source", cell.get("input", ""))), number, known))
    return found


def _cells(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    places: list[Any] = [document.get("cells")]
    sheets = document.get("worksheets")
    if isinstance(sheets, list):
        places.extend(sheet.get("cells") for sheet in sheets if isinstance(sheet, dict))
    for cells in places:
        if isinstance(cells, list):
            yield from (cell for cell in cells if isinstance(cell, dict))


def _language(document: dict[str, Any]) -> str:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return "python"
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        inner = metadata.get(part)
        if isinstance(inner, dict) and isinstance(inner.get(key), str) and inner[key]:
            return str(inner[key]).lower()
    return "python"


def _text(source: Any) -> str:
    if isinstance(source, str):
        return source
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return ""


def _short(error: Exception) -> str:
    return str(error)[:120]
