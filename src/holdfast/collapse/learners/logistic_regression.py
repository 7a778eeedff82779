"""Logistic regression, by Newton's steps for all replicates at once."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, Self

import numpy as np
from jaxtyping import Bool, Float, Int
from pydantic import BaseModel, Field, model_validator
from scipy.special import expit

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.learners.labelled import labelled
from holdfast.collapse.samples import Points
from holdfast.collapse.states.items import Items, chosen, made_of, pooled
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import FROZEN
from holdfast.core.random import Streams

# The likelihood rises with each of Newton's steps if it moves no log-odds by more than 1.79: (eʳ − 1 − r)/r² < 1 there
# (Bach, 2010, Self-concordant analysis for logistic regression, proposition 1).
_FARTHEST = 1.5
_MOST_STEPS = 1000  # and so log-odds of 1,500: who is not at rest there has labels that a plane divides
_AT_REST = 1e-7  # relative length of a step; the error is its square
_STEADY = 1e-12  # of the mean curvature: keeps a step finite where some direction has none
_LOOKED_AT = 1000  # rows of a table that measures look at


class Logistic(NamedTuple):
    """Coefficients of the log-odds; whether no fit exists; what draws inputs that stay the same.

    Where no fit exists, the labels were divided by a plane: the likelihood rises for ever in some direction. The
    coefficients are such a direction of length 1 then, and what is drawn has the labels of its two sides. The truth of
    a table has rows of it, for measures to look at.
    """

    coefficients: Float[np.ndarray, "replicates dimensions"]
    separated: Bool[np.ndarray, " replicates"]
    seed: Int[np.ndarray, " replicates"]
    inputs: Float[np.ndarray, "replicates rows_or_none dimensions"]


class Counted(NamedTuple):
    """Labels on inputs that stay the same: how often each row was labelled, and how often with 1."""

    size: Int[np.ndarray, " replicates"]
    seed: Int[np.ndarray, " replicates"]
    times: Float[np.ndarray, "replicates rows"]
    ones: Float[np.ndarray, "replicates rows"]


class LogisticRegression(BaseModel):
    """Logistic regression: normal inputs or those of a table, labels drawn with the chances of the model before.

    Fits are of maximum likelihood, each item with its weight. Where a plane divides the labels no such fit exists: the
    model is certain of every label from then on, and so are those that learn from it alone. The measure `separated`
    says how many histories came to that, and measures that grow beyond all bounds there are infinite. A `ridge` penalty
    makes every fit exist, and biases it; none is added unless it is asked for. Inputs that stay the same are labelled
    anew in each generation, and cost the same however many batches are kept.

    With a `file` the inputs are rows of a table, drawn with replacement, each of mean 0 and variance 1, behind a
    constant. The truth is the fit to all of it, and draws the labels of real items.
    """

    model_config = FROZEN
    dimensions: int = Field(5, gt=0, le=1000, description="inputs")
    signal: float = Field(
        1.0, ge=0, le=100, description="length of the true vector of coefficients: the spread of the log-odds"
    )
    ridge: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="penalty on half the squared length, beside the log-likelihood"
    )
    design: Literal["fresh", "same"] = Field("fresh", description="inputs: new in each batch, or always the same")
    file: str | None = Field(None, description="a table to take inputs from; normal ones are made up without it")
    label: str | None = Field(None, description="of the table: the column of two values that is learnt")
    inputs: tuple[str, ...] = Field((), description="of the table: columns to learn from; all others, if empty")

    @model_validator(mode="after")
    def _one_world(self) -> Self:
        if self.file and (told := sorted({"dimensions", "signal"} & self.model_fields_set)):
            raise ValueError(f"{' and '.join(told)}: not with a file, whose table says it")
        if not self.file and (told := sorted({"label", "inputs"} & self.model_fields_set)):
            raise ValueError(f"{' and '.join(told)}: columns of a table, so give a file as well")
        if self.file and not self.label:
            raise ValueError("a file needs a label: the column of two values that is learnt")
        return self

    @property
    def width(self) -> int:
        """How many coefficients there are."""
        return len(self.true_coefficients)

    @property
    def true_coefficients(self) -> Float[np.ndarray, " dimensions"]:
        """The coefficients of the source."""
        if self.file is None:
            return np.eye(1, self.dimensions)[0] * self.signal
        return _of_table(self.file, self.label or "", self.inputs)

    @property
    def table(self) -> Float[np.ndarray, "rows dimensions"]:
        """All inputs there are, no rows where they are normal."""
        if self.file is None:
            return np.empty((0, self.dimensions))
        return labelled(self.file, self.label or "", self.inputs).inputs

    def truth(self, replicates: int, rng: np.random.Generator) -> Logistic:
        """Return the source."""
        coefficients = np.tile(self.true_coefficients, (replicates, 1))
        seed = rng.integers(2**62, size=replicates) if self.design == "same" else np.zeros(replicates, dtype=np.int64)
        rows = Streams(0)("looked at").permutation(self.table)[:_LOOKED_AT]
        return Logistic(
            coefficients, np.zeros(replicates, dtype=bool), seed, np.broadcast_to(rows, (replicates, *rows.shape))
        )

    def draw(self, model: Logistic, wanted: Draw, rng: np.random.Generator) -> Items | Counted:
        """Return a batch: inputs with their labels, or labels of inputs that stay the same."""
        if wanted.verifier is not None:
            raise NotApplicable("a verifier with a taste looks at numbers; these labels are 0 or 1")
        if self.design == "fresh":
            return made_of(self._items(model, wanted, rng))
        if wanted.items:
            raise NotApplicable("labels of inputs that stay the same are counted by row: no choice of items")
        ones = _labels(model, _same_rows(tuple(model.seed.tolist()), wanted.size, self), wanted, rng)
        return Counted(np.full(len(ones), wanted.size), model.seed, np.ones(ones.shape), ones)

    def pool(self, batches: Sequence[Items | Counted]) -> Items | Counted:
        """Return batches as one."""
        items = [batch for batch in batches if isinstance(batch, Items)]
        if items:
            return pooled(items)
        counted = [batch for batch in batches if isinstance(batch, Counted)]
        return _added(counted, [1.0] * len(counted))

    def choose(self, batch: Items, size: int, rng: np.random.Generator) -> Items:
        """Return some of the items, without replacement, others for each replicate."""
        return chosen(batch, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Logistic | None) -> Logistic:
        """Return the fit of maximum likelihood, each batch with its weight, with the penalty if there is one.

        The model before is where steps begin; where they end does not depend on it.
        """
        del rng
        batches = [part.batch for part in parts]
        whole = sum(int(batch.size[0]) for batch in batches)
        # With a weight as large as its share of items, an item counts as it is.
        counts = [part.weight * whole / int(batch.size[0]) for part, batch in zip(parts, batches, strict=True)]
        if isinstance(batches[0], Counted):
            both = _added(batches, counts)
            seed, times, ones = both.seed, both.times, both.ones
            inputs = _same_rows(tuple(seed.tolist()), times.shape[1], self)
        else:
            points = [batch.filled for batch in batches]
            stacked = np.concatenate(points, axis=1) if len(points) > 1 else points[0]
            inputs, seed = stacked[..., :-1], np.zeros(len(stacked), dtype=np.int64)
            times = np.repeat(counts, [one.shape[1] for one in points])[None, :]
            times = np.broadcast_to(times, inputs.shape[:2])
            ones = times * stacked[..., -1]
        begin = np.zeros((len(inputs), self.width))
        if previous is not None:
            begin = np.where(previous.separated[:, None], 0.0, previous.coefficients)
        return Logistic(*fitted(inputs, times, ones, self.ridge, begin), seed, np.empty((len(seed), 0, self.width)))

    def samples(self, model: Logistic, size: int, rng: np.random.Generator) -> list[Points]:
        """Return new inputs, and the label as the last number of each vector."""
        one_by_one = [type(model)(*(field[i : i + 1] for field in model)) for i in range(len(model.seed))]
        return [Points(self._items(one, Draw(size), rng)[0]) for one in one_by_one]

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted: a plane divides half of all labels of 2 d items (Cover, 1965)."""
        least = 2 * self.width + 1
        if self.ridge or samples >= least:
            return ""
        return (
            f"in {self.width} dimensions a plane divides at least half of all labels of fewer than {least} items "
            "without an error, and then no fit exists; take more samples, fewer dimensions, or a ridge penalty"
        )

    def room(self, items: int) -> int:
        """Return how many bytes one replicate takes at most: items, and what a step makes of them."""
        return 8 * items * (3 * self.width + 8)

    def _items(
        self, model: Logistic, wanted: Draw, rng: np.random.Generator
    ) -> Float[np.ndarray, "replicates items dimensions_and_label"]:
        points = np.empty((len(model.seed), wanted.size, self.width + 1))
        points[..., :-1] = self.new_inputs(len(model.seed), wanted.size, rng)
        points[..., -1] = _labels(model, points[..., :-1], wanted, rng)
        return points

    def new_inputs(
        self, replicates: int, size: int, rng: np.random.Generator
    ) -> Float[np.ndarray, "replicates items dimensions"]:
        """Return inputs of the real world."""
        if self.file is None:
            return rng.standard_normal((replicates, size, self.dimensions))
        return self.table[rng.integers(len(self.table), size=(replicates, size))]


