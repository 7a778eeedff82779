"""What the values of a column are, decided over all of them: a judge sees block after block and never guesses ahead.

Text of delimited files becomes whole numbers, numbers, truth values or times only if every value that is not
missing can be read so. One value that cannot makes the whole column text, and the judge says how many there are.
Values that come with a type (Parquet, frames, JSON) keep it; blocks or splits that differ get the common type.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.text import one_line
from holdfast.data.canonical import FLOAT, STRING, TIME, TRUTH, WHOLE, canonical_array, converted, joined_type
from holdfast.data.times import TimeFormat, fits, parsed, plausible

# Cells that stand for "missing" in files written by the common libraries (pandas, R, Excel, SQL dumps). Left out on
# purpose are "?", "-", "None", 0 and 999: those are for the checks to find, as they are also values.
MISSING = (
    "",
    "NA",
    "N/A",
    "n/a",
    "NaN",
    "nan",
    "NAN",
    "-nan",
    "-NaN",
    "null",
    "NULL",
    "Null",
    "#N/A",
    "#NA",
    "<NA>",
    "\\N",
)
NUMBER = r"^\s*[+-]?(\d+[.]?\d*|[.]\d+)([eE][+-]?\d+)?\s*$"
_LEADING_ZERO = r"^\s*[+-]?0[\dxX]"  # a code or a hexadecimal number, not a quantity
_COMMA_NUMBER = r"^\s*[+-]?\d+(,\d+)?\s*$"
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
_MARKERS = {kind: pa.array(MISSING, kind) for kind in (pa.string(), pa.large_string())}
_FEW = 1000  # values up to which one plain test is cheaper than several that narrow down
_MOSTLY = 0.5  # share of values that fit above which it is worth saying how many do not
_EXAMPLES = 3
_MONTHS = 12  # a larger number is the day

FormName = Literal["empty", "whole", "float", "comma", "truth", "time", "text"]


@dataclass(frozen=True, slots=True)
class Form:
    """How text is read: as nothing but missing values, whole numbers, numbers, truth values, times, or text."""

    name: FormName
    time: TimeFormat | None = None

    @property
    def kind(self) -> pa.DataType:
        """The canonical type that it gives."""
        return _KINDS[self.name]


_KINDS = {
    "empty": pa.null(),
    "whole": WHOLE,
    "float": FLOAT,
    "comma": FLOAT,
    "truth": TRUTH,
    "time": TIME,
    "text": STRING,
}
EMPTY, TEXT = Form("empty"), Form("text")
_WHOLE, _FLOAT, _COMMA, _TRUTH = Form("whole"), Form("float"), Form("comma"), Form("truth")
# What a column may still become, once values were read in a form.
_WIDER: dict[FormName, tuple[Form, ...]] = {
    "whole": (_WHOLE, _FLOAT, _COMMA),
    "float": (_FLOAT,),
    "comma": (_COMMA,),
    "truth": (_TRUTH,),
    "text": (),
}


class Judge:
    """Sees the blocks of one column and settles how all of them are read."""

    def __init__(self, name: str, *, comma: bool = False, keep_text: bool = False) -> None:
        """`comma` allows a decimal comma; `keep_text` leaves text as it is."""
        self.name = name
        self.form = TEXT if keep_text else EMPTY
        self.typed: pa.DataType = pa.null()
        self._comma, self._keep_text = comma, keep_text
        self._times: tuple[TimeFormat, ...] = ()
        self._n = self._n_fit = self._n_beyond = 0
        self._almost: Form | None = None
        self._code = ""
        self._sure_of_day = False
        self._odd: dict[str, None] = {}
        self._markers: Counter[str] = Counter()

    @property
    def kind(self) -> pa.DataType:
        """The canonical type that holds everything seen so far."""
        return joined_type([self.typed, self.form.kind])

    @property
    def _mixed(self) -> bool:
        """Whether only text holds both what came with a type and what was read from text."""
        return self.kind == STRING and self.form != TEXT

    def see(self, values: pa.Array, *, textual: bool) -> tuple[pa.Array, Form | None]:
        """Return the block as it is read for now, with its form; None stands for values that came with a type."""
        if textual:
            values = self._without_missing(values)
            self._n += len(values) - values.null_count
            return self._read(values, self._candidates_of_text(values))
        n_missing = values.null_count
        values = canonical_array(values)
        if values.type == TIME:
            self._n_beyond += values.null_count - n_missing
        if values.type != STRING or self._keep_text:
            self.typed = joined_type([self.typed, values.type])
            return values, None
        return self._read(values, self._candidates_of_strings(values))

    def convert(self, values: pa.Array, *, textual: bool) -> pa.Array:
        """Return a block as the verdict over all blocks has it. Raises ValueError if it was never seen."""
        if textual:
            values = _masked(values)
        else:
            values = canonical_array(values)
            if values.type != STRING:
                return converted(values, self.kind)
        result = pc.cast(values, STRING) if self._mixed else _attempt(values, self.form)
        if result is None:
            raise ValueError(f"column {self.name!r} changed while it was read")
        return converted(result, self.kind)

    def keeps(self, stored: Form | None) -> bool:
        """Return whether a block that was read in the form `stored` need not be read again."""
        if stored is None or stored == EMPTY:
            return True
        if self._mixed:
            return stored == TEXT
        return stored == self.form or (stored == _WHOLE and self.form in {_FLOAT, _COMMA})

    def notes(self) -> Iterator[str]:
        """Yield what should be said about how the column was read."""
        name = one_line(self.name, 60)
        if self._code:
            yield f"column {name}: codes that begin with zero ('{one_line(self._code, 20)}') are kept as text"
        elif self.form == TEXT and self._almost and self._n and self._n_fit / self._n >= _MOSTLY:
            odd = ", ".join(f"'{one_line(value, 20)}'" for value in self._odd)
            what = "times" if self._almost.name == "time" else "numbers"
            yield f"column {name}: {self._n - self._n_fit:,} of {self._n:,} values are not {what} ({odd}): read as text"
        if self.form.time and self.form.time.note and not self._sure_of_day:
            yield f"column {name}: times written {self.form.time.name}, {self.form.time.note}"
        if self.form == _COMMA:
            yield f"column {name}: decimal comma"
        if self._n_beyond:
            yield f"column {name}: {self._n_beyond:,} times beyond the years 1 to 9999: missing"
        if self._markers:
            marks = ", ".join(f"'{mark}' in {n:,} rows" for mark, n in self._markers.most_common(_EXAMPLES))
            yield f"column {name}: read as missing: {marks}"

    def _without_missing(self, values: pa.Array) -> pa.Array:
        masked = _masked(values)
        if masked.null_count > values.null_count:
            counts = pc.value_counts(values.filter(pc.is_null(masked)))
            for entry in counts.to_pylist():
                if entry["values"]:
                    self._markers[entry["values"]] += entry["counts"]
        return masked

    def _read(self, values: pa.Array, candidates: Iterator[Form]) -> tuple[pa.Array, Form]:
        if values.null_count == len(values):
            return pa.nulls(len(values)), EMPTY
        for form in candidates:
            result = _attempt(values, form)
            if result is not None and form.name in {"whole", "float"} and (code := _code_in(values)):
                self._code = code
                break
            if result is not None:
                self.form = form
                if form.time and form.time.either and not self._sure_of_day:
                    self._sure_of_day = pc.max(pc.day(result)).as_py() > _MONTHS
                self._n_fit += (len(values) - values.null_count) if form != TEXT else 0
                return result, form
        self._become_text(values)
        return pc.cast(values, STRING), TEXT

    def _candidates_of_text(self, values: pa.Array) -> Iterator[Form]:
        if self.form.name == "time":
            yield from self._alive(self._times)
        elif self.form != EMPTY:
            yield from (form for form in _WIDER[self.form.name] if form != _COMMA or self._comma)
        else:
            yield from (_WHOLE, _FLOAT)
            if self._comma:
                yield _COMMA
            yield _TRUTH
            yield from self._new_times(values)

    def _candidates_of_strings(self, values: pa.Array) -> Iterator[Form]:
        if self.form.name == "time":
            yield from self._alive(self._times)
        elif self.form == EMPTY:
            yield from self._new_times(values)

    def _new_times(self, values: pa.Array) -> Iterator[Form]:
        yield from self._alive(plausible(values.drop_null()[0].as_py()))

    def _alive(self, times: tuple[TimeFormat, ...]) -> Iterator[Form]:
        """Yield the formats that the column may have; those tried in vain are gone for good."""
        for place, time in enumerate(times):
            self._times = times[place:]
            self._almost = Form("time", time)
            yield self._almost

    def _become_text(self, values: pa.Array) -> None:
        """Note how many values a column that must be text has that are not numbers, or not times."""
        if self._almost is None and self.form != TEXT:
            self._almost = _FLOAT if self.form in {EMPTY, _WHOLE, _FLOAT} else None
        self.form = TEXT
        worth = self._n_fit / self._n >= _MOSTLY if self._n > len(values) else True
        if self._almost is None or self._code or not worth or not self._n:  # values with a type are not counted
            return
        good = _fitting(values, self._almost)
        self._n_fit += int(good.sum())
        if len(self._odd) < _EXAMPLES:
            odd = pc.unique(values.filter(pa.array(~good)).drop_null())
            for value in odd.slice(0, _EXAMPLES).to_pylist():
                if len(self._odd) < _EXAMPLES:
                    self._odd[value] = None


def _masked(values: pa.Array) -> pa.Array:
    """Return the values with markers of missing as null."""
    marked = pc.is_in(values, value_set=_MARKERS[values.type])
    return pc.if_else(marked, pa.scalar(None, values.type), values) if marked.true_count else values


def _attempt(values: pa.Array, form: Form) -> pa.Array | None:
    """Return the values read in a form, or None if one of them cannot be."""
    if form.name == "time":
        assert form.time is not None
        return fits(values, form.time)
    if form.name == "truth":
        return _truth(values)
    if form.name == "comma":
        if not pc.all(pc.match_substring_regex(values, _COMMA_NUMBER), min_count=0).as_py():
            return None
        values = pc.replace_substring(values, ",", ".")
    if form.name in {"text", "empty"}:
        return pc.cast(values, STRING) if form == TEXT or values.null_count < len(values) else pa.nulls(len(values))
    return _number(values, form.kind)


def _number(values: pa.Array, kind: pa.DataType) -> pa.Array | None:
    try:
        return pc.cast(values, kind)
    except pa.ArrowInvalid:
        pass
    # Blanks around the number, or a plus sign before it.
    if not pc.all(pc.match_substring_regex(values, NUMBER), min_count=0).as_py():
        return None
    try:
        return pc.cast(pc.utf8_ltrim(pc.ascii_trim_whitespace(values), "+"), kind)
    except pa.ArrowInvalid:
        return None


def _truth(values: pa.Array) -> pa.Array | None:
    true = pc.is_in(values, value_set=pa.array(_TRUE, values.type))
    known = pc.or_(true, pc.is_in(values, value_set=pa.array(_FALSE, values.type)))
    if not pc.all(pc.or_(known, pc.is_null(values)), min_count=0).as_py():
        return None
    return pc.if_else(pc.is_valid(values), true, pa.scalar(None, TRUTH))


def _code_in(values: pa.Array) -> str:
    """Return the first value such as 007 or 0x1F, which is a code and no quantity; empty if there is none."""
    if len(values) > _FEW:
        zero = pc.and_not(pc.starts_with(values, "0"), pc.starts_with(values, "0."))
        suspects = pc.and_(zero, pc.greater(pc.binary_length(values), 1))
        if not suspects.true_count:
            return ""
        values = values.filter(suspects)
    codes = pc.match_substring_regex(values, _LEADING_ZERO)
    return str(values.filter(codes)[0].as_py()) if codes.true_count else ""


def _fitting(values: pa.Array, form: Form) -> np.ndarray:
    """Return for each value whether it is a number, or a time in the format; False where missing."""
    if form.time is not None:
        good = pc.is_valid(parsed(values, form.time))
    else:
        good = pc.fill_null(pc.match_substring_regex(values, NUMBER), False)  # noqa: FBT003
    return np.asarray(good.to_numpy(zero_copy_only=False), dtype=bool)
