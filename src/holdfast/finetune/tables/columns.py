"""Columns of a table as numbers, learnt from training rows alone and kept as JSON, so that new rows read the same."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float, Int
from pydantic import BaseModel

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.text import one_line

FARTHEST = float(np.finfo(np.float32).max)  # infinities become this: squares of it are still finite
_MOST_CODES = 250  # boosting in scikit-learn takes at most 255 bins of a column
_MOST_ONES = 50  # columns of 0 and 1 that a category becomes; the rarer values share one
_READ = ("number", "category", "time")


class Seen(BaseModel):
    """One column, as the training rows had it."""

    model_config = FROZEN
    name: str
    kind: Literal["number", "category", "time"]
    values: tuple[str, ...] = ()  # of a category, in sorted order
    rest: bool = False  # whether rarer values were left out of these
    middle: float = 0.0  # median of what is there; stands for what is missing
    mean: float = 0.0
    spread: float = 1.0
    gaps: bool = False  # whether any was missing


class Encoder(BaseModel):
    """How rows become numbers.

    `native`: numbers as they are, categories as codes, missing as NaN, for estimators that take those. Otherwise
    numbers are centred and scaled, what is missing becomes the median and is marked in a column of its own, and a
    category becomes a column of 0 and 1 for each value. A value that no training row had is like one that is missing,
    or belongs to the rest where there is one. Times are days since 1970.
    """

    model_config = FROZEN
    native: bool
    columns: tuple[Seen, ...]

    @property
    def categorical(self) -> Bool[np.ndarray, " columns"]:
        """Which columns of a native matrix hold codes."""
        return np.array([one.kind == "category" for one in self.columns], dtype=bool)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are read."""
        return tuple(one.name for one in self.columns)

    def matrix(self, dataset: Dataset, rows: Int[np.ndarray, " rows"]) -> Float[np.ndarray, "rows width"]:
        """Return rows as numbers, in the given order. Raises BadInput for a column of another kind."""
        parts = [self._encoded(one, dataset, rows) for one in self.columns]
        return np.concatenate(parts, axis=1)

    def _encoded(self, one: Seen, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
        if one.kind == "category":
            codes = _codes(one, dataset, rows)
            if self.native:
                return np.where(codes < 0, np.nan, codes.astype(np.float64))[:, None]
            width = len(one.values) + one.rest
            found = np.zeros((len(rows), width + one.gaps))
            there = codes >= 0
            found[there, codes[there]] = 1.0
            if one.gaps:
                found[~there, width] = 1.0
            return found
        values = _numbers(one, dataset, rows)
        if self.native:
            return values[:, None]
        missing = np.isnan(values)
        scaled = (np.where(missing, one.middle, values) - one.mean) / one.spread
        return np.column_stack([scaled, missing.astype(np.float64)]) if one.gaps else scaled[:, None]


def columns_of(dataset: Dataset, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the columns to learn from: those that are wanted, or all features. Raises BadInput for what is no number.

    Texts, pictures and vectors are refused, with what to do.
    """
    label = dataset.one("label")
    for name in wanted:
        if label is not None and dataset[name].name == label.name:
            raise BadInput(f"inputs names the label {label.name!r}; a model learns it from the other columns")
    found = [dataset[name] for name in wanted] if wanted else list(dataset.of(role="feature"))
    read = [one.name for one in found if one.kind in _READ]
    others = {one.name: one.kind for one in found if one.kind not in _READ}
    if others:
        name, kind = next(iter(others.items()))
        shown = ", ".join(f'"{one_line(each, 40)}"' for each in read[:6]) + (", …" if len(read) > 6 else "")
        can = f"name the others: inputs = [{shown}]" if read else "there is no other to learn from"
        how = {
            "text": "learn from it with a language model (holdfast finetune MODEL …, a folder or hub name), make "
            "numbers of it, or leave it out",
            "image": "learn from it with an image model, or leave it out",
        }.get(kind, "leave it out")
        raise BadInput(
            f"column {one_line(name, 60)!r} holds {kind}, which an estimator of tables cannot read; {how}: {can}"
        )
    if not read:
        raise BadInput(f"{dataset.name} has no column of numbers, categories or times beside the label")
    return tuple(read)


def encoder_of(dataset: Dataset, names: Sequence[str], rows: Int[np.ndarray, " rows"], *, native: bool) -> Encoder:
    """Return how these columns become numbers, from the rows to learn from; those that hold nothing are left out."""
    found = [_seen(dataset, name, rows, native=native) for name in names]
    kept = tuple(one for one in found if one is not None)
    if not kept:
        raise BadInput(f"no column of {dataset.name} holds a value in the training rows")
    return Encoder(native=native, columns=kept)


def _seen(dataset: Dataset, name: str, rows: np.ndarray, *, native: bool) -> Seen | None:
    kind = dataset[name].kind
    assert kind in _READ
    if kind == "category":
        taken = _strings(dataset, name, rows)
        counts = pc.value_counts(taken.drop_null())
        values, n = counts.field(0).to_pylist(), np.asarray(counts.field(1))
        order = sorted(range(len(values)), key=lambda at: (-n[at], values[at]))
        most = _MOST_CODES if native else _MOST_ONES
        kept = tuple(sorted(values[at] for at in order[:most]))
        rest = len(values) > most
        return Seen(name=name, kind="category", values=kept, rest=rest, gaps=taken.null_count > 0) if kept else None
    one = Seen(name=name, kind="time" if kind == "time" else "number")
    values = _numbers(one, dataset, rows)
    missing = np.isnan(values)
    if missing.all():
        return None
    middle = float(np.median(values[~missing]))
    filled = np.where(missing, middle, values)
    spread = float(filled.std())
    update = {"middle": middle, "mean": float(filled.mean()), "spread": spread if spread > 0 else 1.0,
              "gaps": bool(missing.any())}  # fmt: skip
    return one.model_copy(update=update)


def _numbers(one: Seen, dataset: Dataset, rows: np.ndarray) -> Float[np.ndarray, " rows"]:
    _refuse_strings(one, dataset)
    values = np.clip(dataset.numbers(one.name)[rows], -FARTHEST, FARTHEST)
    return values / 86_400.0 if one.kind == "time" else values


def _codes(one: Seen, dataset: Dataset, rows: np.ndarray) -> Int[np.ndarray, " rows"]:
    """Return the place of each value, -1 for what is missing or was never seen and belongs to no rest."""
    taken = _strings(dataset, one.name, rows)
    found = pc.fill_null(pc.index_in(taken, value_set=pa.array(one.values, pa.large_string())), -1)
    codes = found.to_numpy(zero_copy_only=False).astype(np.int64)
    if one.rest:
        there = pc.is_valid(taken).to_numpy(zero_copy_only=False)
        codes[(codes < 0) & there] = len(one.values)
    return codes


def _strings(dataset: Dataset, name: str, rows: np.ndarray) -> pa.Array:
    """Return cells as text, whole numbers and truth values in one way whatever they are stored as."""
    taken = dataset.values(name).take(pa.array(rows)).combine_chunks()
    if pa.types.is_floating(taken.type):
        whole = pc.equal(pc.floor(taken), taken)
        if pc.all(pc.fill_null(whole, fill_value=True)).as_py():
            taken = pc.cast(taken, pa.int64(), safe=False)
    texts = pc.cast(taken, pa.large_string())
    if pa.types.is_boolean(taken.type):
        return texts
    lowered = pc.utf8_lower(texts)
    truth = pc.fill_null(pc.is_in(lowered, value_set=pa.array(["true", "false"], pa.large_string())), fill_value=False)
    return pc.if_else(truth, lowered, texts)


def _refuse_strings(one: Seen, dataset: Dataset) -> None:
    kind = dataset.values(one.name).type
    if pa.types.is_null(kind):
        return
    if pa.types.is_large_string(kind) or (one.kind == "time") != pa.types.is_timestamp(kind):
        raise BadInput(
            f"column {one_line(one.name, 60)!r} held {one.kind}s when the model learnt, and holds {kind} in "
            f"{dataset.name}; write it as then"
        )
