"""What the code computes on its way: digests of its variables line by line, and of everything it fits.

Two watched calls whose inputs differ in some rows are compared event by event (`culprits`): the first value that
differs in rows that nobody touched is where the interference begins.
"""

import os
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sized
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any
from zlib import crc32

import numpy as np

from holdfast.audit.probe.comparing import RETURNED
from holdfast.audit.probe.pipeline import Call, Event, Side

MOST_SECONDS = 20.0  # of watching; what comes later is not noted
MOST_EVENTS = 20_000
MOST_VISITS = 3  # of one line: loops repeat themselves
_DEEPEST = 5
_MOST_ITEMS = 2_000
_FITS = ("fit", "fit_transform", "fit_predict", "fit_resample", "partial_fit")


class Watch:
    """Notes what a call computes in files of one folder, for rows that were not touched."""

    def __init__(self, call: Call, file: Path) -> None:
        """Watch a call of code that stands in `file` and beside it."""
        self.events: list[Event] = []
        self._folder = str(file.resolve().parent)
        self._train = np.empty(0, np.int64) if call.train_rows is None else call.train_rows
        self._test = call.rows
        self._touched = call.touched if call.touched is not None else np.empty(0, np.int64)
        self._visits: Counter[tuple[str, int]] = Counter()
        self._seen: dict[int, dict[tuple[str, str, Side], str]] = {}
        self._lines: dict[int, int] = {}
        self._until = time.monotonic() + MOST_SECONDS
        self._where = ("", 0)
        self._busy = False
        self._own: dict[str, bool] = {}

    def trace(self, frame: FrameType, what: str, _: Any) -> Any:
        """Follow frames of the person's files, as `sys.settrace` asks."""
        if what != "call" or self._busy or not self._is_own(frame.f_code.co_filename):
            return None
        self._lines[id(frame)] = frame.f_lineno
        self._seen[id(frame)] = {}
        return self._line

    def fitted(self, estimator: Any, n_rows: int) -> None:
        """Note what an estimator has learnt."""
        if self._busy or time.monotonic() > self._until:
            return
        self._busy = True
        with suppress(Exception):
            for part, digest in _state(estimator, len(self._test)):
                self._note(*self._where, type(estimator).__name__, part, "fit", n_rows, digest)
        self._busy = False

    def _line(self, frame: FrameType, what: str, value: Any) -> Any:
        if what not in {"line", "return", "exception"} or self._busy or time.monotonic() > self._until:
            return self._line
        file, done = frame.f_code.co_filename, self._lines.get(id(frame), frame.f_lineno)
        self._busy = True
        # What an odd object does when it is looked at must not reach the code that is watched.
        with suppress(Exception):
            if what != "exception":
                self._visits[file, done] += 1
                if self._visits[file, done] <= MOST_VISITS:
                    held = frame.f_locals if what == "line" else {**frame.f_locals, RETURNED: value}
                    self._variables(id(frame), held, file, done)
        self._busy = False
        self._lines[id(frame)] = frame.f_lineno
        self._where = (file, frame.f_lineno)
        if what == "return":
            self._seen.pop(id(frame), None)
        return self._line

    def _variables(self, frame: int, held: Mapping[str, Any], file: str, line: int) -> None:
        seen = self._seen.setdefault(frame, {})
        for name, value in list(held.items()):
            if name.startswith("__"):
                continue
            for part, side, n_rows, digest in self._digests(value):
                if seen.get((name, part, side)) != digest:
                    seen[name, part, side] = digest
                    self._note(file, line, name, part, side, n_rows, digest)

    def _note(self, file: str, line: int, name: str, part: str, side: Side, n_rows: int, digest: str) -> None:
        if len(self.events) < MOST_EVENTS:
            self.events.append(Event(file, line, name[:80], part[:80], side, n_rows, digest))

    def _is_own(self, file: str) -> bool:
        if file not in self._own:
            near = Path(file).is_absolute() and os.path.realpath(file).startswith(self._folder + os.sep)
            others = (sysconfig.get_path("stdlib"), str(Path(__file__).parent))
            self._own[file] = near and "site-packages" not in file and not file.startswith(others)
        return self._own[file]

    def _digests(self, value: Any) -> Iterator[tuple[str, Side, int, str]]:
        """Yield digests of a value, for training rows and untouched test rows apart."""
        if type(value).__module__.split(".")[0] == "pandas" and hasattr(value, "iloc"):
            yield from self._of_frame(value)
        elif isinstance(value, np.ndarray) or hasattr(value, "toarray"):
            yield from self._of_array(value)
        elif isinstance(value, bool | int | float | str | np.generic):
            yield "", "object", 0, _digest(value)
        elif hasattr(value, "__dict__") and hasattr(value, "fit"):
            for part, digest in _state(value, len(self._test)):
                yield part, "object", 0, digest

    def _of_frame(self, value: Any) -> Iterator[tuple[str, Side, int, str]]:
        index = np.asarray(value.index)
        if type(value.index).__name__ == "RangeIndex":  # made anew: it counts lines and names no rows
            index = self._numbered(len(value))
        if index.dtype.kind not in "iu" or not len(index):
            return
        in_train, in_test = np.isin(index, self._train), np.isin(index, self._test)
        if not (in_train | in_test).all():
            return
        untouched = ~np.isin(index, self._touched)
        names = list(value.columns) if hasattr(value, "columns") else [""]
        for place, column in enumerate(names[:_MOST_ITEMS]):
            array = np.asarray(value.iloc[:, place] if hasattr(value, "columns") else value)
            for side, mask in (("train", in_train & untouched), ("test", in_test & untouched)):
                if mask.any():
                    yield str(column), side, int(mask.sum()), _digest(array[mask])  # type: ignore[misc]

    def _numbered(self, n: int) -> np.ndarray:
        """Return which rows n lines are likely to be (all, training or test rows in order); none, if unclear."""
        n_train, n_test = len(self._train), len(self._test)
        if n_train == n_test:
            return np.empty(0, np.int64)
        known = {n_train + n_test: (self._train, self._test), n_train: (self._train,), n_test: (self._test,)}
        return np.concatenate(known.get(n, (np.empty(0, np.int64),)))

    def _of_array(self, value: Any) -> Iterator[tuple[str, Side, int, str]]:
        n_train, n_test = len(self._train), len(self._test)
        n = value.shape[0] if value.shape else 0
        if n_train == n_test or n not in {n_train, n_test, n_train + n_test} or not n:
            return
        array = value.tocsr() if hasattr(value, "tocsr") else value
        untouched = ~np.isin(self._test, self._touched)
        if n != n_test:
            train = ~np.isin(self._train, self._touched)
            yield "", "train", n_train, _digest(array[:n_train][train])
        if n != n_train and untouched.any():
            yield "", "test", n_test, _digest(array[n - n_test :][untouched])


