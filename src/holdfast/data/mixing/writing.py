"""A mix on disk: a folder of Parquet parts and its record, there as a whole or not at all.

Records stand in the order of their places, which follow from the seed and their names: the same records make the same
folder, whatever the order of the source. They are sorted in two steps, so that memory holds one part.
"""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.core.dataset import Dataset
from holdfast.core.durable import building, write_whole
from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_file
from holdfast.core.media import Media
from holdfast.core.progress import Progress, listening, track
from holdfast.core.version import __version__
from holdfast.data.mixing.choosing import Mix
from holdfast.data.mixing.record import MIX_FILE, MixRecord, PartRecord
from holdfast.data.origin import GENERATION, GENERATOR, ORIGIN, ORIGINS, WEIGHT
from holdfast.data.splitting import free_name

PART_ROWS = 1 << 16
_MOST_PARTS = 256  # files that are open at once
_PICTURES = 256  # whose bytes are in memory at once


def write_mix(mix: Mix, folder: Path, progress: Progress | None = None) -> MixRecord:
    """Write the mix to a new folder and return its record. Raises BadInput where the folder is there already.

    A kill leaves either the whole folder or none; what is left of an earlier kill is cleared away.
    """
    progress = listening(progress)
    if folder.exists():
        raise BadInput(f"{folder} is there already; nothing is overwritten. Name another folder, or move it away")
    try:
        with building(folder) as home:
            parts, counts = _parts(mix, home, progress)
            record = _record(mix, parts, counts)
            text = record.model_dump_json(indent=2)
            write_whole(home / MIX_FILE, text.encode("utf-8", "replace"))
    except OSError as error:
        raise BadInput(f"cannot write the mix to {folder}: {error.strerror or error}") from error
    return record


def taken(mix: Mix) -> Dataset:
    """Return the mix as a data set in memory, in the order in which it is written."""
    schema, tables, start = _schema(mix), [], 0
    for block in mix.source.blocks(mix.source.schema.names):
        place = mix.place[start : start + len(block)]
        tables.append(_with_place(mix, block, place, start))
        start += len(block)
    table = pa.Table.from_batches(tables, schema)
    table = table.take(pa.array(np.argsort(table.column(_place_name(mix)).to_numpy(), kind="stable")))
    table = table.drop_columns([_place_name(mix)])
    from holdfast.data.inference import columns_of

    known = {column.name: column for column in mix.source.columns}
    columns = tuple(
        known[name] if name in known and name != WEIGHT else columns_of(table.select([name]), {name: "weight"}, {})[0]
        for name in table.column_names
    )
    pictures = [table.column(column.name) for column in columns if column.kind == "image"]
    return Dataset(f"mix of {mix.source.name}", table, columns, media=mix.source.media(pictures))


