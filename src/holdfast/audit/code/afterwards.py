"""Columns that are filled in only once the label is known, told by their names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_STEM = re.compile(r"^(?:is|has|was)?_?(?P<stem>.{4,}?)(?:_(?:value|label|flag|status|binary|yn))?$", re.IGNORECASE)
_SAYS_WHY = ("reason", "reasons", "cause", "label", "category_reason")


@dataclass(frozen=True, slots=True)
class _DataSet:
    """A data set whose description says which of its columns come after the label."""

    later: frozenset[str]
    beside: frozenset[str] = frozenset()  # names that tell the data set
    least: int = 1  # of the later columns, so many tell it too


_DATA_SETS = (
    _DataSet(  # LendingClub, data dictionary of the accepted loans: what was paid back, and what was done to recover it
        frozenset(
            {"recoveries", "collection_recovery_fee", "total_rec_prncp", "total_rec_int", "total_rec_late_fee"}
            | {"total_pymnt", "total_pymnt_inv", "last_pymnt_amnt", "last_pymnt_d", "out_prncp", "out_prncp_inv"}
        ),
        least=2,
    ),
    _DataSet(frozenset({"boat", "body"}), frozenset({"survived", "embarked"})),  # Titanic: the lifeboat, the body found
    _DataSet(frozenset({"duration"}), frozenset({"poutcome", "pdays"})),  # UCI Bank Marketing: of the call that sold
)


def known_later(label: str, words: Iterable[str]) -> list[str]:
    """Return the names, among those that a program speaks of, of columns that come after the label."""
    named = {word.lower(): word for word in words}
    stem = _STEM.match(label)
    why = [f"{stem['stem'].lower()}{gap}{one}" for gap in "_ " for one in _SAYS_WHY] if stem else []
    found = [one for one in why if one != label.lower()]
    for known in _DATA_SETS:
        there = sorted(known.later & named.keys())
        found += there if len(there) >= known.least and known.beside <= named.keys() else []
    return [named[one] for one in found if one in named]
