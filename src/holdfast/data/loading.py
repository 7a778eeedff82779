"""From files and frames to one data set: splits below each other, roles and kinds settled, sources remembered."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import KINDS, ROLES, Dataset, Kind, Role, Source
from holdfast.core.errors import BadInput, unknown
from holdfast.core.progress import Progress, listening, track
from holdfast.core.text import one_line
from holdfast.data.arrays import ArrowExportable
from holdfast.data.benchmarks import fitted, is_benchmark, unlabelled
from holdfast.data.canonical import STRING
from holdfast.data.folds import by_folds
from holdfast.data.headers import usable
from holdfast.data.images.paths import with_images
from holdfast.data.inference import columns_of
from holdfast.data.inputs import Part, parts_of
from holdfast.data.kinds import recast, with_compact_dates
from holdfast.data.limits import IN_MEMORY_BYTES
from holdfast.data.matching import Matched, matched
from holdfast.data.roles import guessed, spelled, splits_of
from holdfast.data.roles import split_column as column_of_splits
from holdfast.data.settling import Settled, settled
from holdfast.data.splitting import SPLIT, free_name, split
from holdfast.data.workspace import workspace

ALL = "all"  # name of an input that is not split
_FEWEST_TO_SPLIT = 10
_T = TypeVar("_T")


def load(
    inputs: Mapping[str, Path | str | ArrowExportable] | Path | str | ArrowExportable,
    *,
    roles: Mapping[str, Role] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    split_column: str | None = None,
    splitter: str | Any = None,
    test_share: float = 0.2,
    seed: int = 0,
    groups: Sequence[str] = (),
    undivided: bool = False,
    in_memory: int = IN_MEMORY_BYTES,
    progress: Progress | None = None,
) -> Dataset:
    """Return one data set of several splits (name → path, folder, `-`, or anything that exports Arrow).

    A single input needs no name; as one that is not split it has the name `all`. It is split by `split_column`, or by a
    column that clearly says so, or by `splitter`, or, where there is a label, at random as most would do it; the
    sources' notes say which; `undivided` leaves it as it is. A table of more than `in_memory` bytes is kept in a file
    that is mapped into memory. Columns may be named by number (from 1, or from the end
    below 0) if the files have no header line.

    `splitter` is `random`, `stratified`, `grouped` or `ordered`, or whatever splits as scikit-learn's splitters do.

    Raises BadInput when an input cannot be read, when the inputs do not fit together, or for unknown columns;
    MissingExtra when a format needs a library that is not installed.
    """
    inputs = inputs if isinstance(inputs, Mapping) else {ALL: inputs}
    names = _split_names(inputs)
    with workspace():
        groups_of_parts = [parts_of(given) for given in inputs.values()]
        parts = [part for group in groups_of_parts for part in group]
        split_of_part = [name for name, group in zip(names, groups_of_parts, strict=True) for _ in group]
        named_after = splits_of([part.name for part in parts]) if names == [ALL] and not _parted(parts) else ()
        if named_after and split_column is None and splitter is None:
            split_of_part, names = list(named_after), list(named_after)
        labels = [name for name, role in (roles or {}).items() if role == "label"]
        _refuse_unknown_label(labels, parts)
        parts = [
            fitted(part, parts[0]) if is_benchmark(name) else unlabelled(part, parts[0], labels)
            for name, part in zip(split_of_part, parts, strict=True)
        ]
        match = matched(parts)
        wanted = _wanted_roles({**dict.fromkeys(groups, "group"), **(roles or {})}, match)
        kinds = _numbered(kinds or {}, match)
        _refuse_unknown(wanted, kinds)
        as_text = frozenset(name for name, kind in kinds.items() if kind in {"text", "category"})
        with track(listening(progress), f"reading {_title(parts)}", unit="rows") as advance:
            content = settled(parts, match, as_text=as_text, advance=advance, in_memory=in_memory)
    if not len(content.table):
        raise BadInput(f"{_title(parts)} has columns, but no rows")
    dataset = _described(parts, split_of_part, match, content, wanted, kinds, listening(progress))
    if names != [ALL]:
        if split_column or splitter is not None:
            raise BadInput("give splits as several inputs, or one input with a split column or a splitter, not both")
        dataset = _said_once(dataset, [*wanted, *kinds])
        return _noted(dataset, ("files are taken as splits, for their names",)) if named_after else dataset
    hinted = dataset.one("split")
    told = _named(split_column, match) if split_column else hinted.name if hinted else None
    dataset = _by_column(dataset, told, [*wanted, *kinds])
    if splitter is not None or (dataset.one("split") is None and not undivided):
        return _by_splitter(dataset, splitter, test_share, seed)
    return dataset


def _parted(parts: Sequence[Part]) -> bool:
    """Return whether the files themselves say which split a row is in."""
    return any("split" in part.reading.roles.values() for part in parts)


def _split_names(inputs: Mapping[str, object]) -> list[str]:
    if not inputs:
        raise BadInput("no data given: a file, or a training and a test file")
    names = [spelled(name) for name in inputs]
    if len(set(names)) < len(names):
        raise BadInput(f"two inputs are for the same split: {', '.join(inputs)}")
    if ALL in names and len(names) > 1:
        raise BadInput(f"several inputs need the name of their split, such as train and test; got {', '.join(inputs)}")
    return names


def _title(parts: Sequence[Part]) -> str:
    names = [part.name for part in parts]
    return " + ".join(names) if len(names) <= 3 else f"{names[0]} and {len(names) - 1:,} more files"


def _refuse_unknown_label(labels: Sequence[str], parts: Sequence[Part]) -> None:
    """Raise BadInput for a label that no part has: told before parts without it are said not to fit together."""
    if not labels or any(part.reading.headless for part in parts):
        return
    every = [usable(part.reading.names)[0] for part in parts]
    for name in labels:
        if not any(name in names for names in every):
            raise unknown("column", name, every[0])


def _wanted_roles(roles: Mapping[str, Role], match: Matched) -> dict[str, Role]:
    wanted = _numbered(roles, match)
    labels = [name for name, role in wanted.items() if role == "label"]
    if len(labels) > 1:
        raise BadInput(f"one column can be the label, got {', '.join(labels)}")
    return wanted


def _numbered(by_name: Mapping[str, _T], match: Matched) -> dict[str, _T]:
    return {_named(name, match): value for name, value in by_name.items()}


def _named(name: str, match: Matched) -> str:
    """Return the column that a person means: its name, or its number where files have no header line."""
    if name in match.names:
        return name
    if match.headless and re.fullmatch(r"-?\d{1,6}", name):
        place = int(name)
        if 1 <= abs(place) <= len(match.names):
            return match.names[place - 1 if place > 0 else place]
    hint = f" By number: 1 to {len(match.names)}, or -1 for the last." if match.headless else ""
    raise BadInput(f"{unknown('column', name, match.names)}{hint}")


def _refuse_unknown(roles: Mapping[str, Role], kinds: Mapping[str, Kind]) -> None:
    for role in roles.values():
        if role not in ROLES:
            raise unknown("role", role, ROLES)
    for kind in kinds.values():
        if kind not in KINDS:
            raise unknown("kind", kind, KINDS)


def _described(
    parts: Sequence[Part],
    splits: Sequence[str],
    match: Matched,
    content: Settled,
    roles: Mapping[str, Role],
    kinds: Mapping[str, Kind],
    progress: Progress,
) -> Dataset:
    table, date_notes = with_compact_dates(content.table, kinds)
    table, kind_notes = recast(table, kinds)
    images = with_images(table, parts, content.sizes, kinds, progress)
    table, kinds = images.table, images.kinds
    whole = list(splits) == [ALL] * len(parts)
    table, roles, kinds = _as_parts_know(parts, table, roles, kinds, whole=whole)
    if not whole:
        name = free_name(SPLIT, table.column_names)
        table = table.append_column(name, _repeated(splits, content.sizes))
        roles = {**roles, name: "split"}
    dataset = Dataset(_title(parts), table, columns_of(table, roles, kinds))
    _refuse_timeless(dataset, [name for name, role in roles.items() if role == "time"])
    dataset, role_notes = guessed(dataset, [*roles, *kinds])
    sources, start = [], 0
    for place, (part, size) in enumerate(zip(parts, content.sizes, strict=True)):
        notes = (*part.reading.notes, *match.notes[place], *content.part_notes[place])
        sources.append(
            Source(
                part.name,
                start,
                start + size,
                part.digest or _digest(dataset, start, size),
                None if whole else splits[place],
                part.reading.first_row,
                notes,
            )
        )
        start += size
    said = (*content.notes, *date_notes, *kind_notes, *images.notes, *role_notes)
    dataset = replace(dataset, media=images.media)
    for part in parts:
        dataset = replace(dataset, media=dataset.media.joined(part.reading.media()))
    return _noted(replace(dataset, sources=tuple(sources)), said)


def _refuse_timeless(dataset: Dataset, names: Sequence[str]) -> None:
    """Raise BadInput for a column that is said to hold times, and holds words without a figure in them."""
    for name in names:
        values = dataset.values(name)
        if not pa.types.is_large_string(values.type):
            continue
        some = [one for one in pc.unique(values.slice(0, 1000)).to_pylist() if one]
        if some and not any(character.isdigit() for one in some for character in one):
            shown = ", ".join(repr(one_line(one, 20)) for one in some[:3])
            raise BadInput(f"column {one_line(name, 60)!r} holds no times, but {shown}. Name another one for the time")


def _as_parts_know(
    parts: Sequence[Part], table: pa.Table, roles: Mapping[str, Role], kinds: Mapping[str, Kind], *, whole: bool
) -> tuple[pa.Table, dict[str, Role], dict[str, Kind]]:
    """Return the table without columns that stayed empty, with roles and kinds that the format of the parts knows.

    What a person said counts more. Beside images, a column that nobody gave a role is no feature.
    """
    readings = [part.reading for part in parts]
    optional = set.intersection(*(set(reading.optional) for reading in readings)) - {*roles, *kinds}
    empty = [name for name in optional if name in table.column_names and table[name].null_count == len(table)]
    table = table.drop_columns(empty)
    names = set(table.column_names)
    known: dict[str, Role] = {name: role for one in readings for name, role in one.roles.items() if name in names}
    taken = set(roles.values()) & {"label"} | (set() if whole else {"split"})
    known = {name: "metadata" if role in taken else role for name, role in known.items()}
    all_kinds: dict[str, Kind] = {name: kind for one in readings for name, kind in one.kinds.items() if name in names}
    all_kinds |= kinds
    if "image" in all_kinds.values():
        known |= {
            name: "metadata" for name in table.column_names if name not in known and all_kinds.get(name) != "image"
        }
    return table, known | dict(roles), all_kinds


def _repeated(splits: Sequence[str], sizes: Sequence[int]) -> pa.ChunkedArray:
    chunks = [pa.repeat(pa.scalar(name, STRING), size) for name, size in zip(splits, sizes, strict=True)]
    return pa.chunked_array([pa.concat_arrays(chunks)], STRING)


def _digest(dataset: Dataset, start: int, size: int) -> str:
    return replace(dataset, table=dataset.table.slice(start, size)).digest


def _noted(dataset: Dataset, notes: Sequence[str]) -> Dataset:
    """Return the data set with what concerns all of it said with its first source."""
    if not notes or not dataset.sources:
        return dataset
    first, *rest = dataset.sources
    return replace(dataset, sources=(replace(first, notes=(*first.notes, *notes)), *rest))


def _said_once(dataset: Dataset, told: Sequence[str]) -> Dataset:
    """Return the data set without the feature that names the split a second time: its file has named it already."""
    split, name = dataset.one("split"), column_of_splits(dataset, told)
    if split is None or name in {None, split.name}:
        return dataset
    if not _spelled(*dataset.codes(name)).equals(dataset.values(split.name).combine_chunks()):
        return dataset
    columns = tuple(replace(c, role="ignore") if c.name == name else c for c in dataset.columns)
    note = f"column {one_line(name, 60)} says again which split a row is in: it is no feature"
    return _noted(replace(dataset, columns=columns), [note])


def _by_column(dataset: Dataset, named: str | None, told: Sequence[str]) -> Dataset:
    """Return the data set with its split column, if it has one, in the spelling that checks know."""
    name = named or column_of_splits(dataset, told)
    if name is None:
        return dataset
    names, place = dataset.table.column_names, dataset.table.column_names.index(name)
    codes, values = dataset.codes(name)
    if named and (codes < 0).any():
        raise BadInput(f"the split column {one_line(name)!r} has no value in {int((codes < 0).sum()):,} rows")
    if named and len(values) > 100:
        raise BadInput(f"the split column {one_line(name)!r} has {len(values):,} different values; is it another one?")
    table = dataset.table.set_column(place, names[place], _spelled(codes, values))
    columns = tuple(replace(c, kind="category", role="split") if c.name == name else c for c in dataset.columns)
    found = ", ".join(one_line(str(value), 20) for value in values)
    how = "names the split" if named else "is taken as the split, for its name and values"
    return _noted(replace(dataset, table=table, columns=columns), [f"column {one_line(name, 60)} {how}: {found}"])


def _spelled(codes: np.ndarray, values: Sequence[Any]) -> pa.Array:
    """Return names of splits, given as codes, in the spelling that checks know; a code of -1 is missing."""
    spellings = pa.array([spelled(str(value)) for value in values], STRING)
    return pc.take(spellings, pa.array(codes, mask=codes < 0))


def _by_splitter(dataset: Dataset, splitter: str | Any, test_share: float, seed: int) -> Dataset:
    """Return the data set split as asked; without a word on it, and with a label, at random as most people would."""
    if splitter is None:
        if dataset.one("label") is None or len(dataset) < _FEWEST_TO_SPLIT:
            return dataset
        share = f"{100 * (1 - test_share):g}/{100 * test_share:g}"
        note = f"no split given: judged on the random {share} split that most would make, seed {seed}"
        return _noted(split(dataset, "random", test_share=test_share, seed=seed), [note])
    if not isinstance(splitter, str):
        return _noted(*by_folds(dataset, splitter))
    done = split(dataset, splitter, test_share=test_share, seed=seed)
    return _noted(done, [f"split by the {splitter} splitter: {test_share:.0%} for the test, seed {seed}"])
