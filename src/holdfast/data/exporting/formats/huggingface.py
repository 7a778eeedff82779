"""The layout of `datasets.Dataset.save_to_disk`: Arrow streams, state.json, dataset_info.json; a folder a split."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_json
from holdfast.data.canonical import STRING
from holdfast.data.exporting.cells import IMAGE, with_bytes
from holdfast.data.exporting.form import Form, Options
from holdfast.data.exporting.naming import safe_name
from holdfast.data.exporting.subject import Subject

_ROWS_A_FILE, _ROWS_WITH_IMAGES = 500_000, 5_000
_NO_SPLIT = "rest"  # of records that are in none, where others are


def write(subject: Subject, folder: Path, options: Options) -> Path:
    """Write one data set, or one for each split below dataset_dict.json."""
    dataset = subject.dataset
    column = next((one for one in dataset.columns if one.role == "split"), None)
    if column is None:
        _write_one(subject, folder, options, "")
        return folder
    codes, values = dataset.codes(column.name)
    names = [safe_name(str(value)) for value in values]
    if len(set(names)) < len(names):
        raise BadInput(f"splits of {dataset.name} have names that are one as folders: {', '.join(map(str, values))}")
    told = {name: codes == place for place, name in enumerate(names)}
    if (codes < 0).any():
        told[_NO_SPLIT] = codes < 0
        subject.notes.append(f"{int((codes < 0).sum()):,} records without a split stand in {_NO_SPLIT}")
    if column.name == "split":  # the folder says it, and readers make a column of this name of it
        dataset = dataset.derive("drop", dataset.table.drop_columns([column.name]))
    for name, rows in told.items():
        (folder / name).mkdir()
        _write_one(Subject(dataset, subject.advance, subject.notes, rows), folder / name, options, name)
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(told)}), "utf-8")
    return folder


def _write_one(subject: Subject, folder: Path, options: Options, split: str) -> None:
    schema, blocks = with_bytes(subject)
    features = {field.name: _feature(field.type) for field in schema}
    # The library reads 32-bit offsets where it was told `string`; ours are large, and it is told so.
    described = schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    rows = options.rows_a_file or (_ROWS_A_FILE if subject.image is None else _ROWS_WITH_IMAGES)
    total = max(1, -(-len(subject) // rows))
    files = [f"data-{place:05}-of-{total:05}.arrow" for place in range(total)]
    parts = groupby(_cut(blocks, rows), key=lambda one: one[0])
    for file, (_, part) in zip(files, parts, strict=True):
        with pa.OSFile(str(folder / file), "wb") as sink, pa.ipc.new_stream(sink, described) as writer:
            for _, block in part:
                writer.write_batch(block.replace_schema_metadata(described.metadata))
    state: dict[str, Any] = {
        "_data_files": [{"filename": file} for file in files],
        "_fingerprint": digest_json([subject.dataset.digest, split]).rpartition(":")[2][:16],
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": split or None,
    }
    info = {"citation": "", "description": "", "features": features, "homepage": "", "license": ""}
    (folder / "state.json").write_text(json.dumps(state, indent=2), "utf-8")
    (folder / "dataset_info.json").write_text(json.dumps(info, indent=2, ensure_ascii=False), "utf-8")


def _cut(blocks: Iterator[pa.RecordBatch], rows: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield blocks with the number of the file that they are in; none reaches into the next file."""
    at = 0
    for block in blocks:
        start = 0
        while start < len(block):
            part = block.slice(start, rows - at % rows)
            yield at // rows, part
            start, at = start + len(part), at + len(part)


def _feature(kind: pa.DataType) -> dict[str, Any]:
    """Return how the library describes a column of this type."""
    if kind == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_fixed_size_list(kind):
        return {"feature": _feature(kind.value_type), "length": kind.list_size, "_type": "Sequence"}
    return {"dtype": "large_string" if kind == STRING else _NAMES.get(str(kind), str(kind)), "_type": "Value"}


_NAMES = {"double": "float64"}

EXPORT_FORMAT = Form("huggingface", "the datasets library's save_to_disk", write)
