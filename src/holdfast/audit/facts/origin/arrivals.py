"""How many records came in each period, and how many of them people made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.origin.provenance import Provenance
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.data.origin import MADE

MOST_PERIODS = 12
_FEWEST_A_PERIOD = 10


@dataclass(frozen=True)
class Arrivals:
    """New records by period, oldest first: names of the periods, records, and those of them that people made."""

    names: tuple[str, ...]
    records: Int[np.ndarray, " periods"]
    people: Int[np.ndarray, " periods"]
    by: str  # what the periods are: versions of a store, or a column
    columns: tuple[str, ...] = ()


class Counted(Protocol):
    """A version of a store, as far as its records are counted."""

    @property
    def number(self) -> int:
        """Its number."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags."""

    @property
    def added(self) -> int:
        """Records that were not there before."""

    @property
    def origins(self) -> Mapping[str, int]:
        """Records by origin."""


def arrivals_of(versions: Iterable[Counted]) -> Arrivals:
    """Return what each version of a store brought; versions that added nothing are left out."""
    names, records, people, before = [], [], [], 0
    for version in versions:
        now = version.origins.get("human", 0) + version.origins.get("human-verified", 0)
        if version.added:
            names.append(version.tags[0] if version.tags else f"version {version.number}")
            records.append(version.added)
            people.append(min(max(0, now - before), version.added))
        before = now
    return Arrivals(tuple(names), np.array(records, np.int64), np.array(people, np.int64), "version")


@fact()
def arrivals(dataset: Dataset, provenance: Provenance) -> Arrivals:
    """New records by the time at which they were made, in up to twelve periods with as many records each.

    Records of one moment stay together; test rows count as well as training rows.
    """
    if MADE not in dataset.table.column_names or not pa.types.is_timestamp(dataset.values(MADE).type):
        raise NotApplicable(f"no column says when records were made ({MADE}), and the data are no versions of a store")
    micro = pc.cast(dataset.values(MADE), pa.int64())
    known = np.asarray(pc.is_valid(micro).to_numpy(zero_copy_only=False))
    when = np.asarray(pc.fill_null(micro, 0).to_numpy(zero_copy_only=False), dtype=np.int64)[known]
    human = provenance.human[known]
    n_periods = min(MOST_PERIODS, len(when) // _FEWEST_A_PERIOD)
    if n_periods < 2:
        raise NotApplicable(f"{len(when):,} records say when they were made ({MADE}); too few to make periods of")
    ordered = np.sort(when)
    begins = np.unique(ordered[np.arange(n_periods) * len(ordered) // n_periods])
    period = np.searchsorted(begins, when, side="right") - 1
    records = np.bincount(period, minlength=len(begins))
    people = np.bincount(period[human], minlength=len(begins))
    names = tuple(str(np.datetime64(int(begin), "us").astype("datetime64[D]")) for begin in begins)
    return Arrivals(names, records, people, "period", (MADE,))
