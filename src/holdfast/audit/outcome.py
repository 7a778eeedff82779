"""The splits of a run as a record keeps them: how many rows each has, and what the label looks like there."""

import numpy as np

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.runner import FactCrashed, Facts
from holdfast.core.errors import NotApplicable
from holdfast.core.record import ClassCount, SplitRecord, Summary

MOST_CLASSES = 50  # a record names the most frequent; it counts all


def split_records(facts: Facts) -> tuple[SplitRecord, ...]:
    """Return a record for each split, in the order train, valid, test, others; one called "all" where there is none."""
    try:
        labels: Labels | None = facts["labels"]
    except (NotApplicable, FactCrashed):
        labels = None
    try:
        split: SplitOf = facts["split_of"]
    except (NotApplicable, FactCrashed):
        if labels is None:
            return ()
        return (_record("all", np.ones(len(labels.values), dtype=bool), labels),)
    known = {"train": 0, "valid": 1, "test": 2}
    names = sorted(split.names, key=lambda name: (known.get(name, 3), name))
    return tuple(_record(name, split.mask(name), labels) for name in names)


def _record(name: str, mask: np.ndarray, labels: Labels | None) -> SplitRecord:
    if labels is None:
        return SplitRecord(name=name, rows=int(mask.sum()))
    here = mask & labels.known
    record = SplitRecord(name=name, rows=int(mask.sum()), unlabelled=int(mask.sum() - here.sum()))
    if not here.any():
        return record
    if not labels.is_classes:
        return record.model_copy(update={"summary": _summary(labels.values[here])})
    counts = np.bincount(labels.codes[here], minlength=len(labels.classes))
    order = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
    classes = tuple(ClassCount(name=labels.classes[i], rows=int(counts[i])) for i in order.tolist() if counts[i])
    return record.model_copy(update={"classes": classes, "n_classes": int((counts > 0).sum())})


def _summary(values: np.ndarray) -> Summary:
    # Squares and differences of the largest doubles overflow: the record then holds infinity, and no warning is given.
    with np.errstate(over="ignore", invalid="ignore"):
        low, quarter, middle, three, high = np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist()
        mean, spread = float(values.mean()), float(values.std())
    return Summary(mean=mean, sd=spread, low=low, quarter=quarter, median=middle, three_quarters=three, high=high)
