"""How many records of each kind a mix has: as near to what there is as the policy allows, or the constraint that fails.

All numbers follow from the policy and the stock. Kinds first (people, synthetic, unknown), in proportion to the stock
and held within their bounds; then verified among people; then generators and generations among synthetic records,
raised together until each meets its cap.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.data.mixing.counting import Stock
from holdfast.data.mixing.policy import PLANNER, Policy

_NEAR = 1e-9  # of a record: what rounding of shares may be off by


@dataclass(frozen=True, slots=True)
class Allocation:
    """Records to take of each kind; `cells` of the synthetic ones by (generator, generation)."""

    verified: int
    human: int
    unknown: int
    cells: Mapping[tuple[str, int], int]

    @property
    def synthetic(self) -> int:
        """Records that count as synthetic."""
        return sum(self.cells.values())

    @property
    def records(self) -> int:
        """All records."""
        return self.verified + self.human + self.unknown + self.synthetic


@dataclass(frozen=True, slots=True)
class Shortfall:
    """The constraint that cannot be met: what was wanted of what, and what there is."""

    key: str
    what: str
    wanted: int
    there: int
    too_many: bool = False  # there is more than may be, not less
    in_all: bool = False  # `there` counts all records of the mix, which are fewer than what is wanted of one kind


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the most records of a kind, and the keys of the policy that say so."""

    low: int
    high: int
    low_key: str
    high_key: str


def allocate(policy: Policy, stock: Stock, records: int) -> Allocation | Shortfall:
    """Return how many records of each kind make a mix of so many; the first constraint that cannot be met, else."""
    people, verified = ranges_of(policy, records)["human"], ranges_of(policy, records)["human-verified"]
    made, unknown = ranges_of(policy, records)["synthetic"], ranges_of(policy, records)["unknown"]
    rows, columns, cells, keys = _matrix(stock)
    limit = (cap_of(policy.caps.generator, records), cap_of(policy.caps.generation, records))
    most_made = most_within(cells, *limit)
    most_verified = min(stock.verified, verified.high)
    for one, there, what in (
        (verified, stock.verified, "records by people that somebody verified"),
        (people, most_verified + stock.human, "records by people"),
        (made, most_made, "synthetic records" + " within the caps" * (most_made < stock.synthetic)),
        (unknown, stock.unknown, "records of unknown origin"),
    ):
        if one.low > records:
            return Shortfall(one.low_key, what, one.low, records, in_all=True)
        if one.low > min(there, one.high):
            return Shortfall(one.low_key, what, one.low, min(there, one.high))
    low = [max(people.low, verified.low), made.low, unknown.low]
    high = [
        min(people.high, most_verified + stock.human),
        min(made.high, most_made),
        min(unknown.high, stock.unknown),
    ]
    if low[0] > high[0]:
        return Shortfall(verified.low_key, "records by people that somebody verified", low[0], high[0])
    if sum(low) > records:
        return Shortfall("records", "records for all that is to be there at least", records, sum(low), too_many=True)
    if sum(high) < records:
        parts = zip(("by people", "synthetic", "of unknown origin"), high, strict=True)
        within = " and ".join(f"{n:,} {what}" for what, n in parts if n)
        return Shortfall("records", within or "none", records, sum(high))
    n_people, n_made, n_unknown = shared_out(records, [stock.people, stock.synthetic, stock.unknown], low, high)
    n_verified, n_human = shared_out(
        n_people, [stock.verified, stock.human],
        [max(verified.low, n_people - stock.human), 0], [min(most_verified, n_people), stock.human],
    )  # fmt: skip
    taken = fill(n_made, cells, *limit)
    return Allocation(n_verified, n_human, n_unknown, {
        (rows[i], columns[j]): int(taken[i, j]) for i, j in keys if taken[i, j]
    })  # fmt: skip


def most_records(policy: Policy, stock: Stock) -> int | None:
    """Return the most records that a mix can have; None where the policy allows none at all."""

    def works(n: int) -> bool:
        return isinstance(allocate(policy, stock, n), Allocation)

    most = stock.rows
    # A minimum fails where there are too few records, a cap where there are too many: look from above, then close in.
    tries = sorted({max(1, int(most * 0.8**step)) for step in range(80)} | _corners(policy, most), reverse=True)
    good = next((n for n in tries if 0 < n <= most and works(n)), None)
    if good is None:
        return None
    bad = min((n for n in tries if n > good), default=most + 1)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if works(middle) else (good, middle)
    return good


