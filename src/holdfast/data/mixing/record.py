"""What a mix says about itself: `_mix.json` beside its parts."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer

from holdfast.core.errors import BadInput
from holdfast.core.showing import shows
from holdfast.core.text import one_line
from holdfast.data.mixing.policy import Policy

MIX_FILE = "_mix.json"
SCHEMA = 1
_MOST_BYTES = 64 << 20
_OPEN = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)


class Need(BaseModel):
    """The planner's answer: how many records by people, which wish binds, and by which formula."""

    model_config = _OPEN
    records: int
    wish: str = ""
    formula: str = ""
    says: str = ""
    wishes: dict[str, Any] = {}


class PartRecord(BaseModel):
    """A file of the mix."""

    model_config = _OPEN
    name: str
    rows: int
    digest: str


class Weights(BaseModel):
    """The share of all weight that people's records have, and what one record weighs; 1 on average."""

    model_config = _OPEN
    share: float
    people: float
    others: float
    how: Literal["golden", "given"]


@shows("holdfast.data.mixing.telling:recorded")
class MixRecord(BaseModel):
    """A mix: its policy, what it was taken from, what it holds. The same call writes the same record."""

    model_config = _OPEN
    schema_version: int = Field(SCHEMA, alias="schema")
    holdfast: str
    policy: Policy = Field(description="as it was kept, with the planner's number in place of the word")
    policy_digest: str = Field(description="content hash of the policy as it was written")
    seed: int
    source: str
    source_version: str
    source_rows: int
    records: int
    counts: dict[str, dict[str, int]] = Field(description="by origin, generator, generation, and what they count as")
    left_out: dict[str, int] = {}
    weights: Weights | None = None
    planner: Need | None = None
    parts: tuple[PartRecord, ...] = ()
    notes: tuple[str, ...] = ()

    @field_serializer("policy")
    def _as_written(self, policy: Policy) -> dict[str, Any]:
        """Return what the policy says, less what it leaves as it is: so a later release reads it as well."""
        return policy.model_dump(mode="json", exclude_defaults=True)


def read_mix(path: Path) -> MixRecord:
    """Return the record in a `_mix.json`, or in the folder that holds one. Raises BadInput."""
    file = path / MIX_FILE if path.is_dir() else path
    shown = one_line(str(file), 200)
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{shown} is larger than 64 MiB, which no record of a mix is")
        content = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadInput(f"cannot read {shown}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{shown} is not valid JSON: {one_line(str(error), 100)}") from error
    number = content.get("schema", SCHEMA) if isinstance(content, dict) else SCHEMA
    if isinstance(number, int) and number > SCHEMA:
        raise BadInput(f"{shown} was written by a newer Holdfast (schema {number}); this one reads up to {SCHEMA}")
    try:
        return MixRecord.model_validate(content)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, one["loc"])) or "the whole" for one in error.errors()[:5])
        raise BadInput(f"{shown} is no record of a mix: wrong or missing are {one_line(where, 200)}") from error
