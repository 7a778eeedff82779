"""A mix: which records of a source make a training set that keeps a policy.

Each record has a place in line that follows from the seed and its own name alone; of each kind the first ones are
taken. So the order of the source and its blocks change nothing, and two policies with one seed share as many records as
their numbers allow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Int, UInt64

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, listening, track
from holdfast.core.random import Streams
from holdfast.core.showing import shows
from holdfast.core.text import one_line
from holdfast.data.bulk.bits import GOLDEN, finished
from holdfast.data.canonical import STRING
from holdfast.data.mixing.allocation import Allocation, Shortfall, allocate, most_records
from holdfast.data.mixing.counting import HUMAN, LEFT_OUT, NEEDED, SYNTHETIC, UNKNOWN, VERIFIED, Counter, Stock
from holdfast.data.mixing.descent import descendants
from holdfast.data.mixing.offers import unmet
from holdfast.data.mixing.policy import Human, Policy
from holdfast.data.mixing.record import Need, Weights
from holdfast.data.mixing.source import Opened, of_dataset, opened
from holdfast.data.mixing.weights import doubts, weights_of
from holdfast.data.origin import ORIGIN, PARENTS, RECORD

Ask = Callable[[Human, int | None, int], Need]  # what must be kept, records of the mix (if said), records at most
TEST_ROW, CHILD = "a record of the test data", "made from a record of the test data"
ELSEWHERE, TWICE = "in another split than train", "the same record again"


@shows("holdfast.data.mixing.telling:shown")
@dataclass(frozen=True)
class Mix:
    """What a policy takes of a source: numbers by kind, and the records."""

    policy: Policy  # with the planner's number in place of the word
    digest: str  # of the policy as it was written
    source: Opened
    stock: Stock
    taken: Allocation
    place: Int[np.ndarray, " rows"]  # of each record of the source in the mix, or -1
    people: Bool[np.ndarray, " rows"]  # whether it counts as a person's
    weights: Weights | None
    need: Need | None
    notes: tuple[str, ...]

    def __len__(self) -> int:
        """Return how many records it has."""
        return self.taken.records


def mix(
    policy: Policy,
    *,
    ask: Ask | None = None,
    dataset: Dataset | None = None,
    progress: Progress | None = None,
) -> Mix:
    """Return what the policy takes of its source, or of `dataset` in its place; `ask` asks the planner.

    Reads the columns of provenance only; about 160 bytes of memory a record. Raises BadInput where the policy cannot be
    met: which constraint, what was wanted, what there is, and what would do.
    """
    progress = listening(progress)
    source = opened(policy.source, progress) if dataset is None else of_dataset(dataset)
    if policy.human.planned and ask is None:
        raise BadInput(
            'the policy says human.minimum = "planner", and nobody is there to ask; holdfast data mix asks it, and '
            "holdfast.collapse.planning.for_policy.settled does from Python"
        )
    counter, notes = Counter(policy), list(source.notes)
    names, kind, generator, generation = _survey(policy, source, counter, notes, progress)
    stock, cell = counter.stock(kind, generator, generation)
    del generator, generation
    again = _again(names, kind, cell)
    if again.any():
        stock = _less(stock, kind, cell, again)
        kind[again] = LEFT_OUT
    settled, need = policy, None
    if policy.human.planned and ask is not None:
        need = ask(policy.human, policy.records, stock.rows)
        settled = policy.settled(need.records)
    records = settled.records or most_records(settled, stock)
    taken = allocate(settled, stock, records) if records else Shortfall("records", "records", 1, stock.rows)
    if isinstance(taken, Shortfall):
        raise BadInput(unmet(settled, stock, taken, need))
    notes += _said(settled, stock, source)
    notes += doubts(settled, taken)
    return Mix(
        settled, policy.digest, source, stock, taken, _chosen(settled.seed, names, kind, cell, stock, taken),
        kind <= HUMAN, weights_of(settled, taken), need, tuple(notes),
    )  # fmt: skip


def _survey(
    policy: Policy, source: Opened, counter: Counter, notes: list[str], progress: Progress
) -> tuple[UInt64[np.ndarray, "rows 2"], np.ndarray, np.ndarray, np.ndarray]:
    """Return each record's name, what it counts as, its generator and its generation."""
    barred = _barred(policy, source, notes, progress)
    columns = [name for name in (RECORD, *NEEDED) if name in source.schema.names]
    names = np.empty((source.rows, 2), np.uint64)
    kind = np.empty(source.rows, np.int8)
    generator, generation = np.empty(source.rows, np.int32), np.empty(source.rows, np.int32)
    start = 0
    with track(progress, "counting", source.rows, "records") as advance:
        for block in source.blocks(columns):
            rows = slice(start, start + len(block))
            names[rows] = numbers(block.column(columns.index(RECORD)))
            masks = {reason: mask[rows] for reason, mask in barred.items()}
            kind[rows], generator[rows], generation[rows] = counter.look(block, masks)
            start += len(block)
            advance(len(block))
    return names, kind, generator, generation


def numbers(names: pa.Array) -> UInt64[np.ndarray, "rows 2"]:
    """Return names of records, which are 32 hexadecimal digits, as two numbers each."""
    return np.frombuffer(bytes.fromhex("".join(names.to_pylist())), ">u8").astype(np.uint64).reshape(-1, 2)


