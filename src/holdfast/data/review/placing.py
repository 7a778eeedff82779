"""The data that a queue is about, in the rows that it speaks of."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress
from holdfast.data.review.queue import Queue
from holdfast.data.standing import load_standing, named_records


def data_of(queue: Queue, paths: Sequence[Path] = (), progress: Progress | None = None) -> Dataset:
    """Return the data of a queue, from where its header says or from `paths`. Raises BadInput."""
    places = tuple(paths) or tuple(Path(one) for one in queue.header.address.split("\n"))
    return placed(queue, load_standing(places, label=queue.header.label or None, progress=progress))


def placed(queue: Queue, dataset: Dataset) -> Dataset:
    """Return the data in the rows that the queue speaks of, wherever its records stand now. Raises BadInput."""
    places = {name: row for row, name in enumerate(named_records(dataset).to_pylist())}
    gone = [item.record for item in queue.items if item.record not in places]
    if gone:
        raise BadInput(
            f"{len(gone):,} of {len(queue.items):,} records of the queue {queue.path} are not in {dataset.name}, such "
            f"as {gone[0][:12]}: the data have changed. Review the version that the queue was made from"
        )
    if all(places[item.record] == item.row for item in queue.items):
        return dataset
    rows = np.zeros(max(item.row for item in queue.items) + 1, np.int64)
    for item in queue.items:
        rows[item.row] = places[item.record]
    return dataset.take(rows, "review")
