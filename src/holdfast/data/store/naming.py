"""Which version is meant: `head`, `head~2`, a tag, a number, the beginning of an id, a date."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from holdfast.core.errors import BadInput, unknown
from holdfast.core.hashing import PREFIX
from holdfast.core.text import one_line
from holdfast.data.store.version import Version

HEAD = "head"
_BACK = re.compile(r"(.+)~(\d{1,9})\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?\Z")
_NUMBER = re.compile(r"v?(\d{1,9})\Z")
_PREFIX = re.compile(r"[0-9a-f]{4,32}\Z")
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}\Z")


def found(wanted: str, versions: Sequence[Version], tags: dict[str, int], where: str) -> Version:
    """Return the version that is meant; `versions` are oldest first and not empty. Raises BadInput."""
    back = _BACK.match(wanted)
    if back:
        start = found(back[1], versions, tags, where)
        place = versions.index(start) - int(back[2])
        if place < 0:
            raise BadInput(f"{one_line(wanted)} is before the first version of {where}, which has {len(versions)}")
        return versions[place]
    by_number = {version.number: version for version in versions}
    if wanted in tags:
        return by_number[tags[wanted]]
    if wanted == HEAD:
        return versions[-1]
    if _DATE.match(wanted):
        return _at(wanted, versions, where)
    number = numbered(wanted)
    if number in by_number:
        return by_number[number]
    return _by_id(wanted, versions, tags, where)


def checked_tag(name: str) -> str:
    """Return the name of a tag. Raises BadInput for one that could be taken for something else."""
    if not _TAG.match(name):
        raise BadInput(
            f"a tag is made of letters, digits, '.', '_', '+' and '-', at most 100 of them, got {one_line(name, 120)!r}"
        )
    if name.lower() == HEAD or name.isdigit() or _DATE.match(name) or _PREFIX.match(name):
        raise BadInput(f"{name!r} cannot be a tag: it reads as the head, a number, a date or an id of a version")
    return name


def numbered(name: str) -> int | None:
    """Return the number of the version that `v3` or `3` stands for, if a name reads so."""
    number = _NUMBER.match(name)
    return int(number[1]) if number else None


def _at(wanted: str, versions: Sequence[Version], where: str) -> Version:
    """Return the last version made until then; a day counts to its end, in UTC."""
    try:
        moment = datetime.fromisoformat(wanted).replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInput(f"{wanted} is no date") from error
    end = moment + (timedelta(days=1) if len(wanted) == 10 else timedelta(seconds=1))
    before = [version for version in versions if version.time < end]
    if not before:
        first = versions[0].time.strftime("%Y-%m-%d %H:%M")
        raise BadInput(f"{where} has no version as old as {wanted}; the first is of {first} UTC")
    return before[-1]


def _by_id(wanted: str, versions: Sequence[Version], tags: dict[str, int], where: str) -> Version:
    bare = wanted.removeprefix(PREFIX).lower()
    fits = [version for version in versions if version.id.removeprefix(PREFIX).startswith(bare)]
    if _PREFIX.match(bare) and fits:
        if len({version.id for version in fits}) > 1:
            raise BadInput(f"{one_line(wanted)} begins the ids of {len(fits)} versions of {where}; give more of it")
        return fits[-1]
    known = [*tags, HEAD, *(str(version.number) for version in versions[-5:])]
    raise unknown("version", one_line(wanted, 80), known, where=where)