@lru_cache(maxsize=4)  # of the blocks that run side by side
def _same_rows(
    seeds: tuple[int, ...], size: int, drawn: LogisticRegression
) -> Float[np.ndarray, "replicates rows dimensions"]:
    """Return the inputs that stay the same; those of a larger batch begin with those of a smaller one."""
    rows = np.concatenate([drawn.new_inputs(1, size, Streams(one)("inputs")) for one in seeds])
    rows.setflags(write=False)
    return rows


@lru_cache(maxsize=4)
def _of_table(file: str, label: str, columns: tuple[str, ...]) -> Float[np.ndarray, " dimensions"]:
    """Return the fit to all rows of a table. Raises BadInput."""
    rows, labels = labelled(file, label, columns)
    found, divided = fitted(rows[None], np.ones((1, len(rows))), labels[None], 0.0, np.zeros((1, rows.shape[1])))
    if divided[0]:
        raise BadInput(
            f"{Path(file).name}: these inputs tell {label!r} without an error, so that no fit to all rows exists; give "
            "fewer columns as options.inputs, or more rows"
        )
    return found[0]


def fitted(
    inputs: Float[np.ndarray, "replicates rows dimensions"],
    times: Float[np.ndarray, "replicates rows"],
    ones: Float[np.ndarray, "replicates rows"],
    ridge: float,
    begin: Float[np.ndarray, "replicates dimensions"],
) -> tuple[Float[np.ndarray, "replicates dimensions"], Bool[np.ndarray, " replicates"]]:
    """Return coefficients of the largest likelihood, less the penalty, and where there is none: a plane divides labels.

    `times` is how often a row was labelled, `ones` how often with 1; both may be fractions. Each replicate goes on for
    as long as it needs, so that none depends on the others.
    """
    inputs = np.ascontiguousarray(inputs)  # each step goes over them four times
    replicates, _, d = inputs.shape
    coefficients, separated = begin.copy(), np.zeros(replicates, dtype=bool)
    still = np.arange(replicates)
    now = begin
    odds = _times(inputs, now)
    diagonal = np.arange(d)
    for step_number in range(_MOST_STEPS):
        chance = expit(odds)
        slope = ((ones - times * chance)[:, None, :] @ inputs)[:, 0] - ridge * now
        curve = (inputs * (times * chance * (1 - chance))[..., None]).swapaxes(1, 2) @ inputs
        curve[:, diagonal, diagonal] += ridge
        curve[:, diagonal, diagonal] += _STEADY * np.trace(curve, axis1=1, axis2=2)[:, None] / d
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        moved = _times(inputs, step)
        short = np.minimum(1.0, _FARTHEST / np.maximum(np.abs(moved).max(axis=1), _FARTHEST))
        now, odds = now + short[:, None] * step, odds + short[:, None] * moved
        rest = np.linalg.norm(step, axis=1) <= _AT_REST * (1 + np.linalg.norm(now, axis=1))
        divided = np.zeros(len(now), dtype=bool)
        if not ridge:
            divided = ~rest & (((odds > 0) | (ones == 0)) & ((odds < 0) | (ones == times))).all(axis=1)
            divided |= ~rest & (step_number == _MOST_STEPS - 1)
        over = rest | divided
        if over.any():
            length = np.linalg.norm(now[divided], axis=1, keepdims=True)
            coefficients[still[rest]], coefficients[still[divided]] = now[rest], now[divided] / length
            separated[still[divided]] = True
            go_on = ~over
            still, now, odds = still[go_on], now[go_on], odds[go_on]
            inputs, times, ones = inputs[go_on], times[go_on], ones[go_on]
        if not len(still):
            return coefficients, separated
    raise BadInput(
        f"logistic-regression: with a ridge penalty of {ridge:g} a fit is not found in {_MOST_STEPS:,} steps; a plane "
        "divides its labels, and so small a penalty hardly holds it. Take a larger one, or more samples"
    )


