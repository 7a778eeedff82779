"""Who or what made a record, and how well that is known.

Provenance stands in ordinary columns whose names begin with an underscore, so that it survives every file format, every
export and every tool on the way. A data set without them is a data set of which nothing is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Kind, Role

Origin = Literal["human", "human-verified", "synthetic", "unknown"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)

# How origin is known, best first: a cryptographic signature; a person looked; the source says so; older than the
# generators that could have made it; a rule or a detector that its owner trusts; nothing.
Evidence = Literal["signed", "reviewed", "declared", "dated", "inferred", "none"]
EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)

RECORD, ORIGIN, EVIDENCED, GENERATOR, GENERATION = "_record", "_origin", "_evidence", "_generator", "_generation"
PARENTS, VERIFIER, MADE, LICENCE, SOURCE = "_parents", "_verifier", "_made", "_licence", "_source"
WEIGHT = "_weight"  # what a mix makes a record count in training; a property of the mix, not of the record


@dataclass(frozen=True, slots=True)
class Field:
    """A column of provenance: its name, its canonical type, and what it is to an audit."""

    name: str
    type: pa.DataType
    kind: Kind
    role: Role
    says: str


FIELDS: tuple[Field, ...] = (
    Field(RECORD, pa.large_string(), "category", "id", "content hash of the record: its name everywhere"),
    Field(ORIGIN, pa.large_string(), "category", "origin", "who made it: " + ", ".join(ORIGINS)),
    Field(EVIDENCED, pa.large_string(), "category", "ignore", "how the origin is known: " + ", ".join(EVIDENCE)),
    Field(GENERATOR, pa.large_string(), "category", "metadata", "the model that made it, with its version"),
    Field(
        GENERATION,
        pa.int64(),
        "number",
        "metadata",
        "0 for people's work, else 1 + what its model learnt from",
    ),
    Field(PARENTS, pa.large_string(), "text", "ignore", "records it was made from, separated by spaces"),
    Field(VERIFIER, pa.large_string(), "category", "ignore", "who or what checked it"),
    Field(MADE, pa.timestamp("us"), "time", "ignore", "when it was made"),
    Field(LICENCE, pa.large_string(), "category", "metadata", "SPDX name of the licence"),
    Field(SOURCE, pa.large_string(), "category", "metadata", "where it was taken from"),
)
NAMES: tuple[str, ...] = tuple(field.name for field in FIELDS)
BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}


def is_human(origins: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return for each record whether a person made it, as far as is known; null counts as unknown."""
    return pc.fill_null(
        pc.is_in(origins, value_set=pa.array(["human", "human-verified"], origins.type)), fill_value=False
    )


def counts(origins: pa.ChunkedArray) -> dict[Origin, int]:
    """Return how many records have each origin, in the order of ORIGINS; null counts as unknown."""
    found: dict[str, int] = dict.fromkeys(ORIGINS, 0)
    for entry in pc.value_counts(pc.fill_null(origins, "unknown")).to_pylist():
        known = entry["values"] if entry["values"] in found else "unknown"
        found[known] += entry["counts"]
    return {origin: found[origin] for origin in ORIGINS}


def payload(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that are the user's own columns, not provenance."""
    return tuple(name for name in names if name not in BY_NAME)
