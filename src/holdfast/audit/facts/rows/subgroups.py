"""Parts of the records that a person would ask about one by one: sites, sources, views, sexes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.acquisition import names_making
from holdfast.audit.facts.columns.columns import ColumnProfiles
from holdfast.audit.facts.columns.naming import words_of
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import NotApplicable

MOST_VALUES = 40  # more are not looked at one by one
_MOST_COLUMNS = 20
# Words for traits of persons that a score is asked for by law or custom (Barocas, Hardt & Narayanan, 2023).
_OF_PERSONS = frozenset({"sex", "gender", "race", "ethnicity", "ethnic", "nationality", "religion", "disability"})

Kind = Literal["given", "making", "person", "beside"]


@dataclass(frozen=True)
class Subgroup:
    """A column whose values are groups of records; `kind` says why it is looked at."""

    column: str
    kind: Kind
    values: tuple[str, ...]

    def codes(self, dataset: Dataset, rows: np.ndarray) -> Int[np.ndarray, " sample"]:
        """Return for each of `rows` the place of its value, -1 for a missing or rare one."""
        picked = dataset.table.column(self.column).take(pa.array(rows))
        codes = pc.fill_null(pc.index_in(_text(picked), value_set=pa.array(self.values, pa.large_string())), -1)
        return np.asarray(codes.to_numpy(), dtype=np.int64)


@fact()
def subgroups(dataset: Dataset, column_profiles: ColumnProfiles) -> tuple[Subgroup, ...]:
    """Columns whose values are groups of records: of role group or metadata, about making the record, or sex and race.

    Of each column the 40 most frequent values count; columns with more than 40 are left out unless they were given as
    groups.
    """
    found = []
    for column in dataset.columns:
        kind = _kind(column)
        if kind is None or column_profiles[column.name].n_unique < 2:
            continue
        profile = column_profiles[column.name]
        if profile.n_unique > MOST_VALUES and kind != "given":
            continue
        if column.kind == "number" and not (profile.whole and profile.n_unique <= MOST_VALUES) and kind != "given":
            continue
        values = _frequent(dataset, column.name)
        if len(values) >= 2 or (kind == "given" and values):
            found.append(Subgroup(column.name, kind, values))
    if not found:
        raise NotApplicable("no column that parts the records: groups, metadata, hospital, source, sex")
    order = {"given": 0, "making": 1, "person": 2, "beside": 3}
    return tuple(sorted(found, key=lambda item: order[item.kind])[:_MOST_COLUMNS])


def _kind(column: Column) -> Kind | None:
    if column.kind in {"image", "vector", "text", "time"}:
        return None
    if column.role == "group":
        return "given"
    if column.role not in {"feature", "metadata"}:
        return None
    if names_making(column.name):
        return "making"
    if _OF_PERSONS & set(words_of(column.name)):
        return "person"
    return "beside" if column.role == "metadata" else None


def _frequent(dataset: Dataset, name: str) -> tuple[str, ...]:
    """Return the most frequent values as text, in the order of the text."""
    counted = pc.value_counts(dataset.table.column(name).drop_null())
    values, counts = _text(pa.chunked_array([counted.field(0)])).to_pylist(), np.asarray(counted.field(1))
    order = sorted(range(len(values)), key=lambda i: (-counts[i], values[i]))[:MOST_VALUES]
    return tuple(sorted(values[i] for i in order))


def _text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(values, pa.large_string())
