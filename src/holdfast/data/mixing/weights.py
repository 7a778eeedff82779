"""What a record weighs in training, so that people's records have a share of the weight that differs from their number.

The golden ratio: with k new real records for each synthetic one, the weight w = (√(k² + 4k) − k)/2 on the real ones,
all together, leaves the least error in the long run; 0.618 at k = 1 (He, Xu & Cheng 2025, arXiv:2502.18049).
"""

import math

from holdfast.data.mixing.allocation import Allocation
from holdfast.data.mixing.policy import GOLDEN, Policy
from holdfast.data.mixing.record import Weights


def golden_share(people: int, synthetic: int) -> float:
    """Return the share of the weight that people's records get, all together."""
    k = people / synthetic
    return (math.sqrt(k * k + 4 * k) - k) / 2


def weights_of(policy: Policy, taken: Allocation) -> Weights | None:
    """Return what records weigh; None where the policy asks for no weights. The mean over all records is 1."""
    if policy.weights is None:
        return None
    people, others = taken.verified + taken.human, taken.records - taken.verified - taken.human
    how = "golden" if policy.weights == GOLDEN else "given"
    if not people or not others:  # one kind alone has all the weight
        return Weights(share=float(people > 0), people=1.0, others=1.0, how=how)
    share = golden_share(people, others) if policy.weights == GOLDEN else float(policy.weights)
    return Weights(
        share=share, people=share * taken.records / people, others=(1 - share) * taken.records / others, how=how,
    )  # fmt: skip


def doubts(policy: Policy, taken: Allocation) -> tuple[str, ...]:
    """Return where the assumptions behind the golden weight do not hold in this mix."""
    if policy.weights != GOLDEN:
        return ()
    found = [
        (
            "the golden weight is proven for fits of means and regressions, in a loop where people's records are new "
            "in every generation; where the same ones come back, or models are larger, it is a rule of thumb"
        )
    ]
    generators = {generator for generator, _ in taken.cells}
    generations = {generation for _, generation in taken.cells}
    if len(generators) > 1:
        found.append(
            f"it supposes that all synthetic records come from the model before; here {len(generators):,} generators "
            "made them"
        )
    if len(generations) > 1:
        found.append(f"it supposes one generation of synthetic records; here are {len(generations):,}")
    if taken.unknown:
        found.append(f"{taken.unknown:,} records of unknown origin are weighted as synthetic ones")
    if not taken.records - taken.verified - taken.human or not taken.verified + taken.human:
        found.append("there is one kind of record only, so that all weights are 1")
    return tuple(found)
