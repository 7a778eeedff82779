"""JSON lines: an object a record; images as files beside it."""

import json
from pathlib import Path

from holdfast.data.exporting.cells import plain, with_files
from holdfast.data.exporting.form import Form, Options
from holdfast.data.exporting.subject import Subject


def write(subject: Subject, folder: Path, options: Options) -> Path:
    """Write data.jsonl, and images/ where there are images."""
    del options
    _, blocks, names = with_files(subject)
    path = folder / "data.jsonl"
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        for block in blocks:
            for record in block.to_pylist():
                cells = {name: plain(value) for name, value in record.items()}
                file.write(json.dumps(cells, ensure_ascii=False, allow_nan=True) + "\n")
    if names and (missing := subject.write_pictures(folder / "images", names)):
        subject.notes.append(f"{missing:,} records have no image: its bytes are not in the data")
    return path


EXPORT_FORMAT = Form("jsonl", "JSON lines, an object a record", write)
