"""What is said about the origin of records that come in: read, completed, refused where it contradicts itself."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.rows import Rows
from holdfast.core.text import one_line
from holdfast.data.canonical import canonical
from holdfast.data.origin import (
    BY_NAME,
    EVIDENCE,
    EVIDENCED,
    FIELDS,
    GENERATION,
    GENERATOR,
    ORIGIN,
    ORIGINS,
    PARENTS,
    RECORD,
    payload,
)

_SHOWN = 60
_PARENT_NAMES = r"^\s*([0-9a-f]{32}(\s+|$))*$"


def stated(dataset: Dataset, *, own_ids: bool = False) -> pa.Table:
    """Return the table with canonical columns of provenance, valid and complete; `_record` is left out.

    `own_ids` says that parents are named by ids of their owner, which are not looked at here.
    Raises BadInput for values that are none, naming rows.
    """
    table = canonical(dataset.table)
    kept = table.select(list(payload(table.column_names)))
    for field in FIELDS:
        if field.name == RECORD or field.name not in table.column_names:
            continue
        values = table.column(field.name)
        ids = own_ids and field.name == PARENTS
        kept = kept.append_column(field.name, pc.cast(values, field.type) if ids else typed(field.name, values))
    unknown = pa.chunked_array([pa.repeat(pa.scalar("unknown", pa.large_string()), len(table))])
    origins = pc.fill_null(kept.column(ORIGIN), "unknown") if ORIGIN in kept.column_names else unknown
    kept = _put(kept, ORIGIN, origins)
    kept = _put(kept, EVIDENCED, _evidence(kept, origins))
    refuse_contradictions(kept)
    return kept


def typed(name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values of a column of provenance in its type. Raises BadInput for values that it cannot have."""
    wanted = BY_NAME[name].type
    if pa.types.is_null(values.type):
        return pa.chunked_array([pa.nulls(len(values), wanted)])
    try:
        done = pc.cast(values, wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadInput(f"column {name} holds {values.type}, wanted {wanted}: {_first(error)}") from error
    if pa.types.is_large_string(wanted):
        done = pc.if_else(pc.equal(pc.utf8_trim_whitespace(done), ""), pa.scalar(None, wanted), done)
    if name == ORIGIN:
        _refuse(name, done, lambda v: pc.is_in(v, value_set=pa.array(ORIGINS, wanted)), ", ".join(ORIGINS))
    elif name == EVIDENCED:
        _refuse(name, done, lambda v: pc.is_in(v, value_set=pa.array(EVIDENCE, wanted)), ", ".join(EVIDENCE))
    elif name == GENERATION:
        _refuse(name, done, lambda v: pc.greater_equal(v, 0), "0 for people's work, else 1 and more")
    elif name in {PARENTS, RECORD}:
        names = "names of records of 32 hexadecimal digits, with spaces between"
        _refuse(name, done, lambda v: pc.match_substring_regex(v, _PARENT_NAMES), names)
    return done


def refuse_contradictions(table: pa.Table) -> None:
    """Raise BadInput where origin, generator and generation of a record do not go together."""
    origins = table.column(ORIGIN)
    human = pc.is_in(origins, value_set=pa.array(["human", "human-verified"], pa.large_string()))
    if GENERATOR in table.column_names:
        wrong = pc.and_(human, pc.is_valid(table.column(GENERATOR)))
        _contradiction(wrong, "made by a person, as is said, and naming a generator")
    if GENERATION in table.column_names:
        generation = table.column(GENERATION)
        wrong = pc.and_(human, pc.fill_null(pc.greater(generation, 0), False))  # noqa: FBT003
        _contradiction(wrong, "made by a person, as is said, and of a generation above 0")
        wrong = pc.and_(pc.equal(origins, "synthetic"), pc.fill_null(pc.equal(generation, 0), False))  # noqa: FBT003
        _contradiction(wrong, "synthetic, as is said, and of generation 0, which is people's work")


def _evidence(table: pa.Table, origins: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return how the origin is known: as stated, else declared where it is known, else none."""
    known = pc.not_equal(origins, "unknown")
    default = pc.if_else(known, pa.scalar("declared", pa.large_string()), pa.scalar("none", pa.large_string()))
    return pc.coalesce(table.column(EVIDENCED), default) if EVIDENCED in table.column_names else default


def _put(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, values)
    return table.append_column(name, values)


def _refuse(
    name: str, values: pa.ChunkedArray, fits: Callable[[pa.ChunkedArray], pa.ChunkedArray], wanted: str
) -> None:
    wrong = pc.and_(pc.is_valid(values), pc.invert(pc.fill_null(fits(values), False)))  # noqa: FBT003
    rows = np.flatnonzero(wrong.to_numpy(zero_copy_only=False))
    if len(rows):
        first = one_line(str(values[int(rows[0])].as_py()), _SHOWN)
        raise BadInput(
            f"column {name} holds {first!r} {where(rows)}; wanted {wanted}, or nothing. If the column is your own and "
            "says nothing about origin, give it another name"
        )


def _contradiction(wrong: pa.ChunkedArray, what: str) -> None:
    rows = np.flatnonzero(wrong.to_numpy(zero_copy_only=False))
    if len(rows):
        raise BadInput(f"records {what}: {len(rows):,} ({where(rows)}). Both cannot be so: correct one of them")


def where(rows: np.ndarray) -> str:
    """Return the rows in words, numbered from 1."""
    shown = str(Rows(rows[:20] + 1))
    return f"in row{'s' if len(rows) > 1 else ''} {shown}{' …' if len(rows) > 20 else ''}"


def _first(error: Exception) -> str:
    return one_line(str(error).partition("\n")[0], 120)
