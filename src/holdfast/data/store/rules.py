"""Where records come from, by rule: what an owner of a corpus knows of it, as flags or as a TOML file.

    origin = "human"                          all of it
    origin_column = "model"                   a column says so
    [origin_value]
    human = ["human"]
    synthetic = ["gpt-4", "llama"]
    [origin_folder]                           the folder that a document or an image lies in
    real = "human"
    [origin_source]                           the file of a folder of parts that a record stands in
    "wiki*.jsonl" = "human"

    made_column = "published"                 older than the generators that could have made it
    human_before = 2022-11-30

What the data say themselves, in `_origin`, stands; then the first rule that speaks counts, in this order. Nothing is
guessed: a record of which no rule speaks stays unknown.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, model_validator

from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING, TIME
from holdfast.data.origin import (
    BY_NAME,
    EVIDENCED,
    GENERATION,
    GENERATOR,
    LICENCE,
    MADE,
    ORIGIN,
    PARENTS,
    SOURCE,
    VERIFIER,
    Evidence,
    Origin,
)
from holdfast.data.store.identity import is_record_name
from holdfast.data.store.parents import links
from holdfast.data.store.provenance import typed

FILE = "file"  # the column in which folders of documents and images say where each was
_SHOWN = 6
_Known = Literal["human", "human-verified", "synthetic"]


class Rules(BaseModel):
    """What is known of a corpus that comes in; a field that is not set says nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    origin: Origin | None = Field(None, description="who made all of it")
    evidence: Evidence | None = Field(None, description="how that is known, instead of `declared`")
    origin_column: str | None = Field(None, description="a column that says who or what made a record")
    origin_value: dict[_Known, tuple[str, ...]] = Field({}, description="its values for each origin")
    origin_folder: dict[str, _Known] = Field({}, description="origin of what lies in a folder of this name")
    origin_source: dict[str, _Known] = Field({}, description="origin of what stands in files of this name")
    made_column: str | None = Field(None, description="when a record was made")
    human_before: dt.date | None = Field(None, description="what is older was made by people")
    generator: str | None = Field(None, description="the model that made what is synthetic")
    generator_column: str | None = None
    generation: int | None = Field(None, ge=1, description="generation of what is synthetic")
    generation_column: str | None = None
    parents_column: str | None = Field(None, description="records that a record was made from")
    id_column: str | None = Field(None, description="names of records that parents_column uses")
    verifier: str | None = Field(None, description="who or what checked all of it")
    verifier_column: str | None = None
    licence: str | None = Field(None, description="SPDX name of the licence of all of it")
    licence_column: str | None = None
    source: str | None = Field(None, description="where all of it was taken from")
    source_column: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Rules":
        if bool(self.origin_value) and self.origin_column is None:
            raise ValueError("origin_value needs origin_column, the column that has the values")
        if self.origin_column is not None and not self.origin_value:
            raise ValueError("origin_column needs origin_value: which values are human, which synthetic")
        if self.human_before is not None and self.made_column is None:
            raise ValueError("human_before needs made_column, the column that says when a record was made")
        values = [value for listed in self.origin_value.values() for value in listed]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ValueError(f"origin_value gives {', '.join(twice)} two origins")
        return self


def ruled(dataset: Dataset, rules: Rules) -> tuple[Dataset, tuple[str, ...]]:
    """Return the data set with what the rules say of its records, and a note for each rule: how many, and how.

    Raises BadInput for columns that are not there, or whose values cannot be what the rules take them for.
    """
    origins = _column(dataset, ORIGIN)
    evidence = _column(dataset, EVIDENCED)
    free = pc.fill_null(pc.equal(origins, "unknown"), True)  # noqa: FBT003 PyArrow's signature
    notes = [] if pc.all(free).as_py() else [f"{_n(pc.invert(free)):,} say their origin themselves"]
    for said, how, words in _rules(dataset, rules):
        speaks = pc.and_(free, pc.is_valid(said))
        origins, evidence = pc.if_else(speaks, said, origins), pc.if_else(speaks, how, evidence)
        free = pc.and_(free, pc.invert(speaks))
        notes.append(f"{_counted(said.filter(speaks))}: {words}")
    if _n(free):
        notes.append(f"{_n(free):,} unknown: no rule speaks of them")
    columns: dict[str, pa.ChunkedArray] = {ORIGIN: pc.fill_null(origins, "unknown"), EVIDENCED: evidence}
    columns |= _others(dataset, rules, columns[ORIGIN])
    return _with(dataset, columns), tuple(notes)


