"""The default model: gradient boosting on a table's columns, linear models on words, images and vectors.

Where there are both, boosting learns from the columns and from what the linear models say about rows they did not see.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.models.inputs import Blocks
from holdfast.audit.models.linear import Scorer, calibrated, fit_features, fit_words
from holdfast.audit.models.model import Model

MOST_TREES, MOST_ROUNDS, FEWEST_ROUNDS = 300, 100, 10  # of the default model: seconds, whatever the classes
_READ = {"text": "words", "image": "images", "vector": "vectors"}


def default_model(encoding: Encoding, labels: Labels, *, rounds: int | None = None, **settings: Any) -> Model:
    """Return the model that suits what the columns hold. `rounds` and `settings` are those of the boosting in it."""
    if rounds is None:
        # A boosting model grows one tree for each class and round.
        rounds = int(np.clip(MOST_TREES // max(len(labels.classes), 1), FEWEST_ROUNDS, MOST_ROUNDS))

    def boosting(seed: int) -> Any:
        return default_estimator(encoding, labels, seed, rounds=rounds).set_params(**settings)

    if not encoding.blocks:
        return Model("gradient boosting", boosting)
    return Model(name_of(encoding), lambda seed: OnBlocks(boosting(seed), is_classes=labels.is_classes), "blocks")


def name_of(encoding: Encoding) -> str:
    """Return what the default model is called."""
    if not encoding.blocks:
        return "gradient boosting"
    read = " and ".join(dict.fromkeys(_READ[block.kind] for block in encoding.blocks))
    linear = f"a linear model of the {read}"
    return f"gradient boosting with {linear}" if encoding.names else linear


def default_estimator(encoding: Encoding, labels: Labels, seed: int, *, rounds: int = 100) -> Any:
    """Return an unfitted boosting model for `encoding.matrix`; it takes NaN and category codes as they are.

    Histogram gradient boosting (Ke et al., 2017) is the usual strong default on tables (Grinsztajn et al., 2022).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if labels.is_classes else HistGradientBoostingRegressor
    return kind(
        max_iter=rounds,
        categorical_features=encoding.categorical if encoding.categorical.any() else None,
        early_stopping=False,
        random_state=seed,
    )


def default_for(estimator: Any, encoding: Encoding, without: Sequence[str]) -> Any:
    """Tell the default model which of the columns left are categories."""
    if (
        without
        and not isinstance(estimator, OnBlocks)
        and estimator.get_params().get("categorical_features") is not None
    ):
        kept = np.array([name not in without for name in encoding.names])
        estimator.set_params(categorical_features=encoding.categorical[kept] if kept.any() else None)
    return estimator


class OnBlocks:
    """An estimator for `Blocks`: linear models for each block, and boosting over their scores where there is a table.

    Without blocks it is the boosting alone. A single block of words needs nothing above it. Without table columns, a
    small logistic regression (a linear one, for numbers) brings the scores together.
    """

    def __init__(self, boosting: Any, *, is_classes: bool) -> None:
        self.boosting, self.is_classes = boosting, is_classes
        self.scorers: tuple[Scorer, ...] = ()
        self.above: Any = None
        self.classes_ = np.empty(0, dtype=np.int64)

    def fit(self, rows: Blocks, target: np.ndarray) -> "OnBlocks":
        """Fit to rows with their labels."""
        self.classes_ = np.unique(target)
        if not rows.parts:
            self.boosting.set_params(categorical_features=rows.categorical if rows.categorical.any() else None)
            self.above = self.boosting.fit(rows.matrix, target)
            return self
        several = bool(rows.matrix.shape[1]) or len(rows.parts) > 1
        self.scorers = tuple(
            fit_words(lines, target, classes=self.is_classes, left_out=several)
            if is_words
            else fit_features(lines, target, classes=self.is_classes)
            for is_words, lines in rows.parts
        )
        if not several and rows.parts[0][0]:
            return self
        scores = np.column_stack([scorer.left_out for scorer in self.scorers if scorer.left_out is not None])
        if rows.matrix.shape[1]:
            flags = np.r_[rows.categorical, np.zeros(scores.shape[1], dtype=bool)]
            self.boosting.set_params(categorical_features=flags if flags.any() else None)
            self.above = self.boosting.fit(np.column_stack([rows.matrix, scores]), target)
        elif self.is_classes:
            self.above = calibrated(scores, target)
        else:
            from sklearn.linear_model import LinearRegression

            self.above = LinearRegression().fit(scores, target)
        return self

    def predict(self, rows: Blocks) -> np.ndarray:
        """Return a class or number for each row."""
        if not self.is_classes:
            scores = self._scores(rows)
            return np.asarray(scores[:, 0] if self.above is None else self.above.predict(scores))
        return np.asarray(self.classes_[self.predict_proba(rows).argmax(axis=1)])

    def predict_proba(self, rows: Blocks) -> np.ndarray:
        """Return the probability of each class, in the order of `classes_`."""
        scores = self._scores(rows)
        if self.above is not None:
            return np.asarray(self.above.predict_proba(scores))
        if scores.shape[1] == 1:
            scores = np.column_stack([np.zeros(len(scores)), scores[:, 0]])
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True))

    def _scores(self, rows: Blocks) -> np.ndarray:
        scores = [scorer.score(lines) for scorer, (_, lines) in zip(self.scorers, rows.parts, strict=True)]
        if rows.matrix.shape[1]:
            scores.insert(0, rows.matrix)
        return np.column_stack(scores)
