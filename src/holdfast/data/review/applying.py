"""Decisions become part of a store: who verified, what origin was seen, which label is right. Only when asked for.

A record that reviewers hold to be a person's becomes `human-verified`, with evidence `reviewed`. One that its maker
declared synthetic stays so, whatever reviewers think, and is named; so is one whose origin is signed. Labels never
change: the right ones stand in a column of their own.
"""

from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.errors import BadInput
from holdfast.data.canonical import STRING
from holdfast.data.origin import EVIDENCED, ORIGIN, RECORD, VERIFIER
from holdfast.data.review.building import as_label
from holdfast.data.review.consensus import UNFIT, opinions
from holdfast.data.review.queue import Queue
from holdfast.data.review.records import judges
from holdfast.data.store import Store, Version

REVIEW = "review"  # column that says what became of a record: approved, relabelled, rejected
_KEEPS = frozenset({"signed"})


@dataclass(frozen=True)
class Changes:
    """What would change: provenance by record, labels by record, verdicts by record, and what is left alone."""

    provenance: pa.Table
    labels: dict[str, str]
    verdicts: dict[str, str]
    contradictions: tuple[str, ...]  # records said to be human that their maker declared synthetic, or signed ones
    disputed: int


def changes(queue: Queue) -> Changes:
    """Return what a queue's decisions change. Records that reviewers are divided about change nothing."""
    origins, fits, labels = opinions(queue, "origin"), opinions(queue, "fit"), opinions(queue, "label")
    rows: list[dict[str, str | None]] = []
    contradictions, open_ = [], set()
    for record in dict.fromkeys(one.record for one in queue.standing() if judges(one)):
        item = queue.by_record[record]
        said = [of[record] for of in (origins, fits, labels) if record in of]
        open_ |= {record for one in said if one.value is None}
        who = sorted({one.settled_by or name for one in said for name, _ in (one.votes or (("", ""),))} - {""})
        seen = origins[record].value if record in origins else None
        keeps = seen == "human" and item.origin == "synthetic"
        if keeps:
            contradictions.append(record)
        row: dict[str, str | None] = {RECORD: record, VERIFIER: ", ".join(who), ORIGIN: None, EVIDENCED: None}
        if seen is not None and not keeps:
            row |= {ORIGIN: "human-verified" if seen == "human" else "synthetic", EVIDENCED: "reviewed"}
        rows.append(row)
    schema = pa.schema([(name, STRING) for name in (RECORD, VERIFIER, ORIGIN, EVIDENCED)])
    return Changes(
        provenance=pa.Table.from_pylist(rows, schema=schema),
        labels={record: one.value for record, one in labels.items() if one.value is not None},
        verdicts=_verdicts(queue),
        contradictions=tuple(contradictions),
        disputed=len(open_),
    )


def _verdicts(queue: Queue) -> dict[str, str]:
    found: dict[str, str] = {}
    for record, one in opinions(queue, "label").items():
        given = queue.by_record[record].given
        if one.value is not None and given is not None:
            found[record] = "approved" if one.value == given else "relabelled"
    for record, one in opinions(queue, "fit").items():
        if one.value is not None:
            found[record] = "rejected" if one.value == UNFIT else found.get(record, "approved")
    return found


def apply(queue: Queue, store: Store) -> tuple[Version, Changes]:
    """Write what a queue's decisions change as new versions, and return the last of them. Raises BadInput."""
    wanted = changes(queue)
    if not len(wanted.provenance):
        raise BadInput(f"nothing is decided in {queue.path} that could be taken over")
    names = sorted({name for cell in wanted.provenance.column(VERIFIER).to_pylist() for name in cell.split(", ")})
    message = f"review by {', '.join(names)}: {len(wanted.provenance):,} records"
    head = store.version("head")
    table = _without_signed(store, wanted.provenance)
    version = store.amend(table, message) if len(table) else head
    label = queue.header.label
    if wanted.labels and label:
        version = store.attach(f"{label}_reviewed", _labels(store, label, wanted.labels), message, kind="category")
    if wanted.verdicts:
        values = {RECORD: list(wanted.verdicts), REVIEW: list(wanted.verdicts.values())}
        schema = pa.schema([(RECORD, STRING), (REVIEW, STRING)])
        version = store.attach(REVIEW, pa.table(values, schema=schema), message, kind="category")
    return version, wanted


def _without_signed(store: Store, table: pa.Table) -> pa.Table:
    """Return the changes with the origin of signed records left alone: a signature is better evidence than a look."""
    held = store.read("head", [RECORD, EVIDENCED]) if EVIDENCED in store.version("head").names else None
    if held is None:
        return table
    signed = held.table.filter(pc.is_in(held.values(EVIDENCED), pa.array(sorted(_KEEPS), STRING))).column(RECORD)
    keeps = pc.is_in(table.column(RECORD), signed.combine_chunks())
    for name in (ORIGIN, EVIDENCED):
        kept = pc.if_else(keeps, pa.scalar(None, STRING), table.column(name))
        table = table.set_column(table.column_names.index(name), name, kept)
    return table


def _labels(store: Store, label: str, right: dict[str, str]) -> pa.Table:
    """Return the labels of all records, those that reviewers gave where they gave one, else those of the data."""
    held = store.read("head", [RECORD, label]).table
    records = held.column(RECORD).to_pylist()
    given = held.column(label)
    texts = [right.get(record, as_label(value)) for record, value in zip(records, given.to_pylist(), strict=True)]
    column = pa.array(texts, STRING)
    with suppress(pa.ArrowInvalid):  # a label that was no class before, such as a word among numbers
        column = pc.cast(column, given.type)
    return pa.table({RECORD: held.column(RECORD), f"{label}_reviewed": column})
