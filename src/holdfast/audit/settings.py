"""What a person may set about an audit. Each field is a key under `[audit]` in `holdfast.toml`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from holdfast.core.finding import FROZEN

Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class Suppression(BaseModel):
    """Findings that are known and accepted; the reason is mandatory and shown."""

    model_config = FROZEN
    check: str
    columns: tuple[str, ...] = Field((), description="only findings that name all of these columns")
    reason: str = Field(min_length=3)


class HonestSettings(BaseModel):
    """The honest score."""

    model_config = FROZEN
    enabled: bool = True
    seconds: float = Field(120.0, gt=0, description="budget; remedies come in the order of expected effect")
    resamples: int = Field(2000, ge=200, description="bootstrap resamples behind each interval")
    level: Share = 0.95


class AuditSettings(BaseModel):
    """All settings of an audit."""

    model_config = FROZEN
    label: str | None = None
    task: Literal["auto", "classification", "regression"] = "auto"
    time: str | None = None
    group: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    ignore_columns: tuple[str, ...] = ()
    kinds: dict[str, Literal["number", "category", "text", "image", "time", "vector"]] = {}
    split_column: str | None = None
    splitter: Literal["random", "stratified", "grouped", "ordered"] | None = None
    test_share: Share = 0.2
    seed: int = Field(0, ge=0)
    model: str | None = Field(None, description="module:factory of a scikit-learn-compatible estimator")
    metric: str | None = Field(None, description="a scikit-learn scorer's name")
    predictions: str | None = Field(None, description="file with one prediction (or class score) per test row")
    select: tuple[str, ...] = Field((), description="checks or families to run; all, if empty")
    ignore: tuple[str, ...] = Field((), description="checks or families not to run")
    fail_on: Literal["error", "warning", "note", "never"] = "error"
    suppress: tuple[Suppression, ...] = ()
    checks: dict[str, dict[str, Any]] = Field({}, description="options of single checks")
    facts: dict[str, dict[str, Any]] = Field({}, description="options of single facts")
    honest: HonestSettings = HonestSettings()
