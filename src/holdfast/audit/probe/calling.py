"""One call of the person's code: frames in, an answer out. Whatever the code does wrong becomes a sentence."""

import random
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.audit.probe import target as targets
from holdfast.audit.probe.pipeline import Answer, Call, failed
from holdfast.audit.probe.target import Target
from holdfast.audit.probe.watching import Watch, watching
from holdfast.core.errors import BadInput

MOST_OUTPUTS = 4_000  # columns that are compared one by one; wider outputs are projected
_PROJECTED = 64  # random directions: a row that moved moves in all of them


class Caller:
    """Calls one target, one call after the other; an estimator stays fitted between calls."""

    def __init__(self, target: Target) -> None:
        """Take the target; nothing is called yet."""
        self._target = target
        self._fitted: Any = None

    def __call__(self, call: Call) -> Answer:
        """Return what the target answers to `call`."""
        frame = framed(call.test, call.rows)
        train = None if call.train is None or call.train_rows is None else framed(call.train, call.train_rows)
        before = [(name, _content(item)) for name, item in (("train", train), ("test", frame)) if item is not None]
        watch = None if call.touched is None else Watch(call, Path(self._target.about.file or "."))
        seed_everything(call.seed)
        started = time.perf_counter()
        try:
            with warnings.catch_warnings(), watching(watch):
                warnings.simplefilter("ignore")
                returned = self._called(call, train, frame)
            seconds = time.perf_counter() - started
            answer = answered(returned, call, self._target)
        except BadInput as error:
            return failed(str(error))
        except MemoryError:
            return failed("it ran out of the memory it was given (--memory)")
        except Exception as error:  # noqa: BLE001 it is the person's code: anything may come
            return failed(f"{type(error).__name__}: {_first_line(error)}{self._where(error)}")
        now = {"train": train, "test": frame}
        changed = tuple(name for name, content in before if _content(now[name]) != content)
        events = tuple(watch.events) if watch else ()
        return Answer(
            answer.rows, answer.names, answer.columns, answer.exact, answer.sides, changed=changed, events=events,
            seconds=seconds,
        )  # fmt: skip

    def _called(self, call: Call, train: Any, frame: Any) -> Any:
        target, label = self._target, call.label
        if target.about.form in {"features", "split"}:
            return target.call(frame)
        if target.about.form == "estimator":
            if train is not None:
                self._fitted = targets.made(target)
                self._fitted.fit(train.drop(columns=[label]), train[label])
            return _said(self._fitted, frame.drop(columns=[label], errors="ignore"))
        if target.arity == 2:
            return target.call(train, frame)
        parts = [train.drop(columns=[label]), train[label], frame.drop(columns=[label], errors="ignore")]
        if target.arity == 4:
            parts.append(frame[label])
        return target.call(*parts)

    def _where(self, error: Exception) -> str:
        """Return the last line of the person's own file on the way to the error."""
        found, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._target.about.file:
                found = trace.tb_lineno
            trace = trace.tb_next
        return f" ({Path(self._target.about.file).name}, line {found})" if found else ""


def framed(table: pa.Table, rows: np.ndarray) -> Any:
    """Return the table as a pandas frame whose index holds the row numbers."""
    frame = table.to_pandas()
    frame.index = np.asarray(rows, dtype=np.int64)
    return frame


def seed_everything(seed: int | None) -> None:
    """Set the state of the usual generators of chance; None lets each begin anywhere."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 the person's code may use it
    Open.seed = seed
    torch = sys.modules.get("torch")
    if torch is not None and seed is not None:
        torch.manual_seed(seed)


class Open:
    """Generators that the code makes without a seed: they follow the probe's, if it has one."""

    seed: int | None = None
    _real: Any = None

    @classmethod
    def hold(cls) -> None:
        """Put a function before `numpy.random.default_rng` that gives open generators the probe's seed."""
        cls._real = cls._real or np.random.default_rng
        np.random.default_rng = cls._made

    @classmethod
    def _made(cls, seed: Any = None) -> Any:
        return cls._real(cls.seed if seed is None else seed)


def answered(returned: Any, call: Call, target: Target) -> Answer:
    """Return what the code returned as an answer. Raises BadInput when it cannot be matched to rows."""
    if target.about.form == "split":
        return _split(returned, target)
    if isinstance(returned, tuple) and len(returned) == 2 and target.about.form == "features":
        raise BadInput(f"{target.about.name} returned two things; if they are training and test rows, say --form split")
    if isinstance(returned, tuple) and returned and all(_length(item) == len(call.rows) for item in returned):
        returned = dict(enumerate(returned))  # classes and probabilities, say
    rows, names, columns, exact = _lines(returned, call.rows, target.about.name)
    if len(np.unique(rows)) < len(rows):
        raise BadInput(f"{target.about.name} returned some rows more than once, so that they cannot be compared")
    return Answer(rows, names, columns, exact)


def _split(returned: Any, target: Target) -> Answer:
    if not isinstance(returned, tuple | list) or len(returned) not in {2, 4}:
        raise BadInput(f"{target.about.name} should return (train, test), got {type(returned).__name__}")
    train, test = returned[0], returned[1]  # of four, as train_test_split orders them: X_train, X_test, y_train, y_test
    sides = []
    for part in (train, test):
        n = _length(part)
        if n is None:
            raise BadInput(f"{target.about.name} should return two frames, got {type(part).__name__}")
        sides.append(_lines(part, np.arange(n), target.about.name))
    (rows, names, left, exact), (other, others, right, also) = sides
    if names != others:
        raise BadInput(f"{target.about.name}: the training and the test frame have other columns")
    columns = tuple(np.concatenate([a.astype(object), b.astype(object)]) if a.dtype != b.dtype
                    else np.concatenate([a, b]) for a, b in zip(left, right, strict=True))  # fmt: skip
    side = np.repeat([0, 1], [len(rows), len(other)])
    return Answer(np.concatenate([rows, other]), names, columns, exact and also, side)


