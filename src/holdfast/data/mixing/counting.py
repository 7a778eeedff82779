"""What each record counts as under a policy, and how many there are of each: the stock that a mix is taken from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Int

from holdfast.data.canonical import STRING
from holdfast.data.mixing.policy import Policy
from holdfast.data.origin import EVIDENCE, EVIDENCED, GENERATION, GENERATOR, LICENCE, ORIGIN, ORIGINS, SOURCE

VERIFIED, HUMAN, SYNTHETIC, UNKNOWN, LEFT_OUT = 0, 1, 2, 3, 4  # what a record counts as; worst last, then nothing
UNNAMED = ""  # a generator that nobody named; all such records count as one generator's
NEEDED = (ORIGIN, EVIDENCED, GENERATOR, GENERATION, LICENCE, SOURCE)
_NO_GENERATION = -1
_MOST_GENERATION = 1_000_000_000  # a larger number is damage; it counts as not known
_KNOWN = np.array([HUMAN, VERIFIED, SYNTHETIC, UNKNOWN], np.int8)  # by place in ORIGINS


@dataclass(frozen=True)
class Stock:
    """How many records there are to take from. `cells` counts synthetic ones by (generator, generation)."""

    verified: int = 0
    human: int = 0
    unknown: int = 0
    cells: Mapping[tuple[str, int], int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)  # reason → records
    doubtful: Mapping[str, int] = field(default_factory=dict)  # people's records by evidence that is too little
    assumed: int = 0  # records of unknown origin that count as synthetic

    @property
    def people(self) -> int:
        """Records by people, verified or not."""
        return self.verified + self.human

    @property
    def synthetic(self) -> int:
        """Records that count as synthetic."""
        return sum(self.cells.values())

    @property
    def rows(self) -> int:
        """Records that may be taken."""
        return self.people + self.synthetic + self.unknown


class Counter:
    """Counts block after block; what it keeps grows with the number of generators and generations, not of records."""

    def __init__(self, policy: Policy) -> None:
        """Count as the policy says."""
        self._policy = policy
        self._generators: dict[str, int] = {}
        self._tallies: dict[str, int] = {}
        self._doubtful: dict[str, int] = {}
        self._assumed = 0

    def look(
        self, block: pa.Table | pa.RecordBatch, barred: Mapping[str, Bool[np.ndarray, " rows"]] | None = None
    ) -> tuple[Int[np.ndarray, " rows"], Int[np.ndarray, " rows"], Int[np.ndarray, " rows"]]:
        """Return for each record what it counts as, its generator (a number) and its generation (-1: not known).

        `barred` says which records may not be taken for another reason, by reason.
        """
        n = len(block)
        kind = _KNOWN[_places(_column(block, ORIGIN), ORIGINS, ORIGINS.index("unknown"), n)]
        evidence = _places(_column(block, EVIDENCED), EVIDENCE, EVIDENCE.index("none"), n)
        doubtful = (kind <= HUMAN) & (evidence > EVIDENCE.index(self._policy.human.evidence))
        kind[doubtful] = UNKNOWN
        out = np.zeros(n, dtype=bool)
        for reason, mask in self._reasons(block, kind, barred or {}):
            fresh = mask & ~out
            if fresh.any():
                self._tallies[reason] = self._tallies.get(reason, 0) + int(fresh.sum())
            out |= mask
        for place in np.unique(evidence[doubtful & ~out]):
            name = EVIDENCE[int(place)]
            self._doubtful[name] = self._doubtful.get(name, 0) + int((doubtful & ~out & (evidence == place)).sum())
        if self._policy.unknown == "synthetic":
            assumed = (kind == UNKNOWN) & ~out
            self._assumed += int(assumed.sum())
            kind[kind == UNKNOWN] = SYNTHETIC
        kind[out] = LEFT_OUT
        return kind, self._generators_of(_column(block, GENERATOR), n), _generations_of(_column(block, GENERATION), n)

    def stock(
        self, kind: Int[np.ndarray, " rows"], generator: Int[np.ndarray, " rows"],
        generation: Int[np.ndarray, " rows"],
    ) -> tuple[Stock, Int[np.ndarray, " rows"]]:  # fmt: skip
        """Return the stock of all records, and for each record the place of its cell in it (-1: not synthetic)."""
        names = [*self._generators, UNNAMED]  # so that -1 is the last of them
        made = kind == SYNTHETIC
        place = np.full(len(kind), -1, np.int64)
        cells: dict[tuple[str, int], int] = {}
        if made.any():
            by_name = sorted(range(len(names)), key=names.__getitem__)
            rank = np.empty(len(names), np.int64)  # follows from the names alone, not from their order in files
            rank[by_name] = np.arange(len(names))
            low = int(generation[made].min())
            width = int(generation[made].max()) - low + 1
            keys, inverse, counts = np.unique(
                rank[generator[made]] * width + (generation[made] - low), return_inverse=True, return_counts=True
            )
            place[made] = inverse.reshape(-1)
            cells = {
                (names[by_name[key // width]], key % width + low): int(count)
                for key, count in zip(keys.tolist(), counts.tolist(), strict=True)
            }
        counted = np.bincount(kind, minlength=LEFT_OUT + 1)
        return Stock(
            verified=int(counted[VERIFIED]), human=int(counted[HUMAN]), unknown=int(counted[UNKNOWN]), cells=cells,
            left_out=dict(self._tallies), doubtful=dict(self._doubtful), assumed=self._assumed,
        ), place  # fmt: skip

    def _reasons(
        self, block: pa.Table | pa.RecordBatch, kind: np.ndarray, barred: Mapping[str, np.ndarray]
    ) -> list[tuple[str, np.ndarray]]:
        """Return why records are left out, and which; the first reason counts."""
        found = list(barred.items())
        without = self._policy.without
        for column, names, reason in (
            (SOURCE, without.sources, "from an excluded source"),
            (LICENCE, without.licences, "under an excluded licence"),
            (GENERATOR, without.generators, "made by an excluded generator"),
        ):
            values = _column(block, column)
            if names and values is not None:
                found.append((reason, _is_in(values, names)))
        if self._policy.unknown == "exclude":
            found.append(("of unknown origin", kind == UNKNOWN))
        return found

    def _generators_of(self, values: pa.ChunkedArray | None, n: int) -> np.ndarray:
        """Return a number for each record's generator; the largest for one that nobody named."""
        if values is None or pa.types.is_null(values.type):
            return np.full(n, -1, np.int64)
        coded = pc.dictionary_encode(pc.cast(values, STRING).combine_chunks())
        mapped = [
            -1 if name in {None, UNNAMED} else self._generators.setdefault(name, len(self._generators))
            for name in coded.dictionary.to_pylist()
        ]
        codes = np.asarray(pc.fill_null(coded.indices, len(mapped)).to_numpy(zero_copy_only=False), dtype=np.int64)
        return np.array([*mapped, -1], np.int64)[codes]


