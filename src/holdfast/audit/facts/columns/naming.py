"""What a column's name says: its words, and whether they name a person or thing that can occur twice."""

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_MOST_CHARACTERS = 200  # longer names are no names

# Persons and things that records are about; two records of one of them are not independent.
ENTITIES = frozenset(
    {
        "patient",
        "subject",
        "participant",
        "person",
        "individual",
        "member",
        "user",
        "customer",
        "client",
        "account",
        "household",
        "family",
        "student",
        "employee",
        "worker",
        "driver",
        "player",
        "speaker",
        "writer",
        "author",
        "donor",
        "animal",
        "mouse",
        "lesion",
        "specimen",
        "volunteer",
        "respondent",
        "citizen",
        "passenger",
        "proband",
        "twin",
        "pupil",
        "device",
        "machine",
        "engine",
        "vehicle",
        "sensor",
        "unit",
    }
)
# Words for what happens after the moment at which a prediction is wanted.
AFTERWARDS = frozenset(
    {
        "duration",
        "discharge",
        "discharged",
        "outcome",
        "result",
        "results",
        "total",
        "final",
        "after",
        "post",
        "aftermath",
        "end",
        "ended",
        "ending",
        "closed",
        "closing",
        "close",
        "resolved",
        "resolution",
        "cancelled",
        "canceled",
        "cancellation",
        "refund",
        "refunded",
        "refunds",
        "recovery",
        "recoveries",
        "paid",
        "payoff",
        "settled",
        "settlement",
        "exit",
        "exited",
        "left",
        "death",
        "died",
        "dead",
        "deceased",
        "survival",
        "followup",
        "followed",
        "subsequent",
        "eventual",
        "actual",
        "realized",
        "realised",
        "tip",
        "charged",
        "chargeoff",
        "collection",
        "penalty",
        "verdict",
        "decision",
        "approved",
        "rejected",
        "diagnosis",
        "treatment",
        "termination",
        "completed",
        "completion",
        "delivered",
        "returned",
        "last",
    }
)
TIMES = frozenset(
    {
        "year",
        "years",
        "yr",
        "month",
        "months",
        "mnth",
        "mo",
        "day",
        "days",
        "weekday",
        "week",
        "weeks",
        "hour",
        "hours",
        "hr",
        "minute",
        "date",
        "dates",
        "time",
        "datetime",
        "timestamp",
        "quarter",
        "season",
        "period",
        "epoch",
        "dteday",
    }
)
_IDENTIFIERS = frozenset(
    {
        "id",
        "ids",
        "identifier",
        "no",
        "nr",
        "num",
        "number",
        "key",
        "code",
        "uid",
        "uuid",
        "guid",
        "index",
        "ref",
        "reference",
        "hash",
    }
)


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a column name in lower case: `daysToDeath_2` gives days, to, death, 2."""
    return tuple(word.lower() for word in _WORD.findall(name[:_MOST_CHARACTERS]))


def names_entity(name: str) -> bool:
    """Return whether the name is that of an entity or its key, and of nothing about it: `Patient ID`, `user`."""
    words = _split_off_id(words_of(name))
    entities = [word for word in words if _singular(word) in ENTITIES]
    rest = [word for word in words if _singular(word) not in ENTITIES and word not in _IDENTIFIERS]
    return bool(entities) and not rest


def names_identifier(name: str) -> bool:
    """Return whether the name says that the column is a key: `customerID`, `Unnamed: 0`, `row_number`, `index`."""
    words = _split_off_id(words_of(name))
    if not words:
        return False
    known = {"row", "record", "sample", "observation", "image", "file", "unnamed", "instance", "instant", "entry"}
    return words[-1] in {"id", "ids", "identifier", "uid", "uuid", "guid", "index"} or (
        words[0] in known and all(word in known or word in _IDENTIFIERS or word.isdigit() for word in words)
    )


def _split_off_id(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words with `patientid` and `userno` taken apart."""
    found: list[str] = []
    for word in words:
        for ending in ("id", "no"):
            stem = word.removesuffix(ending)
            if stem != word and _singular(stem) in ENTITIES:
                found.extend((stem, ending))
                break
        else:
            found.append(word)
    return tuple(found)


def _singular(word: str) -> str:
    return word.removesuffix("s")
