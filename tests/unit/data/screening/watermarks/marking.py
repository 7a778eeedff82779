"""Texts with and without marks, made on the spot."""

import numpy as np

from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.tagging import processor

KEY, OTHER = Key(bytes(range(32))), Key(bytes(range(1, 33)))
TYPES = 64


def chances(rng, types=TYPES):
    """Return next-token distributions of a made language: after each token, another order of Zipf's law."""
    law = 1.0 / np.arange(1, types + 1)
    return np.stack([rng.permutation(law / law.sum()) for _ in range(types)])


def written(scheme, key, language, texts, length, rng, vocabulary=None):
    """Return texts that a model of the first order writes, marked if there is a scheme."""
    move = processor(scheme, key, vocabulary) if scheme is not None else lambda ids, scores: scores
    ids = rng.integers(len(language), size=(texts, 1))
    for _ in range(length):
        scores = move(ids, np.log(language[ids[:, -1]]))
        raised = np.exp(scores - scores.max(axis=1, keepdims=True)).cumsum(axis=1)
        luck = rng.random((texts, 1)) * raised[:, -1:]
        ids = np.concatenate([ids, (raised <= luck).sum(axis=1, keepdims=True)], axis=1)
    return ids
