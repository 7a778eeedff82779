"""Real data shared out among the jobs that an alarm has for them, so that nothing is judged on what it was made of."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from holdfast.collapse.alarm.lens import content_order, taken
from holdfast.collapse.reading.sets import SampleItems
from holdfast.core.random import Streams

REFERENCE, PARTNER = 0.3, 0.3  # shares of the real items; the rest is held out


class Parts(NamedTuple):
    """Real items in three parts.

    The reference makes strata and measures. The partner stands in a generation's place when it is asked for rare
    types; what is held out does the asking. Partner and held-out items together say how often strata occur, and make
    the controls of layer B.
    """

    reference: SampleItems
    partner: SampleItems
    held: SampleItems

    @property
    def pool(self) -> int:
        """Items that are not the reference."""
        return len(self.partner) + len(self.held)


def parts_of(real: SampleItems, streams: Streams) -> Parts:
    """Return real items in three parts, at random by what the items are and never by where they stand."""
    order = shuffled(real, streams, "real")
    first, second = int(REFERENCE * len(order)), int((REFERENCE + PARTNER) * len(order))
    return Parts(*(taken(real, rows) for rows in np.split(order, [first, second])))


def shuffled(items: SampleItems, streams: Streams, *names: str | int) -> Int[np.ndarray, " items"]:
    """Return the places of the items in a random order that does not depend on where they stand."""
    return content_order(items)[streams("order", *names).permutation(len(items))]
