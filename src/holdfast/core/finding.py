"""What a check says: a defect, where it is, how sure, the evidence, and what would remove it. Data only."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from holdfast.core.hashing import digest_json
from holdfast.core.rows import Rows
from holdfast.core.showing import shows

# Most records are never made in one run: how they are validated is built when the first of them is.
FROZEN = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants", defer_build=True)
Number = float | int
Cell = str | float | int | bool | None


class Severity(StrEnum):
    """Harm if the finding is real: an error makes the score untrue, a warning may, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """Order by harm: 0 is worst."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure the check is: certain means that it is so by construction, not by inference."""

    CERTAIN = "certain"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Location(BaseModel):
    """A place: rows and columns of the data set, or a file, notebook cell and line, or training steps."""

    model_config = FROZEN
    rows: Rows = Rows()
    columns: tuple[str, ...] = ()
    split: str | None = None
    file: str | None = None
    cell: int | None = None
    line: int | None = None
    steps: tuple[int, ...] = ()


class Measure(BaseModel):
    """A number with what it is judged against: beyond `threshold` the check reports a finding."""

    model_config = FROZEN
    kind: Literal["measure"] = "measure"
    name: str
    value: Number
    threshold: Number | None = None
    low: Number | None = Field(None, description="lower end of the interval")
    high: Number | None = Field(None, description="upper end of the interval")
    level: float | None = Field(None, description="coverage of the interval, such as 0.95")
    p_value: float | None = None
    unit: Literal["", "share", "rows", "columns", "seconds", "nats", "score"] = ""


class Examples(BaseModel):
    """A small table to look at; `rows` says which rows of the data set it shows, where it shows rows."""

    model_config = FROZEN
    kind: Literal["examples"] = "examples"
    caption: str
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    rows: tuple[int, ...] = Field((), description="row number of the data set for each line, if there is one")


class Series(BaseModel):
    """Points to draw: a line over `x`, or bars over names; `low` and `high` make a band."""

    model_config = FROZEN
    kind: Literal["series"] = "series"
    name: str
    x: tuple[Cell, ...]
    y: tuple[Number | None, ...]
    low: tuple[Number | None, ...] = ()
    high: tuple[Number | None, ...] = ()
    group: tuple[str, ...] = Field((), description="a name per point, to draw several lines or bar colours")
    x_name: str = "x"
    y_name: str = "y"
    shape: Literal["line", "bar", "point"] = "line"


class Picture(BaseModel):
    """A small picture: PNG bytes that Holdfast itself encoded, in base64, with a line below it."""

    model_config = FROZEN
    png: str = Field(max_length=60_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")
    title: str
    row: int | None = Field(None, description="row number of the data set, if it shows a row")


class Pictures(BaseModel):
    """Pictures to look at, in groups: a copy stands beside what it copies."""

    model_config = FROZEN
    kind: Literal["pictures"] = "pictures"
    caption: str
    groups: tuple[tuple[Picture, ...], ...]


class Grid(BaseModel):
    """A number for each cell of a grid, drawn as a heat map; the first line is the top."""

    model_config = FROZEN
    kind: Literal["grid"] = "grid"
    name: str
    values: tuple[tuple[Number | None, ...], ...]
    low: Number | None = Field(None, description="value that has the palest colour; the least one, if None")
    high: Number | None = Field(None, description="value that has the strongest colour; the largest one, if None")
    row_names: tuple[str, ...] = ()
    column_names: tuple[str, ...] = ()
    picture: Picture | None = Field(None, description="what the cells lie over, where they are regions of a picture")


Evidence = Annotated[Measure | Examples | Series | Pictures | Grid, Field(discriminator="kind")]

Operation = Literal["drop-rows", "drop-columns", "regroup-split", "reorder-split", "relabel"]


class Remedy(BaseModel):
    """A declarative cure, which the honest score tries out and `holdfast fix` applies.

    drop-rows       remove `rows` (which side they are on follows from the split)
    drop-columns    remove `columns`
    regroup-split   split again so that no group is on two sides: `columns` name the key, or `groups` gives a
                    group number per row, in row order
    reorder-split   split again in time: the last rows by `columns[0]` (or by position, if empty) are the test set
    relabel         set the label of `rows` to `labels`
    """

    model_config = FROZEN
    op: Operation
    rows: Rows = Rows()
    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()


@shows("holdfast.core.telling:finding")
class Finding(BaseModel):
    """A defect. `check` is stamped by the runner; `severity` too, unless the check states its own."""

    model_config = FROZEN
    message: str = Field(description="one sentence: what is wrong, with the number that matters")
    check: str = ""
    severity: Severity = Severity.WARNING
    confidence: Confidence = Confidence.HIGH
    locations: tuple[Location, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    fix: str = Field("", description="what to do, in words")
    remedy: Remedy | None = None

    @property
    def fingerprint(self) -> str:
        """Stable across runs: names the check and the place by columns, split and file, never by row numbers."""
        places = [[sorted(place.columns), place.split, place.file, place.cell, place.line] for place in self.locations]
        return digest_json([self.check, places])

    def located(self, columns: Sequence[str] = (), rows: Sequence[int] = ()) -> bool:
        """Return whether one of the locations covers all of `columns` and `rows`."""
        return any(
            set(columns) <= set(place.columns) and all(row in place.rows for row in rows) for place in self.locations
        )
