"""Column names: whether a file's first line holds them, and how they are made usable."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from holdfast.core.text import and_more, one_line
from holdfast.data.text_types import MISSING, NUMBER
from holdfast.data.times import plausible

_NUMBER = re.compile(NUMBER.replace("$", r"\Z") + r"|^\s*[+-]?\d+,\d+\s*\Z")
_NAME = re.compile(r"[^\W\d][\w.\-/#%()&\[\]°*+]*( [\w.\-/#%()&\[\]°*+]+){0,3}\Z")  # one column: no sentence
_LONGEST_NAME, _MOST_WORDS = 80, 8
_MOSTLY = 0.9  # share of a column's values that are numbers or times, for its first cell to tell
_FEW = 0.5  # distinct values per row below which a column repeats itself: a name would not occur among them
_LOOKED_AT = 1000
_MOST_COLUMNS = 500
_FEWEST_STEPS = 3  # numbers at equal distances that make a row of names, such as years
_FEWEST_BELOW = 20


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row names the columns, judged by how it differs from those below it.

    A number or a time at the top of a column of numbers or times speaks against a header, and so does a value that
    the column repeats below; a word at the top of a column of numbers, or one that a column of few words never
    repeats, speaks for it. Without a sign either way, a row of distinct names is a header.
    """
    first, body = rows[0], rows[1 : _LOOKED_AT + 1]
    if not any(cell.strip() for cell in first):
        return False
    below = body[:_FEWEST_BELOW]
    if _counts(first) and 2 * sum(map(_counts, below)) <= len(below):
        return True
    looked_at = range(0, len(first), max(1, len(first) // _MOST_COLUMNS))
    votes = sum(_vote(first[place], [row[place] for row in body if place < len(row)]) for place in looked_at)
    if votes:
        return votes > 0
    cells = [cell.strip() for cell in first if cell.strip()]
    if len(first) > 1 and len(set(cells)) == len(cells):
        return all(len(cell) <= _LONGEST_NAME and len(cell.split()) <= _MOST_WORDS for cell in cells)
    return len(cells) == 1 and bool(_NAME.match(cells[0]))


def usable(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names without surrounding blanks, none empty and none twice, and notes on those that changed."""
    # Half a surrogate pair, which JSON can write, is no text.
    stripped = [name.strip().removeprefix("\ufeff").encode("utf-8", "replace").decode() for name in names]
    given = [name or f"column{place}" for place, name in enumerate(stripped, start=1)]
    taken, seen, result = set(given), Counter[str](), []
    for name in given:
        seen[name] += 1
        fresh, number = name, seen[name]
        while number > 1 and (fresh in taken):
            fresh, number = f"{name}.{number}", number + 1
        taken.add(fresh)
        result.append(fresh)
    return tuple(result), tuple(_notes(stripped, given, seen))


def _notes(stripped: Sequence[str], given: Sequence[str], seen: Counter[str]) -> Iterator[str]:
    empty = [name for name, was in zip(given, stripped, strict=True) if not was]
    if empty:
        yield f"columns without a name are called {_listed(empty)}"
    twice = [name for name, n in seen.items() if n > 1]
    if twice:
        yield f"column names that occur twice are numbered: {_listed([f'{name}, {name}.2' for name in twice])}"


def _listed(names: Sequence[str]) -> str:
    return and_more([one_line(name, 60) for name in names], 5)


def _vote(cell: str, below: Sequence[str]) -> float:
    """Return what one column says: above 0 for a header, below 0 against."""
    cell = cell.strip()
    counts = Counter(value for value in map(str.strip, below) if value not in MISSING)
    n = counts.total()
    if not n or cell in MISSING:
        return 0.0
    quantities = sum(times for value, times in counts.items() if _is_quantity(value)) >= _MOSTLY * n
    if _is_quantity(cell):
        # A number can be a name (years, sensor numbers), but hardly above numbers of the same sort.
        return -1.0 if quantities else -0.25
    if quantities:
        return 1.0
    if cell in counts:
        return -1.0
    if len(counts) <= _FEW * n and n >= 4:
        return 0.5
    return 0.0


def _counts(row: Sequence[str]) -> bool:
    """Return whether the numbers in a row go up in equal steps, as years do that name columns."""
    numbers = [cell.strip() for cell in row if _NUMBER.match(cell)]
    if len(numbers) < _FEWEST_STEPS or not all(number.isdecimal() and len(number) < 10 for number in numbers):
        return False
    steps = {int(b) - int(a) for a, b in pairwise(numbers)}
    return len(steps) == 1 and steps.pop() > 0


def _is_quantity(value: str) -> bool:
    return bool(_NUMBER.match(value)) or bool(plausible(value))