def _corners(policy: Policy, most: int) -> set[int]:
    """Return numbers of records at which a count that is wanted meets a share."""
    found = {most}
    for name, wanted in (("human", policy.human.minimum), ("human-verified", policy.human.verified)):
        if wanted == PLANNER:
            continue
        found.add(wanted)
        share = policy.shares[name].high if name in policy.shares else 1.0
        if share > 0:
            found.add(math.ceil(wanted / share))
    return found


def ranges_of(policy: Policy, records: int) -> dict[str, Range]:
    """Return the least and the most records of each kind, of so many in all. Raises ValueError without a plan."""
    found = {}
    for name in ("human", "human-verified", "synthetic", "unknown"):
        bound = policy.shares.get(name)
        low, high = 0, records
        if bound is not None and bound.exactly is not None:
            low, high = math.floor(bound.exactly * records + _NEAR), math.ceil(bound.exactly * records - _NEAR)
        elif bound is not None:
            low, high = math.ceil(bound.low * records - _NEAR), math.floor(bound.high * records + _NEAR)
        low_key = high_key = f"shares.{name}"
        if name in {"human", "human-verified"}:
            field = "minimum" if name == "human" else "verified"
            wanted = getattr(policy.human, field)
            if wanted == PLANNER:
                raise ValueError("the planner has not been asked")
            if wanted > low:
                low, low_key = wanted, f"human.{field}"
        if name == "unknown" and policy.unknown != "own":
            high, high_key = 0, "unknown"
        found[name] = Range(low, high, low_key, high_key)
    return found


def cap_of(cap: float | None, records: int) -> int:
    """Return the most records of one generator or generation: a number is a number, a share is of all records."""
    if cap is None:
        return records
    return min(records, math.floor(cap * records + _NEAR) if isinstance(cap, float) else cap)


def shared_out(total: int, weights: Sequence[float], low: Sequence[int], high: Sequence[int]) -> tuple[int, ...]:
    """Return whole numbers that sum to `total`: in proportion to the weights, held between low and high.

    Raises ValueError where the bounds leave no room.
    """
    w, lower, upper = (np.asarray(values, dtype=np.float64) for values in (weights, low, high))
    if lower.sum() > total or upper.sum() < total or (lower > upper).any():
        raise ValueError(f"{total} cannot be shared out between {list(low)} and {list(high)}")
    level, step = 0.0, max(1.0, total) / max(1e-300, float(w[w > 0].min(initial=np.inf)))
    if not np.isfinite(step):
        step = 1.0
    floor, ceiling = 0.0, step
    for _ in range(200):  # the level at which what each gets sums to the total
        level = (floor + ceiling) / 2
        if np.clip(level * w, lower, upper).sum() < total:
            floor = level
        else:
            ceiling = level
    return tuple(int(one) for one in _rounded(total, np.clip(level * w, lower, upper), lower, upper))


