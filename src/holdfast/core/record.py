"""The record of one invocation: inputs by hash, settings, seed, environment, results. What a report reads."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from holdfast.core.finding import FROZEN, Evidence, Finding, Severity
from holdfast.core.showing import shows

SCHEMA = 1  # of stored documents; readers keep understanding every older number


class Status(StrEnum):
    """How a check ended. Nothing is silently not run."""

    PASSED = "passed"
    FOUND = "found"
    SKIPPED = "skipped"
    CRASHED = "crashed"


class InputRecord(BaseModel):
    """One input: rows `start` to `stop` of the data set, where they came from, and what was found out about it.

    A script or notebook has no rows.
    """

    model_config = FROZEN
    name: str
    kind: Literal["data", "code"] = "data"
    start: int
    stop: int
    digest: str
    split: str | None = None
    first_row: int = 1
    notes: tuple[str, ...] = ()


class ColumnRecord(BaseModel):
    """A column, with the kind and role that it was given."""

    model_config = FROZEN
    name: str
    kind: str
    role: str
    n_missing: int = 0


class ClassCount(BaseModel):
    """A class and how many rows have it."""

    model_config = FROZEN
    name: str
    rows: int


class Summary(BaseModel):
    """A quantity in seven numbers."""

    model_config = FROZEN
    mean: float
    sd: float
    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float


class SplitRecord(BaseModel):
    """A split, and the label in it: its classes, most frequent first, or its summary where it is a quantity."""

    model_config = FROZEN
    name: str
    rows: int
    unlabelled: int = 0
    classes: tuple[ClassCount, ...] = Field((), description="the most frequent of `n_classes`")
    n_classes: int = 0
    summary: Summary | None = None


class Suppressed(BaseModel):
    """A finding that was not shown, and why; counted in every report."""

    model_config = FROZEN
    finding: Finding
    reason: str


class Sampled(BaseModel):
    """A part of the work looked at `rows` of `of` rows."""

    model_config = FROZEN
    what: str
    rows: int
    of: int


class Citation(BaseModel):
    """Where a defect was shown: what to call it and where it stands."""

    model_config = FROZEN
    text: str
    url: str = ""


@shows("holdfast.core.telling:result")
class CheckResult(BaseModel):
    """The result of one check, with as much of its documentation as a report shows."""

    model_config = FROZEN
    check: str
    title: str
    family: str
    url: str = ""
    why: str = Field("", description="why the defect matters, in the words of the check's page")
    references: tuple[Citation, ...] = ()
    status: Status
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    reason: str = Field("", description="why it was skipped, or the last line of the trace")
    trace: str = ""
    options: dict[str, Any] = {}
    sampled: tuple[Sampled, ...] = ()
    alpha: float = Field(0.0, description="chance of a false finding that the check allows itself")
    seconds: float = 0.0


class Estimate(BaseModel):
    """A number with its interval."""

    model_config = FROZEN
    value: float
    low: float
    high: float
    level: float = 0.95


class HonestStep(BaseModel):
    """What one remedy takes away from the score. Differences are honest minus claimed, in the metric's own unit.

    Where higher is better, a negative difference means that the score was inflated.
    """

    model_config = FROZEN
    name: str = Field(description="short label, such as a column name or 'copied rows'")
    checks: tuple[str, ...] = Field(description="the checks whose findings it cures")
    fingerprints: tuple[str, ...] = ()
    operation: str
    n_rows: int = 0
    columns: tuple[str, ...] = ()
    booked: bool = Field(
        default=True, description="part of the honest score; else a question ('if it were not available'), told apart"
    )
    alone: Estimate | None = None
    in_sequence: Estimate | None = None
    shapley: Estimate | None = None
    control: Estimate | None = Field(
        None, description="the same change at random (as many rows, a training set of the same size), on the same rows"
    )
    reason: str = Field("", description="why it could not be estimated")


@shows("holdfast.core.telling:honest")
class HonestScore(BaseModel):
    """How much of the score is real. The steps that are booked add up to honest minus claimed."""

    model_config = FROZEN
    status: Literal["estimated", "not-estimable"]
    reason: str = ""
    metric: str = ""
    metric_title: str = Field("", description="the metric in words")
    higher_is_better: bool = True
    model: str = ""
    source: Literal["", "own-model", "default-model", "predictions"] = Field("", description="whose score it is")
    split: str = ""
    n_train: int = 0
    n_test: int = 0
    claimed: Estimate | None = None
    honest: Estimate | None = None
    inflation: Estimate | None = Field(
        None, description="how much too good the claim is: positive means too good, whichever way is better"
    )
    steps: tuple[HonestStep, ...] = Field((), description="booked ones in the order of the waterfall, then questions")
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


@shows("holdfast.core.telling:section")
class Section(BaseModel):
    """A part of a run's result that is not a finding: paragraphs, and evidence to look at."""

    model_config = FROZEN
    title: str
    says: tuple[str, ...] = Field((), description="paragraphs")
    evidence: tuple[Evidence, ...] = ()


class Environment(BaseModel):
    """The versions and platform that a run ran on."""

    model_config = FROZEN
    holdfast: str
    python: str
    platform: str
    packages: dict[str, str] = {}


@shows()
class Run(BaseModel):
    """One invocation, from its inputs to its results."""

    model_config = ConfigDict(**FROZEN, populate_by_name=True, serialize_by_alias=True)
    id: str
    schema_version: int = Field(SCHEMA, alias="schema")
    kind: Literal["audit", "finetune", "collapse", "data", "probe", "compare"] = "audit"
    title: str = ""
    command: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    status: Literal["running", "finished", "interrupted", "failed"] = "finished"
    started: datetime
    seconds: float = 0.0
    n_rows: int = 0
    size: str = Field("", description="how much was looked at, where that is not rows")
    inputs: tuple[InputRecord, ...] = ()
    test_digest: str = Field("", description="content hash of the test rows: what tells one test set from another")
    columns: tuple[ColumnRecord, ...] = ()
    splits: tuple[SplitRecord, ...] = Field((), description="the splits that were judged, with the label in each")
    config: dict[str, Any] = {}
    seed: int = 0
    environment: Environment
    results: tuple[CheckResult, ...] = ()
    honest: HonestScore | None = None
    says: str = Field("", description="what it came to in one sentence, where that is not for findings alone to say")
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, worst first; equal ones in the order of the checks."""
        found = [finding for result in self.results for finding in result.findings]
        return tuple(sorted(found, key=lambda finding: finding.severity.rank))

    @property
    def suppressed(self) -> tuple[Suppressed, ...]:
        """All findings that a suppression or a baseline hid."""
        return tuple(hidden for result in self.results for hidden in result.suppressed)

    @property
    def alpha(self) -> float:
        """Expected number of false findings that the statistical checks allow themselves on clean data."""
        return sum(result.alpha for result in self.results if result.status is not Status.SKIPPED)

    def count(self, severity: Severity) -> int:
        """Return how many findings have this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def result(self, check: str) -> CheckResult:
        """Return the result of one check. Raises KeyError."""
        for result in self.results:
            if result.check == check:
                return result
        raise KeyError(check)

    def __repr__(self) -> str:
        counts = [(self.count(severity), severity.value) for severity in Severity]
        found = ", ".join(f"{n} {name}{'s' * (n != 1)}" for n, name in counts if n)
        return f"<Run {self.id}: {self.kind} {self.status}, {found or 'nothing found'}>"

    def __str__(self) -> str:
        return repr(self)
