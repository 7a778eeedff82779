"""Columns that are made of the label of earlier, the same, or later rows; labels that are made of later rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.time.order import TimeOrder
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

FURTHEST = 12  # rows before and after
_MOST_ROWS = 2_000
_STRETCH = 500
_ROWS_PER_TERM = 3  # equations for each coefficient, at least
_MOST_COLUMNS = 2_000
_LARGEST = 1e100  # squares of larger numbers leave the range of floats
_SHOWN = 0.3  # share explained by later labels from which weights are kept
_GATE = 0.15  # correlation of changes that makes a column worth a regression
_MOSTLY = 0.5  # of the rows hold the label of one row before: the column is a lag
_FEWEST_FILLED = 10
_NEARLY_ALL = 0.75  # of the other rows hold a later label; the rest lie in gaps longer than three rows
_CLEAR = 6.0  # standard errors
EXACT = 1e-6  # share of variance left, beyond which a column is not a sum of the given values; float32 leaves 1e-14


@dataclass(frozen=True, slots=True)
class ColumnWindow:
    """How one column is tied to the label of rows around it, by regressions on up to `FURTHEST` rows each way.

    `by_future` is the share of what past and present of label and column leave unexplained in the column that later
    labels explain, with its p-value; `ahead` the furthest of them that is needed. `label_by_future` and `label_ahead`
    say the same of the label, explained by later values of the column. `exact` tells whether the column is a plain
    weighted sum of labels: of earlier rows ("past") or of those and its own row's ("present"). Where the column is
    mostly the label of `lag` rows before, value for value, `filled` is the share of rows in which it is that of the
    row itself or a later one instead, as gaps filled backwards are.
    """

    name: str
    by_future: float
    p_value: float
    ahead: int
    label_by_future: float
    label_ahead: int
    exact: str
    reach: int
    weights: tuple[float, ...]
    lag: int = 0
    filled: float = 0.0


@dataclass(frozen=True)
class LabelWindows:
    """The windows of every number column, by name; `rows` were looked at, weights run over `offsets`."""

    columns: Mapping[str, ColumnWindow]
    offsets: Int[np.ndarray, " weights"]
    n_tested: int
    n_rows: int
    sampled: Sampled | None


@fact(costly=True)
def label_windows(dataset: Dataset, time_order: TimeOrder, labels: Labels) -> LabelWindows:
    """How the number columns are tied to the label of rows before and after."""
    if labels.is_classes and len(labels.classes) > 2:
        raise NotApplicable("the label has more than two classes: earlier and later ones cannot be averaged")
    names = [c.name for c in dataset.of(role="feature", kind="number") if c.name != time_order.column]
    if not names:
        raise NotApplicable("no number column")
    places = _places(time_order)
    reach = min(FURTHEST, len(places) // (_ROWS_PER_TERM * 4 + 2))
    if reach < 2:
        raise NotApplicable(f"only {len(places)} rows stand in time order: too few to look before and after each")
    label = _windows(labels.values, time_order, places, reach)
    names = names[:_MOST_COLUMNS]
    found = {}
    with one_thread():  # small factorisations: a second thread only waits
        for name in names:
            window = _tied(name, label, _windows(dataset.numbers(name), time_order, places, reach), reach)
            if window is not None:
                found[name] = window
    n = len(time_order.rows)
    sampled = Sampled(what="windows of the label", rows=len(places), of=n) if len(places) < n - 2 * reach else None
    return LabelWindows(found, np.arange(-reach, reach + 1), len(names), len(places), sampled)


def _places(order: TimeOrder) -> Int[np.ndarray, " places"]:
    """Return places in time order to look at: in stretches, each with enough neighbours in its series."""
    n = len(order.rows)
    inside = np.arange(FURTHEST, n - FURTHEST)
    if len(inside) > _MOST_ROWS:
        starts = np.linspace(FURTHEST, n - FURTHEST - _STRETCH, _MOST_ROWS // _STRETCH).astype(np.int64)
        inside = np.unique((starts[:, None] + np.arange(_STRETCH)).reshape(-1))
    same = order.series[inside - FURTHEST] == order.series[inside + FURTHEST] if len(inside) else inside.astype(bool)
    return inside[same]


def _windows(
    values: np.ndarray, order: TimeOrder, places: np.ndarray, reach: int
) -> Float[np.ndarray, "places window"]:
    """Return for each place the values from `reach` rows before it to `reach` rows after."""
    around = places[:, None] + np.arange(-reach, reach + 1)
    return np.asarray(values[order.rows[around]], dtype=np.float64)


def _tied(name: str, label: np.ndarray, column: np.ndarray, reach: int) -> ColumnWindow | None:
    """Return how a column is tied to the label; None where nothing speaks for it."""
    whole = np.isfinite(label).all(axis=1) & np.isfinite(column).all(axis=1)
    if whole.sum() < _ROWS_PER_TERM * (4 * reach + 2):
        return None
    y, x = label[whole], column[whole]
    if max(np.abs(y).max(), np.abs(x).max()) > _LARGEST:
        return None
    later, earlier = _moves_with(y, x, reach)
    if max(later, earlier) < _GATE:
        return None
    lag, filled = _filled(y, x[:, reach], reach) if earlier >= _GATE else (0, 0.0)
    y, x = y - y[0, reach], x - x[0, reach]  # keeps large offsets from eating digits
    past, present, future = slice(0, reach), slice(reach, reach + 1), slice(reach + 1, None)
    by_future, p_value, ahead = 0.0, 1.0, 0
    if later >= _GATE:
        left = _left_over(x[:, reach], [y[:, past], y[:, present], x[:, past], y[:, future]])
        by_future, p_value, ahead = _share(left, 2 * reach + 1, reach, len(y))
    label_by_future, label_ahead, exact, far = 0.0, 0, "", 0
    if earlier >= _GATE:
        mirrored = _left_over(y[:, reach], [x[:, past], x[:, present], y[:, past], x[:, future]])
        label_by_future, _, label_ahead = _share(mirrored, 2 * reach + 1, reach, len(y))
        exact, far = _plain_sum(x[:, reach], y, reach)
    weights: tuple[float, ...] = ()
    if exact or by_future >= _SHOWN:
        fitted = np.linalg.lstsq(np.column_stack([np.ones(len(y)), y]), x[:, reach], rcond=None)[0]
        weights = tuple(np.round(fitted[1:], 6).tolist())
    return ColumnWindow(name, by_future, p_value, ahead, label_by_future, label_ahead, exact, far, weights, lag, filled)


def _moves_with(y: np.ndarray, x: np.ndarray, reach: int) -> tuple[float, float]:
    """Return how much changes of the column go with changes of the label: of later rows, and of this and earlier ones.

    A mean over w rows moves with each of them by 1/√w, however slowly the label itself moves.
    """
    moved = x[:, reach] - x[:, reach - 1]
    if not moved.std() > 0:
        return 0.0, 0.0
    changes = np.diff(y, axis=1)
    spread = moved.std() * changes.std(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        together = np.abs((moved - moved.mean()) @ (changes - changes.mean(axis=0)) / (len(moved) * spread))
    together = np.where(np.isfinite(together), together, 0.0)
    return float(together[reach:].max()), float(together[:reach].max())


def _plain_sum(target: np.ndarray, y: np.ndarray, reach: int) -> tuple[str, int]:
    """Return whether the column is a weighted sum of labels (past, present or neither), and how far back it goes."""
    left = _left_over(target, [y[:, :reach][:, ::-1], y[:, reach : reach + 1]])
    total = float(left[0])
    if total <= 0:
        return "", 0
    if left[-2] <= EXACT * total:
        return "past", int(np.argmax(left <= 10 * EXACT * total))
    own = float(_left_over(target, [y[:, reach : reach + 1]])[-1])
    if left[-1] <= EXACT * total and own > 1e3 * EXACT * total:
        return "present", reach
    return "", 0


def _filled(y: np.ndarray, column: np.ndarray, reach: int) -> tuple[int, float]:
    """Return the lag at which the column is the label of a row before, and the share of rows that hold a later one.

    The share is 0 unless nearly all other rows do so, and far more than by chance: coarse labels are often equal.
    """
    equal = y == column[:, None]
    place = int(equal[:, :reach].mean(axis=0).argmax())
    usual = equal[:, place]
    others, later = ~usual & ~equal[:, :reach].any(axis=1), equal[:, reach : reach + 3].any(axis=1)
    n_others = int((~usual).sum())
    if usual.mean() < _MOSTLY or n_others < _FEWEST_FILLED:
        return 0, 0.0
    share, by_chance = float(later[others].sum() / n_others), float(later[usual].mean())
    error = np.sqrt(max(by_chance * (1 - by_chance), 1.0 / len(usual)) / n_others)
    if share < _NEARLY_ALL or share - by_chance < max(0.3, _CLEAR * error):
        return 0, 0.0
    return reach - place, float((later & others).mean())


def _left_over(target: np.ndarray, blocks: list[np.ndarray]) -> Float[np.ndarray, " nested"]:
    """Return the sum of squares that is left after 0, 1, 2, … of the columns in `blocks`, beside a constant.

    One QR factorisation gives all nested regressions: what is left after k columns is the tail of the last column
    of R below row k.
    """
    design = np.column_stack([np.ones(len(target)), *blocks, target])
    scale = np.sqrt((design**2).mean(axis=0))
    scale[scale == 0] = 1.0
    triangle = np.asarray(np.linalg.qr(design / scale, mode="r"))
    last = triangle[:, -1]
    tail = np.cumsum((last**2)[::-1])[::-1]
    return np.asarray(tail[1:])


def _share(left: np.ndarray, known: int, reach: int, n: int) -> tuple[float, float, int]:
    """Return the share that the last `reach` regressors explain of what the first `known` leave, p-value, how many."""
    from scipy.special import fdtrc

    total, before, after = float(left[0]), float(left[known]), float(left[known + reach])
    if total <= 0 or before <= EXACT * total:
        return 0.0, 1.0, 0
    freedom = n - known - reach - 1
    share = 1 - after / before
    ratio = ((before - after) / reach) / max(after / freedom, 1e-300)
    enough = before - 0.99 * (before - after)
    needed = int(np.argmax(left[known:] <= enough))
    return share, float(fdtrc(reach, freedom, min(ratio, 1e300))), needed
