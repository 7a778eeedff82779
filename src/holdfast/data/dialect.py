"""How a delimited file is written: delimiter, quotes, header, found out from its first lines."""

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from holdfast.data.headers import has_header

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
NO_DELIMITER = "\x1e"  # ASCII's record separator: stands for "one column", as no table holds it
_MOST_ROWS = 1000  # looked at to find the width and the header
_MOST_CHARS = 1 << 18
_MOST_MARKS = 1 << 21  # in what is looked at; more is a text full of commas, or nothing that could be a table
_CONSISTENT = 0.9  # share of rows of one width above which a delimiter is believed
_AT_LEAST = 0.5  # the same, if nothing better is found: the ragged lines are then reported
_LONGEST_PREAMBLE = 50
_BLANKS_AFTER = 0.9  # share of cells that begin with a blank above which the blank belongs to the delimiter
_FEWEST_NUMBERS = 0.2  # share of numbers among words set apart by blanks, below which they are prose
_MOST_BROKEN = 0.05  # share of quoted fields after whose closing quote the text goes on
_MOST_LABELS = 20
_FEWEST_LABELLED = 100

Rewrite = Callable[[str], str]
Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a reader must know; `skip` counts the lines before the first row of data."""

    delimiter: str
    quote: str | None
    names: tuple[str, ...]
    skip: int
    headless: bool
    escape: str | None = None
    trim: bool = False  # blanks after the delimiter are dropped
    drop_last: bool = False  # each line ends in a delimiter: the last column is none
    rewrite: Rewrite | None = None  # lines need to be rewritten first
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Fields in a line."""
        return len(self.names) + self.drop_last


@dataclass(frozen=True, slots=True)
class _Guess:
    delimiter: str
    quote: str | None
    rows: tuple[tuple[int, list[str]], ...]  # number of the line before it, cells
    width: int
    share: float  # of rows that have this width
    escape: str | None = None
    n_lines: int = 1  # up to the end of the last of the rows

    @property
    def rank(self) -> tuple[float, ...]:
        others = "".join(DELIMITERS).replace(self.delimiter, "").replace(",", "")
        cells = [cell for _, row in self.rows[:50] for cell in row]
        stray = sum(any(mark in cell for mark in others) for cell in cells) / max(1, len(cells))
        return (round(self.share, 2), -round(stray, 1), self.width)


def sniff(head: str) -> Dialect:
    """Return how the file that begins with the whole lines `head` is written. There is always an answer.

    A file in which no delimiter gives rows of one width is one column; so is prose.
    """
    told = re.match(r"sep=(.)\r?\n", head)
    if told:
        dialect = sniff(head[told.end() :])
        return replace(dialect, skip=dialect.skip + 1)
    head = head[: _cut(head)]
    marks = [mark for mark in DELIMITERS if 0 < head.count(mark) <= _MOST_MARKS]
    alone = _quoted_column(head, marks)
    if alone is not None:
        return _dialect(alone)
    guesses = [guess for mark in marks if (guess := _guess(head, mark)) is not None]
    good = [guess for guess in guesses if guess.share >= _CONSISTENT]
    if not good:
        spaced = _spaced(head) or _labelled(head)
        if spaced is not None:
            return spaced
        good = [guess for guess in guesses if guess.share >= _AT_LEAST]
    if good:
        return _dialect(max(good, key=lambda guess: guess.rank))
    rows = tuple((number, [line]) for number, line in enumerate(re.split(r"\r\n|\n|\r", head)) if line)
    rows = rows[:_MOST_ROWS] or ((0, [""]),)
    return _dialect(_Guess(NO_DELIMITER, None, rows, 1, 1.0, n_lines=rows[-1][0] + 1))


def _cut(head: str) -> int:
    """Return where the lines end that are looked at: 256 Ki characters, or eleven lines if they are longer."""
    if len(head) <= _MOST_CHARS:
        return len(head)
    end = head.rfind("\n", 0, _MOST_CHARS) + 1
    if head.count("\n", 0, end) >= 10:
        return end
    end = 0
    for _ in range(11):
        end = head.find("\n", end) + 1 or len(head)
    return end


