"""Equal and nearly equal records among any number of them, and the clusters they make."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset

from holdfast.core.progress import Progress, listening
from holdfast.data.bulk import queries
from holdfast.data.bulk.engine import Workplace, parquet_files
from holdfast.data.bulk.jaccard import NEAR, near
from holdfast.data.bulk.minhash import BANDS
from holdfast.data.bulk.reading import DOCS, GRAMS, RUN, documents, grams
from holdfast.data.bulk.records import Records, Unit

THRESHOLD = 0.8
_MOST_ROUNDS = 100


@dataclass(frozen=True)
class Copies:
    """Tables of what was found, each a folder of Parquet files; records go by their number.

    `docs`      every record: its hash, the hash of its words, keys of bands
    `equals`    (doc, first): records equal to an earlier one in every column
    `repeats`   (doc, first): texts with the same words in the same order as an earlier one
    `near`      (a, b, jaccard): pairs of other texts that share at least the threshold of their runs of words
    `clusters`  (doc, label): records that hang together by any of these; the label is the first record of the cluster
    """

    docs: Path
    equals: Path
    repeats: Path
    near: Path
    clusters: Path


def copies(
    place: Workplace,
    records: Records,
    columns: tuple[str, ...],
    text: str | None,
    *,
    threshold: float = THRESHOLD,
    run: int = RUN,
    progress: Progress | None = None,
) -> Copies:
    """Return the copies among records: equal in all `columns`, equal or nearly equal in the words of `text`.

    Recall of pairs is 1 − (1 − J⁵)²⁵ at a Jaccard index J; every pair is verified, so that precision is 1. Among more
    than nine texts that share a band, each is compared with eight others of them. Work is linear in the records.
    """
    progress = listening(progress)
    work = partial(documents, columns=columns, text=text, run=run)
    docs = place.stage(
        "hashing",
        lambda into: place.engine.each(records.units, work, DOCS, into, progress),
        stamp=records.stamp, columns=columns, text=text, run=run, units=len(records.units),
    )  # fmt: skip
    equals = place.select("equals", queries.repeats("hash"), docs=docs)
    repeats = place.select("repeats", queries.repeats("same"), docs=docs)
    pairs = _near(place, records, docs, repeats, text, threshold, run, progress)
    edges = place.select("edges", queries.EDGES, equals=equals, repeats=repeats, near=pairs)
    return Copies(docs, equals, repeats, pairs, clusters(place, edges))


def clusters(place: Workplace, edges: Path) -> Path:
    """Return (doc, label) for every record that `edges` (a, b; a < b) name: connected components by first record."""
    labels = place.select("labels", queries.FIRST_LABELS, edges=edges)
    for _ in range(_MOST_ROUNDS):
        labels = place.select("labels", queries.NEXT_LABELS, edges=edges, labels=labels)
        moved = pyarrow.dataset.dataset(parquet_files(labels)).count_rows(filter=pa.compute.field("moved"))
        if not moved:
            return labels
    raise AssertionError(f"labels still move after {_MOST_ROUNDS} rounds")


def _near(
    place: Workplace, records: Records, docs: Path, repeats: Path, text: str | None, threshold: float, run: int,
    progress: Progress,
) -> Path:  # fmt: skip
    """Return (a, b, jaccard) of texts that are nearly equal, one of each group of equal ones."""
    if text is None:
        return place.stage("near", lambda into: place.engine.each((), _nothing, NEAR, into, progress))
    step = -(-BANDS // place.engine.slices)
    slices = [range(first, min(first + step, BANDS)) for first in range(0, BANDS, step)]
    members = {
        f"members{number}": place.select("members", queries.members(bands), docs=docs, repeats=repeats)
        for number, bands in enumerate(slices)
    }
    candidates = place.select("candidates", queries.candidates(tuple(members)), **members)
    wanted = place.select("wanted", queries.WANTED, candidates=candidates)
    work = partial(grams, text=text, wanted=wanted, run=run)
    runs = place.stage(
        "grams",
        lambda into: place.engine.each(records.units, work, GRAMS, into, progress),
        stamp=records.stamp, text=text, wanted=wanted, run=run,
    )  # fmt: skip
    tables = {"candidates": candidates, "grams": runs}
    return place.stage(
        "near",
        lambda into: place.engine.apply(queries.COMPARED, tables, partial(near, threshold=threshold), NEAR, into),
        threshold=threshold, **tables,
    )  # fmt: skip


def _nothing(unit: Unit) -> Iterator[pa.RecordBatch]:
    del unit
    return iter(())
