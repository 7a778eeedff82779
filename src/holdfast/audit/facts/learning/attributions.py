"""What a model's predictions hang on: columns, words, places in pictures, each changed to see what the model says then.

Everything is computed when it is first asked for: a table of a thousand columns costs nothing until somebody looks.
"""

import re
import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.images.images import Images
from holdfast.audit.facts.learning.predictions import FittedModel
from holdfast.audit.facts.learning.words import WORD
from holdfast.audit.metrics import Metric, truth_of
from holdfast.audit.models import Predictions, ask
from holdfast.audit.models.changes import pictures_of, with_columns_from, with_pictures, with_texts
from holdfast.audit.scoring import difference, usable
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Sampled

SIDE = 8  # places across and down a picture
_MOST_COLUMNS = 100
_ALIKE = 0.8  # correlation of ranks from which columns count as a group: one stands in for the other
_MOST_WORDS = 60  # of a text
_MOST_TEXTS = 12_000  # changed texts asked about
_FEWEST_TEXTS = 3  # that hold a word, for its effect to be told
_PICTURES = 60
_Z = 1.96


@dataclass(frozen=True)
class Importance:
    """By how much the score falls when `columns` are taken from other rows, with its interval.

    `moved` is the share of predictions that change.
    """

    columns: tuple[str, ...]
    fall: float
    low: float
    high: float
    moved: float


@dataclass(frozen=True)
class WordEffect:
    """By how much a word speaks for a class: how far the class's score falls without it, with an interval."""

    word: str
    of_class: str
    effect: float
    low: float
    high: float
    n_texts: int


@dataclass(frozen=True)
class Occlusion:
    """By how much the predicted class's score falls when a place of the picture is blanked: mean, and for some rows."""

    mean: Float[np.ndarray, "8 8"]
    rows: Int[np.ndarray, " pictures"]  # row numbers of the data set
    each: Float[np.ndarray, "pictures 8 8"]


