"""The planner's answer to a policy for mixing: how many records by people a training set must have at least.

The planner asks how many synthetic records stand beside them, and a mix has as many as people's records leave room for;
so the number is the least that is enough beside all the others.
"""

from collections.abc import Callable

from holdfast.collapse.planning.planner import Plan, plan
from holdfast.collapse.planning.telling import headline
from holdfast.collapse.planning.wishes import Wishes
from holdfast.core.errors import BadInput
from holdfast.data.mixing.policy import Human, Policy
from holdfast.data.mixing.record import Need


def need(human: Human, records: int | None, most: int) -> Need:
    """Return the least number of people's records for what a policy wants to keep.

    `records` is the size of the mix; where it is not said, the number holds for every size up to `most`. Raises
    BadInput where no number would do.
    """
    if records is None:
        # Plain synthetic records only help, so that none of them is the hardest case; sharpened ones pull away, so that
        # the most of them is.
        found = _plan(human, None if human.sharpening == 1 else most)
        return _answer(found, human, _items(found))
    least = _least(human, records)
    return _answer(_plan(human, records - min(least, records)), human, least)


def settled(policy: Policy, records: int | None = None) -> Policy:
    """Return a policy whose numbers are numbers: the planner is asked where the policy says so. Raises BadInput."""
    if not policy.human.planned:
        return policy
    size = policy.records or records
    return policy.settled(need(policy.human, size, size or 0).records)


def _least(human: Human, records: int) -> int:
    """Return the least n that is enough beside records − n synthetic ones."""

    def asked(n: int) -> int:
        found = _plan(human, records - n)
        return _items(found)

    if human.sharpening == 1:
        # Fewer synthetic records ask for more people's: from the number beside all of them, upwards to the first
        # that is enough.
        n = min(records, asked(0))
        while (more := asked(n)) > n:
            if more > records:
                return more
            n = more
        return n
    least = _first(records, lambda n: asked(n) <= n)
    return least if least <= records else asked(records)


def _first(most: int, enough: Callable[[int], bool]) -> int:
    """Return the least n up to `most` that is enough, where all larger ones are; `most` + 1 where none is."""
    low, high = 0, most + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def _plan(human: Human, synthetic: int | None) -> Plan:
    return plan(
        Wishes(
            rarest=human.rarest,
            chance=human.chance,
            keep_variance=human.keep_variance,
            horizon=human.horizon,
            sharpening=human.sharpening,
            synthetic=synthetic,
        )
    )


def _items(found: Plan) -> int:
    if found.mix.items is None:
        raise BadInput(
            f"the planner has no number for the policy: {found.mix.reason or 'no law is known for it'}. Ask for less "
            "to be kept (a larger human.rarest, a smaller human.keep_variance), or say human.minimum as a number"
        )
    return found.mix.items


def _answer(found: Plan, human: Human, records: int) -> Need:
    binding, says = found.binding, headline(found).removesuffix(".")
    if found.mix.items is not None and found.mix.items < records:
        says += f"; {records:,} is the least number that leaves no more synthetic ones beside it than that"
    return Need(
        records=records,
        wish=binding.wish if binding else "",
        formula=found.formula,
        says=says,
        wishes=human.model_dump(include={"rarest", "chance", "keep_variance", "horizon", "sharpening"}),
    )
