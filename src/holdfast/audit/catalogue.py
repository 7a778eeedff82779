"""All facts and checks there are: the package's own and those of plug-ins."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from graphlib import CycleError, TopologicalSorter

from holdfast.audit.definitions import Case, Check, Fact
from holdfast.audit.roots import ROOTS
from holdfast.core.errors import unknown
from holdfast.core.registry import discover


@cache
def facts() -> Mapping[str, Fact]:
    """Return all facts by name. Raises TypeError when two share a name, or when they need each other in a circle."""
    found: dict[str, Fact] = {}
    for module in discover("holdfast.audit.facts"):
        for item in vars(module).values():
            if isinstance(item, Fact) and item.run.__module__ == module.__name__:
                if item.name in found or item.name in ROOTS:
                    raise TypeError(f"two facts are called {item.name!r}")
                found[item.name] = item
    try:
        TopologicalSorter({name: item.needs for name, item in found.items()}).prepare()
    except CycleError as error:
        raise TypeError(f"facts need each other in a circle: {' → '.join(error.args[1])}") from error
    return found


@cache
def checks() -> Mapping[str, Check]:
    """Return all checks by name, each with the cases that stand in its file."""
    found: dict[str, Check] = {}
    for module in discover("holdfast.audit.checks"):
        own = [
            item for item in vars(module).values() if isinstance(item, Check) and item.run.__module__ == module.__name__
        ]
        cases = tuple(item for item in vars(module).values() if isinstance(item, Case))
        for item in own:
            if item.name in found:
                raise TypeError(f"two checks are called {item.name!r}")
            found[item.name] = replace(item, cases=cases)
    return dict(sorted(found.items(), key=lambda pair: (pair[1].family, pair[0])))


def selected(select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> tuple[Check, ...]:
    """Return the checks that `select` names (all, if empty) less those that `ignore` names; families count too.

    Raises BadInput for a name that is neither a check nor a family.
    """
    everything = checks()
    families = {item.family for item in everything.values()}
    for name in (*select, *ignore):
        if name not in everything and name not in families:
            raise unknown("check or family", name, [*everything, *families])
    return tuple(
        item
        for item in everything.values()
        if (not select or item.name in select or item.family in select)
        and item.name not in ignore
        and item.family not in ignore
    )
