"""What a person may set about a comparison of versions or periods."""

from typing import Literal

from pydantic import BaseModel, Field

from holdfast.core.finding import FROZEN

Every = Literal["hour", "day", "week", "month", "quarter", "year"]


class DriftSettings(BaseModel):
    """How versions or periods are compared."""

    model_config = FROZEN
    label: str | None = Field(None, description="column that is predicted")
    group: tuple[str, ...] = Field((), description="columns that say whose row it is: patient, user, site")
    ignore_columns: tuple[str, ...] = Field((), description="columns to leave out")
    by: str | None = Field(None, description="column of times: compare periods of one data set")
    every: Every | None = Field(None, description="length of a period; one that gives 3 to 36 of them, if not said")
    against: Literal["before", "first"] = Field("before", description="what each version or period is compared with")
    min_effect: float = Field(0.1, gt=0, lt=1, description="effect from which a column is reported")
    alpha: float = Field(0.001, gt=0, lt=0.5, description="chance of a false finding that each check allows itself")
    model: str | None = Field(None, description="folder with a model that makes vectors of texts or images")
    rows: int = Field(50_000, ge=1_000, description="rows of each side that columns are compared on")
    seed: int = Field(0, ge=0, description="seed of everything random")
