"""The picture of one thing known about records: which share of a class each of its values has."""

import numpy as np

from holdfast.audit.evidence import cell
from holdfast.audit.facts.labels.traits import Trait
from holdfast.core.finding import Examples, Series

_MOST_SHOWN = 8


def shares_by_value(
    trait: Trait, inside: np.ndarray, truth: np.ndarray, what: str, caption: str
) -> tuple[Series, Examples]:
    """Return bars of the mean of `truth` for the most frequent values of a trait, and the same as a table with counts.

    Numbers are cut into up to eight ranges of about as many rows. `truth` is of the rows `inside` the sample.
    """
    part, names = _parts(trait, inside)
    counts = np.bincount(part[part >= 0], minlength=len(names))
    sums = np.bincount(part[part >= 0], truth[part >= 0], minlength=len(names))
    means = [round(float(total / n), 4) for total, n in zip(sums, counts, strict=True)]
    return (
        Series(name=caption, x=names, y=tuple(means), x_name=trait.title, y_name=what, shape="bar"),
        Examples(
            caption=caption,
            columns=(trait.title, "rows", what),
            cells=tuple((cell(name), int(n), mean) for name, n, mean in zip(names, counts, means, strict=True)),
        ),
    )


def _parts(trait: Trait, inside: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return for each row of `inside` its place among a few shown values (-1: none of them), and their names."""
    values = trait.values[inside]
    if not trait.ordered:
        named = np.array(["missing" if value is None else value or "empty" for value in values.tolist()])
        distinct, place, counts = np.unique(named, return_inverse=True, return_counts=True)
        shown = np.argsort(-counts, kind="stable")[:_MOST_SHOWN]
        number = np.full(len(distinct), -1)
        number[shown] = np.arange(len(shown))
        return number[place.reshape(-1)], tuple(str(distinct[i])[:60] for i in shown)
    known = np.isfinite(values)
    part = np.full(len(values), -1)
    if not known.any():
        return part, ()
    numbers = values[known]
    edges = np.unique(np.quantile(numbers, np.arange(1, _MOST_SHOWN) / _MOST_SHOWN, method="lower"))
    raw = np.searchsorted(edges, numbers, side="left")
    _, part[known] = np.unique(raw, return_inverse=True)
    ends = [(numbers[part[known] == i].min(), numbers[part[known] == i].max()) for i in range(int(part.max()) + 1)]
    names = [f"{low:g}" if low == high else f"{low:g} to {high:g}" for low, high in ends]
    if not known.all():
        part[~known] = len(names)
        names.append("missing")
    return part, tuple(names)
