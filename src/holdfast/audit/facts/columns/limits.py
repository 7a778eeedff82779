"""What a column's name says about the values it can hold."""

import re
from dataclasses import dataclass

from holdfast.audit.facts.columns.naming import words_of

_OLDEST = 122.0  # Jeanne Calment died in 1997 at 122, the greatest age on record
_PHYSICAL = frozenset(
    ["weight", "height", "length", "width", "depth", "distance", "duration", "area", "volume", "mass", "thickness"]
)
_MONEY = frozenset(["price", "cost", "fare", "fee", "salary", "wage", "income", "rent", "tuition"])
_COUNTS = frozenset(
    [
        "count",
        "qty",
        "quantity",
        "children",
        "siblings",
        "rooms",
        "beds",
        "bedrooms",
        "bathrooms",
        "passengers",
        "visits",
    ]
)
_ALIVE = frozenset(
    ["bp", "pressure", "bmi", "glucose", "cholesterol", "heartrate", "pulse", "hemoglobin", "haemoglobin"]
)
_CHANGES = frozenset(
    [
        "change",
        "diff",
        "difference",
        "delta",
        "growth",
        "gain",
        "loss",
        "error",
        "residual",
        "log",
        "z",
        "score",
        "norm",
        "scaled",
    ]
)
_SHARES = frozenset(["percent", "percentage", "pct"])
_CHANCES = frozenset(["probability", "prob", "proportion", "fraction"])
AGE_TEXT = re.compile(r"\s*(\d{1,3})\s*([YyMmWwDd])\s*\Z")  # DICOM writes ages as 060Y, 011M
YEARS = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and greatest value that a thing of this name can have, and what the thing is."""

    what: str
    low: float | None = None
    high: float | None = None
    low_is_out: bool = False  # the lower limit itself is impossible


def limits_of(name: str) -> Limits | None:
    """Return what the name of a column says about its values; None where it says nothing."""
    words = words_of(name)
    known = frozenset(words)
    if known & _CHANGES:
        return None
    table = (
        (known & {"age"} and not known & {"group", "band", "code", "class"}, Limits("an age in years", 0, _OLDEST)),
        (known & {"lat", "latitude"}, Limits("a latitude", -90, 90)),
        (known & {"lon", "lng", "longitude"}, Limits("a longitude", -180, 360)),
        (known & _SHARES, Limits("a percentage", 0, 100)),
        (known & _CHANCES, Limits("a probability", 0, 1)),
        (known & _ALIVE, Limits("a measurement of a living person", 0, None, low_is_out=True)),
        (known & {"month"} and len(words) == 1, Limits("a month", 0, 12)),
        (known & {"hour", "hr"} and len(words) == 1, Limits("an hour of the day", 0, 24)),
        (known & {"weekday", "dayofweek"}, Limits("a day of the week", 0, 7)),
        (known & _COUNTS, Limits("a count", 0, None)),
        (known & _PHYSICAL, Limits("a size", 0, None)),
        (known & _MONEY, Limits("an amount", 0, None)),
    )
    return next((limits for hit, limits in table if hit), None)
