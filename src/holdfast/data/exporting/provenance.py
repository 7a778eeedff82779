"""Where exported records come from, counted: for people in PROVENANCE.md, for machines in provenance.json."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Dataset
from holdfast.core.text import one_line
from holdfast.core.version import __version__
from holdfast.data.origin import (
    EVIDENCED,
    GENERATION,
    GENERATOR,
    LICENCE,
    MADE,
    ORIGIN,
    ORIGINS,
    SOURCE,
    VERIFIER,
    counts,
)

SCHEMA = 1
UNKNOWN = "unknown"
_MOST = 100  # values listed of each column; the rest is summed up
_COUNTED = (
    ("evidence", EVIDENCED),
    ("generator", GENERATOR),
    ("generation", GENERATION),
    ("licence", LICENCE),
    ("source", SOURCE),
)
_TITLES = {
    "origin": "Who made them",
    "evidence": "How that is known",
    "generator": "By which model",
    "generation": "In which generation",
    "licence": "Under which licence",
    "source": "Taken from",
}


@dataclass(frozen=True)
class Provenance:
    """Counts of a data set's provenance. `by` has for each aspect the values and their counts, frequent ones first."""

    rows: int
    by: dict[str, list[tuple[str, int]]]
    verified: int
    made: tuple[str, str] | None
    missing: tuple[str, ...]  # columns of provenance that the data do not have

    def share(self, aspect: str, value: str) -> float:
        """Return the share of records with a value."""
        return dict(self.by[aspect]).get(value, 0) / self.rows if self.rows else 0.0

    @property
    def says(self) -> str:
        """Who made the records, in a sentence."""
        parts = [f"{n:,} {name} ({100 * n / max(1, self.rows):.1f}%)" for name, n in self.by["origin"] if n]
        return f"{self.rows:,} records: {', '.join(parts)}"


def provenance(dataset: Dataset) -> Provenance:
    """Return where the records of a data set come from, as far as they say so."""
    names = set(dataset.table.column_names)
    origins = (
        dataset.values(ORIGIN) if ORIGIN in names else pa.chunked_array([pa.nulls(len(dataset), pa.large_string())])
    )
    by: dict[str, list[tuple[str, int]]] = {"origin": [(name, n) for name, n in counts(origins).items()]}
    for aspect, column in _COUNTED:
        by[aspect] = _counted(dataset.values(column)) if column in names else [(UNKNOWN, len(dataset))]
    verified = len(dataset) - dataset.values(VERIFIER).null_count if VERIFIER in names else 0
    made = None
    if MADE in names and dataset.values(MADE).null_count < len(dataset):
        span = pc.min_max(dataset.values(MADE)).as_py()
        made = (str(span["min"]), str(span["max"]))
    missing = tuple(name for name in (ORIGIN, *(column for _, column in _COUNTED), VERIFIER, MADE) if name not in names)
    return Provenance(len(dataset), by, verified, made, missing)


def _counted(values: pa.ChunkedArray) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for entry in pc.value_counts(values).to_pylist():
        name = UNKNOWN if entry["values"] is None else str(entry["values"])
        found[name] = found.get(name, 0) + entry["counts"]
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    if len(ranked) <= _MOST:
        return ranked
    rest = ranked[_MOST:]
    return [*ranked[:_MOST], (f"{len(rest):,} others", sum(n for _, n in rest))]


def as_json(found: Provenance, about: dict[str, Any], notes: Sequence[str]) -> bytes:
    """Return the summary for machines."""
    document = {
        "schema": SCHEMA,
        "made_by": f"holdfast {__version__}",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        **about,
        "records": found.rows,
        **{
            aspect: [
                {"value": value, "records": n, "share": n / found.rows if found.rows else 0.0} for value, n in each
            ]
            for aspect, each in found.by.items()
        },
        "verified": found.verified,
        "made_between": list(found.made) if found.made else None,
        "not_said": list(found.missing),
        "notes": list(notes),
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def as_markdown(found: Provenance, about: dict[str, Any], notes: Sequence[str]) -> bytes:
    """Return the summary for people."""
    lines = ["# Where these records come from", "", f"{found.says}.", ""]
    lines += [f"- {name}: {_cell(str(value))}" for name, value in about.items() if value]
    if found.made:
        lines.append(f"- made between: {found.made[0]} and {found.made[1]}")
    lines.append(f"- checked by somebody: {found.verified:,}")
    for aspect, each in found.by.items():
        lines += ["", f"## {_TITLES[aspect]}", "", f"| {aspect} | records | share |", "|---|---:|---:|"]
        lines += [f"| {_cell(value)} | {n:,} | {_percent(n, found.rows)} |" for value, n in each]
    lines += ["", "## What is not known", ""]
    lines += _unknown(found)
    if notes:
        lines += ["", "## What this export left out or changed", "", *[f"- {_cell(note, 400)}" for note in notes]]
    origins = ", ".join(f"`{one}`" for one in ORIGINS)
    lines += ["", f"Origins are {origins}. `human-verified`: a person looked, and confirmed that a person made it.", ""]
    return "\n".join(lines).encode("utf-8", "replace")


def _unknown(found: Provenance) -> list[str]:
    said = []
    for aspect, each in found.by.items():
        n = sum(n for value, n in each if value == UNKNOWN)
        if n and (aspect not in {"generator", "generation"} or found.share("origin", "synthetic") > 0):
            said.append(f"- {aspect}: of {n:,} records ({_percent(n, found.rows)})")
    return said or ["- nothing of the above"]


def _percent(n: int, of: int) -> str:
    return f"{100 * n / of:.1f}%" if of else "–"


def _cell(text: str, most: int = 120) -> str:
    """Return a text for a cell of Markdown: nothing in it draws a table, a link or a tag."""
    plain = one_line(text, most)
    return "".join(f"\\{one}" if one in "\\`*_[]<>|#!" else one for one in plain)
