"""What learners, measures and theories are, and the decorators that make them known.

A learner goes through generations for many replicates at once (in lock-step): a model or a batch is a NamedTuple of
arrays whose first axis is the replicate. That makes the exact shortcuts of simple learners possible, lets every state
be stored without pickling, and gives all regimes the same random numbers. A learner that can only do one replicate at
a time loops inside its methods.

Names, options and documentation are read from the code and never listed a second time.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from pydantic import BaseModel

from holdfast.collapse.graph import Graph
from holdfast.collapse.regimes import PLAIN, Regime, Rule, Verifier
from holdfast.collapse.samples import SampleSet

State = Any  # a NamedTuple of arrays, replicates first; each learner has its own
Statistic = Literal["mean", "median", "variance", "low", "high"]  # the last two bound the middle 90%
Good = Literal["high", "low", "same"]


class Part(NamedTuple):
    """A batch in a training set, and its share of the total weight."""

    batch: State
    weight: float


class Draw(NamedTuple):
    """What is to be drawn from a model for each replicate."""

    size: int
    rule: Rule = PLAIN
    verifier: Verifier | None = None  # a biased one; an ideal one is resolved before
    items: bool = False  # the items themselves are needed, not only what a fit needs to know of them
    alone: bool = False  # it will be the whole training set: only what the fit finds in it needs to be drawn


@runtime_checkable
class Learner(Protocol):
    """Something that is fitted and sampled. Implemented by frozen pydantic records whose fields are the options."""

    def truth(self, replicates: int, rng: np.random.Generator) -> State:
        """Return model 0, the real world, for so many replicates."""

    def draw(self, model: State, wanted: Draw, rng: np.random.Generator) -> State:
        """Return a batch of `wanted.size` items for each replicate. Raises NotApplicable for what it cannot do."""

    def pool(self, batches: Sequence[State]) -> State:
        """Return batches as one, every item with the same weight."""

    def choose(self, batch: State, size: int, rng: np.random.Generator) -> State:
        """Return `size` items of a batch, without replacement; the batch was drawn with `items`."""

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: State | None) -> State:
        """Return the model fitted on weighted batches; `previous` is for learners that start warm."""

    def samples(self, model: State, size: int, rng: np.random.Generator) -> Sequence[SampleSet]:
        """Return a sample set of a model for each replicate: what measures on samples look at."""

    def refuse(self, samples: int) -> str:
        """Return why a training set of this size cannot be fitted, empty if it can."""


@runtime_checkable
class Leaper(Protocol):
    """A learner that goes through several generations at once, where each learns from the one before only."""

    def leap(self, model: State, sizes: Sequence[int], rng: np.random.Generator) -> State:
        """Return the model after a fit on so many items, drawn from it, for each of the sizes in turn."""


@runtime_checkable
class Surprised(Protocol):
    """A learner whose models can say how much an item surprises them."""

    def most_surprising(self, batch: State, size: int, model: State) -> State:
        """Return the `size` items of a batch that surprise the model most; the batch was drawn with `items`."""


@runtime_checkable
class HoldsOut(Protocol):
    """A learner whose real items are those of a file, of which some are held out for measures."""

    def held_out(self, most: int) -> SampleSet:
        """Return real items from which no model learns, each of them once, and at most so many."""


@dataclass(frozen=True, slots=True)
class LearnerKind:
    """A learner as the catalogue knows it. `make` is the record's class."""

    name: str
    title: str
    make: type[BaseModel]
    costly: bool  # seconds a generation: replicates run one after the other, each generation is kept
    doc: str
    extra: str = ""  # of the package, that it needs
    tells: str = ""  # the measure that shows best what becomes of it, whatever its samples are seen as
    block: int = 500  # replicates in lock-step: more for small states, fewer for large ones
    suits: Mapping[str, Any] = field(default_factory=dict)  # settings of an experiment, where nobody says others


