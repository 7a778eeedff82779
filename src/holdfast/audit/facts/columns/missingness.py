"""How much it tells about the label that a value is missing."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.sentinels import Sentinels
from holdfast.audit.facts.labels.conditional import normal_tail, ranks_of
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.core.dataset import Dataset
from holdfast.core.record import Sampled

_LEAST_MISSING = 20
_LEAST_OF_CLASS = 20


@dataclass(frozen=True, slots=True)
class Gap:
    """A column with missing values, and what their absence tells.

    For classes, `area` is the AUC of "missing" for the class `stands_for` that it tells most about, with the share
    of rows of that class among those with (`given_missing`) and without a missing value. For a number, `area` is the
    chance that a row with a missing value has the larger label, and the shares are mean labels. `coded` counts the
    missing values that are written as a value, such as 0 or "?".
    """

    column: str
    n_missing: int
    coded: int
    area: float
    p_value: float
    stands_for: str
    given_missing: float
    given_known: float


@dataclass(frozen=True)
class Gaps:
    """Every column with enough missing values to say something; the most telling first."""

    found: tuple[Gap, ...]
    sampled: Sampled | None


@fact()
def gaps(
    dataset: Dataset, labels: Labels, row_keys: RowKeys, sentinels: Sentinels | None, *, most_rows: int = 200_000
) -> Gaps:
    """What missing values tell about the label, column by column; a value that surely stands for missing counts."""
    rows = row_keys.sample(labels.known, most_rows)
    n = int(labels.known.sum())
    place = np.full(len(dataset), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    coded: dict[str, list[np.ndarray]] = {}
    for sentinel in sentinels.found if sentinels else ():
        if sentinel.sure:
            coded.setdefault(sentinel.column, []).append(np.asarray(sentinel.rows))
    found = []
    for column in dataset.of(role="feature"):
        written = coded.get(column.name)
        if written is None and dataset.table.column(column.name).null_count < _LEAST_MISSING:
            continue
        missing = np.asarray(dataset.table.column(column.name).take(pa.array(rows)).is_null().to_numpy())
        at = place[np.concatenate(written)] if written else np.zeros(0, dtype=np.int64)
        missing[at[at >= 0]] = True
        if min(missing.sum(), (~missing).sum()) >= _LEAST_MISSING:
            found.append(_gap(column.name, missing, int((at >= 0).sum()), labels, rows))
    sampled = Sampled(what="missing values against the label", rows=len(rows), of=n) if len(rows) < n else None
    return Gaps(tuple(sorted(found, key=lambda gap: -abs(gap.area - 0.5))), sampled)


def _gap(name: str, missing: Bool[np.ndarray, " n"], coded: int, labels: Labels, rows: np.ndarray) -> Gap:
    n_missing, n_known = int(missing.sum()), int((~missing).sum())
    if not labels.is_classes:
        y = labels.values[rows]
        area, p_value = _larger(ranks_of(y), missing)
        return Gap(name, n_missing, coded, area, p_value, "", float(y[missing].mean()), float(y[~missing].mean()))
    codes = labels.codes[rows]
    n_classes = len(labels.classes)
    with_gap = np.bincount(codes[missing], minlength=n_classes).astype(np.float64)
    without = np.bincount(codes[~missing], minlength=n_classes).astype(np.float64)
    total = with_gap + without
    judged = np.flatnonzero((total >= _LEAST_OF_CLASS) & (len(rows) - total >= _LEAST_OF_CLASS))
    if not len(judged):
        return Gap(name, n_missing, coded, 0.5, 1.0, "", 0.0, 0.0)
    in_class = with_gap[judged] / total[judged]
    elsewhere = (n_missing - with_gap[judged]) / (len(rows) - total[judged])
    best = int(np.abs(in_class - elsewhere).argmax())
    k = int(judged[best])
    return Gap(
        name,
        n_missing,
        coded,
        0.5 + float(in_class[best] - elsewhere[best]) / 2,
        _independence(np.stack([with_gap[judged], without[judged]])),
        labels.classes[k],
        float(with_gap[k] / n_missing),
        float(without[k] / n_known),
    )


def _independence(counts: Float[np.ndarray, "2 classes"]) -> float:
    """Return the p-value of Pearson's chi-squared test."""
    from scipy.stats import chi2

    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
    statistic = float(((counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum())
    return float(chi2.sf(statistic, max(1, counts.shape[1] - 1)))


def _larger(ranks: np.ndarray, missing: np.ndarray) -> tuple[float, float]:
    """Return the chance that a label with a gap is larger than one without, and its two-sided p-value."""
    n, n_missing = len(ranks), int(missing.sum())
    n_known = n - n_missing
    area = 0.5 + float(ranks[missing].mean() - ranks[~missing].mean())
    # The deviation of the ranks themselves corrects for ties (Mann & Whitney, 1947).
    spread = float(ranks.std())
    deviation = spread * np.sqrt(1 / n_missing + 1 / n_known)
    return area, 2 * normal_tail(abs(area - 0.5) / max(deviation, 1e-12)) if spread > 0 else 1.0