def _rules(dataset: Dataset, rules: Rules) -> Iterator[tuple[pa.ChunkedArray, str, str]]:
    """Yield for each rule the origin where it speaks, how that is known, and the rule in words."""
    how = rules.evidence or "declared"
    if rules.origin_column is not None:
        values = pc.cast(dataset.values(rules.origin_column), STRING)
        flat = [(value, origin) for origin, listed in rules.origin_value.items() for value in listed]
        said = _looked_up(values, dict(flat))
        rest = pc.unique(values.filter(pc.and_(pc.is_null(said), pc.is_valid(values)))).to_pylist()
        other = f"; other values: {', '.join(one_line(one, 30) for one in rest[:_SHOWN])}" if rest else ""
        yield said, how, f"column {one_line(rules.origin_column, 60)}{other}"
    if rules.origin_folder:
        yield _by_folder(dataset, rules.origin_folder), how, f"folders {', '.join(rules.origin_folder)}"
    if rules.origin_source:
        yield _by_source(dataset, rules.origin_source), how, f"files {', '.join(rules.origin_source)}"
    if rules.human_before is not None and rules.made_column is not None:
        made = _times(dataset, rules.made_column)
        limit = pa.scalar(dt.datetime.combine(rules.human_before, dt.time()), TIME)
        old = pc.fill_null(pc.less(made, limit), False)  # noqa: FBT003 PyArrow's signature
        said = pc.if_else(old, pa.scalar("human", STRING), pa.scalar(None, STRING))
        words = f"column {one_line(rules.made_column, 60)} is before {rules.human_before}"
        yield said, rules.evidence or "dated", words
    if rules.origin not in {None, "unknown"}:
        said = pa.chunked_array([pa.repeat(pa.scalar(rules.origin, STRING), len(dataset))])
        yield said, how, f"all of {one_line(dataset.name, 80)}"


def _by_folder(dataset: Dataset, folders: Mapping[str, str]) -> pa.ChunkedArray:
    if FILE not in dataset.table.column_names:
        raise BadInput(
            f"{one_line(dataset.name, 80)} has no column {FILE!r} that says in which folder a record lies; a rule by "
            "folder is for folders of documents or images"
        )
    paths = pc.fill_null(pc.cast(dataset.values(FILE), STRING), "")
    distinct = paths.combine_chunks().dictionary_encode()
    said = []
    for path in distinct.dictionary.to_pylist():
        found = {folders[part] for part in path.replace("\\", "/").split("/")[:-1] if part in folders}
        if len(found) > 1:
            raise BadInput(f"{one_line(path, 120)} lies in folders of two origins: {', '.join(sorted(found))}")
        said.append(next(iter(found), None))
    return pa.chunked_array([pa.array(said, STRING).take(distinct.indices)])


def _by_source(dataset: Dataset, patterns: Mapping[str, str]) -> pa.ChunkedArray:
    said = np.full(len(dataset), None, object)
    for source in dataset.sources:
        found = {origin for pattern, origin in patterns.items() if fnmatchcase(source.name, pattern)}
        if len(found) > 1:
            raise BadInput(f"{one_line(source.name, 120)} fits patterns of two origins: {', '.join(sorted(found))}")
        said[source.start : source.stop] = next(iter(found), None)
    return pa.chunked_array([pa.array(said, STRING)])


