"""Data as a model is shown them, and which of them stand on two sides: also in validation and the original task."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from holdfast.core.dataset import Dataset, Kind, Role
from holdfast.core.finding import Finding, Location, Severity
from holdfast.core.rows import Rows
from holdfast.data.inference import describe
from holdfast.finetune.chat.reading import readable
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import members

AS_SHOWN = ("split-overlap", "near-split-overlap")  # checks that compare what the model is shown
_REPLAY = "replay"  # the way of keeping that learns from the original task's training examples


@dataclass(frozen=True)
class View:
    """Two sides in the shape of training and test, and whose rows the latter are."""

    dataset: Dataset
    what: str
    split: str
    severity: Severity | None  # what a finding weighs; as the check says, if None
    rows: np.ndarray | None  # row numbers in the data set that is tuned on; None where they are of another

    def told(self, finding: Finding) -> Finding:
        """Return a finding about these sides, in words that say which they are."""
        places = tuple(
            Location(split=self.split, columns=place.columns)
            if self.rows is None
            else place.model_copy(update={"split": self.split, "rows": Rows(self.rows[np.asarray(place.rows)])})
            for place in finding.locations
        )
        weighs = finding.severity if self.severity is None else max(finding.severity, self.severity, key=_harmless)
        update = {"message": f"{self.what}: {finding.message}", "locations": places, "remedy": None, "severity": weighs}
        return finding.model_copy(update=update)


def as_shown(dataset: Dataset, columns: Sequence[str]) -> Dataset:
    """Return the data with nothing but what the model is shown as features; conversations as what is said in them."""
    if not columns:
        return dataset
    table = dataset.table
    for name in columns:
        said = readable(dataset, name)
        if said is not None:
            table = table.set_column(table.column_names.index(name), name, said)
    described = tuple(
        replace(one, kind=_text(table, one.name, one.kind), role="feature") if one.name in columns
        else replace(one, role="metadata") if one.role == "feature" else one
        for one in dataset.columns
    )  # fmt: skip
    return replace(dataset, table=table, columns=described)


def views(dataset: Dataset, original: Dataset | None, recipe: Recipe) -> Iterator[View]:
    """Yield validation beside training, and the original task's test beside whatever is learnt from."""
    found = members(dataset)
    train, valid, test = (found.get(name, np.zeros(0, np.int64)) for name in ("train", "valid", "test"))
    # Early stopping and the choice of weights look at validation rows: what they share makes the choice worse, or the
    # score a little too good, and neither makes it untrue.
    if len(valid) and dataset.one("split") is not None:
        yield _sides(dataset, train, valid, "validation rows, looked at as a test", "valid")
        yield _sides(dataset, valid, test, "test rows, beside validation rows as what is learnt", "test")
    if original is None:
        return
    then = members(original)
    before, texts = _said(original), _said(dataset)
    judged = [before[row] for row in then["test"]]
    yield _beside("rows of the original task's test among what is learnt", [texts[row] for row in train], judged)
    if _REPLAY in recipe.kept_by:
        again = [before[row] for row in then["train"]]
        yield _beside("rows of the original task's test among what is replayed", again, judged)


def _sides(dataset: Dataset, train: np.ndarray, test: np.ndarray, what: str, split: str) -> View:
    """Return some rows of a data set as training rows, and others as test rows."""
    column = dataset.one("split")
    assert column is not None
    rows = np.sort(np.concatenate([train, test]))
    named = np.where(np.isin(rows, test), "test", "train")
    place = dataset.table.column_names.index(column.name)
    table = dataset.table.take(pa.array(rows)).set_column(place, column.name, pa.array(named, pa.large_string()))
    return View(replace(dataset, table=table, sources=()), what, split, Severity.WARNING, rows)


def _beside(what: str, train: list[str], test: list[str]) -> View:
    table = pa.table({"text": [*train, *test], "split": ["train"] * len(train) + ["test"] * len(test)})
    roles: dict[str, Role] = {"split": "split"}
    kinds: dict[str, Kind] = {"text": "text"}
    return View(describe("original", table, roles=roles, kinds=kinds), what, "original", None, None)


def _said(dataset: Dataset) -> list[str]:
    """Return the features of each row as one text, whatever the columns are called; pictures by their hash."""
    features = dataset.of(role="feature")
    names = [one.name for one in features if one.kind != "image"] or [one.name for one in features]
    parts = [dataset.values(name).to_pylist() for name in names]
    return ["\n".join("" if value is None else str(value) for value in row) for row in zip(*parts, strict=True)]


def _text(table: pa.Table, name: str, kind: Kind) -> Kind:
    return "text" if kind != "image" and pa.types.is_large_string(table.column(name).type) else kind


def _harmless(one: Severity) -> int:
    return one.rank