def _rounded(total: int, wanted: Float[np.ndarray, " n"], lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Return whole numbers between the bounds that sum to the total: largest remainders first, then by place."""
    got = np.clip(np.floor(wanted + _NEAR), np.ceil(lower), np.floor(upper))
    while (missing := round(float(total - got.sum()))) != 0:
        up = missing > 0
        free = got < upper if up else got > lower
        rest = np.where(free, (wanted - got) if up else (got - wanted), -np.inf)
        chosen = np.argsort(-rest, kind="stable")[: min(abs(missing), int(free.sum()))]
        got[chosen] += 1 if up else -1
    return got


def _matrix(
    stock: Stock,
) -> tuple[list[str], list[int], Int[np.ndarray, "generators generations"], list[tuple[int, int]]]:
    """Return the synthetic records by generator and generation, and which cells hold any."""
    rows = sorted({generator for generator, _ in stock.cells})
    columns = sorted({generation for _, generation in stock.cells})
    row, column = ({name: place for place, name in enumerate(names)} for names in (rows, columns))
    cells = np.zeros((len(rows), len(columns)), np.int64)
    for (generator, generation), count in stock.cells.items():
        cells[row[generator], column[generation]] = count
    return rows, columns, cells, [(int(i), int(j)) for i, j in np.argwhere(cells)]


def most_within(cells: Int[np.ndarray, "rows columns"], row_cap: int, column_cap: int) -> int:
    """Return the most that can be taken of the cells with so much of each row and each column at most."""
    by_row, by_column = cells.sum(axis=1), cells.sum(axis=0)
    if (by_column <= column_cap).all():
        return int(np.minimum(by_row, row_cap).sum())
    if (by_row <= row_cap).all():
        return int(np.minimum(by_column, column_cap).sum())
    return int(_flow(cells, np.zeros(cells.shape), row_cap, column_cap, None).sum())


def fill(
    total: int, cells: Int[np.ndarray, "rows columns"], row_cap: int, column_cap: int
) -> Int[np.ndarray, "rows columns"]:
    """Return what to take of each cell: all are raised together, in proportion, until a cap stops some of them.

    Where that leaves a rest that other cells could still give (caps of both kinds cross), the nearest solution that
    takes `total` is sought. Raises ValueError where there is none.
    """
    level = _raised(total, cells.astype(np.float64), row_cap, column_cap)
    got = np.floor(level + _NEAR).astype(np.int64)
    if got.sum() == total:
        return got
    by_row = (cells.sum(axis=0) <= column_cap).all()  # then only rows can be full
    if by_row or (cells.sum(axis=1) <= row_cap).all():
        rest = np.where(got < cells, level - got, -np.inf).ravel()
        room = (row_cap - got.sum(axis=1)) if by_row else (column_cap - got.sum(axis=0))
        left = total - int(got.sum())
        for place in np.argsort(-rest, kind="stable"):
            i, j = divmod(int(place), cells.shape[1])
            line = i if by_row else j
            if left and room[line] > 0 and got[i, j] < cells[i, j]:
                got[i, j] += 1
                room[line] -= 1
                left -= 1
        if not left:
            return got
    return _flow(cells, level, row_cap, column_cap, total)


def _raised(total: int, cells: Float[np.ndarray, "rows columns"], row_cap: int, column_cap: int) -> np.ndarray:
    """Return shares of the cells, raised together at one level; a cell stops when its row or column is full."""
    level = np.zeros_like(cells)
    free = cells > 0
    while free.any():
        rising = np.where(free, cells, 0.0)
        left = np.maximum(0.0, total - level.sum())
        steps = [left / rising.sum(), float(((cells - level)[free] / cells[free]).min())]
        for axis, cap in ((1, row_cap), (0, column_cap)):
            speed = rising.sum(axis=axis)
            room = np.maximum(0.0, cap - level.sum(axis=axis))
            steps.append(float((room[speed > 0] / speed[speed > 0]).min()))
        step = min(steps)
        level = level + step * rising
        if step == steps[0]:
            break
        full = cells - level <= _NEAR * np.maximum(1.0, cells)
        full |= (row_cap - level.sum(axis=1) <= _NEAR * max(1, row_cap))[:, None]
        full |= (column_cap - level.sum(axis=0) <= _NEAR * max(1, column_cap))[None, :]
        free &= ~full
    return level


def _flow(
    cells: Int[np.ndarray, "rows columns"], near: Float[np.ndarray, "rows columns"], row_cap: int, column_cap: int,
    total: int | None,
) -> Int[np.ndarray, "rows columns"]:  # fmt: skip
    """Return whole numbers within cells and caps that sum to `total` and are nearest to `near`; the most, if None.

    A flow from rows to columns: the solution of its linear programme is whole because its bounds are.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, hstack, vstack

    i, j = np.nonzero(cells)
    n, limit = len(i), cells[i, j].astype(np.float64)
    aim = np.floor(near[i, j] + _NEAR)
    one = np.ones(n)
    sums = vstack([coo_array((one, (i, np.arange(n))), (len(cells), n)),
                   coo_array((one, (j, np.arange(n))), (cells.shape[1], n))])  # fmt: skip
    bounds = np.concatenate([np.full(len(cells), float(row_cap)), np.full(cells.shape[1], float(column_cap))])
    # Two parts of each number: up to the aim for nothing, beyond it at a price; less than the aim costs as well.
    cost = np.concatenate([-one, one * (0.0 if total is not None else -1.0)])
    whole = {} if total is None else {"A_eq": coo_array(np.ones((1, 2 * n))), "b_eq": [float(total)]}
    found = linprog(
        cost, A_ub=hstack([sums, sums]).tocsr(), b_ub=bounds,
        bounds=np.column_stack([np.zeros(2 * n), np.concatenate([aim, limit - aim])]), method="highs-ds", **whole,
    )  # fmt: skip
    if found.x is None:
        raise ValueError(f"{total} cannot be taken of cells with {row_cap} a row and {column_cap} a column")
    got = np.zeros(cells.shape, np.int64)
    got[i, j] = np.rint(found.x[:n] + found.x[n:]).astype(np.int64)
    return got