def by(cells: Mapping[tuple[str, int], int], axis: int) -> dict[str | int, int]:
    """Return how many records of these cells each generator (axis 0) or generation (axis 1) has."""
    found: dict[str | int, int] = {}
    for key, count in cells.items():
        found[key[axis]] = found.get(key[axis], 0) + count
    return found


def counted(policy: Policy, table: pa.Table, barred: Mapping[str, np.ndarray] | None = None) -> Stock:
    """Return the stock that a table is under a policy."""
    counter = Counter(policy)
    return counter.stock(*counter.look(table, barred))[0]


def _column(block: pa.Table | pa.RecordBatch, name: str) -> pa.ChunkedArray | None:
    if name not in block.schema.names:
        return None
    values = block.column(name)
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def _places(values: pa.ChunkedArray | None, known: tuple[str, ...], otherwise: int, n: int) -> np.ndarray:
    """Return the place of each value among the known ones; `otherwise` for missing and unknown ones."""
    if values is None or pa.types.is_null(values.type):
        return np.full(n, otherwise, np.int64)
    found = pc.index_in(pc.cast(values, STRING), value_set=pa.array(known, STRING))
    return np.asarray(pc.fill_null(found, otherwise).to_numpy(zero_copy_only=False), dtype=np.int64)


def _is_in(values: pa.ChunkedArray, names: tuple[str, ...]) -> np.ndarray:
    if pa.types.is_null(values.type):
        return np.zeros(len(values), dtype=bool)
    return np.asarray(
        pc.is_in(pc.cast(values, STRING), value_set=pa.array(names, STRING)).to_numpy(zero_copy_only=False)
    )


def _generations_of(values: pa.ChunkedArray | None, n: int) -> np.ndarray:
    if values is None or pa.types.is_null(values.type):
        return np.full(n, _NO_GENERATION, np.int64)
    try:
        whole = pc.cast(values, pa.int64(), safe=False)
    except pa.ArrowInvalid:  # words where numbers belong: not known
        return np.full(n, _NO_GENERATION, np.int64)
    found = np.asarray(pc.fill_null(whole, _NO_GENERATION).to_numpy(zero_copy_only=False), dtype=np.int64)
    return np.where((found < 0) | (found > _MOST_GENERATION), _NO_GENERATION, found)
