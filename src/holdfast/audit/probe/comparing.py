"""What differs between two answers, beyond what calls with the same input differ by."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from holdfast.audit.probe.pipeline import Answer, Event

EXACT = 1e-9  # of the largest value: the same arithmetic in the same order gives the same bits
ROUNDED = 1e-6  # where the number of rows differs, sums are ordered otherwise
COARSE = 1e-4  # for answers in 32 bits
RETURNED = "what it returns"  # the name under which a watched call notes that
_NOISE = 5.0  # times the largest difference seen between equal calls


@dataclass(frozen=True)
class Moved:
    """Rows whose answers differ: their numbers, the largest difference in parts of the largest value, and where."""

    rows: Int[np.ndarray, " moved"]
    judged: int
    largest: float = 0.0
    outputs: tuple[str, ...] = ()
    shape: str = ""  # says so where the answers have other columns

    def __bool__(self) -> bool:
        return len(self.rows) > 0


def moved(
    base: Answer, other: Answer, judged: np.ndarray, noise: "Noise | None" = None, *, resized: bool = False,
    besides: tuple[str, ...] = (),
) -> Moved:  # fmt: skip
    """Return which of the rows `judged` are answered otherwise in `other`; output columns in `besides` do not count."""
    judged = np.intersect1d(judged, base.rows)
    if base.names != other.names:
        return Moved(judged, len(judged), np.inf, (), f"{len(base.names)} output columns became {len(other.names)}")
    kept = np.isin(judged, other.rows)
    lost, judged_both = judged[~kept], judged[kept]
    left, right = _places(base.rows, judged_both), _places(other.rows, judged_both)
    hit = np.zeros(len(judged_both), dtype=bool)
    largest, outputs = (np.inf if len(lost) else 0.0), []
    strings = np.zeros(len(judged_both), dtype=bool)
    for place, name in enumerate(base.names):
        if name in besides:
            continue
        a, b = base.columns[place][left], other.columns[place][right]
        if a.dtype.kind == "O" or b.dtype.kind == "O":
            differs, size = a.astype(str) != b.astype(str), 1.0
            if noise is not None and noise.columns[place] > 0.0:
                differs[:] = False
            strings |= differs
        else:
            differs, size = _numbers(base, place, a, b, noise, resized=resized)
            hit |= differs
        if differs.any():
            outputs.append(name)
            largest = max(largest, size)
    # A class at a tie may turn when sums are ordered otherwise: one such row proves nothing.
    if strings.any() and (not resized or strings.sum() >= max(2, 0.005 * len(strings))):
        hit |= strings
    rows = np.union1d(judged_both[hit], lost)
    return Moved(rows, len(judged), float(largest) if len(rows) else 0.0, tuple(outputs))


def _numbers(
    base: Answer, place: int, a: np.ndarray, b: np.ndarray, noise: "Noise | None", *, resized: bool
) -> tuple[np.ndarray, float]:
    whole = base.columns[place]
    finite = np.abs(whole[np.isfinite(whole)])
    scale = float(finite.max(initial=0.0)) or 1.0
    tolerance = COARSE if not base.exact else ROUNDED if resized else EXACT
    if noise is not None:
        tolerance = max(tolerance, _NOISE * noise.columns[place])
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.where(a == b, 0.0, np.abs(a - b))
    unlike = np.isnan(a) != np.isnan(b)
    gap = np.where(np.isnan(gap), 0.0, gap) / scale
    differs = unlike | (gap > tolerance)
    size = float(np.max(np.where(unlike, 1.0, gap), initial=0.0))
    return differs, size


@dataclass(frozen=True)
class Noise:
    """By how much equal calls differ, per output column, in parts of the largest value; 1 for strings that differ."""

    columns: tuple[float, ...]

    @property
    def largest(self) -> float:
        """The largest of all."""
        return max(self.columns, default=0.0)


def noise_of(answers: list[Answer]) -> Noise:
    """Return by how much answers to equal calls differ from the first."""
    first = answers[0]
    worst = np.zeros(len(first.names))
    for i, one in enumerate(answers):
        for other in answers[i + 1 :]:
            found = _apart(one, other)
            if found is None:
                return Noise(tuple(np.ones(len(first.names))))
            worst = np.maximum(worst, found)
    return Noise(tuple(float(value) for value in worst))


def _apart(one: Answer, other: Answer) -> np.ndarray | None:
    """Return the largest difference per column; None where the answers are of another shape."""
    if one.names != other.names or not np.array_equal(one.rows, other.rows):
        return None
    gaps = []
    for a, b in zip(one.columns, other.columns, strict=True):
        if a.dtype.kind == "O" or b.dtype.kind == "O":
            gaps.append(float((a.astype(str) != b.astype(str)).any()))
            continue
        scale = float(np.abs(a[np.isfinite(a)]).max(initial=0.0)) or 1.0
        with np.errstate(invalid="ignore"):
            gap = np.where(a == b, 0.0, np.abs(a - b)) / scale
        unlike = np.isnan(a) != np.isnan(b)
        gaps.append(float(np.max(np.where(unlike, 1.0, np.where(np.isnan(gap), 0.0, gap)), initial=0.0)))
    return np.array(gaps)


@dataclass(frozen=True, slots=True)
class Culprit:
    """Where the interference begins in the code: the first value that differs in rows that nobody touched."""

    file: str
    line: int
    said: str


@dataclass(frozen=True)
class Trail:
    """What differs between two watched calls: the first place, and whether training rows or fits are among it."""

    first: Culprit | None
    training: Culprit | None
    fits: tuple[str, ...] = ()
    watched: bool = False


def trail(base: Answer, other: Answer, batches: Collection[int], *, besides: str | None = None) -> Trail:
    """Return what differs between two watched calls, in the order in which the code computed it.

    What is fitted to as many rows as one of `batches` learns from the test rows alone, as a batch does, not for them.
    Variables and columns called `besides` do not count: they hold what was changed.
    """
    known: dict[tuple[str, str, str, str], set[str]] = {}
    for event in base.events:
        known.setdefault((event.file, event.name, event.part, event.side), set()).add(event.digest)
    first: Culprit | None = None
    training: Culprit | None = None
    aside: Culprit | None = None  # a number or an object, which may hold anything
    fits: dict[str, None] = {}
    for event in other.events:
        digests = known.get((event.file, event.name, event.part, event.side))
        own = besides is not None and besides in {event.part, event.name}
        if own or digests is None or event.digest in digests:
            continue
        found = Culprit(event.file, event.line, _said(event))
        if event.side == "object":
            aside = aside or found
            continue
        first = first or (aside if aside is not None and event.name == RETURNED else found)
        if event.side == "train" or (event.side == "fit" and event.n_rows not in batches):
            training = training or found
        if event.side == "fit":
            fits[f"{event.name}.{event.part}"] = None
    return Trail(first, training, tuple(fits), watched=bool(base.events))


def _said(event: Event) -> str:
    if event.side == "object":
        return f"{event.name}{'.' * bool(event.part)}{event.part} becomes another"
    if event.side == "fit":
        return f"{event.name} learns another {event.part} (fitted to {event.n_rows:,} rows)"
    part = f"[{event.part!r}]" if event.part else ""
    whose = "training rows" if event.side == "train" else "rows that should stay as they are"
    return f"{event.name}{part} changes in {whose}"


def _places(rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    order = np.argsort(rows, kind="stable")
    return order[np.searchsorted(rows, wanted, sorter=order)]
