"""Folders that the `datasets` library writes, read without it: `save_to_disk`, its cache, and shards by split.

state.json, dataset_info.json, data-00000-of-00002.arrow      one data set
dataset_dict.json, train/, test/                              several splits, each of them as above
data/train-00000-of-00001.parquet, data/test-…                shards whose names begin with their split

Class labels are stored as numbers; the description of the features has their names.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Kind, Role
from holdfast.core.errors import BadInput
from holdfast.core.media import Media
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING
from holdfast.data.limits import MOST_FILES
from holdfast.data.loaders import Reading, arrow, parquet
from holdfast.data.roles import spelled
from holdfast.data.splitting import free_name

_SHARD = re.compile(r"(?P<split>[A-Za-z]\w*?)-\d{5}-of-\d{5}(?:-[0-9a-f]{6,})?\.(?:arrow|parquet)\Z")
_CACHED = re.compile(r"\w+-(?P<split>[A-Za-z]\w*?)(?:-\d{5}-of-\d{5})?\.arrow\Z")
_LARGEST_JSON = 1 << 26


@dataclass(frozen=True)
class _Shard:
    path: Path
    split: str | None


def saved_dataset(folder: Path) -> Reading | None:
    """Return how a folder of the `datasets` library reads; None if it is none. Raises BadInput, OSError."""
    shards = _shards(folder)
    if not shards:
        return None
    if len(shards) > MOST_FILES:
        raise BadInput(f"{one_line(folder.name)} has {len(shards):,} shards, more than {MOST_FILES:,}")
    readings = [_reading(shard) for shard in shards]
    names = readings[0].names
    for shard, reading in zip(shards, readings, strict=True):
        if sorted(reading.names) != sorted(names):
            raise BadInput(
                f"{one_line(shard.path.name)} has other columns than {one_line(shards[0].path.name)}: "
                f"{', '.join(map(one_line, reading.names[:8]))}"
            )
    classes = {name: spelling for name, spelling in _classes(shards[0].path).items() if name in names}
    splits = list(dict.fromkeys(shard.split for shard in shards if shard.split))
    split = free_name("split", list(names)) if splits else None

    roles: dict[str, Role] = {split: "split"} if split else {}
    if len(classes) == 1:
        roles |= dict.fromkeys(classes, "label")
    kinds: dict[str, Kind] = dict.fromkeys(classes, "category")
    notes = [f"saved by the datasets library, in {len(shards):,} file{'' if len(shards) == 1 else 's'}"]
    if splits:
        notes.append(f"splits: {', '.join(splits)}")
    notes += [f"column {one_line(name, 60)}: {len(given)} classes by name" for name, given in classes.items()]
    every = (*names, split) if split else names
    files = list(zip(shards, readings, strict=True))
    for reading in readings:  # what the files themselves know, such as images in their cells
        kinds, roles = {**reading.kinds, **kinds}, {**reading.roles, **roles}
    return Reading(
        names=every,
        blocks=lambda: _blocks(files, names, classes, splits),
        notes=tuple(notes),
        found=lambda: tuple(dict.fromkeys(note for reading in readings for note in reading.found())),
        kinds=kinds,
        roles=roles,
        optional=readings[0].optional,
        media=lambda: Media({value: place for one in readings for value, place in one.media().places.items()}),
    )


def _blocks(
    files: list[tuple[_Shard, Reading]],
    names: tuple[str, ...],
    classes: Mapping[str, tuple[str, ...]],
    splits: list[str],
) -> Iterator[pa.RecordBatch]:
    for shard, reading in files:
        order = [reading.names.index(name) for name in names]
        for block in reading.blocks():
            columns = [_spelled_out(block.column(at), classes.get(name)) for name, at in zip(names, order, strict=True)]
            if splits:
                columns.append(pa.repeat(pa.scalar(shard.split, STRING), len(block)))
            yield pa.RecordBatch.from_arrays(columns, names=[str(place) for place in range(len(columns))])


def _shards(folder: Path) -> list[_Shard]:
    told = _json(folder / "dataset_dict.json")
    if told is not None:
        names = told.get("splits")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BadInput(f"{one_line(folder.name)}/dataset_dict.json does not list the splits")
        shards = [
            _Shard(shard.path, _as_known(name)) for name in names for shard in _listed(_inside(folder, name), name)
        ]
        if not shards:
            raise BadInput(f"{one_line(folder.name)}/dataset_dict.json names no split that is there")
        return shards
    if (folder / "state.json").is_file():
        return _listed(folder, folder.name)
    for place in (folder, folder / "data"):
        shards = _by_name(place) if place.is_dir() else []
        if shards:
            return shards
    return []


def _listed(folder: Path, name: str) -> list[_Shard]:
    """Return the files that state.json lists."""
    state = _json(folder / "state.json")
    files = (state or {}).get("_data_files")
    if not isinstance(files, list) or not files:
        raise BadInput(f"{one_line(name)}/state.json does not list the files of the data")
    listed = []
    for entry in files:
        file = entry.get("filename") if isinstance(entry, dict) else None
        if not isinstance(file, str):
            raise BadInput(f"{one_line(name)}/state.json does not list the files of the data")
        path = _inside(folder, file)
        if not path.is_file():
            raise BadInput(f"{one_line(name)} lacks {one_line(file)}, which its state.json lists")
        listed.append(_Shard(path, None))
    return listed


def _by_name(folder: Path) -> list[_Shard]:
    """Return shards whose names begin with their split, if all tables of the folder are such and there is a train."""
    tables = sorted(path for path in folder.iterdir() if path.suffix in {".arrow", ".parquet"} and path.is_file())
    found = [(path, _SHARD.match(path.name) or _CACHED.match(path.name)) for path in tables]
    if not found or any(match is None for _, match in found):
        return []
    shards = [_Shard(path, _as_known(match["split"])) for path, match in found if match]
    return shards if {"train"} <= {shard.split for shard in shards} else []


def _as_known(name: str) -> str:
    return spelled(name)


def _inside(folder: Path, name: str) -> Path:
    """Return a path in the folder. Raises BadInput for one that leads out of it."""
    path = folder / name
    if "\0" in name or not path.resolve().is_relative_to(folder.resolve()):
        raise BadInput(f"{one_line(name, 100)} leads out of the folder {one_line(folder.name)}: not opened")
    return path


def _json(path: Path) -> Mapping[str, Any] | None:
    """Return the content of a description, or None if there is none. Raises BadInput if it is broken."""
    if not path.is_file():
        return None
    if path.stat().st_size > _LARGEST_JSON:
        raise BadInput(f"{one_line(path.name)} is larger than {_LARGEST_JSON >> 20} MiB: it is no description of data")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{one_line(path.name)} is not JSON: {one_line(str(error), 100)}") from error
    if not isinstance(content, dict):
        raise BadInput(f"{one_line(path.name)} is not a description of data")
    return content


def _reading(shard: _Shard) -> Reading:
    loader = parquet if shard.path.suffix == ".parquet" else arrow
    return loader.read(shard.path, one_line(shard.path.name))


def _classes(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the names of classes by column: from the description beside a file, or from its own metadata."""
    features = (_json(path.parent / "dataset_info.json") or {}).get("features")
    if not isinstance(features, dict):
        features = _own_features(path)
    classes = {}
    for name, feature in features.items():
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel":
            names = feature.get("names")
            if isinstance(names, list) and names and all(isinstance(one, str) for one in names):
                classes[str(name)] = tuple(names)
    return classes


def _own_features(path: Path) -> Mapping[str, Any]:
    if path.suffix == ".parquet":
        import pyarrow.parquet

        metadata = pyarrow.parquet.read_schema(path).metadata
    else:
        with pa.memory_map(str(path)) as mapped:
            metadata = pa.ipc.open_stream(mapped).schema.metadata
    try:
        features = json.loads((metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return {}
    return features if isinstance(features, dict) else {}


def _spelled_out(values: pa.Array, names: tuple[str, ...] | None) -> pa.Array:
    """Return numbers of classes as their names; -1 means that there is none, and others stay numbers."""
    if names is None or not pa.types.is_integer(values.type):
        return values
    codes = pc.cast(values, pa.int64())
    known = pc.and_(pc.greater_equal(codes, 0), pc.less(codes, len(names)))
    spelling = pc.take(pa.array(names, STRING), pc.if_else(known, codes, None))
    beyond = pc.if_else(pc.greater_equal(codes, len(names)), pc.cast(codes, STRING), None)
    return pc.coalesce(spelling, beyond)
