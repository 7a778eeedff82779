"""Calls and answers as files: Arrow for rows, JSON for the rest. Nothing here unpickles."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.audit.probe.pipeline import Answer, Call, Event, failed

_ROW, _SIDE = "row", "side"


def write_table(table: pa.Table, rows: np.ndarray, path: Path) -> None:
    """Write a table with the numbers of its rows as its last column."""
    numbered = pa.table(
        [*table.columns, pa.array(np.asarray(rows, dtype=np.int64))], names=[*table.column_names, "\x00row"]
    )
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, numbered.schema) as writer:
        writer.write_table(numbered)


def read_table(path: Path) -> tuple[pa.Table, np.ndarray]:
    """Return a table and the numbers of its rows."""
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    rows = table.column(table.num_columns - 1).to_numpy()
    return table.select(list(range(table.num_columns - 1))), rows


def described(call: Call, test: Path, train: Path | None) -> dict[str, Any]:
    """Return a call as JSON takes it; its tables stand in files."""
    touched = None if call.touched is None else [int(row) for row in call.touched]
    return {
        "test": str(test),
        "train": None if train is None else str(train),
        "label": call.label,
        "seed": call.seed,
        "touched": touched,
    }


def call_of(given: dict[str, Any]) -> Call:
    """Return the call that `described` wrote down."""
    test, rows = read_table(Path(given["test"]))
    train, train_rows = read_table(Path(given["train"])) if given["train"] else (None, None)
    touched = None if given["touched"] is None else np.array(given["touched"], dtype=np.int64)
    return Call(test, rows, train, train_rows, given["label"], given["seed"], touched)


def write_answer(answer: Answer, folder: Path, number: int) -> None:
    """Write an answer: its values as Arrow, then the rest as JSON, which says that it is whole."""
    columns: list[pa.Array] = [pa.array(answer.rows)]
    columns.append(pa.array(np.full(len(answer.rows), -1) if answer.sides is None else answer.sides))
    columns += [pa.array(c, pa.large_string() if c.dtype.kind == "O" else pa.float64()) for c in answer.columns]
    table = pa.table(columns, names=[str(i) for i in range(len(columns))])
    with pa.OSFile(str(folder / f"{number}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    rest = {
        "names": list(answer.names),
        "exact": answer.exact,
        "sides": answer.sides is not None,
        "error": answer.error,
        "changed": list(answer.changed),
        "events": [list(asdict(event).values()) for event in answer.events],
        "seconds": answer.seconds,
    }
    partial = folder / f"{number}.part"
    partial.write_text(json.dumps(rest), "utf-8")
    partial.rename(folder / f"{number}.json")


def read_answer(folder: Path, number: int) -> Answer | None:
    """Return the answer of this number; None if it was not finished."""
    path = folder / f"{number}.json"
    if not path.is_file():
        return None
    try:
        rest = json.loads(path.read_text("utf-8"))
        if rest["error"]:
            return failed(str(rest["error"]))
        with pa.OSFile(str(folder / f"{number}.arrow"), "rb") as source:
            table = pa.ipc.open_file(source).read_all()
        values = tuple(_values(table.column(i)) for i in range(2, table.num_columns))
        return Answer(
            rows=table.column(0).to_numpy(),
            names=tuple(map(str, rest["names"])),
            columns=values,
            exact=bool(rest["exact"]),
            sides=table.column(1).to_numpy() if rest["sides"] else None,
            changed=tuple(map(str, rest["changed"])),
            events=tuple(Event(*event) for event in rest["events"]),
            seconds=float(rest["seconds"]),
        )
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        return failed(f"its answer could not be read: {error}")


def _values(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_large_string(column.type):
        return np.array(column.to_pylist(), dtype=object)
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
