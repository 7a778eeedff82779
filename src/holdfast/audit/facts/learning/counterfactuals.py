"""What a model says when something of a row is that of another row: of another class, and of its own."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool

from holdfast.audit.facts.labels.suspects import Suspect
from holdfast.audit.facts.learning.attributions import SIDE, Attributions, cell_of
from holdfast.audit.models import Predictions, ask
from holdfast.audit.models.changes import pictures_of, with_columns_from, with_pictures, with_texts
from holdfast.core.errors import NotApplicable

_WORD = re.compile(r"(?u)\b\w+\b")
_MOST_COLUMNS = 5  # that nobody suspects, swapped for comparison


@dataclass(frozen=True)
class Trial:
    """What the model says with the thing taken from a row of another class, and of the same class.

    `other` names something that nobody suspects, and `elsewhere` is the share of predictions that change when that is
    taken from a row of another class (None: there is nothing else).
    """

    across: Predictions
    within: Predictions
    other: str
    elsewhere: float | None


def tried(asked: Attributions, suspect: Suspect, unsuspected: list[str], rng: np.random.Generator) -> Trial:
    """Return what the model says when the suspected thing is swapped. Raises NotApplicable where it cannot be."""
    across, within = _partners(asked, rng)
    if suspect.cells is not None:
        return _places_swapped(asked, suspect.cells, across, within, rng)
    if suspect.words:
        return _words_swapped(asked, suspect, rng)
    return _column_swapped(asked, suspect.columns, unsuspected, across, within)


def moved(asked: Attributions, then: Predictions) -> Bool[np.ndarray, " asked"]:
    """Return which predictions change: to another class, or by half of the spread of all predictions."""
    if asked.model.labels.is_classes:
        return np.asarray(then.values != asked.said.values)
    return np.asarray(np.abs(then.values - asked.said.values) > 0.5 * max(float(asked.said.values.std()), 1e-12))


def _partners(asked: Attributions, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return for each asked row the place of a random one of another class, and of one of its own class."""
    labels = asked.model.labels
    code = labels.codes[asked.rows]
    if not labels.is_classes:
        values = labels.values[asked.rows]
        code = (values > np.median(values)).astype(np.int64)
    across, within = np.arange(len(code)), np.arange(len(code))
    for one in np.unique(code):
        inside, outside = np.flatnonzero(code == one), np.flatnonzero(code != one)
        if not len(outside):
            raise NotApplicable("the rows that the model is asked about are of one class")
        across[inside] = rng.choice(outside, size=len(inside))
        within[inside] = rng.choice(inside, size=len(inside))
    return asked.places[across], asked.places[within]


def _column_swapped(
    asked: Attributions, columns: tuple[str, ...], unsuspected: list[str], across: np.ndarray, within: np.ndarray
) -> Trial:
    fitted, inputs = asked.model.fitted, asked.model.inputs

    def swapped(partners: np.ndarray, names: tuple[str, ...]) -> Predictions:
        return ask(fitted, with_columns_from(fitted, inputs, asked.places, partners, names))

    others = {name: float(moved(asked, swapped(across, (name,))).mean()) for name in unsuspected[:_MOST_COLUMNS]}
    most = max(others, key=lambda name: (others[name], name)) if others else ""
    return Trial(swapped(across, columns), swapped(within, columns), f"{most!r} instead", others.get(most))


def _places_swapped(
    asked: Attributions, cells: np.ndarray, across: np.ndarray, within: np.ndarray, rng: np.random.Generator
) -> Trial:
    fitted, inputs, images = asked.model.fitted, asked.model.inputs, asked.images
    if images is None:
        raise NotApplicable("no pictures")
    if not images.readable[asked.rows].all():
        raise NotApplicable("some of the pictures cannot be read")
    own = pictures_of(fitted, inputs, asked.places, images)

    def swapped(partners: np.ndarray, which: np.ndarray) -> Predictions:
        changed, theirs = own.copy(), pictures_of(fitted, inputs, partners, images)
        for i, j in zip(*np.nonzero(which), strict=True):
            high, wide = cell_of(own.shape, int(i), int(j))
            changed[:, high, wide] = theirs[:, high, wide]
        return ask(fitted, with_pictures(fitted, inputs, asked.places, images.column, changed))

    rest = np.flatnonzero(~cells.reshape(-1))
    elsewhere = np.zeros(SIDE * SIDE, dtype=bool)
    elsewhere[rng.permutation(rest)[: int(cells.sum())]] = True
    return Trial(
        swapped(across, cells),
        swapped(within, cells),
        "as many other places",
        float(moved(asked, swapped(across, elsewhere.reshape(SIDE, SIDE))).mean()) if len(rest) else None,
    )


def _words_swapped(asked: Attributions, suspect: Suspect, rng: np.random.Generator) -> Trial:
    """Words are deleted where they stand and put in front where they do not; the control is any other word."""
    fitted, inputs, column = asked.model.fitted, asked.model.inputs, suspect.columns[0]
    texts = [text or "" for text in asked.dataset.values(column).take(pa.array(asked.rows)).to_pylist()]
    listed = re.compile(r"(?i)\b(?:" + "|".join(re.escape(word) for word in suspect.words) + r")\b")
    others = [_any_other(text, listed, rng) for text in texts]

    def said(change: Callable[[str, str], str]) -> Predictions:
        changed = [change(text, word) for text, word in zip(texts, others, strict=True)]
        return ask(fitted, with_texts(fitted, inputs, asked.places, column, changed))

    def with_suspects(text: str, _: str) -> str:
        return listed.sub(" ", text) if listed.search(text) else f"{' '.join(suspect.words)} {text}"

    def with_another(text: str, word: str) -> str:
        if not word:
            return text
        if listed.search(text):
            return re.sub(rf"\b{re.escape(word)}\b", " ", text)
        return f"{word} {text}"

    return Trial(said(with_suspects), said(with_another), "", None)


def _any_other(text: str, listed: re.Pattern[str], rng: np.random.Generator) -> str:
    words = [word for word in _WORD.findall(text[:5_000]) if not listed.fullmatch(word)]
    return str(words[int(rng.integers(len(words)))]) if words else ""
