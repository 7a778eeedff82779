"""What scikit-learn is given, as a table: arrays, pairs `(X, y)`, columns in a mapping, records in a list."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from holdfast.core.errors import BadInput

LABEL, TEXT = "y", "text"  # names of columns that came without one
_A_TABLE = "wanted rows and columns, such as a frame, or an array of two dimensions"


@runtime_checkable
class ArrowExportable(Protocol):
    """Anything that exports Arrow: a frame of pandas, polars, PyArrow, DuckDB, and many more."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule with an Arrow C stream."""


@runtime_checkable
class _ArrayLike(Protocol):
    def __array__(self) -> np.ndarray: ...


def table_of(given: Any) -> tuple[pa.Table, str | None]:
    """Return what was given as a table, and the name of its label if it is a pair `(X, y)`.

    Columns of an array are called `x0`, `x1`, … as scikit-learn calls them, texts in a list `text`, and a label without
    a name `y`. Raises BadInput for arrays of another shape, pairs that do not fit together, and for anything else.
    """
    if isinstance(given, tuple) and len(given) == 2:
        return _with_label(*given)
    if isinstance(given, Mapping):
        return _guarded(lambda: pa.table({str(name): _column(one) for name, one in given.items()})), None
    if isinstance(given, list) and given and all(isinstance(row, Mapping) for row in given):
        return _guarded(lambda: pa.Table.from_pylist(given)), None
    if isinstance(given, _ArrayLike):
        return _features(given), None
    raise BadInput(
        f"cannot read data from {type(given).__name__}; wanted a path, a frame (pandas, Polars, PyArrow, DuckDB: "
        "whatever exports Arrow), an array, or a pair (X, y)"
    )


def _with_label(features: Any, label: Any) -> tuple[pa.Table, str]:
    """Return features and label in one table, and the name of the label."""
    table = _guarded(lambda: pa.table(features)) if isinstance(features, ArrowExportable) else _features(features)
    column = _column(label)
    if len(column) != len(table):
        raise BadInput(f"the features have {len(table):,} rows, and the label {len(column):,}")
    name = str(getattr(label, "name", None) or LABEL)
    if name in table.column_names:
        raise BadInput(f"a feature is called {name!r}, as the label is; rename one of them")
    return table.append_column(name, column), name


def _features(given: Any) -> pa.Table:
    """Return an array, or a list of rows or of texts, as a table."""
    if hasattr(given, "toarray"):
        raise BadInput(f"{type(given).__name__} is a sparse matrix; give it as an array: X.toarray()")
    if not isinstance(given, _ArrayLike | Sequence) or isinstance(given, str):
        raise BadInput(f"cannot read features from {type(given).__name__}; {_A_TABLE}")
    array = np.asarray(given)
    if array.ndim == 1 and array.dtype.kind in "UO" and all(isinstance(one, str) for one in array):
        return pa.table({TEXT: _column(array)})
    if array.ndim != 2:
        shape = " × ".join(map(str, array.shape)) or "none"
        raise BadInput(
            f"{type(given).__name__} of shape {shape}: {_A_TABLE}. Features and their label are a pair: (X, y)"
        )
    return pa.table({f"x{place}": _column(values) for place, values in enumerate(array.T)})


def _column(values: Any) -> pa.ChunkedArray:
    """Return values as a column; NaN in arrays is kept, and None is missing."""
    if isinstance(values, ArrowExportable):
        return _guarded(lambda: pa.chunked_array(values))
    array = np.asarray(values) if isinstance(values, _ArrayLike | Sequence) else None
    if array is None or isinstance(values, str):
        raise BadInput(f"cannot read a column from {type(values).__name__}; wanted an array, a series or a list")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise BadInput(f"a column has one dimension; this one has the shape {' × '.join(map(str, array.shape))}")
    made = _guarded(lambda: pa.array(array.tolist() if array.dtype.kind in "OU" else np.ascontiguousarray(array)))
    return pa.chunked_array([made])


def _guarded(work: Any) -> Any:
    try:
        return work()
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise BadInput(f"cannot be read as a table: {str(error).splitlines()[0]}") from error
