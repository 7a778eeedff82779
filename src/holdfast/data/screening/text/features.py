"""Numbers for texts without learning anything: counts of words and characters under hashes, and habits of writing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from holdfast.data.screening.text.style import style

WIDTH = 1 << 18  # columns of hashed counts: collisions touch about one n-gram in a hundred of a text's
_SPLIT = r"(?u)\b\w+\b|[^\w\s]"  # marks are words of their own
_WORDS, _CHARACTERS = (1, 2), (2, 4)  # lengths of n-grams


@dataclass(frozen=True)
class Features:
    """Hashed counts as sparse matrices, and dense columns: habits of writing, then scores of language models."""

    words: Any
    characters: Any
    dense: Float[np.ndarray, "texts columns"]

    def __len__(self) -> int:
        return int(self.dense.shape[0])

    def take(self, rows: np.ndarray) -> "Features":
        """Return the features of some texts."""
        return Features(self.words[rows], self.characters[rows], self.dense[rows])


def features(texts: Sequence[str], given: Float[np.ndarray, "texts more"] | None = None) -> Features:
    """Return the features of texts; `given` are further dense columns."""
    from sklearn.feature_extraction.text import HashingVectorizer

    shape = {"n_features": WIDTH, "norm": None, "alternate_sign": False, "dtype": np.float32}
    words = HashingVectorizer(ngram_range=_WORDS, token_pattern=_SPLIT, **shape)
    characters = HashingVectorizer(analyzer="char_wb", ngram_range=_CHARACTERS, **shape)
    habits = style(texts)
    dense = habits if given is None else np.column_stack([habits, given])
    return Features(words.transform(texts), characters.transform(texts), dense)