def _lines(returned: Any, rows: np.ndarray, name: str) -> tuple[np.ndarray, tuple[str, ...], Any, bool]:
    """Return row numbers, names and columns of what was returned; by index where it has the frame's, else in order."""
    if isinstance(returned, dict):
        parts = [_lines(item, rows, name) for item in returned.values()]
        if not parts or any(not np.array_equal(parts[0][0], part[0]) for part in parts):
            raise BadInput(f"{name} returned parts with different rows")
        names = tuple(f"{key} {one}".strip() for key, part in zip(returned, parts, strict=True) for one in part[1])
        return parts[0][0], names, tuple(c for part in parts for c in part[2]), all(part[3] for part in parts)
    if hasattr(returned, "toarray"):  # a sparse matrix
        returned = _dense(returned)
    if _is_pandas(returned):
        index = np.asarray(returned.index)
        counted = type(returned.index).__name__ == "RangeIndex"  # made anew: it counts lines and names no rows
        named = not counted and index.dtype.kind in "iu" and np.isin(index, rows).all()
        found = index if named else None
        if found is None and len(returned) != len(rows):
            raise _miscounted(name, len(returned), len(rows))
        columns, names = _columns_of(returned)
        exact = all(str(kind) not in {"float32", "float16"} for kind in _dtypes(returned))
        return (rows if found is None else found.astype(np.int64)), names, columns, exact
    values = np.asarray(_on_host(returned))
    if values.ndim == 0 or values.ndim > 2 or len(values) != len(rows):
        raise _miscounted(name, 0 if values.ndim == 0 else len(values), len(rows), values.ndim)
    if values.ndim == 1:
        values = values[:, None]
    exact = values.dtype not in {np.dtype("float32"), np.dtype("float16")}
    if values.shape[1] > MOST_OUTPUTS:
        values = values @ _directions(values.shape[1])
    return rows, tuple(str(i) for i in range(values.shape[1])), tuple(_plain(c) for c in values.T), exact


def _miscounted(name: str, got: int, wanted: int, dimensions: int = 1) -> BadInput:
    if not dimensions:
        return BadInput(f"{name} returned one value or none; wanted one line for each of the {wanted:,} rows")
    return BadInput(
        f"{name} returned {got:,} lines for {wanted:,} rows, and no index that says which rows they are; "
        "return a Series or frame with the index it was given"
    )


def _columns_of(frame: Any) -> tuple[tuple[np.ndarray, ...], tuple[str, ...]]:
    if not hasattr(frame, "columns"):
        return (_plain(frame),), (str(frame.name) if getattr(frame, "name", None) is not None else "0",)
    if frame.shape[1] > MOST_OUTPUTS:
        return tuple((frame.to_numpy(dtype=np.float64) @ _directions(frame.shape[1])).T), tuple(
            f"direction {i}" for i in range(_PROJECTED)
        )
    return tuple(_plain(frame.iloc[:, i]) for i in range(frame.shape[1])), tuple(str(name) for name in frame.columns)


def _plain(values: Any) -> np.ndarray:
    """Return a column as float64, or as strings."""
    kind = getattr(values, "dtype", None)
    if getattr(kind, "kind", "O") in "biuf":
        array = values.to_numpy(dtype=np.float64, na_value=np.nan) if hasattr(values, "to_numpy") else values
        return np.asarray(array, dtype=np.float64)
    array = np.asarray(values)
    if array.dtype.kind in "mM":
        return array.astype(np.int64).astype(np.float64)
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):
        return np.array([str(value) for value in array.tolist()], dtype=object)


def _said(estimator: Any, frame: Any) -> Any:
    """Return the finest thing an estimator says: probabilities, else scores, else classes or numbers."""
    for name in ("predict_proba", "decision_function"):
        if hasattr(estimator, name):
            return getattr(estimator, name)(frame)
    return estimator.predict(frame)


def _content(frame: Any) -> Any:
    return None if frame is None else tuple(_hashed(frame))


def _hashed(frame: Any) -> Iterator[Any]:
    yield tuple(map(str, frame.columns))
    yield len(frame)
    yield hash(np.asarray(frame.index).tobytes())
    numbers = frame.select_dtypes(include=["number", "bool"])
    yield tuple(map(str, numbers.dtypes.unique()))
    if numbers.shape[1]:
        yield hash(numbers.to_numpy().tobytes())  # at once: frames may have ten thousand columns
    others = frame.select_dtypes(exclude=["number", "bool"])
    for i in range(others.shape[1]):
        yield hash(tuple(map(str, others.iloc[:, i].tolist())))


def _dtypes(frame: Any) -> list[Any]:
    return list(frame.dtypes) if hasattr(frame, "columns") else [frame.dtype]


def _is_pandas(value: Any) -> bool:
    return type(value).__module__.split(".")[0] == "pandas" and hasattr(value, "index") and hasattr(value, "iloc")


def _length(value: Any) -> int | None:
    if hasattr(value, "shape") and value.shape:
        return int(value.shape[0])
    return len(value) if isinstance(value, list) else None


def _on_host(value: Any) -> Any:
    for step in ("detach", "cpu"):  # a tensor
        if hasattr(value, step):
            value = getattr(value, step)()
    return value


def _dense(matrix: Any) -> Any:
    return matrix @ _directions(matrix.shape[1]) if matrix.shape[1] > MOST_OUTPUTS else matrix.toarray()


def _directions(width: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(0)).normal(size=(width, _PROJECTED))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0][:300]
