"""Folders of classes, below folders of splits: a file a record, of text or of an image, and a table of all the rest."""

import json
from pathlib import Path

import pyarrow as pa

from holdfast.core.dataset import Column
from holdfast.core.errors import BadInput
from holdfast.data.exporting.cells import label_of, plain
from holdfast.data.exporting.form import Form, Options
from holdfast.data.exporting.naming import Names, safe_name, safe_path
from holdfast.data.exporting.subject import Subject

BESIDE = "records.jsonl"
_UNLABELLED = "unlabelled"


def write(subject: Subject, folder: Path, options: Options) -> Path:
    """Write data/SPLIT/CLASS/NAME, and records.jsonl with every other column beside."""
    del options
    what = subject.image or subject.text
    if what is None:
        texts = [one.name for one in subject.dataset.of(kind="text")]
        why = f"its texts are in {', '.join(texts)}: which is meant?" if texts else "it has neither texts nor images"
        raise BadInput(
            f"{subject.dataset.name} cannot be a folder of files: {why} Formats for tables: parquet, jsonl, csv"
        )
    label, split = label_of(subject.columns), subject.dataset.one("split")
    home = folder / "data"
    home.mkdir()
    names, missing, unlabelled, at = Names(), 0, 0, 0
    with (folder / BESIDE).open("w", encoding="utf-8", errors="replace", newline="\n") as beside:
        for block in subject.blocks():
            for record in block.to_pylist():
                at += 1
                content = _content(subject, what, record[what.name])
                if content is None:
                    missing += 1
                    continue
                above = [record[split.name]] if split is not None else []
                if label is not None:
                    unlabelled += record[label.name] is None
                    above.append(record[label.name] if record[label.name] is not None else _UNLABELLED)
                base = _base(subject, record, what, at)
                path = names.free("/".join([*(safe_name(str(one)) for one in above), base]))
                (home / path).parent.mkdir(parents=True, exist_ok=True)
                (home / path).write_bytes(content)
                rest = {"path": f"data/{path}"} | {k: plain(v) for k, v in record.items() if k != what.name}
                beside.write(json.dumps(rest, ensure_ascii=False) + "\n")
    _note(subject, what, label, missing, unlabelled)
    return home


def _content(subject: Subject, what: Column, value: str | None) -> bytes | None:
    if what.kind == "image":
        return subject.picture(value)
    return None if value is None else value.encode("utf-8", "replace")


def _base(subject: Subject, record: dict[str, object], what: Column, at: int) -> str:
    """Return the name of a record's file: that which it had, or its place, with the ending that belongs to it."""
    held = record.get(subject.file.name) if subject.file is not None else None
    if held:
        name = safe_path(str(held)).rpartition("/")[2]
        return (
            name if what.kind == "image" or name.lower().endswith((".txt", ".md", ".rst", ".text")) else f"{name}.txt"
        )
    if what.kind != "image":
        return f"{at:07}.txt"
    return f"{at:07}{subject._ending(str(record[what.name]))}"  # noqa: SLF001


def _note(subject: Subject, what: Column, label: Column | None, missing: int, unlabelled: int) -> None:
    if missing:
        subject.notes.append(f"{missing:,} records have no content, and so no file")
    if unlabelled:
        subject.notes.append(f"{unlabelled:,} records without a label stand in {_UNLABELLED}")
    if label is None and what.kind == "text":
        subject.notes.append("there are no classes: a reader may take a folder of plain texts for parts of one table")
    if label is not None and len(pa.compute.unique(subject.dataset.values(label.name))) == 1:
        subject.notes.append("there is one class: readers that look for folders of classes find none")
    subject.notes.append(
        f"every column but the content stands in {BESIDE}, a line a file: folders hold split and class"
    )


EXPORT_FORMAT = Form("folders", "a file a record, in folders of splits and classes", write)