@dataclass(frozen=True, slots=True)
class Measure:
    """A number for each replicate of a generation.

    On models: `run(model)` or `run(model, truth)`, states of the type that the annotation names; exact, an array over
    replicates. On samples: `run(sample)` or `run(sample, real)`, one sample set of the annotated type; one number.
    """

    name: str
    title: str
    run: Callable[..., Any]
    takes: type  # the state or kind of sample it can read
    on: Literal["model", "sample"]
    against: bool  # it takes a second one: the truth, or a real sample
    good: Good
    unit: str
    doc: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a theory is asked about: one arm of an experiment."""

    learner: Any
    regime: Regime
    graph: Graph
    samples: int
    generations: int

    @property
    def replaces(self) -> bool:
        """Whether each generation learns only from the one before, drawn as it is."""
        return self.regime.replaces

    @property
    def sizes(self) -> np.ndarray:
        """Items that each fit is made on, generation 1 first."""
        return self.graph.training_sizes()


@dataclass(frozen=True, slots=True)
class Theory:
    """A statement about a measure, with where it holds, whose it is, and a near miss that a test must reject."""

    name: str
    title: str
    run: Callable[[Setting], np.ndarray]
    measure: str
    statistic: Statistic
    exact: bool  # else a limit or first-order statement, drawn but not counted in the table of deviations
    formula: str
    assumes: str
    source: str
    url: str
    near_miss: Callable[[Setting], np.ndarray]
    cases: tuple[Mapping[str, Any], ...]  # experiments (as in TOML) in which it must hold
    doc: str
    checkable: Callable[[Setting], np.ndarray] | None = None  # where a simulation can tell; None is everywhere


def learner(
    make: type[BaseModel],
    *,
    tells: str = "",
    costly: bool = False,
    extra: str = "",
    block: int = 500,
    suits: Mapping[str, Any] | None = None,
) -> LearnerKind:
    """Return what the catalogue knows of a learner's class; a module that holds the result is found by itself.

    The name is the class name in kebab-case, the title the first line of its docstring. `tells` names the measure that
    shows best what becomes of it: reports begin with it. `block` is how many replicates go in lock-step. `suits` are
    settings of an experiment that a person who says nothing gets, such as fewer replicates of what takes minutes.
    """
    doc = inspect.getdoc(make) or ""
    name = "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(make.__name__))
    return LearnerKind(name, _first(doc), make, costly, doc, extra, tells, 1 if costly else block, suits or {})


def measure(*, good: Good = "same", unit: str = "", title: str = "") -> Callable[[Callable[..., Any]], Measure]:
    """Make a measure of a function; its first parameter is called `model` or `sample`, a second one is compared with.

    Keyword-only parameters are options. `good` says which direction is better, `same` that it should stay as it is.
    """

    def make(run: Callable[..., Any]) -> Measure:
        parameters = inspect.signature(run, eval_str=True).parameters
        places = [one for one in parameters.values() if one.kind is not one.KEYWORD_ONLY]
        options = {one.name: one.default for one in parameters.values() if one.kind is one.KEYWORD_ONLY}
        if places[0].name not in {"model", "sample"}:
            raise TypeError(f"{run.__module__}.{run.__name__}: the first parameter is called `model` or `sample`")
        doc = inspect.getdoc(run) or ""
        return Measure(
            name=run.__name__.replace("_", "-"),
            title=title or _first(doc),
            run=run,
            takes=places[0].annotation,
            on="model" if places[0].name == "model" else "sample",
            against=len(places) > 1,
            good=good,
            unit=unit,
            doc=doc,
            options=options,
        )

    return make


def theory(
    *,
    measure: str,
    formula: str,
    assumes: str,
    source: str,
    near_miss: Callable[[Setting], np.ndarray],
    cases: tuple[Mapping[str, Any], ...],
    url: str = "",
    statistic: Statistic = "mean",
    exact: bool = True,
    checkable: Callable[[Setting], np.ndarray] | None = None,
) -> Callable[[Callable[[Setting], np.ndarray]], Theory]:
    """Make a theory of a function from a setting to the predicted values: index 0 is the truth, t is model t.

    The function raises NotApplicable, with the reason, where its assumptions do not hold. `near_miss` is a formula
    that looks as good and is wrong: the conformance test must be able to reject it on the same `cases`. `checkable`
    says in which generations no histories so rare that a simulation misses them carry the statistic: outside them the
    prediction is drawn and not compared.
    """

    def make(run: Callable[[Setting], np.ndarray]) -> Theory:
        doc = inspect.getdoc(run) or ""
        name = run.__name__.replace("_", "-")
        return Theory(
            name, _first(doc), run, measure, statistic, exact, formula, assumes, source, url, near_miss, cases, doc,
            checkable,
        )  # fmt: skip

    return make


def _first(doc: str) -> str:
    return doc.partition("\n")[0].rstrip(".")
