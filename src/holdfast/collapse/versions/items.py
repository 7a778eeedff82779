"""Slices of a data set as the sample sets that measures and alarms of the laboratory look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.facts.images.decoding import decoded, quiet
from holdfast.collapse.reading.sets import SampleItems
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams
from holdfast.core.text import one_line

MOST = 5_000  # items of a slice
_MOST_NUMBERS = 50
_FEWEST = 20  # items that a slice needs to be looked at


@dataclass(frozen=True)
class Plan:
    """What of the rows is looked at: one column of texts or pictures, or numbers and categories."""

    text: str = ""
    image: str = ""
    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plan_of(dataset: Dataset) -> Plan:
    """Return what is looked at: pictures before texts, texts before numbers. Raises NotApplicable for nothing.

    Numbers that miss values somewhere are left out: what is missing has no place in a tail.
    """
    features = [column for column in dataset.columns if column.role in {"feature", "label"}]
    images = [column.name for column in features if column.kind == "image"]
    texts = [column.name for column in features if column.kind == "text"]
    if images:
        return Plan(image=images[0])
    if texts:
        notes = (f"of {len(texts)} columns of texts, {one_line(texts[0], 60)} is looked at",) if len(texts) > 1 else ()
        return Plan(text=texts[0], notes=notes)
    numbers: list[str] = []
    left: list[str] = []
    for column in features:
        if column.kind == "number" and not pa.types.is_large_string(dataset.values(column.name).type):
            whole = bool(np.isfinite(dataset.numbers(column.name)).all())
            (numbers if whole else left).append(column.name)
    categories = tuple(column.name for column in features if column.kind == "category")
    if not numbers and not categories:
        raise NotApplicable("there is no column of texts, pictures, categories or numbers without missing values")
    notes = (f"{len(left)} columns of numbers miss values and are left out",) if left else ()
    return Plan(numbers=tuple(numbers[:_MOST_NUMBERS]), categories=categories, notes=notes)


def items_of(dataset: Dataset, rows: np.ndarray, plan: Plan, name: str, streams: Streams) -> SampleItems:
    """Return at most 5,000 of the rows as a sample set. Raises NotApplicable where too few can be looked at."""
    notes = plan.notes
    if len(rows) > MOST:
        rows = np.sort(streams("items", name).choice(rows, MOST, replace=False))
    taken = pa.array(rows)
    if plan.text:
        values = pc.cast(dataset.values(plan.text).take(taken).drop_null(), pa.large_string())
        found = SampleItems(name, len(values), "", texts=tuple(values.to_pylist()), columns=(plan.text,), notes=notes)
    elif plan.image:
        pixels = _pixels(dataset, dataset.values(plan.image).take(taken).drop_null().to_pylist())
        found = SampleItems(name, len(pixels), "", pixels=pixels, notes=notes)
    else:
        points = [dataset.numbers(one)[rows] for one in plan.numbers]
        categories = {one: _filled(dataset.values(one).take(taken)) for one in plan.categories}
        matrix = np.stack(points, axis=1) if points else None
        found = SampleItems(
            name, len(rows), "", points=matrix, columns=plan.numbers, categories=categories, notes=notes
        )
    if len(found) < _FEWEST:
        raise NotApplicable(f"{one_line(name, 60)} has {len(found)} items; at least {_FEWEST} are needed")
    return found


def sets_of(
    dataset: Dataset, codes: np.ndarray, names: Sequence[str], streams: Streams
) -> tuple[Plan, Mapping[str, SampleItems], tuple[str, ...]]:
    """Return the sample set of each slice that has enough items, and why others are left out."""
    plan = plan_of(dataset)
    found, left = {}, []
    for place, name in enumerate(names):
        try:
            found[name] = items_of(dataset, np.flatnonzero(codes == place), plan, name, streams)
        except NotApplicable as error:
            left.append(str(error))
    return plan, found, tuple(left)


def _filled(values: pa.ChunkedArray) -> pa.Array:
    return pc.fill_null(pc.cast(values.combine_chunks(), pa.large_string()), "")


def _pixels(dataset: Dataset, values: Sequence[str]) -> np.ndarray:
    """Return pictures as 32 × 32 in colour; damaged ones are left out."""
    small: dict[str, np.ndarray | None] = {}
    with quiet():
        for value in dict.fromkeys(values):
            try:
                small[value] = decoded(dataset.media.read(value)).small
            except OSError:
                small[value] = None
    good = [one for value in values if (one := small[value]) is not None]
    return np.stack(good).astype(np.float64) / 255.0 if good else np.empty((0, 32, 32, 3))
