"""Labels among the features: the label's own column, what was computed from it, what it was computed from."""

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.audit.code.events import Fitted, Flow
from holdfast.audit.code.values import Data


@dataclass(frozen=True, slots=True)
class Shown:
    """A feature that holds the label."""

    fitted: Fitted
    label: str
    feature: str


def shown(flow: Flow) -> Iterator[Shown]:
    """Yield the fits whose features hold the label, with the feature that does."""
    for fitted in flow.fitted:
        label = fitted.label
        if not fitted.takes_all or label is None or label.column not in label.of:
            continue
        if any(flow.learned[one].kind == "future" for one in label.known):
            continue  # today's value is a feature of tomorrow's
        if fitted.data.rows == label.rows and (feature := _feature(fitted.data, label)):
            yield Shown(fitted, str(label.column), feature)


def _feature(data: Data, label: Data) -> str:
    """Return a column of the features that holds the label, nothing where there is none."""
    if data.column is not None or data.role != "table" or (data.only is not None and len(data.only) < 2):
        return ""
    name = label.column or ""
    alone = sorted(label.of - {name}) if len(label.of - {name}) == 1 else []  # `price > 100` shows the price
    computed = sorted(one for one, origin in data.made.items() if name in origin and one != name)
    return next((one for one in (name, *alone, *computed) if _has(data, one)), "")


def _has(data: Data, name: str) -> bool:
    """Return whether a table certainly has a column."""
    return name in data.only if data.only is not None else data.gone is not None and name not in data.gone
