"""JSON: one object a line (JSONL), or one document that is a list of objects or an object of columns."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic_core import from_json

from holdfast.core.errors import BadInput
from holdfast.data.limits import MOST_COLUMNS, size_of
from holdfast.data.loaders import Loader, Reading
from holdfast.data.python_values import array_of
from holdfast.data.text_files import as_utf8, encoding_of

_ROWS = 1 << 14  # objects turned into a block at once
_MOST_BLOCK_CHARS = 1 << 25  # fewer, if they are large
_LARGEST_DOCUMENT = 1 << 29  # one document is parsed as a whole; larger ones belong into lines
_LONGEST_LINE = 1 << 26
# Cells, of which a table may have this many times as many as there are values, and this many anyway.
_MOST_EMPTY, _ALWAYS_ALLOWED = 50, 10_000_000


def read(path: Path, name: str) -> Reading:
    """Return how a JSON file reads. Values keep the types that JSON gives them; nested ones become JSON text."""
    clean = as_utf8(path, encoding_of(path, name))
    document = _document(clean, name)
    if document is not None:
        names = _names(document)
        return Reading(names=names, blocks=lambda: _in_blocks(iter(document), names))
    names = _names(record for _, record in _lines(clean, name))
    return Reading(names=names, blocks=lambda: _in_blocks((record for _, record in _lines(clean, name)), names))


def _document(path: Path, name: str) -> list[dict[str, Any]] | None:
    """Return the records of a file that is one document; None if it holds one object a line."""
    with path.open(encoding="utf-8-sig") as file:
        start = file.read(1 << 16).lstrip()
        if not start:
            raise BadInput(f"{name} is empty")
        first, _, later = start.partition("\n")
        if start[0] == "{" and _is_object(first) and (later.strip() or file.read(1)):
            return None
        if start[0] not in "[{" or (start[0] == "[" and _is_list(first) and later.strip()):
            return None
    if size_of(path) > _LARGEST_DOCUMENT:
        raise BadInput(
            f"{name} is one JSON document of more than {_LARGEST_DOCUMENT >> 20} MiB; write one object a line (JSONL)"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise BadInput(f"{name} is not JSON: {error}") from error
    return _records(content)


def _records(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, list):
        return [_record(value) for value in content]
    if content and all(isinstance(column, list) for column in content.values()):
        lengths = {len(column) for column in content.values()}
        if len(lengths) == 1:
            return [dict(zip(content, row, strict=True)) for row in zip(*content.values(), strict=True)]
    tables = [value for value in content.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    if len(tables) == 1:
        return [_record(value) for value in tables[0]]
    return [content] if content else []


def _record(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {f"column{place}": item for place, item in enumerate(value, start=1)}
    return {"value": value}


def _lines(path: Path, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as file:
        number = 0
        while line := file.readline(_LONGEST_LINE):
            number += 1
            if len(line) >= _LONGEST_LINE:
                raise BadInput(f"{name}, line {number:,}: longer than {_LONGEST_LINE >> 20} MiB")
            if line.isspace():
                continue
            try:
                yield number, _record(_parsed(line))
            except ValueError as error:
                raise BadInput(f"{name}, line {number:,}: not JSON: {error}") from error
            except RecursionError as error:
                raise BadInput(f"{name}, line {number:,}: nested too deeply") from error


def _parsed(line: str) -> Any:
    """Return the value of a line: by the faster parser, or, where that objects, by the one whose word counts."""
    try:
        return from_json(line)
    except ValueError:
        return json.loads(line)


def _names(records: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Return the keys of all records, in order of first occurrence. Raises BadInput if most cells would be empty."""
    names: dict[str, None] = {}
    n_values = 0
    for n_records, record in enumerate(records, start=1):
        n_values += len(record)
        if any(key not in names for key in record):
            names.update(dict.fromkeys(record))
            if len(names) > MOST_COLUMNS or n_records * len(names) > _MOST_EMPTY * n_values + _ALWAYS_ALLOWED:
                raise BadInput(
                    f"the first {n_records:,} records have {len(names):,} different keys: the keys are data, "
                    "and no names of columns"
                )
    return tuple(names)


def _in_blocks(records: Iterator[dict[str, Any]], names: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    block: list[dict[str, Any]] = []
    rows = max(1, min(_ROWS, _MOST_BLOCK_CHARS // (8 * max(1, len(names)))))
    for record in records:
        block.append(record)
        if len(block) >= rows:
            yield _batch(block, names)
            block = []
    if block:
        yield _batch(block, names)


def _batch(block: list[dict[str, Any]], names: tuple[str, ...]) -> pa.RecordBatch:
    arrays = [array_of([record.get(name) for record in block]) for name in names]
    return pa.RecordBatch.from_arrays(arrays, names=[str(place) for place in range(len(names))])


def _is_object(line: str) -> bool:
    return _parses_to(line, dict)


def _is_list(line: str) -> bool:
    return _parses_to(line, list)


def _parses_to(line: str, sort: type) -> bool:
    try:
        return isinstance(json.loads(line), sort)
    except (ValueError, RecursionError):
        return False


LOADER = Loader("JSON", (".jsonl", ".ndjson", ".json"), read)
