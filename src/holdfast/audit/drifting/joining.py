"""Versions of one data set in one table: the columns that all have, and which rows each of them added."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.drifting.copies import Added, added_rows
from holdfast.audit.drifting.slices import FEWEST, NEW, Slices, Whole
from holdfast.core.dataset import Column, Dataset, Kind
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.bulk.hashes import row_hashes
from holdfast.data.canonical import STRING
from holdfast.data.origin import BY_NAME, ORIGIN, counts, payload

Version = tuple[str, Dataset]  # its name, its rows
_LEFT, _GONE = "rows kept", "rows taken away"
_AS_WORDS = ("category", "text")


def joined(versions: Sequence[Version]) -> Slices:
    """Return the rows that each version added, in slices; copies of earlier rows are counted, and left out.

    Where two versions are compared and the second only lost rows, the slices are what it kept and what it lost.
    Raises BadInput where versions have no column in common.
    """
    columns, came, went, notes = _columns([dataset for _, dataset in versions])
    tables = [_table(dataset, columns) for _, dataset in versions]
    hashes = [_hashes(versions[0][1].name, table, columns) for table in tables]
    seen, kept, wholes, said = hashes[0], [np.arange(len(tables[0]))], [_whole(*versions[0])], list(notes)
    for t in range(1, len(tables)):
        found = added_rows(seen, hashes[t])
        kept.append(found.rows)
        seen = np.concatenate([seen, hashes[t][found.rows]])
        lost = added_rows(hashes[t], hashes[t - 1], mutual=found) if found.copies else None
        removed = len(lost.rows) if lost is not None else 0
        wholes.append(_whole(*versions[t], added=len(found.rows), removed=removed))
        said.append(_said(found, versions[t][0], removed))
    names = [name for name, _ in versions]
    if len(names) == 2 and len(kept[1]) < len(tables[1]):
        names[1] = f"{NEW}{names[1]}"
    if len(tables) == 2 and len(kept[1]) < FEWEST and wholes[1].removed >= FEWEST:
        gone = added_rows(hashes[1], hashes[0]).rows
        left = np.setdiff1d(np.arange(len(tables[0])), gone)
        tables, kept, names = [tables[0], tables[0]], [left, gone], [_LEFT, _GONE]
        said.append(f"{names[1]} are compared with {names[0]}, as nothing else changed")
    table = pa.concat_tables([_taken(one, rows) for one, rows in zip(tables, kept, strict=True)])
    media = versions[0][1].media
    for _, dataset in versions[1:]:
        media = media.joined(dataset.media)
    share = len(kept[-1]) / max(len(tables[-1]), 1)
    return Slices(
        Dataset(versions[-1][1].name, table, columns, media=media),
        tuple(names),
        np.repeat(np.arange(len(kept)), [len(rows) for rows in kept]),
        "version",
        tuple(wholes),
        tuple(filter(None, said)),
        came,
        went,
        share,
    )


def _taken(table: pa.Table, rows: np.ndarray) -> pa.Table:
    return table if len(rows) == len(table) else table.take(pa.array(rows))


def _said(found: Added, name: str, removed: int) -> str:
    """Return what became of the rows of a version, in words."""
    lost = f", and {removed:,} rows are no longer there" if removed else ""
    shown = one_line(name, 60)
    if found.copies:
        new = f"{len(found.rows):,} of {found.n:,} rows of {shown} are new"
        return f"{new}: {found.copies:,} were there before and say nothing about drift{lost}"
    if found.equal:
        return (
            f"{found.equal:,} of {found.n:,} rows of {shown} equal an earlier one; rows that are no copies do so as "
            f"often ({found.by_chance:.0%}), so that all are compared"
        )
    return f"none of the {found.n:,} rows of {shown} was there before"


def _whole(name: str, dataset: Dataset, added: int = 0, removed: int = 0) -> Whole:
    known = ORIGIN in dataset.table.column_names
    origins = tuple(counts(dataset.values(ORIGIN)).items()) if known else ()
    return Whole(name, len(dataset), tuple((str(k), v) for k, v in origins), added, removed)


def _columns(
    datasets: Sequence[Dataset],
) -> tuple[tuple[Column, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the columns of all, those that came and that went, and what was found out. Raises BadInput."""
    held = [set(dataset.table.column_names) for dataset in datasets]
    common = set.intersection(*held)
    if not payload(common):
        first, last = (", ".join(sorted(one_line(name, 30) for name in names)[:6]) for names in (held[0], held[-1]))
        raise BadInput(f"the versions have no column in common: the first has {first}; the last has {last}")
    came = tuple(name for name in datasets[-1].table.column_names if name not in held[0] and name not in BY_NAME)
    went = tuple(name for name in datasets[0].table.column_names if name not in held[-1] and name not in BY_NAME)
    columns, notes = [], []
    for column in datasets[0].columns:
        if column.name not in common:
            continue
        kinds = list(dict.fromkeys(dataset[column.name].kind for dataset in datasets))
        kind = kinds[0] if len(kinds) == 1 else _common_kind(kinds)
        if len(kinds) > 1:
            shown = one_line(column.name, 60)
            notes.append(f"{shown} holds {' in some versions, and '.join(kinds)} in others: compared as {kind}")
        role = "metadata" if column.role == "split" else column.role
        columns.append(Column(column.name, kind, role))
    return tuple(columns), came, went, tuple(notes)


def _common_kind(kinds: Sequence[Kind]) -> Kind:
    return "text" if set(kinds) <= set(_AS_WORDS) and "text" in kinds else "category"


def _table(dataset: Dataset, columns: Sequence[Column]) -> pa.Table:
    """Return the columns in one order and in types that do not depend on the version."""
    return pa.table({column.name: _values(dataset.values(column.name), column.kind) for column in columns})


def _values(values: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
    if kind == "number":
        return pc.cast(values, pa.float64(), safe=False)
    if kind in {"category", "text", "image"}:
        return pc.cast(values, STRING)
    return values


def _hashes(name: str, table: pa.Table, columns: Sequence[Column]) -> np.ndarray:
    """Return a hash of each row over what a person collected: no provenance, and no number of the row.

    Where most rows look alike by that, ids are what tells them apart.
    """
    whole = Dataset(name, table, tuple(replace(column, role="feature") for column in columns))
    own = tuple(column.name for column in columns if column.role != "id" and column.name not in BY_NAME)
    ids = tuple(column.name for column in columns if column.role == "id" and column.name not in BY_NAME)
    return np.asarray(row_hashes(whole, own or ids))
