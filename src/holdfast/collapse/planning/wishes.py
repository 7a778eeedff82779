"""What must hold, and under which circumstances: the settings of a plan."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from holdfast.core.finding import FROZEN


class Wishes(BaseModel):
    """What must hold in every generation, how the models are trained, and what items cost."""

    model_config = ConfigDict(**FROZEN, allow_inf_nan=False)
    keep_variance: float | None = Field(
        None, gt=0, le=1, description="share of the real variance (or of 1 − Σ p²) that every generation must keep"
    )
    rarest: float | None = Field(None, ge=0, le=1, description="probability of the rarest type that must not vanish")
    chance: float = Field(0.99, gt=0, le=1, description="with what chance a type as rare as that is still there")
    risk: float | None = Field(
        None,
        ge=0,
        description="squared error of a fitted quantity, in variances of one item: 0.001 is as good as 1,000",
    )
    distance: float | None = Field(
        None,
        ge=0,
        description="expected squared Wasserstein distance W₂² from the real normal distribution, in variances",
    )
    shrink: float | None = Field(
        None, gt=0, lt=1, description="share of its standard deviation that a normal distribution may lose"
    )
    shrink_chance: float = Field(0.05, ge=0, lt=1, description="with what chance it may lose more than that")
    sharpening: float = Field(
        1.0, gt=0, description="how items are drawn: density to this power; 1/temperature, 1 is as the model is"
    )
    parameters: int = Field(
        1, gt=0, description="fitted quantities that share the items, such as the contexts of a table of next words"
    )
    effective: float = Field(
        1.0, gt=0, le=1, description="independent items that one item is worth; `collapse forecast` measures it"
    )
    horizon: int | None = Field(None, gt=0, le=1_000_000, description="generations it must hold for; for ever, if None")
    synthetic: int | None = Field(
        None, ge=0, description="synthetic items a generation; whatever their number, if None"
    )
    verified: float = Field(
        0.0, ge=0, le=1, description="share of the synthetic items that a person made as good as real ones"
    )
    real_at_most: int | None = Field(None, ge=0, description="real items a generation that there are")
    growth: float = Field(
        0.5, gt=0, le=10, description="d of the schedule that grows, M₀ t^(1 + d) items in generation t"
    )
    real_cost: float | None = Field(None, gt=0, description="cost of a real item; asks for the cheapest mix")
    verified_cost: float | None = Field(None, gt=0, description="cost of a synthetic item that was verified")
    synthetic_cost: float = Field(0.001, gt=0, description="cost of a synthetic item")
    verifier: float = Field(1.0, gt=0, le=1, description="share of verified items that is as good as real")
    items: int = Field(
        0, ge=0, description="least items a generation, of whatever kind, that the cheapest mix must have"
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if all(one is None for one in (self.keep_variance, self.rarest, self.risk, self.distance, self.shrink)):
            raise ValueError(
                "nothing is said to hold; say at least one of keep_variance, rarest, risk, distance, shrink, such as "
                "--keep-variance 0.95 or --rarest 1e-4"
            )
        if self.verified_cost is not None and self.real_cost is None:
            raise ValueError("verified_cost without real_cost: a cheapest mix is sought among both")
        if self.items and self.real_cost is None:
            raise ValueError("items is a demand on the cheapest mix; give real_cost as well")
        return self
