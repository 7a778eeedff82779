"""What was found among records, in numbers and examples, as a person reads it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from holdfast.core.finding import Cell, Examples
from holdfast.core.record import Section
from holdfast.data.bulk import queries
from holdfast.data.bulk.engine import Workplace, parquet_files, read
from holdfast.data.bulk.minhash import BANDS, ROWS
from holdfast.data.bulk.near import Copies
from holdfast.data.bulk.records import Records, texts_at
from holdfast.data.bulk.settings import DuplicateSettings

_SHOWN = 5  # pairs and clusters
_EXCERPT = 100  # characters
_BEFORE = 30  # of them, before the first difference


@dataclass(frozen=True)
class Found:
    """Copies among records, counted. Shares are of all `n` records.

    `equal` records are equal to an earlier one in every column, `same` ones to an earlier text in every word; `near` is
    how many pairs of other texts are nearly equal, `near_records` how many texts are in one. `clusters` hold
    `clustered` records; all but one of each are `spare`. `together[i, j]` is how many records of input i have a copy in
    input j.
    """

    n: int
    text: str | None
    parts: tuple[tuple[str, int], ...]
    equal: int
    same: int
    near: int
    near_records: int
    clusters: int
    clustered: int
    together: np.ndarray
    largest: tuple[tuple[str, int, int, str], ...]
    examples: tuple[tuple[str, int, str, int, float, str, str], ...]

    @property
    def spare(self) -> int:
        """Records that would go if one of each cluster stayed."""
        return self.clustered - self.clusters


def found(place: Workplace, records: Records, tables: Copies, text: str | None) -> Found:
    """Return the counts and examples of what was found."""
    totals = read(place.select("clusters", queries.CLUSTERS, labels=tables.clusters)).to_pylist()[0]
    together = np.zeros((len(records.parts), len(records.parts)), dtype=np.int64)
    for row in read(place.select("together", queries.TOGETHER, labels=tables.clusters, docs=tables.docs)).to_pylist():
        together[row["part"], row["other"]] = row["n"]
    near = _lines(tables.near)
    return Found(
        n=len(records),
        text=text,
        parts=tuple(zip(records.parts, records.sizes(), strict=True)),
        equal=_lines(tables.equals),
        same=_lines(tables.repeats),
        near=near,
        near_records=_lines(place.select("wanted", queries.WANTED, candidates=tables.near)) if near else 0,
        clusters=totals["clusters"],
        clustered=totals["records"],
        together=together,
        largest=tuple(_largest(place, records, tables, text)),
        examples=tuple(_examples(records, tables, text)) if text is not None else (),
    )


def said(seen: Found, settings: DuplicateSettings) -> str:
    """Return what it came to in one sentence."""
    if not seen.clusters:
        what = "no copies" if seen.text is not None else "no equal records"
        return f"{seen.n:,} records: {what}."
    near = f", and {_are(seen.near, 'pair', ' of texts')} alike to {settings.threshold:g} or more" if seen.text else ""
    return (
        f"{seen.spare:,} of {seen.n:,} records ({_share(seen.spare, seen.n)}) could be spared as copies of others: "
        f"{_are(seen.equal, 'record')} equal to an earlier one{near}."
    )


def sections(seen: Found, settings: DuplicateSettings) -> tuple[Section, ...]:
    """Return what was found, for the report."""
    every = [_counts(seen, settings)]
    if len(seen.parts) > 1 and seen.clusters:
        every.append(_between(seen))
    if seen.examples:
        columns = ("input", "row", "its copy in", "row", "alike", "text", "text of the copy")
        every.append(
            Section(
                title="Near-copies, for example",
                evidence=(Examples(caption="Around the first difference; rows count from 0", columns=columns,
                                   cells=seen.examples),),
            )
        )  # fmt: skip
    if seen.largest:
        heads = ("first record in", "row", "records", *([f"its {seen.text}"] if seen.text else []))
        evidence = Examples(
            caption="Records that hang together",
            columns=heads,
            cells=tuple(line[: len(heads)] for line in seen.largest),
        )
        every.append(Section(title="The largest clusters", evidence=(evidence,)))
    return tuple(every)


def recall(jaccard: float) -> float:
    """Return the chance that a pair meets in at least one band."""
    return float(1 - (1 - jaccard**ROWS) ** BANDS)


def _counts(seen: Found, settings: DuplicateSettings) -> Section:
    lines: list[tuple[Cell, ...]] = [
        ("equal to an earlier one in every column", seen.equal, _share(seen.equal, seen.n))
    ]
    says = ["Equal means equal, value for value, in all columns but those of provenance."]
    if seen.text is None:
        says.append("No column holds texts, so that near-copies cannot be told; name one with --column.")
    else:
        lines += [
            ("the same words as an earlier text", seen.same, _share(seen.same, seen.n)),
            ("in a pair of texts that are nearly equal", seen.near_records, _share(seen.near_records, seen.n)),
        ]
        says.append(
            f"Texts are those of column {seen.text!r}. Two are nearly equal where they share {settings.threshold:g} or "
            f"more of their runs of {settings.words} words (Jaccard index); case, punctuation and spaces do not count. "
            f"Every pair was compared in full; one at {settings.threshold:g} is found with a chance of "
            f"{math.floor(1e4 * recall(settings.threshold)) / 1e4} or more, one that is more alike with a higher one."
        )
    lines.append(("to spare, if one of each cluster stays", seen.spare, _share(seen.spare, seen.n)))
    evidence = Examples(caption=f"Of {seen.n:,} records", columns=("records", "number", "share"), cells=tuple(lines))
    return Section(title="Copies", says=tuple(says), evidence=(evidence,))


def _between(seen: Found) -> Section:
    names = [name for name, _ in seen.parts]
    few = range(min(len(names), 12))
    cells = tuple(
        (names[i], seen.parts[i][1], *(_share(int(seen.together[i, j]), seen.parts[i][1]) for j in few)) for i in few
    )
    columns = ("input", "records", *(f"copy in {names[j]}" for j in few))
    left_out = (f"The first 12 of {len(names)} inputs are shown.",) if len(names) > 12 else ()
    evidence = Examples(caption="Share of the records of an input that have a copy", columns=columns, cells=cells)
    return Section(title="Within and between inputs", says=left_out, evidence=(evidence,))


def _largest(
    place: Workplace, records: Records, tables: Copies, text: str | None
) -> Iterator[tuple[str, int, int, str]]:
    largest = read(place.select("largest", queries.LARGEST, labels=tables.clusters)).to_pylist()
    largest = sorted(largest, key=lambda row: (-row["n"], row["label"]))[:_SHOWN]
    texts = texts_at(records, text, [row["label"] for row in largest]) if text is not None else {}
    for row in largest:
        yield (*records.place(row["label"]), row["n"], _cut(texts.get(row["label"]) or "", 0))


def _examples(records: Records, tables: Copies, text: str) -> Iterator[tuple[str, int, str, int, float, str, str]]:
    """Yield a few near-copies, from the least alike to the most."""
    pairs = _some(tables.near)
    texts = texts_at(records, text, [number for a, b, _ in pairs for number in (a, b)])
    for a, b, jaccard in pairs:
        one, other = texts.get(a) or "", texts.get(b) or ""
        start = max(
            0, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))) - _BEFORE
        )
        yield (*records.place(a), *records.place(b), round(jaccard, 3), _cut(one, start), _cut(other, start))


def _some(table: Path) -> Sequence[tuple[int, int, float]]:
    """Return a few pairs, spread over how alike they are; ties in the order of records."""
    dataset = pyarrow.dataset.dataset(parquet_files(table))
    head = dataset.head(100_000)
    order = pc.sort_indices(head, [("jaccard", "ascending"), ("a", "ascending"), ("b", "ascending")]).to_numpy()
    if not len(order):
        return ()
    places = np.unique(np.linspace(0, len(order) - 1, _SHOWN).astype(np.int64))
    few = head.take(pa.array(order[places]))
    return [(row["a"], row["b"], row["jaccard"]) for row in few.to_pylist()]


def _cut(text: str, start: int) -> str:
    end = start + _EXCERPT
    return ("…" if start else "") + text[start:end] + ("…" if len(text) > end else "")


def _lines(table: Path) -> int:
    return int(pyarrow.dataset.dataset(parquet_files(table)).count_rows())


def _are(n: int, noun: str, of: str = "") -> str:
    return f"1 {noun}{of} is" if n == 1 else f"{n:,} {noun}s{of} are"


def _share(some: int, of: int) -> str:
    share = some / of if of else 0.0
    return f"{share:.1%}" if not some or share >= 0.0005 else f"{100 * share:.2g}%"