def _parts(mix: Mix, home: Path, progress: Progress) -> tuple[tuple[PartRecord, ...], dict[str, dict[str, int]]]:
    n = len(mix)
    size = max(PART_ROWS, -(-n // _MOST_PARTS))
    n_parts = max(1, -(-n // size))
    schema = _schema(mix)
    rough = [home / f"rough-{number}.arrow" for number in range(n_parts)]
    counts: dict[str, dict[str, int]] = {"origin": {}, "generator": {}, "generation": {}}
    with ExitStack() as stack:
        files = [stack.enter_context(pa.ipc.new_file(str(path), schema)) for path in rough]
        start = 0
        with track(progress, "taking", n, "records") as advance:
            for block in mix.source.blocks(mix.source.schema.names):
                place = mix.place[start : start + len(block)]
                chosen = _with_place(mix, block, place, start)
                start += len(block)
                if not len(chosen):
                    continue
                _count(counts, chosen)
                which = chosen.column(schema.get_field_index(_place_name(mix))).to_numpy() // size
                for number in np.unique(which):
                    files[number].write_batch(chosen.filter(pa.array(which == number)))
                advance(len(chosen))
    parts = []
    with track(progress, "writing", n_parts, "parts") as advance:
        for number, path in enumerate(rough):
            target = home / f"part-{number:05d}.parquet"
            rows = _sorted_part(mix, path, target)
            path.unlink()
            parts.append(PartRecord(name=target.name, rows=rows, digest=digest_file(target)))
            advance(1)
    return tuple(parts), counts


def _place_name(mix: Mix) -> str:
    """Return a name that no column of the source has."""
    return free_name("place", mix.source.schema.names)


def _schema(mix: Mix) -> pa.Schema:
    schema = mix.source.schema
    if mix.weights is not None and WEIGHT not in schema.names:
        schema = schema.append(pa.field(WEIGHT, pa.float64()))
    if mix.weights is not None:
        schema = schema.set(schema.get_field_index(WEIGHT), pa.field(WEIGHT, pa.float64()))
    return schema.append(pa.field(_place_name(mix), pa.int64())).remove_metadata()


def _with_place(mix: Mix, block: pa.RecordBatch, place: np.ndarray, start: int) -> pa.RecordBatch:
    """Return the records of a block that are taken, with their weights and places."""
    rows = np.flatnonzero(place >= 0)
    part = block.take(pa.array(rows))
    columns = dict(zip(part.schema.names, part.columns, strict=True))
    if mix.weights is not None:
        people = mix.people[start : start + len(block)][rows]
        columns[WEIGHT] = pa.array(np.where(people, mix.weights.people, mix.weights.others))
    columns[_place_name(mix)] = pa.array(place[rows])
    schema = _schema(mix)
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _sorted_part(mix: Mix, rough: Path, target: Path) -> int:
    with pa.ipc.open_file(str(rough)) as file:
        table = file.read_all()
    table = table.take(pa.array(np.argsort(table.column(_place_name(mix)).to_numpy(), kind="stable"))).drop_columns(
        [_place_name(mix)]
    )
    pictures = [column.name for column in mix.source.columns if column.kind == "image"]
    if not pictures:
        pq.write_table(table, target)
        return len(table)
    media = mix.source.media([table.column(name) for name in pictures])
    schema = table.schema
    for name in pictures:
        schema = schema.set(schema.get_field_index(name), pa.field(name, pa.large_binary()))
    with pq.ParquetWriter(target, schema) as writer:
        for start in range(0, len(table), _PICTURES):
            some = table.slice(start, _PICTURES)
            for name in pictures:
                found = [None if value is None else _bytes(media, value) for value in some.column(name).to_pylist()]
                some = some.set_column(
                    some.schema.get_field_index(name), schema.field(name), pa.array(found, pa.large_binary())
                )
            writer.write_table(some)
    return len(table)


def _bytes(media: Media, value: str) -> bytes | None:
    """Return the bytes of a picture; None for one whose file is not there."""
    try:
        return bytes(media.read(value))
    except OSError:
        return None


def _count(counts: dict[str, dict[str, int]], block: pa.RecordBatch) -> None:
    import pyarrow.compute as pc

    for key, name in (("origin", ORIGIN), ("generator", GENERATOR), ("generation", GENERATION)):
        if name not in block.schema.names:
            continue
        for entry in pc.value_counts(block.column(name)).to_pylist():
            value = entry["values"]
            if key == "origin" and value not in ORIGINS:
                value = "unknown"
            if value is not None:
                counts[key][str(value)] = counts[key].get(str(value), 0) + entry["counts"]


def _record(mix: Mix, parts: tuple[PartRecord, ...], counts: dict[str, dict[str, int]]) -> MixRecord:
    as_counted = {
        "human-verified": mix.taken.verified, "human": mix.taken.human, "synthetic": mix.taken.synthetic,
        "unknown": mix.taken.unknown,
    }  # fmt: skip
    ordered = {key: dict(sorted(found.items())) for key, found in counts.items()}
    return MixRecord(
        holdfast=__version__, policy=mix.policy, policy_digest=mix.digest, seed=mix.policy.seed,
        source=mix.source.name, source_version=mix.source.version, source_rows=mix.source.rows, records=len(mix),
        counts={**ordered, "counted as": as_counted}, left_out=dict(mix.stock.left_out), weights=mix.weights,
        planner=mix.need, parts=parts, notes=mix.notes,
    )  # fmt: skip
