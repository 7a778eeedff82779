"""Who made each row, as its columns of provenance say."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Int

from holdfast.audit.definitions import fact
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.data.canonical import STRING
from holdfast.data.origin import GENERATION, GENERATOR, ORIGIN, ORIGINS, VERIFIER

NOT_KNOWN = -1  # code of a generator or generation that is not said


@dataclass(frozen=True)
class Provenance:
    """The origin of every row (its place in ORIGINS; missing and unknown words are unknown), and what made it.

    `misspelt` counts the words in the column that are none of ORIGINS. `generators` are in order of name, and
    `generator` holds places in it; `generation` the number as it stands; -1 where nothing is said.
    """

    column: str
    origin: Int[np.ndarray, " rows"]
    misspelt: Mapping[str, int]
    generators: tuple[str, ...]
    generator: Int[np.ndarray, " rows"]
    generation: Int[np.ndarray, " rows"]
    checked: Bool[np.ndarray, " rows"]  # somebody or something verified it

    def of(self, *origins: str) -> Bool[np.ndarray, " rows"]:
        """Return for each row whether its origin is one of these."""
        return np.isin(self.origin, [ORIGINS.index(name) for name in origins])

    @property
    def human(self) -> Bool[np.ndarray, " rows"]:
        """Rows that people made, verified or not."""
        return self.of("human", "human-verified")

    @property
    def synthetic(self) -> Bool[np.ndarray, " rows"]:
        """Rows that a model made."""
        return self.of("synthetic")


@fact()
def provenance(dataset: Dataset) -> Provenance:
    """Who made each row, from the column with the role of origin and those beside it."""
    column = dataset.one("origin")
    if column is None:
        raise NotApplicable(f"no provenance: no column says who made a row ({ORIGIN}); holdfast data add writes one")
    n = len(dataset)
    origin, misspelt = np.full(n, ORIGINS.index("unknown"), np.int64), {}
    values = dataset.values(column.name)
    if not pa.types.is_null(values.type) and n:
        codes, names = dataset.codes(column.name)
        places = np.array([*(_place(name) for name in names), ORIGINS.index("unknown")], np.int64)
        origin = places[codes]
        tally = np.bincount(codes[codes >= 0], minlength=len(names))
        misspelt = {str(name): int(tally[i]) for i, name in enumerate(names) if name not in ORIGINS}
    generator, generators = _generators(dataset)
    return Provenance(
        column.name, origin, dict(sorted(misspelt.items())), generators, generator, _generations(dataset),
        _valid(dataset, VERIFIER),
    )  # fmt: skip


def _place(name: object) -> int:
    return next((place for place, known in enumerate(ORIGINS) if known == name), ORIGINS.index("unknown"))


def _generators(dataset: Dataset) -> tuple[np.ndarray, tuple[str, ...]]:
    if not _has(dataset, GENERATOR):
        return np.full(len(dataset), NOT_KNOWN, np.int64), ()
    codes, names = dataset.codes(GENERATOR)
    ordered = sorted({str(name) for name in names})
    place = {name: number for number, name in enumerate(ordered)}
    return np.array([*(place[str(name)] for name in names), NOT_KNOWN], np.int64)[codes], tuple(ordered)


def _generations(dataset: Dataset) -> np.ndarray:
    if not _has(dataset, GENERATION):
        return np.full(len(dataset), NOT_KNOWN, np.int64)
    try:
        numbers = pc.cast(dataset.values(GENERATION), pa.int64(), safe=False)
    except pa.ArrowInvalid:  # words in place of numbers
        return np.full(len(dataset), NOT_KNOWN, np.int64)
    filled = np.asarray(pc.fill_null(numbers, NOT_KNOWN).to_numpy(zero_copy_only=False), dtype=np.int64)
    return np.where(filled < 0, NOT_KNOWN, filled)


def _valid(dataset: Dataset, name: str) -> np.ndarray:
    if not _has(dataset, name):
        return np.zeros(len(dataset), dtype=bool)
    text = pc.fill_null(pc.cast(dataset.values(name), STRING), "")
    return np.asarray(pc.not_equal(text, "").to_numpy(zero_copy_only=False))


def _has(dataset: Dataset, name: str) -> bool:
    return name in dataset.table.column_names and not pa.types.is_null(dataset.values(name).type)
