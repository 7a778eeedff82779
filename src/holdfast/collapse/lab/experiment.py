"""An experiment: learner × regimes × measures, and whatever else is varied. Read from TOML, kept in the run."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, Field, model_validator

from holdfast.collapse import catalogue
from holdfast.collapse.definitions import Draw, Learner, LearnerKind, Measure, Setting, Surprised
from holdfast.collapse.graph import graph
from holdfast.collapse.measuring.views import with_options, with_views
from holdfast.collapse.own.learner import EXTERNAL, external_learner
from holdfast.collapse.regimes import PRESETS, Regime
from holdfast.core.config import checked, override, read_toml
from holdfast.core.errors import BadInput, NotApplicable, unknown
from holdfast.core.finding import FROZEN

MOST_POINTS = 60  # generations that are recorded of a long experiment, unless told otherwise
MOST_ARMS = 200


class Experiment(BaseModel):
    """The settings of a laboratory run."""

    model_config = FROZEN
    learner: str = Field("gaussian", description="name of a learner, or module:name of one of your own")
    options: dict[str, Any] = Field({}, description="options of the learner")
    samples: int = Field(100, gt=0, description="items a generation learns from (M)")
    generations: int = Field(50, gt=0, le=100_000, description="how many follow the first")
    replicates: int = Field(1000, gt=0, description="how often the whole history is run")
    regimes: tuple[str, ...] = Field(
        ("replace", "accumulate", "fresh-real"), description="names, or `all` that suit the learner"
    )
    regime: dict[str, dict[str, Any]] = Field({}, description="regimes of your own, by name")
    measures: tuple[str, ...] = Field((), description="names; all that suit the learner, if empty")
    measure_options: dict[str, dict[str, Any]] = Field({}, description="options of measures, by the measure's name")
    measure_size: int = Field(1000, gt=1, description="items in the samples that measures look at")
    at: tuple[int, ...] = Field((), description="generations to record; all of them, or about 60 spread out, if empty")
    vary: dict[str, tuple[Any, ...]] = Field({}, description="settings to vary, such as samples or options.variance")
    seed: int = Field(0, description="seed of everything random")
    block: int | None = Field(None, gt=0, description="replicates that go in lock-step; by the learner, if None")

    @model_validator(mode="before")
    @classmethod
    def _suited(cls, values: Any) -> Any:
        """Fill in what suits the learner, where nothing is said."""
        name = values.get("learner", "gaussian") if isinstance(values, Mapping) else None
        if not isinstance(name, str):
            return values
        kind = EXTERNAL if ":" in name else catalogue.learners().get(name)
        return {**kind.suits, **values} if kind is not None else values

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if any(not 0 <= t <= self.generations for t in self.at):
            raise ValueError(f"`at` must lie between 0 and {self.generations} generations")
        return self

    def recorded(self) -> tuple[int, ...]:
        """Return the generations that are recorded, 0 (the truth) first."""
        if self.at:
            return tuple(sorted({0, *self.at}))
        if self.generations <= MOST_POINTS:
            return tuple(range(self.generations + 1))
        spread = np.unique(np.round(np.linspace(0, self.generations, MOST_POINTS + 1)).astype(int))
        return tuple(int(t) for t in sorted({1, *spread.tolist()}))


@dataclass(frozen=True, slots=True)
class Arm:
    """One history to run: a learner in a regime. `name` tells it from the others of the experiment."""

    name: str
    kind: LearnerKind
    learner: Learner
    regime: Regime
    samples: int
    generations: int

    def setting(self) -> Setting:
        """Return what theories are asked about."""
        written_out = graph(self.regime, self.samples, self.generations)
        return Setting(self.learner, self.regime, written_out, self.samples, self.generations)


def read_experiment(path: Path, flags: Mapping[str, Any], assignments: tuple[str, ...] = ()) -> Experiment:
    """Return the experiment in a TOML file, with flags over it. Raises BadInput."""
    values = override({**read_toml(path), **flags}, assignments)
    return checked(Experiment, values, path)


def arms(experiment: Experiment) -> tuple[Arm, ...]:
    """Return what is to be run, in order. Raises BadInput for what does not fit together."""
    found: list[Arm] = []
    keys = list(experiment.vary)
    for key in keys:
        head = key.partition(".")[0]
        if head not in {"samples", "generations", "options"}:
            raise BadInput(f"vary takes samples, generations or options.NAME, got {key!r}")
    for values in product(*(experiment.vary[key] for key in keys)):
        said = ", ".join(f"{key.removeprefix('options.')} {value}" for key, value in zip(keys, values, strict=True))
        changed = {k: v for k, v in zip(keys, values, strict=True) if not k.startswith("options.")}
        options = {
            **experiment.options,
            **{k.removeprefix("options."): v for k, v in zip(keys, values, strict=True) if k.startswith("options.")},
        }
        one = checked(Experiment, {**experiment.model_dump(exclude_unset=True), **changed})
        kind, learner = made_learner(one.learner, options)
        for regime in regimes_of(one):
            name = f"{regime.name} · {said}" if said else regime.name
            arm = Arm(name, kind, learner, regime, one.samples, one.generations)
            if "all" in one.regimes and regime.name not in {*one.regimes, *one.regime} and not _can_draw(arm):
                continue
            _refuse(arm)
            found.append(arm)
    if len(found) > MOST_ARMS:
        raise BadInput(f"{len(found):,} combinations of regimes and varied settings are more than {MOST_ARMS}")
    return tuple(found)


def made_learner(name: str, options: Mapping[str, Any]) -> tuple[LearnerKind, Learner]:
    """Return a learner by name, with its options. Raises BadInput, MissingExtra."""
    if ":" in name:
        return EXTERNAL, external_learner(name, options)
    known = catalogue.learners()
    if name not in known:
        raise unknown("learner", name, known)
    made: Any = checked(known[name].make, options, table="options")
    return known[name], made


def regimes_of(experiment: Experiment) -> tuple[Regime, ...]:
    """Return the regimes of an experiment. Raises BadInput."""
    own = {
        name: checked(Regime, {"name": name, **said}, table=f"regime.{name}")
        for name, said in experiment.regime.items()
    }
    taken = next((name for name in own if name in PRESETS or name == "all"), None)
    if taken is not None:
        raise BadInput(f"[regime.{taken}]: {taken} is a name that Holdfast itself uses; call yours something else")
    known = {**PRESETS, **own}
    wanted: list[str] = []
    for name in experiment.regimes:
        wanted += known if name == "all" else [name]
    wanted += [name for name in own if name not in wanted]
    for name in wanted:
        if name not in known:
            raise unknown("regime", name, [*known, "all"])
    return tuple(known[name] for name in dict.fromkeys(wanted))


def _can_draw(arm: Arm) -> bool:
    """Whether the learner draws what the regime asks of it; asked of its truth, in one replicate of a quick learner.

    A costly one is not asked: its items are texts, pictures or a person's own, for which no taste is defined.
    """
    if arm.kind.costly:
        return not any(feed.verifier is not None and feed.verifier.kind == "biased" for feed in arm.regime.feeds)
    rng = np.random.default_rng(0)
    truth = arm.learner.truth(1, rng)
    for feed in arm.regime.feeds:
        taste = feed.verifier if feed.verifier is not None and feed.verifier.kind == "biased" else None
        wanted = Draw(feed.items(arm.samples, 1), feed.rule, taste, arm.regime.subsample)
        try:
            arm.learner.draw(truth, wanted, rng)
        except NotApplicable:
            return False
    return True


def _refuse(arm: Arm) -> None:
    """Raise BadInput where a training set cannot be chosen, or is too small to be fitted at all."""
    if arm.regime.choose == "most-surprising" and not isinstance(arm.learner, Surprised):
        able = [name for name, kind in catalogue.learners().items() if issubclass(kind.make, Surprised)]
        raise BadInput(
            f"{arm.kind.name} in {arm.name}: a model of this learner does not say how much an item surprises it; those "
            f"of {' and '.join(able)} do. Leave this regime out, or let it choose at random"
        )
    if arm.regime.subsample:
        smallest = arm.samples
    else:
        smallest = min(sum(feed.items(arm.samples, t) for feed in arm.regime.feeds) for t in (1, arm.generations))
    why = arm.learner.refuse(smallest)
    if why:
        few = f"{smallest:,} samples a generation are" if smallest != 1 else "1 sample a generation is"
        raise BadInput(f"{arm.kind.name} in {arm.name}: {few} too few: {why}")


def chosen_measures(
    experiment: Experiment, kind: LearnerKind, state: type, samples: tuple[type, ...]
) -> tuple[Measure, ...]:
    """Return the measures to take of a learner with these states and kinds of sample. Raises BadInput.

    Where none are named, a learner that is not costly is measured by its models alone: that is exact, and samples of
    thousands of replicates in every generation would take hours.
    """
    known = with_views(catalogue.measures())
    suiting = {name: one for name, one in known.items() if one.takes is state or one.takes in samples}
    for name in (*experiment.measures, *experiment.measure_options):
        if name not in known:
            raise unknown("measure", name, suiting)
        if name not in suiting:
            raise BadInput(
                f"the measure {name} does not suit the learner {experiment.learner}; these do: {', '.join(suiting)}"
            )
    exact = [name for name, one in suiting.items() if one.on == "model"]
    wanted = experiment.measures or (exact if exact and not kind.costly else tuple(suiting))
    return tuple(with_options(suiting[name], experiment.measure_options.get(name, {})) for name in wanted)
