"""Whether answers depend on labels that are not known when they are due."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from holdfast.audit.definitions import fact
from holdfast.audit.probe.bench import Bench, Change, Effect
from holdfast.audit.probe.changing import Kind
from holdfast.audit.probe.comparing import Trail
from holdfast.audit.probe.cuts import cuts_of
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

_MOST_CUTS = 4
_KINDS: tuple[Kind, ...] = ("shuffled", "raised", "lowered")  # the first keeps how many of each class there are


@dataclass(frozen=True)
class LabelUse:
    """The first change of labels that moves an answer that should not know them; `trail` also where none moved."""

    label: str
    effect: Effect | None
    trail: Trail
    judged: Callable[[Change], np.ndarray]
    scope: str
    sampled: Sampled | None = None


@fact(costly=True)
def label_use(bench: Bench) -> LabelUse:
    """Whether other labels in test rows, or from a moment on, move any answer that is due before they are known."""
    label = bench.layout.label
    if bench.about.form == "estimator":
        raise NotApplicable("an estimator never gets the labels of test rows")
    if bench.about.form == "split":
        raise NotApplicable("asked of functions that answer for rows, not of one that splits them")
    if label is None:
        raise NotApplicable("no label (--label COLUMN)")
    if bench.about.form == "fit_predict" and not bench.layout.label_in_test:
        raise NotApplicable("the code gets no labels of test rows (it trips over them)")
    changes, judge = _questions(bench, label)
    effect = bench.effect(changes, judge, "labels")
    shown = effect.change if effect is not None else changes[0]
    trail = bench.trail(shown, besides=label)
    if effect is not None and trail.first is None:  # nothing learnt otherwise: name the line where the labels enter
        trail = bench.trail(shown, watch=np.setdiff1d(shown.touched, effect.judged), besides=label)
    scope = f"the label of test rows changed in {len(changes)} ways"
    return LabelUse(label, effect, trail, judge, scope, bench.sampled)


def _questions(bench: Bench, label: str) -> tuple[list[Change], Callable[[Change], np.ndarray]]:
    """Return the changes of labels, and which rows may not move under each."""
    layout = bench.layout
    whole = bench.about.form == "features"
    answered = layout.rows if whole else layout.test
    if layout.order is None:
        return [Change(kind, layout.test, (label,)) for kind in _KINDS], lambda _: answered
    order = layout.order
    touched = [answered[order[answered] >= cut] for cut in cuts_of(bench)[:_MOST_CUTS]]
    if not whole:
        touched.append(layout.test)
    changes = [Change(kind, rows, (label,)) for rows in touched for kind in _KINDS]
    return changes, lambda change: answered[order[answered] <= order[change.touched].min()]
