"""Which records were made from others, directly or through further records: followed through `_parents`."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.data.canonical import STRING


def descendants(records: pa.ChunkedArray, parents: pa.ChunkedArray, roots: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Return for each record whether one of `roots` is among its ancestors; cost linear in records and parents.

    `parents` holds names of records with spaces between. A chain is followed through records that are in the table;
    a record is no ancestor of itself, unless its parents lead back to it.
    """
    made = np.zeros(len(records), dtype=bool)
    told = pc.fill_null(pc.greater(pc.binary_length(parents), 0), False)  # noqa: FBT003 PyArrow's signature
    rows = np.flatnonzero(np.asarray(told.to_numpy(zero_copy_only=False)))
    if not len(rows) or not len(roots):
        return made
    listed = pc.split_pattern(pc.ascii_trim_whitespace(parents.take(pa.array(rows))), " ")
    names, place = _flat(listed)
    codes, n = _codes(pc.cast(_one(records), STRING), names, pc.cast(_one(roots), STRING))
    child, parent, root = codes[0][rows][place], codes[1], codes[2]
    reached = _reached(parent, child, root, n)
    reached_rows = np.zeros(len(rows), dtype=bool)
    np.logical_or.at(reached_rows, place, reached[parent] | np.isin(parent, root))
    made[rows] = reached_rows
    return made


def _reached(start: np.ndarray, end: np.ndarray, roots: np.ndarray, n: int) -> np.ndarray:
    """Return for each of n nodes whether an edge leads to it from a root, or from a node that is reached."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    # One node more, from which all roots are one step away.
    begins = np.concatenate([start, np.full(len(roots), n)])
    ends = np.concatenate([end, roots])
    graph = csr_array((np.ones(len(begins), np.int8), (begins, ends)), shape=(n + 1, n + 1))
    order = breadth_first_order(graph, n, directed=True, return_predecessors=False)
    from_root = np.zeros(n + 1, dtype=bool)
    from_root[order] = True
    found = np.zeros(n, dtype=bool)
    found[end[from_root[start]]] = True
    return found


def _flat(listed: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """Return the names of all lists below each other, and for each of them the list that it was in."""
    whole = _one(listed)
    names = pc.cast(pc.list_flatten(whole), STRING)
    place = np.asarray(pc.list_parent_indices(whole).to_numpy(zero_copy_only=False), dtype=np.int64)
    filled = np.asarray(pc.greater(pc.binary_length(names), 0).to_numpy(zero_copy_only=False))
    return names.filter(pa.array(filled)), place[filled]


def _codes(*texts: pa.Array) -> tuple[list[np.ndarray], int]:
    """Return each array of texts as numbers, equal ones for equal texts, and how many there are."""
    every = pc.dictionary_encode(pa.chunked_array(list(texts), STRING).combine_chunks(), null_encoding="encode")
    numbers = np.asarray(every.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    ends = np.cumsum([len(text) for text in texts])
    return np.split(numbers, ends[:-1]), len(every.dictionary)


def _one(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