def _labels(
    model: Logistic, inputs: Float[np.ndarray, "replicates rows dimensions"], wanted: Draw, rng: np.random.Generator
) -> Float[np.ndarray, "replicates rows"]:
    """Return labels with the chances that the models give, by the rule."""
    odds = _times(inputs, model.coefficients)
    chance = np.where(model.separated[:, None], odds > 0, expit(odds / wanted.rule.temperature))
    if wanted.rule.top_p < 1:  # the likelier label alone, where it holds so much
        chance = np.where(np.maximum(chance, 1 - chance) >= wanted.rule.top_p, chance > 0.5, chance)
    return (rng.random(chance.shape) < chance).astype(np.float64)


def _added(batches: Sequence[Counted], counts: Sequence[float]) -> Counted:
    """Return labels of the same inputs together, each batch as often as it counts."""
    rows = max(batch.times.shape[1] for batch in batches)
    times, ones = np.zeros((2, len(batches[0].seed), rows))
    for batch, count in zip(batches, counts, strict=True):
        own = batch.times.shape[1]
        times[:, :own] += count * batch.times
        ones[:, :own] += count * batch.ones
    return Counted(np.sum([batch.size for batch in batches], axis=0), batches[0].seed, times, ones)


def _times(
    matrix: Float[np.ndarray, "replicates rows columns"], vector: Float[np.ndarray, "replicates columns"]
) -> Float[np.ndarray, "replicates rows"]:
    return (matrix @ vector[..., None])[..., 0]


# With so many items theory speaks of regimes in which errors stay bounded.
logistic_regression = learner(
    LogisticRegression, tells="log-odds-error", block=1000, suits={"samples": 500, "generations": 20, "replicates": 500}
)