def _guess(head: str, delimiter: str) -> _Guess | None:
    """Return the rows under the quoting that makes them most even; None if they have one column."""
    plain = _parsed(head, delimiter, None)
    if '"' not in head:
        return plain
    quoted = _parsed(head, delimiter, '"')
    if quoted is None or _broken_quotes(head, delimiter):
        return plain
    if '\\"' in head and not re.search(r'[^,;\t|\r\n]""[^,;\t|\r\n]', head):
        quoted = _parsed(head, delimiter, '"', "\\") or quoted
    if plain is not None and plain.width == quoted.width and plain.share >= quoted.share:
        # Both read the lines alike: a quote that swallows line ends is a mark in the text.
        return plain if len(plain.rows) > len(quoted.rows) else quoted
    return quoted if plain is None or quoted.share >= plain.share or quoted.share >= _CONSISTENT else plain


def _quoted_column(head: str, marks: Sequence[str]) -> _Guess | None:
    """Return the rows of a single column whose quotes keep every delimiter inside; None if they do not."""
    if '"' not in head or not marks:
        return None
    for mark in marks:
        rows, before = [], 0
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=mark, strict=True)
        try:
            for row in reader:
                if len(row) > 1:
                    return None
                if row:
                    rows.append((before, row))
                before = reader.line_num
                if len(rows) >= _MOST_ROWS:
                    break
        except csv.Error:  # text after a closing quote, or a quote that is left open: marks in the text
            return None
    return _Guess(NO_DELIMITER, '"', tuple(rows), 1, 1.0, n_lines=before)


def _parsed(head: str, delimiter: str, quote: str | None, escape: str | None = None) -> _Guess | None:
    reader = csv.reader(
        io.StringIO(head, newline=""),
        delimiter=delimiter,
        quotechar=quote,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar=escape,
    )
    rows, before = [], 0
    limit = csv.field_size_limit(sys.maxsize)
    try:
        for row in reader:
            if row:
                rows.append((before, row))
            before = reader.line_num
            if len(rows) >= _MOST_ROWS:
                break
    except csv.Error:
        return None
    finally:
        csv.field_size_limit(limit)
    if not rows:
        return None
    widths = Counter(len(row) for _, row in rows)
    width, n = max(widths.items(), key=lambda item: (item[1], item[0]))
    return _Guess(delimiter, quote, tuple(rows), width, n / len(rows), escape, before) if width > 1 else None


def _broken_quotes(head: str, delimiter: str) -> bool:
    """Return whether quotes at the beginning of fields are marks in the text, not quotes around it.

    They are if the text goes on after the closing one; and, between tabs, if none of them protects anything: who
    writes tabs seldom quotes, and then for a reason.
    """
    mark = re.escape(delimiter)
    fields = re.findall(rf'(?:^|[\r\n]|{mark})"((?:[^"\\]|""|\\.)*)"?([^\r\n]?)', head)
    n_after = sum(following not in {"", delimiter} for _, following in fields)
    if n_after > _MOST_BROKEN * len(fields):
        return True
    n_cells = head.count(delimiter) + head.count("\n")
    needed = any(sign in text for text, _ in fields for sign in (delimiter, '"', "\n", "\r"))
    return delimiter == "\t" and not needed and len(fields) < n_cells / 2


