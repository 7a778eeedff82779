"""What all tags of a data set say, row by row, and the columns of provenance that follow from it."""

from dataclasses import dataclass

import pyarrow as pa

from holdfast.core.dataset import Dataset
from holdfast.core.media import ABSENT
from holdfast.core.progress import Progress, listening, track
from holdfast.data.origin import EVIDENCED, GENERATOR, ORIGIN, RECORD
from holdfast.data.screening.tags.reading import Claim, claim_of
from holdfast.data.screening.tags.texts import of_table

NOTHING = Claim()


@dataclass(frozen=True)
class TagClaims:
    """What each row says of itself; `unread` is how many pictures could not be read."""

    claims: tuple[Claim, ...]
    unread: int = 0


def tag_claims(dataset: Dataset, *, trust: str = "", check: bool = True, progress: Progress | None = None) -> TagClaims:
    """Return what the files of pictures, the columns and the front matter of texts say of each row's origin.

    `trust` holds certificates (PEM) whose signatures count as signed; signatures are checked where the library is
    installed and `check` is set. A picture's own file outweighs a column.
    """
    texts = next((column.name for column in dataset.of(kind="text") if not column.name.startswith("_")), None)
    claims = of_table(dataset, texts)
    unread = 0
    images = dataset.of(kind="image")
    if images:
        codes, values = dataset.codes(images[0].name)
        found: list[Claim | None] = []
        with track(listening(progress), "reading tags", len(values), "images") as advance:
            for value in values:
                claim = _of_image(dataset, str(value), trust, check=check)
                unread += claim is None
                found.append(claim)
                advance(1)
        for row, code in enumerate(codes.tolist()):
            own = found[code] if code >= 0 else None
            if own is not None and own != NOTHING:
                claims[row] = own
    return TagClaims(tuple(claim or NOTHING for claim in claims), unread)


def _of_image(dataset: Dataset, value: str, trust: str, *, check: bool) -> Claim | None:
    if value.startswith(ABSENT):
        return None
    try:
        return claim_of(dataset.media.read(value), trust=trust, check=check)
    except OSError:
        return None


def provenance(dataset: Dataset, found: TagClaims) -> pa.Table:
    """Return columns of provenance for the rows that say something: `_record` where there is one, else `row`.

    A store takes them with `amend`.
    """
    rows = [row for row, claim in enumerate(found.claims) if claim.origin != "unknown"]
    kept = [found.claims[row] for row in rows]
    names = dataset.table.column_names
    name = (
        dataset.table.column(RECORD).take(pa.array(rows, pa.int64())) if RECORD in names else pa.array(rows, pa.int64())
    )
    return pa.table(
        {
            RECORD if RECORD in names else "row": name,
            ORIGIN: pa.array([claim.origin for claim in kept], pa.large_string()),
            EVIDENCED: pa.array([claim.evidence for claim in kept], pa.large_string()),
            GENERATOR: pa.array([claim.generator or None for claim in kept], pa.large_string()),
        }
    )
