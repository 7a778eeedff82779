"""What a person may set about an audit. Each field is a key under `[audit]` in `holdfast.toml`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from holdfast.core.finding import FROZEN

Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class Suppression(BaseModel):
    """Findings that are known and accepted; the reason is mandatory and shown."""

    model_config = FROZEN
    check: str = Field(description="name of the check")
    columns: tuple[str, ...] = Field((), description="only findings that name all of these columns")
    reason: str = Field(min_length=3, description="shown in every report")


class HonestSettings(BaseModel):
    """The honest score."""

    model_config = FROZEN
    enabled: bool = Field(default=True, description="whether to compute it")
    seconds: float = Field(120.0, gt=0, description="budget; remedies come in the order of expected effect")
    resamples: int = Field(2000, ge=200, description="bootstrap resamples behind each interval")
    level: Share = Field(0.95, description="coverage of the intervals")


class AuditSettings(BaseModel):
    """All settings of an audit."""

    model_config = FROZEN
    label: str | None = Field(None, description="column that is predicted")
    task: Literal["auto", "classification", "regression"] = Field("auto", description="what sort of label it is")
    time: str | None = Field(None, description="column that says when a row was recorded")
    group: tuple[str, ...] = Field((), description="columns that say whose row it is: patient, user, site")
    id: tuple[str, ...] = Field((), description="columns that name a row and carry no meaning")
    ignore_columns: tuple[str, ...] = Field((), description="columns to leave out")
    kinds: dict[str, Literal["number", "category", "text", "image", "time", "vector"]] = Field(
        {}, description="kinds of columns, where they are not what the values look like"
    )
    split_column: str | None = Field(None, description="column that says which split a row is in")
    splitter: Literal["random", "stratified", "grouped", "ordered"] | None = Field(
        None, description="how to split data without a split; as most would, at random, if None"
    )
    test_share: Share = Field(0.2, description="share of rows that the splitter makes test rows")
    seed: int = Field(0, ge=0, description="seed of everything random")
    model: str | None = Field(None, description="module:factory of a scikit-learn-compatible estimator")
    metric: str | None = Field(None, description="a scikit-learn scorer's name")
    predictions: str | None = Field(None, description="file with one prediction (or class score) per test row")
    select: tuple[str, ...] = Field((), description="checks or families to run; all, if empty")
    ignore: tuple[str, ...] = Field((), description="checks or families not to run")
    fail_on: Literal["error", "warning", "note", "never"] = Field(
        "error", description="severity from which the exit code is 1"
    )
    suppress: tuple[Suppression, ...] = Field((), description="findings that are known and accepted, with the reason")
    checks: dict[str, dict[str, Any]] = Field({}, description="options of single checks")
    facts: dict[str, dict[str, Any]] = Field({}, description="options of single facts")
    honest: HonestSettings = Field(HonestSettings(), description="the honest score")
