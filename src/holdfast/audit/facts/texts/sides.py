"""Pairs of texts that are to be judged together (premise and hypothesis, question and answer), each judged alone."""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.predictiveness import N_FOLDS, Answer, Question, answers, question, units
from holdfast.audit.facts.learning.words import hashed_words
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowGroups, RowKeys
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

MOST_ROWS = 6_000
_FEWEST_ROWS = 200
# Names of columns that belong together in a pair. What stands before a number or letter is the same for both.
_PAIRS = (
    (
        r"premise|sentence_?1|text_?(?:a|1)|s1|q(?:uestion)?_?1",
        r"hypothesis|sentence_?2|text_?(?:b|2)|s2|q(?:uestion)?_?2",
    ),
    (r"question|query|prompt|goal", r"answer|response|choice|option|sol\d?|passage|candidate"),
    (r"claim|statement|headline", r"evidence|body|context|article"),
    (r"context|passage|story", r"question|answer|ending\d?|query"),
)


@dataclass(frozen=True)
class TextSides:
    """How well each of two texts alone tells the label, of rows that a linear model has not learned from."""

    names: tuple[str, str]
    answers: tuple[Answer, Answer]
    together: Answer
    n_judged: int
    sampled: Sampled | None = None


@fact(costly=True)
def text_sides(
    dataset: Dataset, labels: Labels, groups: Groups | None, row_groups: RowGroups, row_keys: RowKeys
) -> TextSides:
    """How well each text of a pair alone tells the label: linear models on hashed words, in up to 6,000 rows."""
    names = pair_of(tuple(column.name for column in dataset.of(role="feature", kind="text")))
    if names is None:
        raise NotApplicable("no pair of texts, such as premise and hypothesis")
    if not labels.is_classes:
        raise NotApplicable(f"the label {labels.column!r} is a number")
    rows = row_keys.sample(labels.known, MOST_ROWS)
    asked = question(labels, rows, units(rows, groups, row_groups))
    if len(rows) < _FEWEST_ROWS or not asked.judged:
        raise NotApplicable(f"{len(rows)} rows with a label; at least {_FEWEST_ROWS} and two classes are needed")
    from scipy.sparse import hstack

    sides = [_weighted(hashed_words(dataset.values(name).take(pa.array(rows)))) for name in names]
    one, other, both = (
        answers(asked, _said(asked, matrix), least=-1.0) for matrix in (*sides, hstack(sides, format="csr"))
    )
    told = {answer.of_class: answer for answer in both}
    strongest = max((*one, *other), key=lambda answer: answer.gain).of_class
    n_known = int(labels.known.sum())
    return TextSides(
        names,
        (_of(one, strongest), _of(other, strongest)),
        told[strongest],
        len(asked.judged),
        Sampled(what="pairs of texts, each text judged alone", rows=len(rows), of=n_known)
        if len(rows) < n_known
        else None,
    )


def pair_of(names: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the two columns whose names say that they belong together, if there are such."""
    for first, second in _PAIRS:
        ones = [name for name in names if re.fullmatch(f"(?i)(?:.*[_ ])?(?:{first})", name)]
        others = [name for name in names if re.fullmatch(f"(?i)(?:.*[_ ])?(?:{second})", name)]
        if len(ones) == 1 and len(others) == 1 and ones != others:
            return ones[0], others[0]
    return None


def _of(found: tuple[Answer, ...], name: str) -> Answer:
    return next(answer for answer in found if answer.of_class == name)


def _weighted(counts: object) -> object:
    """Return logarithms of counts, each text scaled to length 1; nothing is learnt from other texts."""
    from sklearn.preprocessing import normalize

    matrix = counts.copy()  # type: ignore[attr-defined]
    matrix.data = np.log1p(matrix.data)
    return normalize(matrix)


def _said(asked: Question, matrix: object) -> np.ndarray:
    """Return what a linear model, fitted to the other folds, says about each row."""
    from sklearn.linear_model import SGDClassifier

    said = np.full((len(asked.truth), len(asked.classes)), 1.0 / len(asked.classes))
    truth = asked.truth.astype(np.int64)
    with one_thread():
        for number in range(N_FOLDS):
            fit, here = np.flatnonzero(asked.folds != number), np.flatnonzero(asked.folds == number)
            if not len(here) or len(np.unique(truth[fit])) < 2:
                continue
            model = SGDClassifier(loss="log_loss", alpha=1e-4, max_iter=20, tol=1e-3, random_state=0)
            model.fit(matrix[fit], truth[fit])  # type: ignore[index]
            said[here] = 0.0
            said[np.ix_(here, model.classes_)] = model.predict_proba(matrix[here])  # type: ignore[index]
    return said
