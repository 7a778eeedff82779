"""Texts as counts of their words and pairs of words, hashed, so that nothing is learnt from any row."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

BITS = 20  # a million columns: of 60,000 words, one in 17 shares its column with another
MOST_CHARACTERS = 20_000  # of one text that are read: 3,000 words say what it is about
WORD = r"(?u)\b\w+\b"


def hashed_words(texts: pa.Array | pa.ChunkedArray, most_characters: int = MOST_CHARACTERS) -> Any:
    """Return a sparse matrix with a line for each text: how often each word and pair of neighbouring words occurs.

    The hashing trick (Weinberger et al., 2009): the column of a word is its hash. Case does not count. Of a long text
    the first `most_characters` are read; a missing one is empty. About 6 MB of text a second.
    """
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import HashingVectorizer

    if not len(texts):
        return csr_matrix((0, 1 << BITS), dtype=np.float32)
    short = pc.utf8_slice_codeunits(pc.fill_null(pc.cast(texts, pa.large_string()), ""), 0, most_characters)
    hashing = HashingVectorizer(
        n_features=1 << BITS,
        ngram_range=(1, 2),
        token_pattern=WORD,
        norm=None,
        alternate_sign=False,
        dtype=np.float32,
    )
    return hashing.transform(short.to_pylist())
