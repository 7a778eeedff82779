"""What a search tries: keys of the recipe, each with a range or with choices.

[search]
trials = 12
rate = [1e-5, 1e-3]                         # two rates: a range, even on a log scale; or "range-test"
batch = [8, 16, 32]                         # a list: choices
epochs = {low = 1, high = 4}                # a range; log = true for a log scale
options.classify-text.length = [64, 128]    # an option of a part
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.core.config import checked
from holdfast.core.errors import BadInput, did_you_mean, unknown
from holdfast.finetune import catalogue
from holdfast.finetune.recipe import Recipe

TRIALS = 12
MOST = 1000  # trials
RATE, RANGE_TEST = "rate", "range-test"
KEYS = ("adapt", "keep", "epochs", "batch", "micro", "rate", "schedule", "stop", "evaluations", "options")
_NAMED: Mapping[str, Callable[[], Collection[str]]] = {  # keys whose values are names of parts
    "adapt": catalogue.adaptations,
    "keep": lambda: (*catalogue.methods(), "interpolate"),
}
_RANGE = {"low", "high", "log"}


@dataclass(frozen=True, slots=True)
class Side:
    """One key of the recipe: choices, or a range (`choices` is empty then)."""

    name: str  # dotted, such as options.lora.rank
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False  # whole numbers only


@dataclass(frozen=True, slots=True)
class Space:
    """What is tried, how often, and whether the rate is read from a range test first."""

    sides: tuple[Side, ...]
    trials: int
    range_test: bool = False


def space_of(recipe: Recipe) -> Space:
    """Return what a recipe's table `search` asks for. Raises BadInput, listing every error."""
    said = dict(recipe.search)
    trials, faults = said.pop("trials", TRIALS), []
    range_test = said.get(RATE) == RANGE_TEST
    if range_test:
        said.pop(RATE)
    if isinstance(trials, bool) or not isinstance(trials, int) or not 1 <= trials <= MOST:
        faults.append(f"search.trials wants a whole number from 1 to {MOST}, got {trials!r}")
    sides = []
    for name, value in _flat(said):
        try:
            sides.append(_side(name, value, recipe))
        except BadInput as error:
            faults.append(str(error))
    if not sides and not range_test and not faults:
        faults.append("search names nothing to try; give a key of the recipe, such as rate = [1e-5, 1e-3]")
    if faults:
        raise BadInput("; ".join(faults))
    most = math.prod(len(one.choices) or MOST + 1 for one in sides)
    return Space(tuple(sides), min(trials, most) if sides else 0, range_test)


def with_values(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """Return the recipe of one trial: with these values, and without a search. Raises BadInput."""
    result = recipe.model_dump()
    result["search"] = {}
    for name, value in values.items():
        *tables, key = name.split(".", 2) if name.startswith("options.") else [name]
        place = result
        for table in tables:
            place = place.setdefault(table, {})
        place[key] = value
    return checked(Recipe, result)


def usual(space: Space, recipe: Recipe, rate: float) -> dict[str, Any]:
    """Return the first trial: what the recipe says where that is in the space, else the middle, else the first."""
    values = {}
    for side in space.sides:
        own: Any = rate if side.name == RATE else _own(recipe, side.name)
        if side.choices:
            values[side.name] = own if own in side.choices else side.choices[0]
        elif isinstance(own, int | float) and side.low <= own <= side.high:
            values[side.name] = own
        else:
            middle = math.sqrt(side.low * side.high) if side.log else (side.low + side.high) / 2
            values[side.name] = round(middle) if side.whole else middle
    return values


def _side(name: str, value: Any, recipe: Recipe) -> Side:
    first = name.partition(".")[0]
    if first not in KEYS or (first == "options" and name.count(".") < 2):
        hint = did_you_mean(first, ("trials", *KEYS)) or f" What can be searched is {', '.join(KEYS)}"
        raise BadInput(f"search.{name}: no such key to search.{hint}")
    if isinstance(value, Mapping):
        side = _range(name, value)
    elif isinstance(value, list | tuple) and value:
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
        if name == RATE and len(value) == 2 and numbers:
            side = _range(name, {"low": value[0], "high": value[1], "log": True})
        else:
            side = Side(name, tuple(tuple(one) if isinstance(one, list) else one for one in value))
    else:
        raise BadInput(f"search.{name} wants a list of choices, or {{low = …, high = …}}; got {value!r}")
    for one in side.choices or (side.low, side.high):
        if name in _NAMED and (strange := [part for part in _parts(one) if part not in _NAMED[name]()]):
            raise BadInput(f"search.{unknown('choice', str(strange[0]), _NAMED[name]())}")
        try:
            with_values(recipe, {name: round(one) if side.whole and not side.choices else one})
        except BadInput as error:
            raise BadInput(f"search.{error}") from error
    return side


def _parts(choice: Any) -> tuple[Any, ...]:
    return tuple(choice) if isinstance(choice, list | tuple) else (choice,)


def _range(name: str, value: Mapping[str, Any]) -> Side:
    low, high, log = value.get("low"), value.get("high"), value.get("log", name == RATE)
    numbers = all(isinstance(one, int | float) and math.isfinite(one) for one in (low, high))
    if set(value) - _RANGE or not numbers or not isinstance(log, bool):
        raise BadInput(f"search.{name} wants {{low = …, high = …}}, perhaps with log = true; got {dict(value)!r}")
    assert low is not None
    assert high is not None
    if not low < high or (log and low <= 0):
        raise BadInput(f"search.{name} wants a range that rises{', above 0' if log else ''}; got {low!r} to {high!r}")
    return Side(name, low=low, high=high, log=log, whole=isinstance(low, int) and isinstance(high, int))


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and not set(value) <= _RANGE:
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _own(recipe: Recipe, name: str) -> Any:
    place: Any = recipe.model_dump()
    for key in name.split(".", 2) if name.startswith("options.") else [name]:
        place = place.get(key) if isinstance(place, Mapping) else None
    return place
