"""Which labels are likely wrong: contradicted by a model as often where it is sure as where it is surest."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.spelling import same_class
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.probabilities import OutOfFold
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

REGIONS = (0.8, 0.7, 0.6, 0.5, 0.4, 0.3)  # share of the rows, the surest, in which the rate may be level
LEAST_RATE = 0.003  # below, exceptions that are true are as likely as errors
MOST_RATE = 0.06  # above, something the columns do not hold decides the label; test sets average 3% (Northcutt et al.)
LEAST_PRECISION = 0.6  # of what is flagged at the edge
MOST_OF_A_CLASS = 0.3  # if more of a class is contradicted, the model does not know the class
_LEVEL = 0.8  # rate among the surest third against the least sure third of the region
_UNLEVEL = 0.6  # a ratio that must be ruled out, at two standard errors
_ENOUGH = 50  # contradictions, to speak about their course
_STRAY = 0.2  # of the suspects may be of a class that the model does not know; they are left out
_RARE, _ONE_SIDED = 0.5, 0.9  # of a fair share; suspects that nearly all carry a rare class may be hard to see
_STEP = 0.02  # of the rows: how the region is extended


@dataclass(frozen=True)
class LabelNoise:
    """What can be said about wrong labels.

    `rate` is the share of wrong labels (with its standard error), where one can be told, else None with a `reason`.
    `rows` are the suspects, the surest first, `suggested` the class the model gives each, `precision` the share of
    them expected to be wrong. `contradicted` shows how often the model is contradicted in twenty equal steps, from
    the surest rows to the least sure.
    """

    rate: float | None
    error: float
    rows: Int[np.ndarray, " suspects"]
    suggested: Int[np.ndarray, " suspects"]
    precision: float
    reason: str
    contradicted: Float[np.ndarray, " steps"]
    sampled: Sampled | None = None


@fact()
def label_noise(labels: Labels, probabilities: OutOfFold, row_keys: RowKeys) -> LabelNoise:
    """Rows whose label a model contradicts although it is sure, where that is the mark of a wrong label.

    Confident learning (Northcutt, Jiang & Chuang, 2021) takes every confident contradiction for an error, and is
    wrong about most where classes overlap. But overlap and error leave different traces. Where classes overlap,
    contradictions become rarer the surer the model is; wrong labels do not care how sure it is, and leave a level
    floor. So the rate is believed only where the surest third of a broad region is contradicted about as often as
    its least sure third; a suspect's chance of being wrong is then the floor over the rate around it.
    """
    if not labels.is_classes:
        raise NotApplicable(f"the label {labels.column!r} is a number")
    given, said, sure = _compared(labels, probabilities)
    order = np.lexsort((row_keys.values[probabilities.rows], -sure))
    rows, given, said = probabilities.rows[order], given[order], said[order]
    wrong = given != said
    n = len(rows)
    edges = np.linspace(0, n, 21).astype(np.int64)
    steps = np.array([wrong[a:b].mean() if b > a else np.nan for a, b in pairwise(edges)])
    nothing = np.empty(0, dtype=np.int64)

    def untold(reason: str) -> LabelNoise:
        return LabelNoise(None, 0.0, nothing, nothing, 0.0, reason, steps, probabilities.sampled)

    region = _level_region(wrong)
    if region is None:
        return untold(_why_not(wrong))
    third = region // 3
    rate = float(wrong[:region].mean())
    # Of the surer two thirds, as the last may hold the beginning of the overlap; or of the surest, if that is less.
    floor = float(min(wrong[: 2 * third].mean(), wrong[:third].mean()))
    error = float(np.sqrt(floor / third))
    if rate > MOST_RATE:
        return untold(
            f"the model is contradicted in {rate:.0%} of the rows however sure it is: more than labels are usually "
            "wrong, so that something the columns do not hold may decide them"
        )
    if rate < LEAST_RATE:
        return untold("")
    stop = _extended(wrong, region, floor)
    suspects = np.flatnonzero(wrong[:stop])
    doubt = _doubt(given, wrong, suspects, labels.classes)
    if doubt:
        return untold(doubt)
    precision = min(1.0, max(0.0, floor - error) * stop / int(wrong[:stop].sum()))
    return LabelNoise(floor, error, rows[suspects], said[suspects], precision, "", steps, probabilities.sampled)


def _compared(labels: Labels, probabilities: OutOfFold) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return given class, predicted class and its probability; spellings of one class are one class."""
    same = same_class(labels.classes)
    merged = np.zeros_like(probabilities.probabilities)
    for code, first in enumerate(same):
        merged[:, first] += probabilities.probabilities[:, code]
    return same[labels.codes[probabilities.rows]], merged.argmax(axis=1), merged.max(axis=1)


def _level_region(wrong: np.ndarray) -> int | None:
    """Return how many of the surest rows are contradicted at a level rate; the broadest such region, if any."""
    for share in REGIONS:
        stop = int(share * len(wrong))
        third = stop // 3
        surest, least = float(wrong[:third].sum()), float(wrong[stop - third : stop].sum())
        if not surest or not least or surest < _LEVEL * least:
            continue
        spread = np.sqrt(1.0 / surest + 1.0 / least)
        if np.log(surest / least / _UNLEVEL) >= 2.0 * spread:
            return stop
    return None


def _why_not(wrong: np.ndarray) -> str:
    """Return why no rate can be told; nothing, if the model is hardly ever contradicted where it is sure."""
    half = wrong[: len(wrong) // 2]
    third = len(half) // 3
    surest, least = (half[:third].mean(), half[len(half) - third :].mean()) if third else (0.0, 0.0)
    if half.sum() < LEAST_RATE * len(half) or surest + 2.0 * np.sqrt(surest * third + 1.0) / max(1, third) < LEAST_RATE:
        return ""
    if half.sum() < _ENOUGH:
        return f"too few contradictions ({int(half.sum())} among the surer half of the rows) to tell wrong labels"
    return (
        f"classes overlap: among the surer half of the rows the model is contradicted in {surest:.1%} of the surest "
        f"third and {least:.1%} of the least sure, so that a contradiction does not mark a wrong label"
    )


def _doubt(given: np.ndarray, wrong: np.ndarray, suspects: np.ndarray, classes: tuple[str, ...]) -> str:
    """Return why the model rather than the labels may be wrong about the suspects; nothing, if it knows its classes."""
    count = np.maximum(1, np.bincount(given, minlength=len(classes)))
    missed = np.bincount(given[wrong], minlength=len(classes)) / count
    unknown = missed[given[suspects]] > MOST_OF_A_CLASS
    if unknown.mean() > _STRAY:
        code = int(np.bincount(given[suspects[unknown]]).argmax())
        return (
            f"the model misses {missed[code]:.0%} of the class {classes[code][:40]!r}: it does not know that class well"
        )
    n_classes = int((count > 1).sum())
    rare = count < _RARE * len(given) / n_classes
    if rare[given[suspects]].mean() >= _ONE_SIDED:
        return "nearly all contradicted rows carry a rare class, which may be hard to see rather than wrong"
    return ""


def _extended(wrong: np.ndarray, region: int, floor: float) -> int:
    """Return where suspects end: beyond the region, as long as a contradiction is likely enough an error."""
    step = max(50, int(_STEP * len(wrong)))
    stop = region
    while stop + step <= len(wrong) and floor >= LEAST_PRECISION * wrong[stop : stop + step].mean():
        stop += step
    return stop