def _dialect(guess: _Guess) -> Dialect:
    rows, notes = list(guess.rows), []
    if guess.delimiter not in {",", NO_DELIMITER}:
        notes.append(f"delimiter: {DELIMITERS[guess.delimiter]}")
    first = next((place for place, (_, row) in enumerate(rows) if _fits(row, guess.width)), 0)
    if 0 < first <= _LONGEST_PREAMBLE:
        notes.append(f"lines before the table that were left out: {first}")
        rows = rows[first:]
    cells = [row for _, row in rows]
    top, body = cells[0], [row for row in cells[1:] if len(row) == guess.width]
    short = len(top) == guess.width - 1 and bool(body)
    drop_last = _ends_in_delimiter(body, guess.width) and (short or not top[-1].strip())
    if drop_last:
        body = [row[:-1] for row in body]
        top = top if short else top[:-1]
        notes.append("lines end in a delimiter")
    elif short:
        top = ["row_name", *top]
        notes.append("the first column has no name: called row_name")
    headless = not has_header([top, *body])
    names = tuple(f"column{place}" for place in range(1, len(top) + 1)) if headless else tuple(top)
    skip = rows[0][0] if headless else (rows[1][0] if len(rows) > 1 else guess.n_lines)
    if headless:
        one = len(names) == 1
        called = f"the column is named {names[0]}" if one else f"columns are named {names[0]}…{names[-1]}"
        notes.append(f"no header line: {called}")
    trim = guess.delimiter != NO_DELIMITER and _has_blanks_after(body)
    if trim:
        notes.append("blanks after the delimiter are dropped")
    needs_rewrite = trim and guess.quote is not None and any('"' in cell for row in body for cell in row)
    return Dialect(
        guess.delimiter,
        guess.quote,
        names,
        skip,
        headless,
        guess.escape,
        trim,
        drop_last,
        _closer_quotes(guess.delimiter) if needs_rewrite else None,
        tuple(notes),
    )


def _ends_in_delimiter(body: Rows, width: int) -> bool:
    return bool(body) and width > 2 and all(not row[-1].strip() for row in body)


def _fits(row: Sequence[str], width: int) -> bool:
    return len(row) in {width, width - 1} and (width > 2 or len(row) == width)


def _has_blanks_after(rows: Rows) -> bool:
    later = [cell for row in rows for cell in row[1:] if cell]
    return bool(later) and sum(cell[0] == " " for cell in later) >= _BLANKS_AFTER * len(later)


def _closer_quotes(delimiter: str) -> Rewrite:
    pattern = re.compile(re.escape(delimiter) + ' +"')
    return lambda line: pattern.sub(delimiter + '"', line)


def _rewritten(head: str, rewrite: Rewrite, note: str) -> Dialect | None:
    """Return the dialect of lines that become tab-delimited by `rewrite`."""
    guess = _parsed("\n".join(map(rewrite, head.splitlines())), "\t", None)
    if guess is None or guess.share < _CONSISTENT:
        return None
    dialect = _dialect(guess)
    return replace(dialect, rewrite=rewrite, notes=(note, *dialect.notes[1:]))


def _spaced(head: str) -> Dialect | None:
    """Return the dialect of columns set apart by blanks: several columns, some of them numbers."""
    lines = [line for line in head.splitlines()[:_MOST_ROWS] if line.strip()]
    widths = Counter(len(_by_blanks(line).split("\t")) for line in lines)
    if len(lines) < 2 or not widths:
        return None
    width, n = widths.most_common(1)[0]
    cells = [cell for line in lines for cell in line.split()]
    n_numbers = sum(bool(re.fullmatch(r"[+-]?\d*[.]?\d+([eE][+-]?\d+)?", cell)) for cell in cells)
    if width < 2 or n < _CONSISTENT * len(lines) or n_numbers < _FEWEST_NUMBERS * len(cells):
        return None
    return _rewritten(head, _by_blanks, "delimiter: blanks")


def _by_blanks(line: str) -> str:
    return "\t".join(piece.strip('"') for piece in re.findall(r'"[^"]*"(?!\S)|\S+', line))


def _labelled(head: str) -> Dialect | None:
    """Return the dialect of lines that are a label, a blank and a text: few labels, each of them often."""
    labels = Counter(_labels(head))
    n = sum(labels.values())
    if n < _FEWEST_LABELLED or len(labels) > _MOST_LABELS:
        return None
    if not all(re.fullmatch(r"[+-]?\d{1,3}|__label__\S+", label) for label in labels):
        return None
    note = "lines read as a label, a blank and a text: columns are named label and text"
    return Dialect("\t", None, ("label", "text"), skip=0, headless=True, rewrite=_label_apart, notes=(note,))


def _labels(head: str) -> Iterator[str]:
    for line in head.splitlines():
        if line.strip():
            yield line.partition(" ")[0]


def _label_apart(line: str) -> str:
    label, _, text = line.partition(" ")
    return f"{label.removeprefix('__label__')}\t{text.replace(chr(9), ' ')}" if line else ""
