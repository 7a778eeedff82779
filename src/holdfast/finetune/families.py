"""Which rows belong together, so that no split that is made here parts them: groups, copies, and near-copies."""

import numpy as np
from jaxtyping import Int, UInt64

from holdfast.audit.runner import FactCrashed, Facts
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.progress import Progress
from holdfast.data.bulk.hashes import row_hashes

ALPHA = 0.001  # for near-copies to be believed, as `near-split-overlap` asks


def keys_of(dataset: Dataset) -> UInt64[np.ndarray, " rows"]:
    """Return a number for each row by which whole groups, or equal rows, stay together."""
    groups = tuple(column.name for column in dataset.of(role="group"))
    names = groups or tuple(column.name for column in dataset.of(role="feature"))
    names = names or tuple(column.name for column in dataset.columns if column.role != "split")
    return row_hashes(dataset, names)


def families(dataset: Dataset, largest: int, progress: Progress) -> UInt64[np.ndarray, " rows"]:
    """Return a number for each row by which groups, equal rows, and rows that are nearly equal stay together.

    Near-copies of near-copies belong to one family. Where a chain of them has more than `largest` rows (rows that
    follow one another smoothly, forms), no split could keep it whole, and only groups and equal rows stay together.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    keys = keys_of(dataset)
    unique, key = np.unique(keys, return_inverse=True)
    a, b = _near(dataset, progress)
    links = coo_array((np.ones(len(a)), (key[a], key[b])), shape=(len(unique), len(unique)))
    n, family = connected_components(links, directed=False)
    if np.bincount(family[key], minlength=n).max(initial=0) > largest:
        return keys
    least = np.full(n, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(least, family, unique)  # by content: the same whatever the order of rows
    return least[family[key]]


def _near(dataset: Dataset, progress: Progress) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """Return the rows at both ends of pairs that are nearly equal; none where near and far cannot be told apart."""
    facts, none = Facts({"dataset": dataset, "progress": progress}), np.zeros(0, dtype=np.int64)
    try:
        each, groups = facts["near_records"].each, facts["row_groups"]
    except (NotApplicable, FactCrashed):  # a fault is told by the gate, which asks the same
        return none, none
    first, n = groups.first(np.ones(len(dataset), dtype=bool)), len(dataset)
    believed = [one for one in each if one.judged(len(one.left), n * (n - 1) / 2, n)[1] <= ALPHA]
    left, right = [none, *(first[one.left] for one in believed)], [none, *(first[one.right] for one in believed)]
    return np.concatenate(left), np.concatenate(right)
