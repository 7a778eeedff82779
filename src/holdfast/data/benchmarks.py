"""What an input need not have: a benchmark all columns of the training data, and rows to predict their label."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.inputs import Part

_BEGINS = "benchmark"


def is_benchmark(split: str) -> bool:
    """Return whether a split is looked for in the training data rather than scored."""
    return split.lower().startswith(_BEGINS)


def fitted(part: Part, leader: Part) -> Part:
    """Return a benchmark with the columns of the training data, those that it lacks empty. Raises BadInput."""
    reading, names = part.reading, leader.reading.names
    if sorted(reading.names) == sorted(names) or reading.headless or leader.reading.headless:
        return part
    shared = [name for name in names if name in reading.names]
    if not shared:
        raise BadInput(
            f"{part.name} shares no column with {leader.name}: its columns are "
            f"{', '.join(one_line(name, 40) for name in reading.names[:8])}; name the one with its texts as there "
            f"({', '.join(one_line(name, 40) for name in names[:8])})"
        )
    note = f"compared by the columns that it shares: {', '.join(one_line(name, 40) for name in shared)}"
    return _filled(part, names, note)


def unlabelled(part: Part, leader: Part, labels: Collection[str]) -> Part:
    """Return rows to predict, such as those of a competition, with an empty label where the training data have one."""
    reading, names = part.reading, leader.reading.names
    missing = set(names) - set(reading.names)
    if reading.headless or not missing or not missing <= set(labels) or not set(reading.names) <= set(names):
        return part
    lacks = ", ".join(one_line(name, 40) for name in sorted(missing))
    return _filled(part, names, f"has no column {lacks}: its rows have no labels, and no score can be taken on them")


def _filled(part: Part, names: Sequence[str], note: str) -> Part:
    """Return a part with these columns; those that it lacks are empty."""
    reading = part.reading
    places = [reading.names.index(name) if name in reading.names else -1 for name in names]

    def blocks() -> Iterator[pa.RecordBatch]:
        for block in reading.blocks():
            columns = [block.column(place) if place >= 0 else pa.nulls(len(block), pa.string()) for place in places]
            yield pa.RecordBatch.from_arrays(columns, names=[str(place) for place in range(len(columns))])

    return replace(part, reading=replace(reading, names=tuple(names), blocks=blocks, notes=(*reading.notes, note)))
