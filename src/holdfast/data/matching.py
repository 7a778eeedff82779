"""Whether inputs fit together: the same columns, by name, or by place where a file has no header line."""

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.core.errors import BadInput
from holdfast.core.text import and_more, one_line
from holdfast.data.headers import usable
from holdfast.data.inputs import Part


@dataclass(frozen=True)
class Matched:
    """Names that all inputs share; for each input the place of each of them in it, and notes."""

    names: tuple[str, ...]
    places: tuple[tuple[int, ...], ...]
    notes: tuple[tuple[str, ...], ...]
    headless: bool


def matched(parts: Sequence[Part]) -> Matched:
    """Return how the columns of the parts belong together. Raises BadInput that says which are missing where."""
    headed = [part for part in parts if not part.reading.headless]
    leader = headed[0] if headed else parts[0]
    names, leader_notes = usable(leader.reading.names)
    places, notes = [], []
    for part in parts:
        if part.reading.headless and part is not leader:
            places.append(_by_place(part, leader, names))
            said: tuple[str, ...] = (f"columns are named as in {leader.name}, by their place",) if headed else ()
        else:
            own, said = usable(part.reading.names)
            places.append(_by_name(part, own, leader, names))
        notes.append(leader_notes if part is leader else said)
    return Matched(names, tuple(places), tuple(notes), headless=not headed)


def _by_place(part: Part, leader: Part, names: tuple[str, ...]) -> tuple[int, ...]:
    width = len(part.reading.names)
    if width != len(names):
        raise BadInput(
            f"{part.name} and {leader.name} have no names of columns, and {width:,} and {len(names):,} of them: they "
            "do not fit together. Name the file that is meant"
        )
    return tuple(range(width))


def _by_name(part: Part, own: tuple[str, ...], leader: Part, names: tuple[str, ...]) -> tuple[int, ...]:
    where = {name: place for place, name in enumerate(own)}
    known = set(names)
    missing = [name for name in names if name not in where]
    extra = [name for name in own if name not in known]
    if missing or extra:
        said = [
            *([f"{part.name} lacks {_listed(missing)}"] if missing else []),
            *([f"{leader.name} lacks {_listed(extra)}"] if extra else []),
        ]
        raise BadInput(f"{leader.name} and {part.name} do not have the same columns: {', and '.join(said)}")
    return tuple(where[name] for name in names)


def _listed(names: Sequence[str]) -> str:
    return and_more([one_line(name, 60) for name in names], 8)
