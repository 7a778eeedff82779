"""Detectors that learn from labelled texts: each gives a score that is higher for what is more like machines' texts.

A score orders texts. It is no probability and no verdict; what it is worth is measured on texts that were held out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from holdfast.data.screening.text.compression import gain, references
from holdfast.data.screening.text.features import Features

_STRENGTH = 10.0  # inverse ridge on rows of length one: weak, as texts of a few hundred words hold few n-grams
_DENSE = 0.15  # weight of a standardised dense column beside a row of n-grams whose length is one
_CONCEPTS = 64  # dimensions of the embedding
Score = Callable[[Features, Sequence[str]], Float[np.ndarray, " texts"]]
Fit = Callable[[Features, Sequence[str], Bool[np.ndarray, " texts"], int], Score]


@dataclass(frozen=True, slots=True)
class Detector:
    """What it looks at, and how it learns it from (features, texts, which are machines', seed)."""

    title: str
    fit: Fit


def _linear(matrix: Any, is_machine: Bool[np.ndarray, " texts"], seed: int, strength: float = _STRENGTH) -> Any:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, class_weight="balanced", solver="liblinear", random_state=seed)
    return model.fit(matrix, is_machine)


def _weighted(counts: Any) -> Callable[[Any], Any]:
    """Return the function from counts to TF-IDF rows, over the columns that two texts fill.

    Hashed columns are many and nearly all empty: without them a fit takes a tenth of the time.
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    used = np.flatnonzero(np.bincount(counts.indices, minlength=counts.shape[1]) > 1)
    used = used if len(used) else np.arange(1)  # texts without a word in common: one column, which says nothing
    weigh = TfidfTransformer(sublinear_tf=True).fit(counts[:, used])
    return lambda found: weigh.transform(found[:, used])


def words(known: Features, texts: Sequence[str], is_machine: Bool[np.ndarray, " texts"], seed: int) -> Score:
    """Return a linear score of words and pairs of words (TF-IDF)."""
    del texts
    weigh = _weighted(known.words)
    model = _linear(weigh(known.words), is_machine, seed)
    return lambda found, _: model.decision_function(weigh(found.words))


def characters(known: Features, texts: Sequence[str], is_machine: Bool[np.ndarray, " texts"], seed: int) -> Score:
    """Return a linear score of two to four characters in a row (TF-IDF)."""
    del texts
    weigh = _weighted(known.characters)
    model = _linear(weigh(known.characters), is_machine, seed)
    return lambda found, _: model.decision_function(weigh(found.characters))


def embedding(known: Features, texts: Sequence[str], is_machine: Bool[np.ndarray, " texts"], seed: int) -> Score:
    """Return a linear score of a text's place among topics: TF-IDF of words, reduced by SVD (LSA)."""
    from sklearn.decomposition import TruncatedSVD

    del texts
    weigh = _weighted(known.words)
    rows = weigh(known.words)
    reduce = TruncatedSVD(min(_CONCEPTS, len(known) - 1, rows.shape[1]), random_state=seed).fit(rows)
    model = _linear(reduce.transform(rows), is_machine, seed, 3 * _STRENGTH)
    return lambda found, _: model.decision_function(reduce.transform(weigh(found.words)))


def burstiness(known: Features, texts: Sequence[str], is_machine: Bool[np.ndarray, " texts"], seed: int) -> Score:
    """Return a linear score of habits of writing: burstiness, sentence lengths, marks."""
    from holdfast.data.screening.text.style import NAMES

    del texts
    n = len(NAMES)
    scale = _scale(known.dense[:, :n])
    model = _linear(scale(known.dense[:, :n]), is_machine, seed, 1.0)
    return lambda found, _: model.decision_function(scale(found.dense[:, :n]))


def compression(known: Features, texts: Sequence[str], is_machine: Bool[np.ndarray, " texts"], seed: int) -> Score:
    """Return the bytes saved beside machines' texts rather than people's (zlib)."""
    del known, seed
    human = [text for text, machine in zip(texts, is_machine, strict=True) if not machine]
    machine = [text for text, machine in zip(texts, is_machine, strict=True) if machine]
    against = references(human, machine)
    return lambda _, asked: gain(asked, against)


def together(known: Features, texts: Sequence[str], is_machine: Bool[np.ndarray, " texts"], seed: int) -> Score:
    """Return one linear score of words, characters, habits of writing and what language models say."""
    from scipy import sparse

    del texts
    by_word, by_character, scale = _weighted(known.words), _weighted(known.characters), _scale(known.dense)

    def rows(one: Features) -> Any:
        parts = [by_word(one.words), by_character(one.characters)]
        return sparse.hstack([*parts, sparse.csr_matrix(_DENSE * scale(one.dense))]).tocsr()

    model = _linear(rows(known), is_machine, seed)
    return lambda found, _: model.decision_function(rows(found))


def _scale(known: Float[np.ndarray, "texts columns"]) -> Callable[[np.ndarray], np.ndarray]:
    middle, spread = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
    spread = np.where(spread > 1e-12, spread, 1.0)
    # Four spreads are enough: one odd text must not outweigh all n-grams.
    return lambda found: np.nan_to_num(np.clip((found - middle) / spread, -4.0, 4.0))


TOGETHER = "together"
DETECTORS: Mapping[str, Detector] = {
    TOGETHER: Detector("n-grams and habits together", together),
    "words": Detector("words and pairs of words", words),
    "characters": Detector("two to four characters", characters),
    "embedding": Detector("topics (TF-IDF and SVD)", embedding),
    "burstiness": Detector("burstiness and habits", burstiness),
    "compression": Detector("compression beside either", compression),
}