def _others(dataset: Dataset, rules: Rules, origins: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    """Return the columns of provenance beside origin and evidence that the rules fill."""
    found = {}
    synthetic = pc.equal(origins, "synthetic")
    for name, value, column, only in (
        (GENERATOR, rules.generator, rules.generator_column, True),
        (GENERATION, rules.generation, rules.generation_column, True),
        (PARENTS, None, rules.parents_column, False),
        (VERIFIER, rules.verifier, rules.verifier_column, False),
        (MADE, None, rules.made_column, False),
        (LICENCE, rules.licence, rules.licence_column, False),
        (SOURCE, rules.source, rules.source_column, False),
    ):
        if value is None and column is None:
            continue
        kind = BY_NAME[name].type
        given = _column(dataset, name)
        if column is not None:
            taken = _times(dataset, column) if name == MADE else dataset.values(column)
            taken = _parents(dataset, rules, taken) if name == PARENTS else typed(name, taken)
            given = pc.coalesce(given, pc.if_else(synthetic, taken, pa.scalar(None, kind)) if only else taken)
        if value is not None:
            constant = pa.scalar(value, kind)
            given = pc.coalesce(given, pc.if_else(synthetic, constant, pa.scalar(None, kind)) if only else constant)
        found[name] = given
    return found


def _parents(dataset: Dataset, rules: Rules, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return what names the parents; ids of the owner's own become names of records when they are added."""
    text = pc.cast(values, STRING)
    if rules.id_column is not None:
        dataset[rules.id_column]
        return text
    _, tokens = links(text)
    if not is_record_name(tokens).all():
        raise BadInput(
            f"column {one_line(rules.parents_column or '', 60)!r} does not hold names of records (32 hexadecimal "
            "digits, with spaces between). If it holds ids of your own, say which column has them: --id-column"
        )
    return text


def _times(dataset: Dataset, name: str) -> pa.ChunkedArray:
    values = dataset.values(name)
    if pa.types.is_timestamp(values.type):
        return values
    if pa.types.is_integer(values.type) and len(values) > values.null_count:
        years = pc.min_max(values)
        if years["min"].as_py() >= 1000 and years["max"].as_py() <= 9999:
            text = pc.binary_join_element_wise(pc.cast(values, pa.string()), "01", "01", "-")
            return pc.cast(pc.cast(text, pa.date32()), TIME)
    raise BadInput(f"column {one_line(name, 60)!r} holds no times, and no years; its type is {values.type}")


def _looked_up(values: pa.ChunkedArray, origin_of: Mapping[str, str]) -> pa.ChunkedArray:
    keys, origins = pa.array(list(origin_of), STRING), pa.array(list(origin_of.values()), STRING)
    return pc.take(origins, pc.index_in(values, value_set=keys))


def _column(dataset: Dataset, name: str) -> pa.ChunkedArray:
    if name in dataset.table.column_names:
        return typed(name, dataset.values(name))
    return pa.chunked_array([pa.nulls(len(dataset), BY_NAME[name].type)])


def _with(dataset: Dataset, columns: Mapping[str, pa.ChunkedArray]) -> Dataset:
    table, described = dataset.table, list(dataset.columns)
    for name, values in columns.items():
        field = BY_NAME[name]
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, values)
        elif values.null_count < len(values):
            table = table.append_column(name, values)
            described.append(Column(name, field.kind, field.role))
    return replace(dataset, table=table, columns=tuple(described))


def _counted(origins: pa.ChunkedArray) -> str:
    found: Sequence[Mapping[str, Any]] = pc.value_counts(origins).to_pylist()
    return ", ".join(f"{one['counts']:,} {one['values']}" for one in found) or "none"


def _n(mask: pa.ChunkedArray) -> int:
    return int(pc.sum(pc.cast(mask, pa.int64())).as_py() or 0)
