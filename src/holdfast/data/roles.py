"""Roles of columns for which none was given: conservative guesses from names and values, each with a note.

id     all values are different, none is missing, and the name says so (id, uuid, key, index, customerID, Unnamed: 0);
       or the values count the rows, one by one
time   the first column of times, unless its name says that it is about something else (a birth date)
split  the name says so (split, set, subset, partition, fold …) and the values are spellings of train, valid and test

Groups are not guessed here: that needs the values of several columns (see the facts on groups).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Column, Dataset, Role
from holdfast.core.text import one_line
from holdfast.data.origin import BY_NAME, WEIGHT

# Spellings of the three splits that checks know. Anything else keeps its name.
SPELLINGS: Mapping[str, str] = {
    **dict.fromkeys(("train", "training", "tr", "trn", "fit", "learn", "development", "in-sample"), "train"),
    **dict.fromkeys(("valid", "validation", "val", "dev", "eval", "tune"), "valid"),
    **dict.fromkeys(("test", "testing", "tst", "te", "holdout", "hold-out", "heldout", "out-of-sample"), "test"),
}
_ID_NAME = re.compile(
    r"(?:.*(?:^|[_\-. #]))?(?:id|ids|uuid|guid|key|identifier|nr|no|index|idx|rowid|rownum|row_name|serial)\Z"
    r"|unnamed: \d+|(?:record|row|sample|case|customer|user|order|transaction)[_\- ]?(?:id|number|no|nr|index)\Z",
    re.IGNORECASE,
)
_ID_CAMEL = re.compile(r"[A-Za-z0-9]*[a-z0-9](?:Id|ID|Key|UUID)\Z")
_NOT_THE_TIME = re.compile(r"(?i)birth|dob|born|expir|valid_(to|until)|warranty|hired?(_|$)|built|founded")
_SPLIT_NAME = re.compile(
    r"(?i)(split|set|subset|partition|usage|dataset|data_?set|is_?test|tvt|phase)\Z|.*_(split|set)\Z"
)
_MOST_SPLITS = 6
_FEWEST_ROWS = 10  # fewer rows are all different by chance


def spelled(name: str) -> str:
    """Return `train`, `valid` or `test` for the usual spellings of them, else the name as it is."""
    return SPELLINGS.get(name.strip().lower().replace("_", "-"), name.strip())


def splits_of(files: Sequence[str]) -> tuple[str, ...]:
    """Return the split that each file of a folder is named after, such as `train.csv`, `test-00000-of-00002.parquet`.

    Empty unless all of them are, and after more than one split.
    """
    words = [re.split(r"[.\d]|[-_ ](?=\d)", Path(name).name.lower(), maxsplit=1)[0].rstrip("-_ ") for name in files]
    found = tuple(SPELLINGS.get(word.replace("_", "-"), "") for word in words)
    return found if all(found) and len(set(found)) > 1 else ()


def guessed(dataset: Dataset, told: Iterable[str]) -> tuple[Dataset, tuple[str, ...]]:
    """Return the data set with roles for columns that were given none, and a note for each guess."""
    known = set(told)
    dataset = replace(dataset, columns=tuple(_provenance(column, known) for column in dataset.columns))
    roles: dict[str, Role] = {}
    notes = []
    for name, role, note in _guesses(dataset, known):
        roles[name] = role
        notes.append(note)
    columns = tuple(replace(c, role=roles.get(c.name, c.role)) for c in dataset.columns)
    return replace(dataset, columns=columns), tuple(notes)


def _provenance(column: Column, known: set[str]) -> Column:
    """Return a column of provenance as what it is: what made a record is not among what describes it."""
    if column.name == WEIGHT and column.kind == "number" and column.name not in known:
        return replace(column, role="weight")
    field = BY_NAME.get(column.name)
    return column if field is None or column.name in known else replace(column, kind=field.kind, role=field.role)


def split_column(dataset: Dataset, told: Iterable[str]) -> str | None:
    """Return the column that says which split a row is in, by its name and its values; None if there is none."""
    known = set(told)
    for column in dataset.columns:
        if column.name in known or not _SPLIT_NAME.match(column.name):
            continue
        values = dataset.values(column.name)
        if not pa.types.is_large_string(values.type):
            continue
        distinct = pc.unique(values.slice(0, 1 << 16)).to_pylist()
        if len(distinct) > _MOST_SPLITS or None in distinct:
            continue
        if {spelled(value) for value in pc.unique(values).to_pylist() if value} >= {"train", "test"}:
            return column.name
    return None


def _guesses(dataset: Dataset, known: set[str]) -> Iterator[tuple[str, Role, str]]:
    has_time = any(column.role == "time" for column in dataset.columns)
    for column in dataset.columns:
        if column.name in known or column.role != "feature":
            continue
        shown = one_line(column.name, 60)
        if column.kind == "time" and not has_time and not _NOT_THE_TIME.search(column.name):
            has_time = True
            yield column.name, "time", f"column {shown} is taken as the time of a row"
        elif column.kind in {"number", "category"} and len(dataset) >= _FEWEST_ROWS:
            values = dataset.values(column.name)
            if _counts_rows(values):
                yield column.name, "id", f"column {shown} counts the rows: taken as an id"
            elif _is_key(column, values):
                yield column.name, "id", f"column {shown} is taken as an id: its values are all different"


def _is_key(column: Column, values: pa.ChunkedArray) -> bool:
    if not (_ID_NAME.match(column.name) or _ID_CAMEL.match(column.name)):
        return False
    if not (pa.types.is_int64(values.type) or pa.types.is_large_string(values.type)) or values.null_count:
        return False
    start = values.slice(0, 1000)
    return len(pc.unique(start)) == len(start) and len(pc.unique(values)) == len(values)


def _counts_rows(values: pa.ChunkedArray) -> bool:
    """Return whether the values are 0, 1, 2, … or 1, 2, 3, … from the first row to the last."""
    if not pa.types.is_int64(values.type) or values.null_count or values[0].as_py() not in {0, 1}:
        return False
    expected = values[0].as_py()
    for chunk in values.chunks:
        numbers = chunk.to_numpy()
        if len(numbers) and not (
            numbers[0] == expected
            and numbers[-1] == expected + len(numbers) - 1
            and np.array_equal(numbers, np.arange(expected, expected + len(numbers)))
        ):
            return False
        expected += len(numbers)
    return True
