"""What is counted: the types in sample sets, or the variance of their numbers."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.reading.sets import SampleItems
from holdfast.core.errors import BadInput, unknown
from holdfast.core.text import one_line

Unit = Literal["words", "characters", "items"]
_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
MOST_TYPES = 1_000_000


def counted(sets: Sequence[SampleItems], unit: Unit, column: str | None) -> Int[np.ndarray, "types sets"] | None:
    """Return how often each type is in each set, None where the sets hold numbers. Raises BadInput.

    Types are those of all sets together, in the order of the first that has them.
    """
    parts = [_types(one, unit, column) for one in sets]
    if any(part is None for part in parts):
        return None
    numbers: dict[str, int] = {}
    for part in parts:
        for name in part or ():
            numbers.setdefault(name, len(numbers))
    if len(numbers) > MOST_TYPES:
        raise BadInput(
            f"the samples hold {len(numbers):,} types, more than {MOST_TYPES:,}; count coarser ones, such as words"
        )
    found = np.zeros((len(numbers), len(sets)), dtype=np.int64)
    for i, part in enumerate(parts):
        for name, count in (part or {}).items():
            found[numbers[name], i] = count
    return found


def _types(one: SampleItems, unit: Unit, column: str | None) -> Counter[str] | None:
    if one.texts is not None and column in {None, *one.columns}:
        if unit == "items":
            return Counter(one.texts)
        found: Counter[str] = Counter()
        for text in one.texts:
            found.update(_WORD.findall(text.casefold()) if unit == "words" else text)
        return found
    if one.categories and not (one.points is not None and column in one.columns):
        name = _chosen(column, tuple(one.categories), one.name)
        return Counter(one.categories[name].to_pylist())
    if one.points is None:
        raise BadInput(
            f"{one_line(one.name)} holds {' and '.join(one.holds) or 'nothing'}; what is counted are types of "
            "texts or categories, or numbers. Of pictures, give a class for each, or a feature"
        )
    return None


def variances(sets: Sequence[SampleItems], column: str | None) -> Float[np.ndarray, " sets"]:
    """Return the variance of one column of numbers in each set. Raises BadInput."""
    names = sets[0].columns
    place = names.index(_chosen(column, names, sets[0].name))
    for one in sets:
        if len(one) < 3:
            raise BadInput(f"{one_line(one.name)} holds {len(one)} numbers; a variance needs at least 3")
    return np.array([one.points[:, place].var(ddof=1) for one in sets if one.points is not None])


def _chosen(column: str | None, names: Sequence[str], where: str) -> str:
    if column is not None:
        if column not in names:
            raise unknown("column", column, names, where=one_line(where))
        return column
    if len(names) > 1:
        raise BadInput(f"{one_line(where)} has several columns ({', '.join(names[:6])}); say which with --column")
    return names[0]


def halves(real: SampleItems, rng: np.random.Generator) -> list[SampleItems]:
    """Return real items in two parts, at random: two independent samples."""
    first = rng.permutation(len(real)) < len(real) // 2
    found = []
    for name, mine in (("one half", first), ("other half", ~first)):
        rows = np.flatnonzero(mine)
        texts = None if real.texts is None else tuple(real.texts[i] for i in rows.tolist())
        points = None if real.points is None else real.points[rows]
        categories = {column: values.take(rows) for column, values in real.categories.items()}
        found.append(SampleItems(name, len(rows), "", texts, None, points, real.columns, categories))
    return found