@dataclass(frozen=True)
class Attributions:
    """What the judged model hangs on, measured on rows that it did not learn from: `places` among its inputs."""

    dataset: Dataset
    model: FittedModel
    images: Images | None
    metric_wanted: Metric
    streams: Streams
    places: Int[np.ndarray, " asked"]
    seconds: float
    sampled: Sampled | None = None

    @cached_property
    def said(self) -> Predictions:
        """What the model says of the rows as they are."""
        return self.model.on_test.take(self.places - len(self.model.train))

    @property
    def rows(self) -> Int[np.ndarray, " asked"]:
        """Row numbers of the data set."""
        return self.model.inputs.rows[self.places]

    @property
    def metric(self) -> Metric:
        """The score that importances are measured in."""
        return usable(self.metric_wanted, self.model.labels, self.said)

    @cached_property
    def importances(self) -> tuple[Importance, ...]:
        """Each feature column that is shuffled between rows, the most important first."""
        return self._shuffled([(name,) for name in self.columns])

    @cached_property
    def groups(self) -> tuple[Importance, ...]:
        """Columns that go together, shuffled together: one of two twins alone looks as if it did not matter."""
        return self._shuffled([group for group in self._alike() if len(group) > 1])

    @cached_property
    def words(self) -> tuple[WordEffect, ...]:
        """Words of the first text column, by how much they speak for the class that is predicted."""
        column = next((c.name for c in self.dataset.of(role="feature", kind="text")), None)
        if column is None or not self.model.labels.is_classes:
            return ()
        return self._without_words(column)

    @cached_property
    def occlusion(self) -> Occlusion | None:
        """Places of pictures; None where there are no pictures that can be changed, or no classes."""
        if self.images is None or not self.model.labels.is_classes:
            return None
        there = self.images.readable[self.rows]
        places = self.places[there][:_PICTURES]
        if not len(places) or self.images.column not in self.model.inputs.encoding.sources:
            return None
        before = self._of_predicted(self.said.take(np.flatnonzero(there)[:_PICTURES]))
        grid = np.zeros((len(places), SIDE, SIDE))
        fitted, inputs = self.model.fitted, self.model.inputs
        try:
            pictures = pictures_of(fitted, inputs, places, self.images)
            for i in range(SIDE):
                for j in range(SIDE):
                    given = with_pictures(fitted, inputs, places, self.images.column, _blanked(pictures, i, j))
                    grid[:, i, j] = before[0] - self._score(ask(fitted, given), before[1])
        except NotApplicable:
            return None
        return Occlusion(grid.mean(axis=0), self.model.inputs.rows[places], grid)

    @property
    def columns(self) -> list[str]:
        """The columns that the model is given, of very many the first by name."""
        inputs = self.model.inputs
        if self.model.fitted.form in {"blocks", "matrix"}:
            return sorted(inputs.encoding.sources)[:_MOST_COLUMNS]
        return sorted(column.name for column in self.dataset.of(role="feature"))[:_MOST_COLUMNS]

    def _shuffled(self, parts: list[tuple[str, ...]]) -> tuple[Importance, ...]:
        """Return the importance of each part that the time allows."""
        rng, truth = self.streams("attributions"), truth_of(self.model.labels, self.rows)
        order, found, started = rng.permutation(len(self.places)), [], time.monotonic()
        for columns in parts:
            given = with_columns_from(self.model.fitted, self.model.inputs, self.places, self.places[order], columns)
            then = ask(self.model.fitted, given)
            fall = difference(self.metric, truth, self.said, then, rng)
            moved = float((then.values != self.said.values).mean())
            found.append(Importance(columns, fall.difference, fall.low, fall.high, moved))
            if time.monotonic() - started > self.seconds:
                break
        return tuple(sorted(found, key=lambda one: (-one.fall, one.columns)))

    def _alike(self) -> list[tuple[str, ...]]:
        """Return columns of the table joined where the ranks of two correlate strongly."""
        from scipy.stats import rankdata

        encoding = self.model.inputs.encoding
        names = [name for name in encoding.names if name in self.columns]
        if len(names) < 2:
            return []
        table = np.column_stack([encoding.column(name, self.rows) for name in names])
        table = np.where(np.isfinite(table), table, -np.inf)
        ranks = rankdata(table, axis=0)
        ranks -= ranks.mean(axis=0)
        size = np.sqrt((ranks**2).sum(axis=0))
        alike = np.abs(ranks.T @ ranks) >= _ALIKE * np.maximum(np.outer(size, size), 1e-12)
        alike &= np.outer(size > 0, size > 0)
        from scipy.sparse.csgraph import connected_components

        _, member = connected_components(alike, directed=False)
        return [
            tuple(name for name, own in zip(names, member, strict=True) if own == number)
            for number in range(member.max() + 1)
        ]

    def _without_words(self, column: str) -> tuple[WordEffect, ...]:
        values = self.dataset.values(column).take(self.rows).to_pylist()
        which, texts, words = [], [], []
        for place, text in enumerate(values):
            held = list(dict.fromkeys(word.lower() for word in re.findall(WORD, (text or "")[:5_000])))[:_MOST_WORDS]
            for word in held:
                texts.append(re.sub(rf"(?i)\b{re.escape(word)}\b", " ", text or ""))
                words.append(word)
                which.append(place)
            if len(texts) >= _MOST_TEXTS:
                break
        if not texts:
            return ()
        at = np.array(which)
        before, code = self._of_predicted(self.said)
        try:
            given = with_texts(self.model.fitted, self.model.inputs, self.places[at], column, texts)
        except NotApplicable:
            return ()
        fall = before[at] - self._score(ask(self.model.fitted, given), code[at])
        classes = self.model.labels.classes
        pairs = [(word, int(code[place])) for word, place in zip(words, which, strict=True)]
        number = {pair: k for k, pair in enumerate(sorted(set(pairs)))}
        group = np.array([number[pair] for pair in pairs])
        n = np.bincount(group)
        mean = np.bincount(group, fall) / n
        error = np.sqrt(np.maximum(np.bincount(group, fall**2) / n - mean**2, 1e-12) / n)
        found = [
            WordEffect(word, classes[of], float(m), float(m - _Z * e), float(m + _Z * e), int(count))
            for (word, of), m, e, count in zip(number, mean, error, n, strict=True)
            if count >= _FEWEST_TEXTS
        ]
        return tuple(sorted(found, key=lambda one: (-one.low, one.word)))

    def _of_predicted(self, said: Predictions) -> tuple[np.ndarray, np.ndarray]:
        """Return the score of the predicted class, and its code."""
        code = said.values.astype(np.int64)
        return self._score(said, code), code

    @staticmethod
    def _score(said: Predictions, code: np.ndarray) -> np.ndarray:
        """Return the score of a class for each row: its probability, or where there is none whether it is predicted."""
        scores = said.probabilities if said.probabilities is not None else said.scores
        if scores is None or not np.isfinite(scores).all():
            return np.asarray(said.values == code, dtype=np.float64)
        return np.asarray(scores[np.arange(len(code)), code])


@fact()
def attributions(
    dataset: Dataset,
    fitted_model: FittedModel,
    images: Images | None,
    score_metric: Metric,
    streams: Streams,
    *,
    most_rows: int = 1_000,
    seconds: float = 20.0,
) -> Attributions:
    """What the judged model hangs on, on at most 1,000 rows that it did not learn from.

    Columns are shuffled between rows, alone and with those they go with (Breiman, 2001); words are deleted (Li et al.,
    2016); places of pictures are blanked (Zeiler & Fergus, 2014).
    """
    places = fitted_model.test[:most_rows]
    if not len(places):
        raise NotApplicable("no row to ask the model about")
    total = len(fitted_model.test)
    sampled = Sampled(what="rows whose changes are tried", rows=len(places), of=total) if len(places) < total else None
    return Attributions(dataset, fitted_model, images, score_metric, streams, places, seconds, sampled)


def _blanked(pictures: np.ndarray, i: int, j: int) -> np.ndarray:
    """Return pictures with the cell (i, j) of `SIDE` × `SIDE` filled with the mean of each picture."""
    high, wide = cell_of(pictures.shape, i, j)
    mean = pictures.reshape(len(pictures), -1, *pictures.shape[3:]).mean(axis=1)
    changed = pictures.copy()
    changed[:, high, wide] = mean[:, None, None].astype(pictures.dtype)
    return changed


def cell_of(shape: tuple[int, ...], i: int, j: int) -> tuple[slice, slice]:
    """Return the lines and columns of pixels that the cell (i, j) covers."""
    edges = [np.linspace(0, size, SIDE + 1).astype(int) for size in shape[1:3]]
    return slice(edges[0][i], edges[0][i + 1]), slice(edges[1][j], edges[1][j + 1])
