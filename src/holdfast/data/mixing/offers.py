"""Why a policy cannot be met, in one paragraph: the constraint, by how much, and the smallest changes that would do."""

import math
from collections.abc import Callable, Iterator

from holdfast.data.mixing.allocation import Allocation, Shortfall, allocate, cap_of, most_records, ranges_of
from holdfast.data.mixing.counting import Stock
from holdfast.data.mixing.policy import PLANNER, Bound, Class, Policy
from holdfast.data.mixing.record import Need
from holdfast.data.origin import EVIDENCE

_MOST_OFFERS = 3


def unmet(policy: Policy, stock: Stock, found: Shortfall, need: Need | None = None) -> str:
    """Return the paragraph: which constraint, what was wanted, what there is, by how much, what would do."""
    wanted = f"{found.key}{_of(policy, found.key)}"
    if found.too_many:
        says = (
            f"all that is to be there at least makes {found.there:,} records, {found.there - found.wanted:,} more than "
            f"the {found.wanted:,} that are wanted"
        )
    elif found.in_all:
        says = f"it wants {found.wanted:,} {found.what}, and the mix is to have {found.there:,} records in all"
    elif found.key == "records" and policy.records is None:
        says = f"the source has {stock.rows:,} records to take from, and no number of them keeps every limit"
    elif found.key == "records":
        says = f"it lets in {found.what}, {found.there:,} in all, {found.wanted - found.there:,} too few"
    else:
        says = (
            f"it wants {found.wanted:,} {found.what}, and there are {found.there:,}: {found.wanted - found.there:,} "
            "too few"
        )
    planner = f" The planner: {need.says}." if need is not None and found.key.startswith("human.") else ""
    there = f" There are {_stock(stock)}."
    offers = list(_offers(policy, stock))[:_MOST_OFFERS]
    would = f" What would do: {'; or '.join(offers)}." if offers else " No single change of a number would do."
    return f"the policy cannot be met: {wanted}: {says}.{planner}{there}{would}"


def _of(policy: Policy, key: str) -> str:
    """Return the value of a key, in brackets."""
    part, _, name = key.partition(".")
    if part == "shares":
        bound = next(one for said, one in policy.shares.items() if said == name)
        if bound.exactly is not None:
            return f" = {bound.exactly:g}"
        return f" (at least {bound.at_least:g}, at most {bound.at_most:g})"
    if part == "human":
        return f" = {getattr(policy.human, name):,}"
    return f" = {policy.records:,}" if part == "records" and policy.records else ""


def _stock(stock: Stock) -> str:
    said = [
        f"{stock.people:,} by people ({stock.verified:,} of them verified)",
        f"{stock.synthetic:,} synthetic",
        f"{stock.unknown:,} unknown" if stock.unknown else "",
    ]
    if stock.assumed:
        said[1] += f" ({stock.assumed:,} of them of unknown origin)"
    for name, count in stock.doubtful.items():
        said.append(f"{count:,} that say people with evidence {name!r} only, which count as unknown")
    said += [f"{count:,} left out ({reason})" for reason, count in stock.left_out.items()]
    return ", ".join(one for one in said if one)


def _offers(policy: Policy, stock: Stock) -> Iterator[str]:
    """Yield changes of one number, each tried: with it the policy can be met."""
    size = policy.records
    if size is not None:
        fits = most_records(_with(policy, records=None), stock)
        if fits is not None and fits > size:  # as few more as will do
            fits = size + _first(fits - size, lambda n: _works(policy, stock, n + size))
        if fits is not None and _works(policy, stock, fits):
            yield f"records = {fits:,}"
    records = policy.records or most_records(policy, stock)
    if records is None:
        return
    yield from _more_evidence(policy, stock, records)
    yield from _looser_shares(policy, stock, records)
    yield from _looser_caps(policy, stock, records)
    yield from _less_wanted(policy, stock, records)


def _less_wanted(policy: Policy, stock: Stock, records: int) -> Iterator[str]:
    for name in ("minimum", "verified"):
        wanted = getattr(policy.human, name)
        if wanted in {0, PLANNER}:
            continue

        def works(n: int, name: str = name) -> bool:
            return _works(_with(policy, human=policy.human.model_copy(update={name: n})), stock, records)

        best = _largest(0, wanted, works)
        if best:
            yield f"human.{name} = {best:,}, which is less safe"


def _looser_shares(policy: Policy, stock: Stock, records: int) -> Iterator[str]:
    for name, bound in policy.shares.items():
        now = ranges_of(policy, records)[name]

        def lower(n: int, name: Class = name, bound: Bound = bound) -> bool:
            share = Bound(at_least=n / records, at_most=max(bound.high, n / records))
            return _works(_with(policy, shares={**policy.shares, name: share}), stock, records)

        def upper(n: int, name: Class = name, bound: Bound = bound) -> bool:
            share = Bound(at_least=min(bound.low, n / records), at_most=n / records)
            return _works(_with(policy, shares={**policy.shares, name: share}), stock, records)

        best = _largest(0, math.ceil(bound.low * records), lower)
        if best is not None:
            yield f"shares.{name}.at_least = {_floor(best / records):g}"
        elif now.high < records:
            most = _largest(0, records - now.high, lambda n: upper(records - n))
            if most is not None:
                yield f"shares.{name}.at_most = {_ceil((records - most) / records):g}"


def _looser_caps(policy: Policy, stock: Stock, records: int) -> Iterator[str]:
    for name in ("generator", "generation"):
        cap = getattr(policy.caps, name)
        if cap is None:
            continue
        now = cap_of(cap, records)

        def works(n: int, name: str = name) -> bool:
            return _works(_with(policy, caps=policy.caps.model_copy(update={name: records - n})), stock, records)

        best = _largest(0, records - now, works)
        if best is not None:
            least = records - best
            yield f"caps.{name} = {_ceil(least / records) if isinstance(cap, float) else least:,g}"


def _more_evidence(policy: Policy, stock: Stock, records: int) -> Iterator[str]:
    """Yield the rung of the ladder that would let in enough people's records, where they are all that is missing."""
    extra = 0
    for rung in EVIDENCE[EVIDENCE.index(policy.human.evidence) + 1 :]:
        extra += stock.doubtful.get(rung, 0)
        if not stock.doubtful.get(rung, 0):
            continue
        more = Stock(stock.verified, stock.human + extra, max(0, stock.unknown - extra), stock.cells)
        if isinstance(allocate(policy, more, records), Allocation):
            yield f'human.evidence = "{rung}", if that is enough for you: {extra:,} more records by people'
            return


def _largest(low: int, high: int, works: Callable[[int], bool]) -> int | None:
    """Return the largest number below `high` that works, where smaller ones do as well; None if none does."""
    if high <= low or not works(low) or works(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if works(middle) else (low, middle)
    return low


def _first(high: int, works: Callable[[int], bool]) -> int:
    """Return the least number up to `high` that works, where `high` does and larger ones do."""
    low = 0
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle + 1, high)
    return high


def _works(policy: Policy, stock: Stock, records: int) -> bool:
    return isinstance(allocate(policy, stock, records), Allocation)


def _with(policy: Policy, **changed: object) -> Policy:
    return policy.model_copy(update=changed)


def _floor(share: float) -> float:
    return math.floor(share * 1e4) / 1e4


def _ceil(share: float) -> float:
    return math.ceil(share * 1e4 - 1e-9) / 1e4
