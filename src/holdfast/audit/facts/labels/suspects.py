"""What tells the label without being the subject: how a record was made, the edges of pictures, words at one class."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.metadata import Metadata
from holdfast.audit.facts.images.regions import SIDE, Regions, grown
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.predictiveness import Answer, answers, by_value, halves, units
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.facts.texts.table import TokenTable, TokenTables
from holdfast.core.text import one_line

_LEAST = 0.65  # AUC from which the checks of columns and places speak
_P_VALUE = 1e-4
_INSIDE = 0.75  # what the middle of the pictures may tell at most, as a share of what the place tells
_HOLD, _PURE = 0.25, 50.0  # share of a class that holds a word, and how many times rarer it is elsewhere
_FEWEST_TEXTS, _MOST_WORDS = 20, 5
_DEPTH = 2  # lines of cells from the edge that are looked at


@dataclass(frozen=True)
class Suspect:
    """A column, or cells of the pictures' grid (`cells`), or `words` of a text, that tell the label as `told` says."""

    title: str
    columns: tuple[str, ...]
    told: Answer
    cells: Bool[np.ndarray, "8 8"] | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suspects:
    """All of them, the most telling first."""

    found: tuple[Suspect, ...]


@fact()
def shortcut_suspects(
    labels: Labels,
    metadata: Metadata | None,
    image_regions: Regions | None,
    text_tokens: TokenTables | None,
    groups: Groups | None,
    row_groups: RowGroups | None,
) -> Suspects:
    """Features whose name says how the record was made, outer places of pictures, and words, that tell the label.

    Columns and places that tell it with an AUC under 0.65 are left out, and places where the middle of the pictures
    tells three quarters as much. Words are those that a quarter of one class hold, and of others a fiftieth of that.
    """
    found = [] if metadata is None else _columns(labels, metadata, groups, row_groups)
    if image_regions is not None:
        found += _places(image_regions)
    for table in text_tokens.each if text_tokens is not None else ():
        found += _words(table)
    return Suspects(tuple(sorted(found, key=lambda one: (-one.told.gain, one.title))))


def _columns(labels: Labels, metadata: Metadata, groups: Groups | None, row_groups: RowGroups | None) -> list[Suspect]:
    inside = np.flatnonzero(labels.known[metadata.rows])
    if len(inside) < 2:
        return []
    rows = metadata.rows[inside]
    asked = halves(labels, rows, units(rows, groups, row_groups))
    best: dict[str, Suspect] = {}
    for trait in metadata.traits:
        if not trait.is_feature or not asked.judged:
            continue
        for told in answers(asked, by_value(asked, trait.bins[inside]), least=2 * _LEAST - 1)[:1]:
            if told.p_value < _P_VALUE and (trait.column not in best or best[trait.column].told.gain < told.gain):
                best[trait.column] = Suspect(f"the column {trait.column!r}", (trait.column,), told)
    return list(best.values())


def _places(regions: Regions) -> list[Suspect]:
    """Return the outer cells that tell a class where the middle does not; those of the class that is told best."""
    i, j = np.indices((SIDE, SIDE))
    depth = np.minimum.reduce([i, j, SIDE - 1 - i, SIDE - 1 - j])
    outer, middle = depth < _DEPTH, depth == SIDE // 2 - 1
    found: list[Suspect] = []
    for k in range(len(regions.judged)):
        gains = regions.gains(k)
        cells = outer & (gains >= 2 * _LEAST - 1) & (_INSIDE * gains >= gains[middle].max())
        if not cells.any():
            continue
        told = regions.told(k, regions.joint(k, cells))
        if told.gain >= 2 * _LEAST - 1 and told.p_value < _P_VALUE:
            found.append(Suspect(_named(cells), (regions.images.column,), told, grown(cells)))
    return sorted(found, key=lambda one: -one.told.gain)[:1]


def _words(table: TokenTable) -> list[Suspect]:
    """Return the words of each class that hardly stand elsewhere, together."""
    n, held = table.n_units, table.holding
    suspects = []
    for code, name in enumerate(table.classes):
        n_in, n_out = int(n[code]), int(n.sum() - n[code])
        if min(n_in, n_out) < _FEWEST_TEXTS:
            continue
        inside, outside = held[:, code] / n_in, (held.sum(axis=1) - held[:, code]) / n_out
        picked = np.flatnonzero((inside >= _HOLD) & (inside >= _PURE * outside))
        picked = picked[np.argsort(-(inside - outside)[picked], kind="stable")][:_MOST_WORDS]
        if not len(picked):
            continue
        a, b = float(inside[picked[0]]), float(outside[picked[0]])
        value, half = 0.5 + (a - b) / 2, 1.96 * float(np.sqrt(a * (1 - a) / n_in + (b + 1 / n_out) / n_out)) / 2
        told = Answer(name, value, value - half, min(1.0, value + half), a - b, 0.0)
        words = tuple(table.spelled(int(word)) for word in picked)
        title = "the word" if len(words) == 1 else "the words"
        shown = ", ".join(repr(one_line(word, 30)) for word in words)
        suspects.append(Suspect(f"{title} {shown}", (table.column,), told, words=words))
    return suspects


def _named(cells: np.ndarray) -> str:
    """Return how to call some outer cells of the grid."""
    if cells.sum() > SIDE * SIDE // 4:
        return "the outer part of the pictures"
    i, j = np.nonzero(cells)
    down = "upper" if i.max() < SIDE // 2 else "lower" if i.min() >= SIDE // 2 else ""
    across = "left" if j.max() < SIDE // 2 else "right" if j.min() >= SIDE // 2 else ""
    if down and across:
        return f"a place in the {down} {across} of the pictures"
    return f"a place at the {down or across} edge of the pictures" if down or across else "the edge of the pictures"
