"""Whether other values in some test rows move answers about rows that nobody touched, and by which way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.probe.bench import Bench, Change, Effect
from holdfast.audit.probe.changing import SAID, VALUES, Kind
from holdfast.audit.probe.comparing import Trail
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

Route = Literal["none", "training", "batch", "unknown"]
_FEW = 3  # rows that are answered alone, without the others


@dataclass(frozen=True)
class Interference:
    """The first change of test rows that moves other rows; `route` says whether by way of training or of the batch.

    `trail` is of two watched calls, also where nothing moved: what was learnt may differ though no answer does.
    """

    effect: Effect | None
    trail: Trail
    route: Route
    judged: Callable[[Change], np.ndarray]
    scope: str
    sampled: Sampled | None = None


@fact(costly=True)
def interference(bench: Bench, row_keys: RowKeys) -> Interference:
    """Whether other values in test rows, fewer of them, or a few alone move any answer about the other rows.

    Without time, half of the test rows are touched and the other half is judged. With time, the last third is touched
    and the first third judged, so that what reaches from row to row does not count here, and features that look back
    are not accused. A function over one frame is judged by its training rows.
    """
    if bench.about.form == "estimator":
        raise NotApplicable("an estimator is fitted to training rows and never sees a test row")
    if bench.about.form == "split":
        raise NotApplicable("the code makes the split: whether a row is on both sides is asked by row-crosses-split")
    touched, judge = _sides(bench, row_keys)
    judged_rows = judge(Change("raised", touched))
    if not len(touched) or not len(judged_rows):
        raise NotApplicable("too few rows to touch some and judge others")
    changes = [Change(kind, touched, bench.layout.features) for kind in VALUES]
    changes.append(Change("removed", touched))
    if bench.about.form == "fit_predict" and bench.layout.order is None:
        few = row_keys.sample(np.isin(np.arange(len(row_keys.values)), judged_rows), _FEW)
        changes.append(Change("alone", np.setdiff1d(bench.layout.test, few)))
    effect = bench.effect(changes, judge, "test rows")
    trail = bench.trail(effect.change if effect is not None else changes[0])
    scope = _scope(bench, changes, touched, judged_rows)
    return Interference(effect, trail, _route(bench, effect, trail), judge, scope, bench.sampled)


def _sides(bench: Bench, row_keys: RowKeys) -> tuple[np.ndarray, Callable[[Change], np.ndarray]]:
    """Return the rows to touch, and what to judge."""
    layout = bench.layout
    whole = bench.about.form == "features"
    if whole and not len(layout.train):
        raise NotApplicable("no split: which rows are test rows is not known (--splitter, or two files)")
    if layout.order is None:
        half = layout.test[row_keys.folds(layout.test, 2) == 0]
        touched, fixed = (layout.test, layout.train) if whole else (half, np.setdiff1d(layout.test, half))
    else:
        first, last = np.quantile(layout.order[layout.test], [1.0 / 3.0, 2.0 / 3.0])
        touched = layout.test[layout.order[layout.test] > last]
        early = layout.train if whole else layout.test
        fixed = early[layout.order[early] <= first]
    return touched, lambda change: np.setdiff1d(fixed, change.touched)


def _route(bench: Bench, effect: Effect | None, trail: Trail) -> Route:
    if effect is None:
        return "training" if trail.training is not None else "none"
    if bench.about.form == "features" or trail.training is not None:
        return "training"
    return "batch" if trail.first is not None else "unknown"


def _scope(bench: Bench, changes: list[Change], touched: np.ndarray, judged: np.ndarray) -> str:
    kinds: dict[Kind, str] = {change.kind: SAID[change.kind] for change in changes}
    whose = "training rows" if bench.about.form == "features" else "test rows"
    return (
        f"{len(touched):,} test rows changed in {len(bench.layout.features):,} columns ({', '.join(kinds.values())}), "
        f"{len(judged):,} other {whose} judged"
    )
