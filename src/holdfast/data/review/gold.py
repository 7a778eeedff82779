"""Records whose right answer is known: a table of `_record` and `truth`."""

from collections.abc import Mapping
from pathlib import Path

from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.review.building import as_label
from holdfast.data.review.queue import Queue
from holdfast.data.standing import load_standing

_TRUTHS = ("truth", "label", "origin", "fit")


def read_gold(path: Path, queue: Queue) -> Mapping[str, str]:
    """Return the right answer by record. Raises BadInput for a table without them, or about other records."""
    table = load_standing([path])
    names = table.table.column_names
    said = next((name for name in _TRUTHS if name in names), None)
    if "_record" not in names or said is None:
        raise BadInput(f"{path} holds no known answers: wanted columns _record and truth, got {', '.join(names[:8])}")
    lines = zip(table.values("_record").to_pylist(), table.values(said).to_pylist(), strict=True)
    known = {str(record): str(as_label(truth)) for record, truth in lines if truth is not None}
    inside = {record: truth for record, truth in known.items() if record in queue.by_record}
    if not inside:
        raise BadInput(f"none of the {len(known):,} records in {one_line(str(path), 100)} is in the queue {queue.path}")
    return inside