def _barred(
    policy: Policy, source: Opened, notes: list[str], progress: Progress
) -> Mapping[str, Bool[np.ndarray, " rows"]]:
    """Return which records are test records, or were made from one."""
    test, found = [_test_names(address, source, notes, progress) for address in policy.test], {}
    columns = [name for name in (RECORD, PARENTS, source.split) if name is not None and name in source.schema.names]
    if not test and source.split is None:
        return {}
    table = pa.Table.from_batches(source.blocks(columns), pa.schema([source.schema.field(name) for name in columns]))
    names = pc.cast(table.column(RECORD), STRING)
    roots = pa.chunked_array([chunk for one in test for chunk in one.chunks], STRING)
    own = np.zeros(len(table), dtype=bool)
    if source.split is not None:
        split = pc.fill_null(pc.cast(table.column(source.split), STRING), "")
        own = np.asarray(pc.equal(split, "test"))
        found[ELSEWHERE] = ~own & np.asarray(pc.not_equal(split, "train"))
        roots = pa.chunked_array([*roots.chunks, *names.filter(pa.array(own)).chunks], STRING)
    found[TEST_ROW] = own | np.asarray(pc.is_in(names, value_set=pa.array(roots.to_pylist(), STRING)))
    if PARENTS in columns and not pa.types.is_null(table.column(PARENTS).type):
        found[CHILD] = descendants(names, pc.cast(table.column(PARENTS), STRING), roots)
    return found


def _test_names(address: str, source: Opened, notes: list[str], progress: Progress) -> pa.ChunkedArray:
    test = opened([address], progress)
    if (test.named_here or source.named_here) and test.own != source.own:
        notes.append(
            f"{one_line(address, 60)} has other columns than the source, so that its records are not recognised there"
        )
    return pa.chunked_array([block.column(0) for block in test.blocks([RECORD])], STRING)


def _again(names: np.ndarray, kind: np.ndarray, cell: np.ndarray) -> Bool[np.ndarray, " rows"]:
    """Return which records are there under the same name already; what is kept counts as least surely a person's."""
    again = np.zeros(len(names), dtype=bool)
    order = np.argsort(names[:, 0], kind="stable")
    equal = names[order[1:], 0] == names[order[:-1], 0]
    if not equal.any():
        return again
    order = np.lexsort((-cell, -np.where(kind == LEFT_OUT, -1, kind), names[:, 1], names[:, 0]))
    same = (names[order[1:]] == names[order[:-1]]).all(axis=1) & (kind[order[1:]] != LEFT_OUT)
    again[order[1:][same]] = True
    return again


def _less(stock: Stock, kind: np.ndarray, cell: np.ndarray, again: np.ndarray) -> Stock:
    """Return the stock without the records that are there twice."""
    lost = np.bincount(kind[again], minlength=LEFT_OUT + 1)
    by_cell = np.bincount(cell[again & (kind == SYNTHETIC)], minlength=len(stock.cells))
    cells = {key: count - int(gone) for (key, count), gone in zip(stock.cells.items(), by_cell, strict=True)}
    return replace(
        stock, verified=stock.verified - int(lost[VERIFIED]), human=stock.human - int(lost[HUMAN]),
        unknown=stock.unknown - int(lost[UNKNOWN]), cells=cells, left_out={**stock.left_out, TWICE: int(again.sum())},
    )  # fmt: skip


def _chosen(
    seed: int, names: np.ndarray, kind: np.ndarray, cell: np.ndarray, stock: Stock, taken: Allocation
) -> Int[np.ndarray, " rows"]:
    """Return the place in the mix of each record that is taken, -1 for the others: the first in line of each kind."""
    key = np.uint64(Streams(seed)("mix").integers(2**63))
    with np.errstate(over="ignore"):
        line = finished(names[:, 0] ^ finished(names[:, 1] + key * GOLDEN + GOLDEN))
    chosen = []
    groups = [(kind == VERIFIED, taken.verified), (kind == HUMAN, taken.human), (kind == UNKNOWN, taken.unknown)]
    for mask, n in groups:
        chosen.append(_first(np.flatnonzero(mask), n, line, names))
    made = np.flatnonzero(kind == SYNTHETIC)
    by_cell = made[np.argsort(cell[made], kind="stable")]
    ends = np.cumsum(np.bincount(cell[made], minlength=len(stock.cells)))
    for which, stop in zip(stock.cells, ends, strict=True):
        start = stop - (stock.cells[which])
        chosen.append(_first(by_cell[start:stop], taken.cells.get(which, 0), line, names))
    rows = np.concatenate(chosen)
    place = np.full(len(names), -1, np.int64)
    place[rows[np.lexsort((names[rows, 1], names[rows, 0], line[rows]))]] = np.arange(len(rows))
    return place


def _first(rows: np.ndarray, n: int, line: np.ndarray, names: np.ndarray) -> np.ndarray:
    """Return the n rows that are first in line; equal places go by name."""
    if n >= len(rows):
        return rows
    if n <= 0:
        return rows[:0]
    last = np.partition(line[rows], n - 1)[n - 1]
    sure, tied = rows[line[rows] < last], rows[line[rows] == last]
    return np.concatenate([sure, tied[np.lexsort((names[tied, 1], names[tied, 0]))][: n - len(sure)]])


def _said(policy: Policy, stock: Stock, source: Opened) -> list[str]:
    """Return what should be known about the stock: what counts as something else than it says."""
    found = []
    if ORIGIN not in source.schema.names:
        found.append(f"the source has no column {ORIGIN}: nothing is known about who made its records")
    for name, count in stock.doubtful.items():
        found.append(
            f"{count:,} records say that people made them with evidence {name!r}, less than "
            f"{policy.human.evidence!r}; they count as unknown"
        )
    if stock.assumed:
        one = stock.assumed == 1
        found.append(f"{stock.assumed:,} record{'s' * (not one)} of unknown origin count{'s' * one} as synthetic")
    return found
