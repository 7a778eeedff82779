"""Near-copies by everything that can be compared: all numbers together, each text column, each image column."""

from dataclasses import dataclass

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.near import NearPairs
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled


@dataclass(frozen=True)
class NearRecords:
    """Near-copies, one set of pairs for each thing that was compared."""

    each: tuple[NearPairs, ...]

    @property
    def sampled(self) -> Sampled | None:
        """Where a part of the records was compared."""
        return next((pairs.sampled for pairs in self.each if pairs.sampled), None)


@fact()
def near_records(
    neighbours: NearPairs | None, text_pairs: tuple[NearPairs, ...] | None, image_pairs: tuple[NearPairs, ...] | None
) -> NearRecords:
    """Near-copies by everything that can be compared here."""
    found = ((neighbours,) if neighbours else ()) + (text_pairs or ()) + (image_pairs or ())
    if not found:
        raise NotApplicable("no column of numbers, text or images that varies: only exact copies can be told")
    return NearRecords(found)
