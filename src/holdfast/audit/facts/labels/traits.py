"""One thing known about each record of a sample, as values and as bins that a score can be learnt from."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from holdfast.audit.facts.labels.conditional import number_bins, value_bins

MOST_VALUES = 250  # scikit-learn's boosting takes at most 255 of a category
_STANDS_FOR = 0.95  # of the rows: a few are filed in the wrong folder everywhere
_MOST_CHARACTERS = 200

Kind = Literal["making", "file", "beside", "image", "pixels"]


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing known about each row of the sample.

    `kind` is `making` where a name says that it is about how the record was made, `file` for a part of a file's name,
    `beside` for other columns beside pictures or texts, `image` for what an image file says of itself, and `pixels`
    for a property of its pixels. `values` are numbers (NaN where missing) or objects;
    `bins` their numbers from 0, 0 for missing; `ordered` says whether bins rise with the values.
    """

    title: str
    column: str
    kind: Kind
    values: np.ndarray
    bins: Int[np.ndarray, " sample"]
    ordered: bool
    is_feature: bool = False


def of_numbers(title: str, column: str, kind: Kind, values: np.ndarray, *, is_feature: bool = False) -> Trait:
    """Return a trait of numbers, NaN where missing."""
    return Trait(title, column, kind, values, number_bins(values), ordered=True, is_feature=is_feature)


def of_texts(title: str, column: str, kind: Kind, values: np.ndarray, *, is_feature: bool = False) -> Trait:
    """Return a trait of texts (objects, None where missing); a value that occurs once has no bin of its own."""
    bins = value_bins(pa.array(values, pa.large_string()), MOST_VALUES)
    shown = np.array([None if value is None else value[:_MOST_CHARACTERS] for value in values], dtype=object)
    return Trait(title, column, kind, shown, bins, ordered=False, is_feature=is_feature)


def stands_for(trait: Trait, inside: np.ndarray, codes: np.ndarray, names: tuple[str, ...]) -> bool:
    """Return whether a trait of the rows `inside` is just another name of the classes (or splits) `codes`.

    Either the value holds the name of the row's class (a folder `cat`, a beginning `cat.`), or, for parts of file
    names, each value is that of one class and each class has one value. An ending is never a name.
    """
    if trait.ordered or "ending" in trait.title.partition(" of ")[0]:
        return False
    values = trait.values[inside]
    words = [name.casefold() for name in names]
    held = np.array(
        [
            value is not None
            and (words[code] == value.casefold() or (len(words[code]) > 2 and words[code] in value.casefold()))
            for value, code in zip(values.tolist(), codes.tolist(), strict=True)
        ]
    )
    if len(held) and held.mean() >= _STANDS_FOR:
        return True
    if trait.kind != "file":
        return False
    pairs = np.unique(np.column_stack([trait.bins[inside], codes]), axis=0)
    return len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))
