"""Regimes: what each generation is trained on, as data.

A regime is a few feeds. In every generation a feed draws a batch from its source (the real world, or an earlier
model) and puts its latest batch, or all it ever drew, into the training set. Before there is a model the real world
stands in for it: model 0 is the truth. Simulation and theory both read this record and nothing else.
"""

import math
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN

MOST_ITEMS = 10**12  # of a batch: sums of so many are exact
MOST_FEEDS = 12


class Rule(BaseModel):
    """How a batch is drawn from a model. The default draws from the model as it is."""

    model_config = FROZEN
    temperature: float = Field(
        1.0, gt=0, allow_inf_nan=False, description="density to the power 1/temperature; below 1 is narrower"
    )
    top_p: float = Field(1.0, gt=0, le=1, description="keep only the most likely part that holds this mass")

    @property
    def is_plain(self) -> bool:
        """Whether the model is drawn from as it is."""
        return self.temperature == 1.0 and self.top_p == 1.0


PLAIN = Rule()


class Verifier(BaseModel):
    """Somebody who looks through synthetic items before they are used.

    `ideal` passes a share of the batch that cannot be told from real items. `biased` keeps an item with probability
    exp(−(x − centre)² / 2 width²), in units of the source's standard deviation: its taste pulls towards `centre`.
    """

    model_config = FROZEN
    kind: Literal["ideal", "biased"] = Field("ideal", description="what is let through: see above")
    share: float = Field(0.5, gt=0, le=1, description="of an ideal verifier: share of the batch as good as real")
    centre: float = Field(0.0, allow_inf_nan=False, description="of a biased verifier: what it likes best")
    width: float = Field(
        2.0, gt=0, allow_inf_nan=False, description="of a biased verifier: how far from that it still accepts"
    )


class Feed(BaseModel):
    """One stream of batches into the training set."""

    model_config = FROZEN
    name: str = Field(min_length=1, max_length=40, description="what it is called in tables and pictures")
    of: Literal["real", "model"] = Field(description="where a batch is drawn from: the real world, or an earlier model")
    size: int | None = Field(None, gt=0, description="items a batch; the experiment's `samples`, if None")
    share: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="items a batch as a share of the experiment's `samples`"
    )
    growth: float = Field(
        1.0, gt=0, allow_inf_nan=False, description="each batch is this many times as large as the one before"
    )
    power: float = Field(0.0, allow_inf_nan=False, description="batch t has size × t to this power")
    every: Literal["generation", "once"] = Field("generation", description="when a batch is drawn")
    keep: Literal["last", "all"] = Field("last", description="which of its batches are learnt from")
    lag: int = Field(1, description="which model is drawn from: 1 is the one of the generation before")
    weight: float | Literal["golden"] | None = Field(
        None, description="share of the fit's total weight; None gives each item the same weight"
    )
    rule: Rule = Field(PLAIN, description="how a model is drawn from; as it is, if not said")
    verifier: Verifier | None = Field(None, description="who looks through a model's items first; nobody, if None")

    @field_validator("weight", mode="before")
    @classmethod
    def _number_or_golden(cls, value: object) -> object:
        if isinstance(value, str) and value != "golden":
            raise ValueError("a weight is a number, or golden")
        return value

    def items(self, samples: int, generation: int) -> int:
        """Return the size of the batch drawn for a generation, counted from 1. Raises BadInput if it is beyond use."""
        base = self.size if self.size is not None else samples * (self.share or 1.0)
        try:
            wanted = base * self.growth ** (generation - 1) * generation**self.power
        except OverflowError:
            wanted = math.inf
        if wanted > MOST_ITEMS:
            raise BadInput(
                f"feed {self.name!r}: its batch of generation {generation:,} would have {wanted:.3g} items, more than "
                f"{MOST_ITEMS:,}; let it grow more slowly, or run fewer generations"
            )
        return max(1, round(wanted))


