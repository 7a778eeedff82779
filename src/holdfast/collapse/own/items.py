"""The items of a learner of one's own: arrays of numbers, texts, or rows of a table, as arrays without objects.

Texts are a NumPy array of strings, rows of a table a structured array; so all of them are stored without pickling.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.collapse.samples import Images, Points, SampleSet, Texts
from holdfast.core.errors import BadInput
from holdfast.core.text import and_more
from holdfast.data.store.address import is_address

_MOST_CHARACTERS = 200_000_000  # texts are kept at the length of the longest
_PICTURE_AXES = (3, 4)  # items × height × width (× channels)
_TEXT_FILES = {".txt", ".md", ".text"}
_CATEGORIES = 50  # of a column, that become a place of their own in a vector
_PART = "given"  # what loading calls the one file, in a column that it adds
_GONE = "learners are given numbers without gaps"


def read(file: str) -> np.ndarray:
    """Return the items in a file: an array (.npy), lines of text (.txt), or the rows of a table. Raises BadInput."""
    path = Path(file).expanduser()
    if not (path.exists() or is_address(file)):
        raise BadInput(f"no file {path}: options.file is what your learner learns from")
    if path.suffix == ".npy":
        try:
            array = np.load(path, allow_pickle=False)
        except (ValueError, OSError, EOFError) as error:
            raise BadInput(f"{path} cannot be read as an array of numbers: {error}") from error
        return _numbers(array, path.name)
    if path.suffix in _TEXT_FILES:
        from holdfast.data.text_files import encoding_of

        how = encoding_of(path, path.name)
        lines = path.read_text(encoding=how.codec, errors=how.errors).splitlines()
        return _texts([line for line in lines if line.strip()], path.name)
    from holdfast.data.loading import load

    found = load({_PART: path})
    added = [one.name for one in found.of(role="split") if set(found.values(one.name).to_pylist()) == {_PART}]
    table = found.table.drop_columns(added)
    if table.num_columns == 1 and _is_text(table.schema.field(0)):
        return _texts(table.column(0).to_pylist(), path.name)
    return _rows(table, path.name)


def taken(answer: Any, where: str, like: np.ndarray | None = None, size: int | None = None) -> np.ndarray:
    """Return what a learner wrote as an array; it must be `size` items that are like the real ones. Raises BadInput."""
    import pyarrow as pa

    if isinstance(answer, list | tuple) and answer and all(isinstance(one, str) for one in answer):
        found = _texts(answer, where)
    elif hasattr(answer, "iloc"):  # pandas, whose row labels are no column
        found = _rows(pa.Table.from_pandas(answer, preserve_index=False), where)
    elif hasattr(answer, "__arrow_c_stream__"):
        found = _rows(pa.table(answer), where)
    else:
        try:
            array = np.asarray(answer)
        except ValueError as error:  # rows of different lengths
            raise BadInput(f"{where} returned a {type(answer).__name__} that is no array: {error}") from error
        found = _numbers(array, where)
    if size is not None and len(found) != size:
        raise BadInput(f"{where} returned {len(found):,} items, {size:,} were asked for")
    if like is None:
        return found
    if told(found) != told(like):
        raise BadInput(f"{where} returned {told(found)}; what it learnt from are {told(like)}")
    if found.dtype.names is not None and like.dtype.names is not None:
        wide = {name: np.promote_types(found.dtype[name], like.dtype[name]) for name in like.dtype.names}
        return found.astype(list(wide.items()))
    return found


def given(items: np.ndarray) -> Any:
    """Return items as a learner is given them: an array, a list of str, or a data frame (Arrow without pandas)."""
    if items.dtype.kind == "U":
        return items.tolist()
    if items.dtype.names is None:
        return items.copy()
    import pyarrow as pa

    table = pa.table({name: items[name] for name in items.dtype.names})
    return table.to_pandas() if importlib.util.find_spec("pandas") is not None else table


def sample_set(items: np.ndarray, real: np.ndarray) -> SampleSet:
    """Return items as measures look at them; `real` gives the scale and the categories of a table."""
    if items.dtype.kind == "U":
        return Texts(items.tolist())
    if items.dtype.names is not None:
        return Points(np.concatenate([_column(items[name], real[name]) for name in items.dtype.names], axis=1))
    if items.ndim in _PICTURE_AXES and real.min() >= 0 and real.max() <= 1:
        pixels = items if items.ndim == _PICTURE_AXES[1] else items[..., None]
        return Images(np.clip(pixels, 0.0, 1.0))
    return Points(items.reshape(len(items), -1))


def told(items: np.ndarray) -> str:
    """Return in words what one item is."""
    if items.dtype.kind == "U":
        return "texts"
    if items.dtype.names is not None:
        kinds = [f"{name} ({'text' if items.dtype[name].kind == 'U' else 'number'})" for name in items.dtype.names]
        return f"rows of {and_more(kinds, 8)}"
    return f"arrays of shape {' × '.join(str(n) for n in items.shape[1:])}" if items.ndim > 1 else "single numbers"


def joined(parts: list[np.ndarray], axis: int = 0) -> np.ndarray:
    """Return items below each other; strings as wide as the longest."""
    return np.concatenate(parts, axis=axis)


def _numbers(found: np.ndarray, where: str) -> np.ndarray:
    if found.dtype.kind == "U" and found.ndim == 1:
        return found
    if found.dtype.kind not in "fiub" or found.ndim == 0:
        raise BadInput(
            f"{where} has {found.dtype} of {found.ndim} dimensions; items are arrays of numbers, a list of str, or a "
            "data frame"
        )
    if len(found) == 0 or found.size == 0:
        raise BadInput(f"{where} has no items")
    numbers = found.astype(np.float64)
    lost = np.logical_not(np.isfinite(numbers).reshape(len(numbers), -1).all(axis=1))
    if lost.any():
        raise BadInput(
            f"{where}: {int(lost.sum()):,} of {len(numbers):,} items hold NaN or infinity, the first is item "
            f"{int(lost.argmax())}; {_GONE}"
        )
    return numbers


def _texts(found: Sequence[Any], where: str) -> np.ndarray:
    kept = [str(one) for one in found if one is not None]
    if not kept:
        raise BadInput(f"{where} has no texts")
    longest = max(len(one) for one in kept)
    if longest * len(kept) > _MOST_CHARACTERS:
        raise BadInput(
            f"{where}: {len(kept):,} texts of up to {longest:,} characters, each kept at the length of the longest, "
            f"are too much; cut them to {_MOST_CHARACTERS // len(kept):,} characters"
        )
    return np.array(kept)


def _is_text(field: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(field.type) or pa.types.is_large_string(field.type))


def _rows(table: Any, where: str) -> np.ndarray:
    """Return a table's rows: an array of numbers where all columns are numbers, else a structured array."""
    if table.num_rows == 0 or table.num_columns == 0:
        raise BadInput(f"{where} has no rows")
    columns = {}
    for name in table.column_names:
        values = table.column(name).to_numpy()
        if values.dtype.kind in "fiub":
            columns[name] = _numbers(values, f"{where}, column {name}")
        elif table.column(name).null_count:
            raise BadInput(f"{where}: column {name} has {table.column(name).null_count:,} empty cells; {_GONE}")
        else:
            columns[name] = np.array([str(value) for value in values.tolist()])
    if all(values.dtype.kind != "U" for values in columns.values()):
        return np.stack(list(columns.values()), axis=1)
    rows = np.empty(table.num_rows, dtype=[(name, values.dtype) for name, values in columns.items()])
    for name, values in columns.items():
        rows[name] = values
    return rows


def _column(values: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Return a column as places of a vector: standard scores, or 1/√2 where a category is, so that two are 1 apart."""
    if values.dtype.kind != "U":
        return np.asarray((values - real.mean()) / (real.std() or 1.0))[:, None]
    names, counts = np.unique(real, return_counts=True)
    known = names[np.argsort(-counts, kind="stable")][:_CATEGORIES]
    return (values[:, None] == known) * np.sqrt(0.5)
