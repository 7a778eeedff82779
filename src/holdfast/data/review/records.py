"""The records of a review: what is asked, which records were chosen and how, and what somebody decided."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1  # of queue.json; a queue with a higher number is not opened
_FROZEN = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)

Question = Literal["label", "origin", "fit"]
Verdict = Literal["approve", "reject", "relabel", "skip", "undone"]
Judged = Literal["human", "synthetic"]
Why = Literal["uncertain", "flagged", "sampled"]


class Stratum(BaseModel):
    """A part of the data that was sampled by itself: `rows` of them, of which `drawn` were drawn."""

    model_config = _FROZEN
    name: str
    rows: int
    drawn: int


class Design(BaseModel):
    """How the sampled records were drawn from `rows` records; without it nothing can be estimated.

    simple       without replacement, each with the same chance
    stratified   the same, inside each stratum of the column `by`
    poisson      each by itself, with a chance in proportion to the column `by`
    """

    model_config = _FROZEN
    kind: Literal["simple", "stratified", "poisson"]
    rows: int
    drawn: int
    by: str = ""
    strata: tuple[Stratum, ...] = ()


class Header(BaseModel):
    """What a queue is: which data it is about, what reviewers are asked, how its records were chosen."""

    model_config = _FROZEN
    schema_version: int = Field(SCHEMA, alias="schema")
    made: datetime
    address: str = Field(description="the data, as they were named")
    version: str = Field("", description="id of the version, where the data are a store's")
    rows: int
    asks: tuple[Question, ...]
    label: str = Field("", description="the column that holds the label")
    labels: tuple[str, ...] = Field((), description="the labels to choose from")
    score: str = Field("", description="the column of scores that beforehand said how sure a detector is")
    reviewers: int = Field(1, description="how many people are to judge each record")
    seed: int = 0
    design: Design | None = None
    notes: tuple[str, ...] = ()
    extra: dict[str, Any] = {}


class Item(BaseModel):
    """A record to look at. `chance` is the probability with which the sample holds it; None if it was not sampled."""

    model_config = _FROZEN
    record: str
    row: int
    why: tuple[Why, ...]
    chance: float | None = None
    stratum: str = ""
    given: str | None = Field(None, description="the label that the data give it; hidden in a blind review")
    origin: str | None = Field(None, description="the origin that the data give it; hidden in a blind review")
    score: float | None = None
    extra: dict[str, Any] = Field({}, description="what another tool's file said of it that has no place here")


class Decision(BaseModel):
    """What one reviewer said of one record. Of several by one reviewer in one round the last counts.

    `approve` says that the record is fit and its label right, `reject` that it does not belong into the data, `relabel`
    that its label is another one, `skip` that the reviewer cannot tell, `undone` that the one before is taken back.
    """

    model_config = _FROZEN
    record: str
    reviewer: str
    verdict: Verdict | None = None
    label: str | None = Field(None, description="the label that the reviewer holds to be right")
    origin: Judged | None = None
    note: str = ""
    round: int = 1
    adjudicates: bool = Field(default=False, description="settles what other reviewers disagreed about")
    at: datetime
    seconds: float | None = None
    blind: bool = True
    through: str = Field("", description="the tool that the decision came from, where it was imported")
    extra: dict[str, Any] = {}


class QueueProgress(BaseModel):
    """How far a reviewer is, and how far the queue is."""

    model_config = _FROZEN
    done: int
    total: int
    skipped: int
    by_all: int = Field(description="records that as many people judged as were to")
    seconds_each: float | None = Field(None, description="median time for one record")
    reviewers: tuple[tuple[str, int], ...] = ()


def judges(decision: Decision) -> bool:
    """Return whether a decision says something about the record."""
    return decision.verdict not in {"undone", "skip"}