class Regime(BaseModel):
    """What each generation is trained on."""

    model_config = FROZEN
    name: str = Field(min_length=1, max_length=60, description="what it is called in tables and pictures")
    title: str = Field("", description="the same in words")
    feeds: tuple[Feed, ...] = Field(description="what a generation is trained on, taken together")
    subsample: bool = Field(
        default=False, description="fit on `samples` items, drawn without replacement from all fed in"
    )
    choose: Literal["at-random", "most-surprising"] = Field(
        "at-random", description="which ones a subsample takes: any, or those that surprise the model before most"
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not 0 < len(self.feeds) <= MOST_FEEDS:
            raise ValueError(
                f"regime {self.name!r} has {len(self.feeds)} feeds; a generation learns from at least 1 and at most "
                f'{MOST_FEEDS}, such as feeds = [{{name = "synthetic", of = "model"}}]'
            )
        names = [feed.name for feed in self.feeds]
        if len(set(names)) < len(names):
            raise ValueError(f"regime {self.name!r}: two feeds have the same name")
        for feed in self.feeds:
            where = f"regime {self.name!r}, feed {feed.name!r}"
            if set(feed.name) & set("|/\\"):
                raise ValueError(f"{where}: the name of a feed holds no slash and no bar")
            if feed.lag < 1:
                raise ValueError(
                    f"{where}: lag {feed.lag} would draw from a model that is not fitted yet, which makes the graph a "
                    "circle; the least is 1, the model of the generation before"
                )
            if feed.size is not None and feed.share is not None:
                raise ValueError(f"{where}: give a size or a share of `samples`, not both")
            if feed.of == "real" and (feed.verifier is not None or not feed.rule.is_plain):
                raise ValueError(f"{where}: real items are neither verified nor drawn by a rule")
        if self.choose != "at-random" and not self.subsample:
            raise ValueError(
                f"regime {self.name!r}: choose = {self.choose!r} says which items a subsample takes; add subsample "
                "= true, and feed in more than `samples` items"
            )
        said = [feed.weight for feed in self.feeds]
        if any(one is not None for one in said):
            self._weighed(said)
        return self

    def _weighed(self, said: list[float | Literal["golden"] | None]) -> None:
        if any(one is None for one in said):
            raise ValueError(f"regime {self.name!r}: either every feed has a weight, or none")
        if self.subsample:
            raise ValueError(f"regime {self.name!r}: weights and subsample exclude each other")
        if "golden" in said:
            if said != ["golden", "golden"] or {feed.of for feed in self.feeds} != {"real", "model"}:
                raise ValueError(f"regime {self.name!r}: golden weights need one real feed and one of the model")
            return
        numbers = [float(one) for one in said if one is not None and one != "golden"]
        if not all(one > 0 for one in numbers):
            shown = ", ".join(f"{one:g}" for one in numbers)
            raise ValueError(f"regime {self.name!r}: weights are greater than 0, these are {shown}")
        if not math.isclose(sum(numbers), 1.0, abs_tol=1e-9):
            raise ValueError(
                f"regime {self.name!r}: weights are shares of the whole and sum to 1, these sum to {sum(numbers):g}"
            )

    @property
    def replaces(self) -> bool:
        """Whether each generation learns only from the one before, drawn as it is."""
        feed = self.feeds[0]
        latest = feed.of == "model" and feed.keep == "last" and feed.lag == 1 and feed.every == "generation"
        plain = feed.rule.is_plain and feed.verifier is None
        return len(self.feeds) == 1 and latest and plain and not self.subsample

    def uses_real(self) -> bool:
        """Return whether real items enter after the beginning."""
        return any(feed.of == "real" for feed in self.feeds)

    def weights(self, sizes: tuple[int, ...]) -> tuple[float, ...]:
        """Return the weight of each feed, given how many items each has in the training set; they sum to 1."""
        if self.feeds[0].weight is None:
            return tuple(size / sum(sizes) for size in sizes)
        if self.feeds[0].weight == "golden":
            real = 0 if self.feeds[0].of == "real" else 1
            share = golden_weight(sizes[real] / sizes[1 - real])
            return tuple(share if i == real else 1 - share for i in range(2))
        return tuple(float(feed.weight or 0.0) for feed in self.feeds)


def golden_weight(ratio: float) -> float:
    """Return the weight of the real items that gives the least stationary variance; `ratio` is real to synthetic.

    w = (√(k² + 4k) − k) / 2, the inverse golden ratio at k = 1 (He, Xu & Cheng 2025, arXiv:2502.18049).
    """
    return (math.sqrt(ratio * ratio + 4 * ratio) - ratio) / 2


def _presets() -> dict[str, Regime]:
    model = Feed(name="synthetic", of="model")
    real = Feed(name="real", of="real")
    half = {"share": 0.5}
    mixed = (real.model_copy(update=half), model.model_copy(update=half))
    golden = tuple(feed.model_copy(update={"weight": "golden"}) for feed in mixed)
    checked = mixed[1].model_copy(update={"verifier": Verifier(kind="ideal", share=0.5)})
    swayed = mixed[1].model_copy(update={"verifier": Verifier(kind="biased", centre=0.5, width=2.0)})
    found = (
        Regime(name="replace", title="each generation learns only from the one before", feeds=(model,)),
        Regime(
            name="accumulate", title="all that was ever made is kept",
            feeds=(model.model_copy(update={"keep": "all"}),),
        ),
        Regime(
            name="accumulate-subsample", title="all is kept, a sample of fixed size is learnt from",
            feeds=(model.model_copy(update={"keep": "all"}),), subsample=True,
        ),
        Regime(
            name="fixed-real", title="half of the items are always the same real ones",
            feeds=(mixed[0].model_copy(update={"every": "once"}), mixed[1]),
        ),
        Regime(name="fresh-real", title="half of the items are new real ones", feeds=mixed),
        Regime(name="golden", title="new real items, weighted by the golden ratio", feeds=golden),
        Regime(
            name="verified", title="new real items, and half of the synthetic ones ideally verified",
            feeds=(mixed[0], checked),
        ),
        Regime(name="verified-biased", title="a verifier with a taste of its own", feeds=(mixed[0], swayed)),
    )  # fmt: skip
    return {regime.name: regime for regime in found}


PRESETS: Mapping[str, Regime] = _presets()
