"""What a training by Ultralytics came to, in words, tables and pictures."""

from typing import Any

from holdfast.audit.training import Training
from holdfast.core.finding import Series
from holdfast.core.record import Section
from holdfast.finetune.detection.telling import told
from holdfast.finetune.scorecard import scorecard, section
from holdfast.finetune.telling import beside, interval
from holdfast.finetune.telling_guards import guards_told

_OWN = {"metrics/mAP50-95(B)": "mAP50-95", "metrics/mAP50(B)": "mAP50"}


def sentence(training: Training) -> str:
    """Return what it came to in one sentence."""
    found = training.transfer
    assert found is not None
    control = next(one for one in found.controls if one.name == found.decisive)
    name = f"{training.metric[0].upper()}{training.metric[1:]}"
    return (
        f"{name} {interval(found.tuned)} on {found.n:,} test examples; {control.name} comes to {control.score:.3f}, "
        f"a difference of {interval(control.difference, '+.3f')}."
    )


def sections(work: Any, training: Training, trained: Any, seen: Any) -> tuple[Section, ...]:
    """Return the parts of the report."""
    return (
        section(scorecard(training)), told(seen.truth, seen.found, work.names, work.streams), *beside(training),
        *_way(training, trained), *guards_told(training),
    )  # fmt: skip


def notes(work: Any, trained: Any) -> tuple[str, ...]:
    """Return what must be said of how it was trained."""
    again = (
        ("it was gone on with from the newest weights that Ultralytics had written: not to the same bits",)
        if trained.resumed else ()
    )  # fmt: skip
    return (
        (
            f"trained by ultralytics {trained.version} on torch {trained.torch} in a process of its own, offline and "
            f"with nothing sent; {trained.weights:,} weights; pictures of {work.options.size} pixels"
        ),
        *again,
    )


def _way(training: Training, trained: Any) -> tuple[Section, ...]:
    """Return their losses and their own scores, epoch by epoch, as results.csv has them."""
    curves = training.curves
    if curves is None:
        return ()
    steps = curves.steps
    losses = Series(
        name="Loss on training and on validation pictures", x=steps * 2,
        y=(*(round(float(one), 6) for one in curves.train), *(round(float(one), 6) for one in curves.valid)),
        group=("training",) * len(steps) + ("validation",) * len(steps), x_name="epoch", y_name="loss",
    )  # fmt: skip
    shown = {name: said for name, said in _OWN.items() if any(name in row for row in trained.rows)}
    scores = Series(
        name="Average precision on validation pictures, as Ultralytics reckons it",
        x=steps * len(shown),
        y=tuple(round(float(row.get(name, 0.0)), 6) for name in shown for row in trained.rows),
        group=tuple(said for said in shown.values() for _ in steps), x_name="epoch", y_name="average precision",
    )  # fmt: skip
    stopped = training.gap.stopped if training.gap else ""
    kept = f"Their best weights are kept, of epoch {training.gap.chosen:,}." if training.gap else ""
    says = tuple(part for part in (kept, f"{stopped}." if stopped else "") if part)
    return (Section(title="On the way", says=says, evidence=(losses, *((scores,) if shown else ()))),)
