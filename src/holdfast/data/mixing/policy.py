"""What a training set may be made of: the policy that a person writes as TOML.

source = "corpus@v3"
records = 10_000
shares.synthetic.at_most = 0.3
caps.generator = 0.1
human = { minimum = "planner", rarest = 1e-3, horizon = 10 }
test = "test.parquet"
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from holdfast.core.config import checked, override, read_toml
from holdfast.core.finding import FROZEN
from holdfast.core.hashing import digest_json
from holdfast.data.origin import Evidence

PLANNER: Literal["planner"] = "planner"
GOLDEN: Literal["golden"] = "golden"
Class = Literal["human", "human-verified", "synthetic", "unknown"]
_STRICT = ConfigDict(**FROZEN, allow_inf_nan=False)
_FOR_PLANNER = ("rarest", "chance", "keep_variance", "horizon", "sharpening")


def _number_or(word: str, kind: str) -> Any:
    """Return a validator that takes a number or one word, and says so in one line."""

    def check(value: Any) -> Any:
        if value == word or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise ValueError(f'got {value!r}, wanted {kind} or "{word}"')

    return BeforeValidator(check)


Needed = Annotated[Annotated[int, Field(ge=0)] | Literal["planner"], _number_or(PLANNER, "a number of records")]


class Bound(BaseModel):
    """A share of all records: exactly (to one record), at least, at most. A number alone means exactly."""

    model_config = _STRICT
    exactly: float | None = Field(None, ge=0, le=1, description="the share, to one record")
    at_least: float = Field(0.0, ge=0, le=1, description="the share, or more")
    at_most: float = Field(1.0, ge=0, le=1, description="the share, or less")

    @model_validator(mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"exactly": value}
        if not isinstance(value, Mapping | Bound):
            raise ValueError(f"got {value!r}, wanted a share from 0 to 1, or a table with at_least and at_most")  # noqa: TRY004 as below
        return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.exactly is not None and (self.at_least, self.at_most) != (0.0, 1.0):
            raise ValueError("says exactly, and at least or at most as well; one of them is enough")
        if self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least:g} is more than at_most {self.at_most:g}")
        return self

    @property
    def low(self) -> float:
        """The least share."""
        return self.at_least if self.exactly is None else self.exactly

    @property
    def high(self) -> float:
        """The largest share."""
        return self.at_most if self.exactly is None else self.exactly


class Caps(BaseModel):
    """The most that may come from one generator or generation: a number of records, or a share with a point in it."""

    model_config = _STRICT
    generator: int | float | None = Field(None, gt=0, description="records, or a share such as 0.2, of each generator")
    generation: int | float | None = Field(None, gt=0, description="… of each generation from the first synthetic on")

    @field_validator("generator", "generation", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ValueError(f"got {value!r}, wanted a number of records such as 500, or a share such as 0.2")  # noqa: TRY004 what pydantic reads
        if isinstance(value, float) and value > 1:
            raise ValueError(f"got {value!r}: a share is at most 1.0, and a number of records has no point")
        return value


class Human(BaseModel):
    """How many records by people there must be at least, and what counts as one."""

    model_config = _STRICT
    minimum: Needed = Field(0, description="least records by people, verified or not; a number, or from the planner")
    verified: Needed = Field(0, description="least records by people that somebody verified; likewise")
    evidence: Evidence = Field("inferred", description="least evidence with which a record counts as people's work")
    rarest: float | None = Field(None, gt=0, lt=1, description="planner: probability of the rarest type to keep")
    chance: float = Field(0.99, gt=0, lt=1, description="planner: with what chance it is still there")
    keep_variance: float | None = Field(None, gt=0, le=1, description="planner: share of the variance to keep")
    horizon: int | None = Field(None, gt=0, le=1_000_000, description="planner: generations; for ever, if not said")
    sharpening: float = Field(1.0, gt=0, description="planner: how items are drawn, 1/temperature")

    @property
    def planned(self) -> bool:
        """Whether a number is to come from the planner."""
        return PLANNER in {self.minimum, self.verified}

    @model_validator(mode="after")
    def _sound(self) -> Self:
        said = [name for name in _FOR_PLANNER if name in self.model_fields_set]
        if self.planned and self.rarest is None and self.keep_variance is None:
            raise ValueError(
                "the planner is asked, but not what must be kept; say rarest, such as rarest = 1e-3, or keep_variance"
            )
        if said and not self.planned:
            raise ValueError(f'{said[0]} is for the planner, which nobody asks; say minimum = "planner" as well')
        return self


class Without(BaseModel):
    """What is never taken, by name."""

    model_config = _STRICT
    sources: tuple[str, ...] = Field((), description="whose records are never taken")
    licences: tuple[str, ...] = Field((), description="under which records are never taken")
    generators: tuple[str, ...] = Field((), description="models whose records are never taken")


class Policy(BaseModel):
    """What a training set may be made of."""

    model_config = _STRICT
    source: tuple[str, ...] = Field(min_length=1, description="address of a store, such as corpus@v3, or files")
    records: int | None = Field(None, gt=0, description="how many; the most that the policy allows, if not said")
    shares: dict[Class, Bound] = Field({}, description="of all records, by who made them")
    caps: Caps = Field(Caps(), description="the most from one generator or generation")
    human: Human = Field(Human(), description="the least from people")
    unknown: Literal["synthetic", "exclude", "own"] = Field(
        "synthetic", description="what records of unknown origin count as: the safe side, nothing, or a share of theirs"
    )
    without: Without = Field(Without(), description="what is never taken")
    test: tuple[str, ...] = Field((), description="test data: neither its records nor their children are taken")
    weights: Annotated[
        Annotated[float, Field(gt=0, lt=1)] | Literal["golden"] | None, _number_or(GOLDEN, "a share")
    ] = Field(None, description="share of the weight that people's records have together, in a column _weight")
    seed: int = Field(0, ge=0, lt=2**63, description="seed of which records are drawn")

    @field_validator("source", "test", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        own = {"human", "synthetic", "unknown"}
        if self.unknown != "own" and "unknown" in self.shares:
            raise ValueError(
                f'shares.unknown is said, but unknown = "{self.unknown}"; with unknown = "own" it is a share'
            )
        least = sum(bound.low for name, bound in self.shares.items() if name in own)
        if least > 1 + 1e-9:
            raise ValueError(f"shares: at least {least:g} of all records are wanted, which is more than 1")
        present = own - ({"unknown"} if self.unknown != "own" else set())
        most = sum(self.shares[name].high if name in self.shares else 1.0 for name in present)
        if most < 1 - 1e-9:
            raise ValueError(
                f"shares: {most:g} of all records are allowed at most, so that the other {1 - most:g} can be nothing"
            )
        verified, human = self.shares.get("human-verified"), self.shares.get("human")
        if verified and human and verified.low > human.high:
            raise ValueError(
                f"shares: human-verified is part of human, and at least {verified.low:g} of all, human at most "
                f"{human.high:g}"
            )
        if self.records is not None:
            for name in ("minimum", "verified"):
                wanted = getattr(self.human, name)
                if wanted != PLANNER and wanted > self.records:
                    raise ValueError(f"human.{name} is {wanted:,}, more than the {self.records:,} records in all")
        return self

    @property
    def digest(self) -> str:
        """Content hash of everything that the policy says."""
        return digest_json(self.model_dump(mode="json", exclude_defaults=True))

    def settled(self, need: int) -> Self:
        """Return the policy with the planner's number where the planner is asked."""
        numbers = {name: need for name in ("minimum", "verified") if getattr(self.human, name) == PLANNER}
        told = self.human.model_dump(exclude={*_FOR_PLANNER, *numbers})
        human = Human.model_validate({**told, **numbers}) if numbers else self.human
        return self.model_copy(update={"human": human})


def read_policy(path: Path, assignments: Sequence[str] = ()) -> Policy:
    """Return the policy of a TOML file, with some keys set anew (`seed=1`, `shares.human.at_least=0.5`).

    Raises BadInput that lists every error with file, line and key.
    """
    values = read_toml(path)
    found = checked(Policy, values, path)
    return checked(Policy, override(values, assignments)) if assignments else found
