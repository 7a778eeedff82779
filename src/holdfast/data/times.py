"""Text that is a date or a time: which ways of writing are known, and how a column is read in one of them."""

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.data.canonical import TIME


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A way to write a time: `shape` recognises it, `pattern` is for strptime; no pattern means ISO 8601.

    DAY in a shape stands for the day of the month, which is compared with what comes out.
    """

    name: str
    shape: str
    pattern: str = ""
    zoned: bool = False
    note: str = ""

    @property
    def regex(self) -> str:
        """The shape as a regular expression, for Python and for Arrow."""
        return self.shape.replace("DAY", r"(?P<day>\d{1,2})")

    @property
    def either(self) -> bool:
        """Whether day and month could be the other way round."""
        return self.note in {_MONTH_FIRST, _DAY_FIRST}


_CLOCK = (("", ""), (r" \d{1,2}:\d{2}", " %H:%M"), (r" \d{1,2}:\d{2}:\d{2}", " %H:%M:%S"))
_MONTH_FIRST = "month before day, as nothing in it says otherwise"
_DAY_FIRST = "day before month, as nothing in it says otherwise"


def _with_clock(name: str, shape: str, pattern: str, note: str = "") -> tuple[TimeFormat, ...]:
    return tuple(
        TimeFormat(name + (" with time" if clock else ""), shape + clock, pattern + code, note=note)
        for clock, code in _CLOCK
    )


# Order matters where a value fits two: dates with slashes are read month first, with dots or dashes day first.
FORMATS: tuple[TimeFormat, ...] = (
    TimeFormat("ISO 8601", r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.]\d{1,9})?)?)?"),
    TimeFormat(
        "ISO 8601 with zone",
        r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}([.]\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)",
        zoned=True,
        note="moved to UTC",
    ),
    TimeFormat("year-month", r"\d{4}-(0[1-9]|1[0-2])", "%Y-%m"),
    *_with_clock("year/month/day", r"\d{4}/\d{1,2}/DAY", "%Y/%m/%d"),
    *_with_clock("year-month-day", r"\d{4}-\d{1,2}-DAY", "%Y-%m-%d"),
    *_with_clock("month/day/year", r"\d{1,2}/DAY/\d{4}", "%m/%d/%Y", _MONTH_FIRST),
    *_with_clock("day/month/year", r"DAY/\d{1,2}/\d{4}", "%d/%m/%Y"),
    *_with_clock("month/day/year of two digits", r"\d{1,2}/DAY/\d{2}", "%m/%d/%y", _MONTH_FIRST),
    *_with_clock("day/month/year of two digits", r"DAY/\d{1,2}/\d{2}", "%d/%m/%y"),
    TimeFormat(
        "month/day/year with AM and PM",
        r"\d{1,2}/DAY/\d{4} \d{1,2}:\d{2}(?::\d{2})? [AaPp][Mm]",
        "%m/%d/%Y %I:%M:%S %p",
        note=_MONTH_FIRST,
    ),
    *_with_clock("day.month.year", r"DAY[.]\d{1,2}[.]\d{4}", "%d.%m.%Y"),
    *_with_clock("day-month-year", r"DAY-\d{1,2}-\d{4}", "%d-%m-%Y", _DAY_FIRST),
    *_with_clock("month-day-year", r"\d{1,2}-DAY-\d{4}", "%m-%d-%Y"),
    *_with_clock("day-month name-year", r"DAY-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
    *_with_clock("day month name year", r"DAY [A-Za-z]{3,9} \d{4}", "%d %b %Y"),
    *_with_clock("month name day, year", r"[A-Za-z]{3,9} DAY, \d{4}", "%b %d, %Y"),
)
_SHAPES = tuple(re.compile(one.regex + r"\Z") for one in FORMATS)
_LONGEST = 40  # characters; no way of writing above needs more
_DATE_NAME = re.compile(r"(?i)(date|datum|fecha|dte|yyyymmdd|(^|[^a-z])(day|time|dt)([^a-z]|$))")
_COMPACT = (19000101, 21001231)  # whole numbers that may stand for a date, if the name says that they do


def plausible(value: str) -> tuple[TimeFormat, ...]:
    """Return the formats in which one value may be written; quickly none for what is no time."""
    text = value.strip()
    if len(text) > _LONGEST or not any(character.isdigit() for character in text):
        return ()
    return tuple(one for one, shape in zip(FORMATS, _SHAPES, strict=True) if shape.match(text))


def parsed(values: pa.Array, form: TimeFormat) -> pa.Array:
    """Return the times that strings stand for; null where a string is not written in this format."""
    # A value must have the shape: strptime alone would accept text after a match, and 31 February as 3 March.
    fits = pc.match_substring_regex(values, rf"^\s*{form.regex}\s*$")
    values = pc.if_else(pc.fill_null(fits, False), values, pa.scalar(None, values.type))  # noqa: FBT003
    values = pc.ascii_trim_whitespace(values)
    if form.pattern:
        if "%p" in form.pattern:
            values = pc.replace_substring_regex(values, r"^(\S+ \d{1,2}:\d{2}) ", r"\1:00 ")
        times = pc.cast(pc.strptime(values, format=form.pattern, unit="us", error_is_null=True), TIME)
        if "DAY" not in form.shape:
            return times
        days = pc.struct_field(pc.extract_regex(values, form.regex), "day")
        real = pc.equal(pc.cast(days, pa.int64()), pc.day(times))
        return pc.if_else(pc.fill_null(real, False), times, pa.scalar(None, TIME))  # noqa: FBT003
    return _iso(values, form)


def fits(values: pa.Array, form: TimeFormat) -> pa.Array | None:
    """Return the times, or None if a value that is not missing is not written in this format."""
    times = parsed(values, form)
    return times if times.null_count == values.null_count else None


def compact_dates(name: str, values: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return numbers such as 20110101 as dates, if the column's name says that they are and all of them can be."""
    if not _DATE_NAME.search(name) or values.type != pa.int64() or values.null_count == len(values):
        return None
    span = pc.min_max(values).as_py()
    if span["min"] < _COMPACT[0] or span["max"] > _COMPACT[1]:
        return None
    dates = pc.cast(pc.strptime(pc.cast(values, pa.string()), format="%Y%m%d", unit="us", error_is_null=True), TIME)
    real = pc.equal(pc.cast(pc.strftime(dates, format="%Y%m%d"), pa.int64()), values)
    return dates if dates.null_count == values.null_count and pc.all(real).as_py() else None


def _iso(values: pa.Array, form: TimeFormat) -> pa.Array:
    """Return ISO times. Digits beyond the microsecond are cut: what is stored has no finer unit."""
    values = pc.replace_substring_regex(values, r"([.]\d{6})\d+", r"\1")
    kind = pa.timestamp("us", "UTC") if form.zoned else TIME
    try:
        return pc.cast(pc.cast(values, kind), TIME)
    except pa.ArrowInvalid:  # 2019-02-30 has the shape, but is no date
        pattern = "%Y-%m-%d"
        first = pc.utf8_slice_codeunits(values, 0, 10)
        real = pc.equal(
            pc.strftime(pc.strptime(first, format=pattern, unit="us", error_is_null=True), format=pattern), first
        )
        values = pc.if_else(pc.fill_null(real, False), values, pa.scalar(None, values.type))  # noqa: FBT003
    try:
        return pc.cast(pc.cast(values, kind), TIME)
    except pa.ArrowInvalid:  # an hour of 25: none of these is read
        return pa.nulls(len(values), TIME)
