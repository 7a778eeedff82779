"""Sets of row numbers, small in memory and readable in JSON (`"3-5,9"`)."""

from collections.abc import Iterable, Iterator
from typing import Any, Self

import numpy as np
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Rows:
    """A sorted set of row numbers; counting from 0 over the whole data set.

    Findings and remedies may name a million rows: an array keeps that cheap, and runs of numbers
    keep the record short.
    """

    __slots__ = ("_values",)

    def __init__(self, values: "Iterable[int] | np.ndarray | Rows" = ()) -> None:
        """Take any integers; they are sorted and made unique. Raises ValueError for negative ones."""
        array: np.ndarray
        if isinstance(values, Rows):
            array = np.asarray(values)
        else:
            raw = values if isinstance(values, np.ndarray) else list(values)
            array = np.unique(np.asarray(raw, dtype=np.int64))
        if array.size and array[0] < 0:
            raise ValueError(f"row numbers count from 0, got {array[0]}")
        array.flags.writeable = False
        self._values = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:  # noqa: FBT001 NumPy's protocol
        array = self._values if dtype is None else self._values.astype(dtype)
        return array.copy() if copy else array

    def __len__(self) -> int:
        return int(self._values.size)

    def __iter__(self) -> Iterator[int]:
        return iter(self._values.tolist())

    def __contains__(self, row: int) -> bool:
        at = int(np.searchsorted(self._values, row))
        return at < len(self) and int(self._values[at]) == row

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and np.array_equal(self._values, other._values)

    def __hash__(self) -> int:
        return hash(self._values.tobytes())

    def __repr__(self) -> str:
        text = str(self)
        return f"Rows({text if len(text) <= 40 else text[:37] + '...'})"

    def __str__(self) -> str:
        """Return runs of numbers, `3-5,9`."""
        values = self._values
        if not values.size:
            return ""
        breaks = np.flatnonzero(np.diff(values) != 1) + 1
        starts = values[np.concatenate(([0], breaks))].tolist()
        ends = values[np.concatenate((breaks - 1, [values.size - 1]))].tolist()
        return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))

    @classmethod
    def parse(cls, text: str, most: int = 1_000_000_000) -> Self:
        """Return the set that `str` wrote. Raises ValueError for anything else, or for more than `most` rows."""
        pieces, count = [], 0
        for run in text.split(",") if text else ():
            first, _, last = run.partition("-")
            start, stop = int(first), int(last or first) + 1
            count += max(0, stop - start)
            if count > most:
                raise ValueError(f"more than {most:,} rows in one set")
            pieces.append(np.arange(start, stop, dtype=np.int64))
        return cls(np.concatenate(pieces) if pieces else ())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Tell pydantic to accept Rows, text and integers, and to write text."""
        del source, handler

        def accept(value: Any) -> Rows:
            return cls.parse(value) if isinstance(value, str) else cls(value)

        return core_schema.no_info_plain_validator_function(
            accept,
            serialization=core_schema.plain_serializer_function_ser_schema(str),
            json_schema_input_schema=core_schema.str_schema(),
        )
