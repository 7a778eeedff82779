"""Which rows belong together: to one patient, user or machine; as told, or as names and values show."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.columns import ColumnProfiles
from holdfast.audit.facts.columns.file_groups import file_groups
from holdfast.audit.facts.columns.naming import names_entity
from holdfast.audit.facts.rows.bundles import Bundle, find_bundle
from holdfast.audit.facts.rows.rows import RowGroups, RowKeys
from holdfast.core.dataset import Column, Dataset
from holdfast.core.record import Sampled
from holdfast.data.bulk.hashes import row_hashes

Origin = Literal["given", "id", "name", "file", "bundle", "none"]

LEAST_GROUPS = 20  # fewer are sites or conditions rather than persons
_MOST_OF_ALL = 0.1  # share of rows that one person can plausibly bring
_LEAST_REPEATED = 0.01  # share of rows that must share their key for an id to be a group
_LEAST_REPEATED_IN_BUNDLE = 0.2


@dataclass(frozen=True)
class Groups:
    """Rows that belong together. `codes` numbers the groups from 0, -1 where a row has none.

    `origin` says how they were found: `given` by the person, `id` (an id that repeats), `name` (a column called like
    a person's key that repeats), `file` (a number that names of files share), `bundle` (columns that repeat together),
    or `none`: then `columns` is empty and all
    codes are -1. `steady` are columns that hardly change within a bundle's groups.
    """

    columns: tuple[str, ...]
    codes: Int[np.ndarray, " rows"]
    n_groups: int
    origin: Origin
    bundle: Bundle | None
    sampled: Sampled | None

    @property
    def found(self) -> bool:
        """Whether there are groups at all."""
        return self.origin != "none"

    @property
    def given(self) -> bool:
        """Whether the person named them."""
        return self.origin == "given"

    @property
    def certain(self) -> bool:
        """Whether they were named, by role or by a name that leaves little doubt."""
        return self.origin in {"given", "id", "name"}

    @property
    def title(self) -> str:
        """What a group is, for a sentence: the columns that name it."""
        if self.origin == "file":
            return f"what the names in {self.columns[0]!r} begin with"
        return " + ".join(repr(name) for name in self.columns)


@fact()
def groups(
    dataset: Dataset, column_profiles: ColumnProfiles, row_groups: RowGroups | None, row_keys: RowKeys
) -> Groups:
    """Which rows belong together; never missing, since `found` says whether there are any.

    Taken in this order: columns of role group; an id that repeats; a column named like a person's or thing's key
    that repeats; a number that names of files share; columns that repeat together far beyond chance.
    """
    given = tuple(column.name for column in dataset.of(role="group"))
    if given and len(dataset):
        return _of(dataset, given, "given")
    candidates: tuple[tuple[Origin, list[Column]], ...] = (
        ("id", [c for c in dataset.of(role="id") if c.kind != "time"]),
        ("name", [c for c in dataset.columns if c.role in {"feature", "metadata"} and names_entity(c.name)]),
    )
    for origin, columns in candidates:
        found = [_of(dataset, (c.name,), origin) for c in columns if _may_group(c, column_profiles)]
        found = [item for item in found if _like_persons(item, _LEAST_REPEATED)]
        if found:
            # A visit lies within a patient: the coarser key is the safer one.
            return min(found, key=lambda item: item.n_groups)
    for name, codes in file_groups(dataset):
        inferred = Groups((name,), codes, int(codes.max(initial=-1)) + 1, "file", None, None)
        if _like_persons(inferred, _LEAST_REPEATED_IN_BUNDLE) and not _are_classes(dataset, inferred):
            return inferred
    bundle, sampled = (
        (None, None) if row_groups is None else find_bundle(dataset, column_profiles, row_groups, row_keys)
    )
    if bundle is not None:
        inferred = _of(dataset, bundle.columns, "bundle", bundle, sampled)
        if _like_persons(inferred, _LEAST_REPEATED_IN_BUNDLE):
            return inferred
    return Groups((), np.full(len(dataset), -1, dtype=np.int64), 0, "none", None, sampled)


def _of(
    dataset: Dataset,
    names: tuple[str, ...],
    origin: Origin,
    bundle: Bundle | None = None,
    sampled: Sampled | None = None,
) -> Groups:
    """Return the groups of rows that are equal in all of the columns; a row that lacks all of them has no group."""
    missing = np.ones(len(dataset), dtype=bool)
    for name in names:
        missing &= dataset.nulls(name)
    distinct, codes = np.unique(row_hashes(dataset, names)[~missing], return_inverse=True)
    numbered = np.full(len(dataset), -1, dtype=np.int64)
    numbered[~missing] = codes.reshape(-1)
    return Groups(names, numbered, len(distinct), origin, bundle, sampled)


def _may_group(column: Column, column_profiles: ColumnProfiles) -> bool:
    """Return whether a look at the column's values is worth while: whole numbers or words that repeat."""
    profile = column_profiles[column.name]
    if column.kind == "number" and not profile.whole:
        return False
    if column.kind not in {"number", "category", "text"} or profile.n_unique < LEAST_GROUPS:
        return False
    return not profile.n_unique_exact or profile.n_unique < profile.n_known


def _are_classes(dataset: Dataset, found: Groups) -> bool:
    """Return whether groups are little else than classes, such as folders and numbers that stand for one."""
    label = dataset.one("label")
    if label is None or label.kind == "number":
        return False
    codes, names = dataset.codes(label.name)
    both = (found.codes >= 0) & (codes >= 0)
    pairs = np.unique(np.column_stack([found.codes[both], codes[both]]), axis=0)
    return len(pairs) == len(np.unique(pairs[:, 0])) and found.n_groups <= 2 * len(names)


def _like_persons(found: Groups, least_repeated: float) -> bool:
    """Return whether there are many groups, none of them large, and enough rows that share theirs."""
    known = found.codes[found.codes >= 0]
    if found.n_groups < LEAST_GROUPS or not len(known):
        return False
    sizes = np.bincount(known)
    repeated = sizes[sizes >= 2].sum() / len(found.codes)
    return bool(sizes.max() <= max(_MOST_OF_ALL * len(found.codes), 2) and repeated >= least_repeated)