@contextmanager
def watching(watch: Watch | None) -> Iterator[None]:
    """Watch all calls inside; nothing, without a watch."""
    if watch is None:
        yield
        return
    with _held_fits(watch):
        before = sys.gettrace()
        sys.settrace(watch.trace)
        try:
            yield
        finally:
            sys.settrace(before)


@contextmanager
def _held_fits(watch: Watch) -> Iterator[None]:
    """Put a step behind every `fit` of scikit-learn's estimators and of what was made after their pattern."""
    module = sys.modules.get("sklearn.base")
    replaced: list[tuple[type, str, Any]] = []
    kinds = _subclasses(module.BaseEstimator) if module is not None else set()
    for kind in kinds:
        for name in _FITS:
            real = kind.__dict__.get(name)
            if callable(real):
                replaced.append((kind, name, real))
                try:
                    setattr(kind, name, _noting(real, watch))
                except (AttributeError, TypeError):
                    replaced.pop()
    try:
        yield
    finally:
        for kind, name, real in replaced:
            setattr(kind, name, real)


def _noting(real: Any, watch: Watch) -> Any:
    from functools import wraps

    @wraps(real)
    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = real(self, *args, **kwargs)
        given = args[0] if args else next(iter(kwargs.values()), None)
        shape = getattr(given, "shape", None)
        n_rows = int(shape[0]) if shape else len(given) if isinstance(given, Sized) else 0
        watch.fitted(self, n_rows)
        return result

    return fit


def _subclasses(kind: type) -> set[type]:
    found: set[type] = set()
    ahead = [kind]
    while ahead:
        below: list[type] = ahead.pop().__subclasses__()
        for one in below:
            if one not in found:
                found.add(one)
                ahead.append(one)
    return found


def _state(estimator: Any, n_test: int) -> Iterator[tuple[str, str]]:
    """Yield what an estimator has learnt, attribute by attribute; not its settings, nor arrays over the test rows."""
    settings = set(estimator.get_params(deep=False)) if hasattr(estimator, "get_params") else set()
    for name, value in list(vars(estimator).items()):
        if name in settings or isinstance(value, np.random.RandomState | np.random.Generator):
            continue
        yield name, f"{_walked(value, _DEEPEST, n_test, set()):08x}"


def _walked(value: Any, depth: int, n_test: int, on_way: set[int]) -> int:
    """Return a digest of a value and of what it holds."""
    if isinstance(value, np.ndarray) and value.dtype.names:  # by field: what pads them is left to chance
        return crc32(repr([_walked(value[name], 1, n_test, on_way) for name in value.dtype.names]).encode())
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return crc32(np.ascontiguousarray(value).tobytes())
    if isinstance(value, bool | int | float | str | bytes | np.generic | None):
        return crc32(repr(value).encode())
    if depth <= 0 or id(value) in on_way or isinstance(value, np.random.RandomState | np.random.Generator):
        return 0
    on_way = on_way | {id(value)}
    if isinstance(value, dict):
        inside = [(str(k), v) for k, v in list(value.items())[:_MOST_ITEMS]]
    elif isinstance(value, list | tuple | np.ndarray):
        inside = [(str(i), v) for i, v in enumerate(list(value)[:_MOST_ITEMS])]
    elif hasattr(value, "tocsr") and hasattr(value, "data"):
        inside = [("data", np.asarray(value.tocsr().data)), ("shape", value.shape)]
    elif hasattr(value, "__getstate__") and type(value).__module__.startswith("sklearn.tree._tree"):
        inside = [("state", value.__getstate__())]
    else:
        inside = list(getattr(value, "__dict__", {}).items())[:_MOST_ITEMS]
    total = 0
    for key, item in inside:
        total = crc32(f"{key}:{_walked(item, depth - 1, n_test, on_way)}".encode(), total)
    return total


def _digest(value: Any) -> str:
    if hasattr(value, "tocsr"):
        return f"{crc32(np.asarray(value.data).tobytes(), crc32(np.asarray(value.indices).tobytes())):08x}"
    array = np.asarray(value)
    if array.dtype.kind in "biufcmM":
        return f"{crc32(np.ascontiguousarray(array).tobytes()):08x}"
    return f"{crc32(repr(array.tolist()).encode('utf-8', 'replace')):08x}"
