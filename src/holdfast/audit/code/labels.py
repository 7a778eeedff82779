"""Labels among the features: their own column, what was computed from it, what it was computed from, what follows."""

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.audit.code.afterwards import known_later
from holdfast.audit.code.column_names import lets_through
from holdfast.audit.code.events import Fitted, Flow, Place, Validated
from holdfast.audit.code.values import Columns, Data


@dataclass(frozen=True, slots=True)
class Shown:
    """A feature that holds the label, or that is filled in once the label is known."""

    place: Place
    name: str  # of what is fitted, or cross-validated
    label: str
    feature: str
    later: bool = False


def shown(flow: Flow) -> Iterator[Shown]:
    """Yield the fits and cross-validations whose features hold the label, with the feature that does."""
    used: list[Fitted | Validated] = [*flow.fitted, *flow.validated]
    for one in used:
        label = one.label
        if one.takes is None or label is None or label.column not in label.of or not _a_table(one.data):
            continue
        if any(flow.learned[number].kind == "future" for number in label.known) or one.data.rows != label.rows:
            continue  # today's value is a feature of tomorrow's
        name = str(label.column)
        by_group = any(flow.learned[number].kind == "group" for number in label.known)
        if feature := _among(one.data, _holds(one.data, label, alone=not by_group), one.takes):
            yield Shown(one.place, one.name, name, feature)
        elif feature := _among(one.data, known_later(name, flow.words), one.takes):
            yield Shown(one.place, one.name, name, feature, later=True)


def _a_table(data: Data) -> bool:
    return data.column is None and data.role == "table" and (data.only is None or len(data.only) > 1)


def _holds(data: Data, label: Data, *, alone: bool) -> list[str]:
    """Return the columns that would show the label, with those that it was computed from where all are there."""
    name = label.column or ""
    origin = sorted(label.of - {name})  # of `price > 100` one, of `height / weight ** 2` two
    origin = [one for one in origin if len(origin) == 1 or one not in data.made]
    origin = origin if alone and all(_has(data, one) for one in origin) else []
    return [name, *origin, *sorted(one for one, made_of in data.made.items() if name in made_of and one != name)]


def _among(data: Data, names: list[str], takes: Columns) -> str:
    """Return the first of some columns that is certainly among the features, nothing where none is."""
    return next((one for one in names if _has(data, one) and lets_through(takes, one)), "")


def _has(data: Data, name: str) -> bool:
    """Return whether a table certainly has a column."""
    return name in data.only if data.only is not None else data.gone is not None and name not in data.gone
