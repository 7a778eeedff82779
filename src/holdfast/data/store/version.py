"""What a version of a store is: the document that is written last and vouches for everything it names."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from holdfast.core.dataset import Column, Kind, Role
from holdfast.core.showing import shows

SCHEMA = 1  # of the store and its documents; a store with a higher number is read, never written
_OPEN = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)
_VECTOR = "vector:"

Belongs = Literal["record", "later", "provenance"]


class StoredColumn(BaseModel):
    """A column: what it is, and under which name Lance keeps it.

    `belongs` says whether the values are the record itself (its name is their hash), were added later, or say where it
    came from. A column of type `null` has no value anywhere and is kept nowhere.
    """

    model_config = _OPEN
    name: str
    field: str
    type: str
    kind: Kind
    role: Role = "feature"
    belongs: Belongs = "record"

    @property
    def arrow(self) -> pa.DataType:
        """The type of the values."""
        return type_of(self.type)

    @property
    def column(self) -> Column:
        """The column as a data set has it."""
        return Column(self.name, self.kind, self.role)


class StoredFile(BaseModel):
    """A file that a version brought: where it is below the store, how long, and the hash of its bytes."""

    model_config = _OPEN
    path: str
    bytes: int
    hash: str


class Origin(BaseModel):
    """A file or frame that records came from."""

    model_config = _OPEN
    name: str
    digest: str
    rows: int


@shows("holdfast.data.store.telling:version")
class Version(BaseModel):
    """A state of a store that was acknowledged: it stays as it is for as long as it is kept.

    `id` is the hash of the content: two versions with the same records, provenance and later columns have the same id,
    whatever the order in which they were added, and in whichever store. `number` counts from 1 in one store.
    """

    model_config = _OPEN
    schema_version: int = Field(SCHEMA, alias="schema")
    id: str
    number: int
    time: datetime
    message: str = ""
    action: str = Field("add", description="add, amend, attach, compact")
    parents: tuple[str, ...] = Field((), description="ids of the versions it was made from")
    rows: int
    added: int = Field(0, description="records that were not in the version before")
    changed: int = Field(0, description="records whose provenance or later columns differ from the version before")
    present: int = Field(0, description="records that were to be added and were there already")
    origins: Mapping[str, int] = {}
    columns: tuple[StoredColumn, ...] = ()
    inputs: tuple[Origin, ...] = ()
    notes: tuple[str, ...] = Field((), description="such as the rules that gave the origin")
    content: str = Field("", description="sum over the records, which the id is made of")
    lance: int = Field(description="version of the Lance data set that holds the rows")
    files: tuple[StoredFile, ...] = Field((), description="files that this version brought")
    tags: tuple[str, ...] = Field((), exclude=True)
    kept: bool = Field(default=True, exclude=True, description="whether gc has left its content in place")

    @property
    def short(self) -> str:
        """The beginning of the id, as people type it."""
        return self.id.partition(":")[2][:12]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in the order of a table."""
        return tuple(column.name for column in self.columns)


def listed(version: Version) -> dict[str, Any]:
    """Return what people and machines are told of a version: all but its files."""
    said = version.model_dump(mode="json", exclude={"files", "schema_version", "content", "lance"})
    return {**said, "tags": list(version.tags), "kept": version.kept, "bytes": sum(one.bytes for one in version.files)}


def type_name(kind: pa.DataType) -> str:
    """Return the name under which a canonical type is written down."""
    return f"{_VECTOR}{kind.list_size}" if pa.types.is_fixed_size_list(kind) else str(kind)


def type_of(name: str) -> pa.DataType:
    """Return the canonical type of a name that `type_name` gave. Raises ValueError."""
    if name.startswith(_VECTOR):
        return pa.list_(pa.float64(), int(name.removeprefix(_VECTOR)))
    known = {str(kind): kind for kind in _TYPES}
    if name not in known:
        raise ValueError(f"no type {name!r}")
    return known[name]


_TYPES = (pa.null(), pa.bool_(), pa.int64(), pa.float64(), pa.timestamp("us"), pa.large_string())
