"""Rows to screen: the texts of a data set, what is known of their origin and how, their makers and their groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.core.dataset import Column, Dataset, Source
from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_file
from holdfast.core.progress import Progress
from holdfast.core.text import one_line
from holdfast.data.loading import ALL, load
from holdfast.data.origin import BY_NAME, EVIDENCED, GENERATOR, ORIGIN, SOURCE, is_human
from holdfast.data.screening.text.prepared import ASKED, HUMAN, MACHINE

TRUSTED = ("signed", "reviewed", "declared", "dated")  # what is only inferred teaches a detector its own guesses
_LINES = (".txt", ".text")
_MOST_BYTES = 1 << 31
_MOST_GROUPS, _FEWEST_IN_GROUP = 12, 30
_KINDS = {"human": HUMAN, "human-verified": HUMAN, "people": HUMAN, "synthetic": MACHINE, "machine": MACHINE}


@dataclass(frozen=True)
class TextRows:
    """Texts in rows; `origin` is HUMAN, MACHINE or ASKED."""

    texts: tuple[str, ...]
    origin: Int[np.ndarray, " rows"]
    generators: tuple[str | None, ...]
    column: str
    guesses: int = 0  # rows whose origin is stated without evidence that counts


def opened(path: Path | str, column: str | None, progress: Progress) -> Dataset:
    """Return a data set from a file, folder or version of a store; a plain text file is a document per line."""
    place = Path(path)
    if place.suffix.lower() in _LINES and place.is_file():
        return _lines(place, column or "text")
    return load({ALL: path}, progress=progress)


def rows_of(dataset: Dataset, column: str | None = None) -> TextRows:
    """Return the texts of a data set with their origin. Raises BadInput where no column holds texts."""
    name = text_column(dataset, column)
    texts = tuple(text or "" for text in pc.cast(dataset.values(name), pa.large_string()).to_pylist())
    names = dataset.table.column_names
    makers: Sequence[str | None] = (None,) * len(texts)
    if GENERATOR in names:
        makers = pc.cast(dataset.values(GENERATOR), pa.large_string()).to_pylist()
    if ORIGIN not in names:
        return TextRows(texts, np.full(len(texts), ASKED), tuple(makers), name)
    origins = pc.cast(dataset.values(ORIGIN), pa.large_string())
    human = is_human(origins).to_numpy(zero_copy_only=False)
    machine = pc.fill_null(pc.equal(origins, "synthetic"), fill_value=False).to_numpy(zero_copy_only=False)
    if EVIDENCED in names:
        evidence = pc.cast(dataset.values(EVIDENCED), pa.large_string())
        trusted = pc.is_in(evidence, value_set=pa.array(TRUSTED, pa.large_string())).to_numpy(zero_copy_only=False)
    else:
        trusted = np.ones(len(texts), dtype=bool)
    origin = np.select([human & trusted, machine & trusted], [HUMAN, MACHINE], ASKED)
    return TextRows(texts, origin, tuple(makers), name, int(((human | machine) & ~trusted).sum()))


def labelled(
    given: Sequence[str], column: str | None, progress: Progress
) -> tuple[tuple[TextRows, ...], tuple[str, ...]]:
    """Return the rows of `--known` inputs, and their names: `human=FILE`, `synthetic=FILE`, or a file with `_origin`.

    Raises BadInput for a file of neither form.
    """
    found, names = [], []
    for one in given:
        kind, equals, path = one.partition("=")
        told = _KINDS.get(kind.strip().lower()) if equals and not Path(one).exists() else None
        if equals and told is None and not Path(one).exists():
            raise BadInput(f"--known takes human=FILE, synthetic=FILE or one with {ORIGIN}, got {one_line(one, 80)!r}")
        dataset = opened(path if told is not None else one, column, progress)
        rows = rows_of(dataset, column if column in dataset.table.column_names else None)
        if told is not None:
            # Files of several generators are told apart by their names where nothing else says who wrote them.
            machine = told == MACHINE
            makers = tuple((maker or Path(path).name) if machine else None for maker in rows.generators)
            rows = TextRows(rows.texts, np.full(len(rows.texts), told), makers, rows.column)
        elif not (rows.origin != ASKED).any():
            raise BadInput(
                f"{one_line(one, 80)} says of no record who made it: a column {ORIGIN} (human, synthetic) is needed, "
                f"or human={one_line(one, 40)} for a file that people wrote"
            )
        found.append(rows)
        names.append(one)
    return tuple(found), tuple(names)


def text_column(dataset: Dataset, wanted: str | None) -> str:
    """Return the column that holds the texts: the one that is named, or the one with the longest texts."""
    if wanted is not None:
        name = dataset[wanted].name
        if not _is_string(dataset, name):
            raise BadInput(f"column {one_line(name, 60)!r} holds {dataset.values(name).type}, not texts")
        return name
    candidates = [one.name for one in dataset.columns if one.name not in BY_NAME and one.kind in {"text", "category"}
                  and one.role not in {"id", "split", "group", "origin"} and _is_string(dataset, one.name)]  # fmt: skip
    if not candidates:
        raise BadInput(f"no column of {one_line(dataset.name, 60)} holds texts; name it with --text")
    return max(candidates, key=lambda one: pc.mean(pc.utf8_length(dataset.values(one))).as_py() or 0.0)


def groups_of(dataset: Dataset, by: Sequence[str]) -> dict[str, Int[np.ndarray, " rows"]]:
    """Return the rows of each value of each column in `by`, the largest groups; times by year.

    Without `by`, the sources, where there are several. Raises BadInput for an unknown column.
    """
    names = list(by) or ([SOURCE] if SOURCE in dataset.table.column_names else [])
    found: dict[str, Int[np.ndarray, " rows"]] = {}
    for name in names:
        values = dataset.values(name)
        if pa.types.is_timestamp(values.type):
            values = pc.strftime(values, format="%Y")
        coded = pc.cast(values, pa.large_string()).combine_chunks().dictionary_encode()
        codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
        counts = np.bincount(codes[codes >= 0], minlength=len(coded.dictionary))
        if not by and (counts > 0).sum() < 2:
            continue
        largest = [
            int(at) for at in np.argsort(-counts, kind="stable")[:_MOST_GROUPS] if counts[at] >= _FEWEST_IN_GROUP
        ]
        shown = sorted(largest, key=lambda at: str(coded.dictionary[at])) if _is_time(dataset, name) else largest
        for at in shown:
            found[f"{one_line(name, 30)} = {one_line(str(coded.dictionary[at]), 40)}"] = np.flatnonzero(codes == at)
    return found


def joined(parts: Sequence[TextRows]) -> tuple[list[str], Int[np.ndarray, " rows"], list[str | None]]:
    """Return texts, origins and makers of several inputs below each other."""
    texts = [text for part in parts for text in part.texts]
    makers = [maker for part in parts for maker in part.generators]
    return texts, np.concatenate([part.origin for part in parts]), makers


def described(dataset: Dataset, column: str, groups: Mapping[str, Int[np.ndarray, " rows"]]) -> str:
    """Return in a few words what is screened."""
    more = f", {len(groups)} groups" if groups else ""
    return f"{len(dataset):,} records, column {one_line(column, 40)}{more}"


def _is_string(dataset: Dataset, name: str) -> bool:
    kind = dataset.values(name).type
    return bool(pa.types.is_large_string(kind) or pa.types.is_string(kind))


def _is_time(dataset: Dataset, name: str) -> bool:
    return bool(pa.types.is_timestamp(dataset.values(name).type))


def _lines(path: Path, column: str) -> Dataset:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{path} is larger than 2 GiB; as Parquet or JSONL it can be read in parts")
        lines = [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror or error}") from error
    if not lines:
        raise BadInput(f"{path} holds no text")
    table = pa.table({column: pa.array(lines, pa.large_string())})
    source = Source(path.name, 0, len(lines), digest_file(path), notes=("a document per line",))
    return Dataset(path.name, table, (Column(column, "text"),), (source,))
