"""All learners, measures and theories there are: the package's own and those of plug-ins."""

from collections.abc import Mapping
from functools import cache
from typing import TypeVar

from holdfast.collapse.definitions import LearnerKind, Measure, Theory
from holdfast.core.registry import discover

_T = TypeVar("_T", LearnerKind, Measure, Theory)


@cache
def learners() -> Mapping[str, LearnerKind]:
    """Return all learners by name. No module of a learner imports its heavy libraries before it is used."""
    return _named("learners", LearnerKind)


@cache
def measures() -> Mapping[str, Measure]:
    """Return all measures by name."""
    return _named("measures", Measure)


@cache
def theories() -> Mapping[str, Theory]:
    """Return all theories by name."""
    return _named("theories", Theory)


def _named(folder: str, kind: type[_T]) -> dict[str, _T]:
    found: dict[str, _T] = {}
    for module in discover(f"holdfast.collapse.{folder}"):
        for item in vars(module).values():
            if not isinstance(item, kind):
                continue
            if found.get(item.name, item) is not item:
                raise TypeError(f"two of the {folder} are called {item.name!r}")
            found[item.name] = item
    return dict(sorted(found.items()))
