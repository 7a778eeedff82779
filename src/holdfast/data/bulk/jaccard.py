"""How much pairs of texts have in common: the share of both texts' runs of words that stand in both (Jaccard)."""

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from holdfast.data.bulk.reading import limit

NEAR = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("jaccard", pa.float64())])


def near(compared: pa.RecordBatch, threshold: float) -> pa.RecordBatch:
    """Return those pairs that are alike at least so much, as NEAR."""
    alike = jaccard(*(compared.column(name) for name in ("a_runs", "b_runs", "a_grams", "b_grams")))
    keep = alike >= threshold
    arrays = [
        pa.array(compared.column("a").to_numpy()[keep]),
        pa.array(compared.column("b").to_numpy()[keep]),
        pa.array(alike[keep]),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=NEAR)


def jaccard(a_runs: pa.Array, b_runs: pa.Array, a_grams: pa.Array, b_grams: pa.Array) -> Float[np.ndarray, " pairs"]:
    """Return the Jaccard index of pairs of lists of different hashes, each sorted; 0 where both are empty.

    Exact where all runs of both texts are listed; where one of them is a sample, from the runs that both samples may
    hold: at least 8,192, so that the standard error is below 0.006.
    """
    n = len(a_grams)
    most = np.minimum(limit(a_runs.to_numpy()), limit(b_runs.to_numpy()))
    a_pair, a = _flat(a_grams, most)
    b_pair, b = _flat(b_grams, most)
    pair, gram = np.concatenate([a_pair, b_pair]), np.concatenate([a, b])
    order = np.lexsort((gram, pair))
    pair, gram = pair[order], gram[order]
    twice = (pair[1:] == pair[:-1]) & (gram[1:] == gram[:-1])
    shared = np.bincount(pair[1:][twice], minlength=n)
    total = np.bincount(pair, minlength=n) - shared
    return np.asarray(shared / np.maximum(total, 1))


def _flat(lists: pa.Array, most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which pair each hash belongs to, and the hashes, without those above what counts in their pair."""
    grams = lists.flatten().to_numpy().view(np.uint64)
    pair = np.repeat(np.arange(len(lists)), lists.value_lengths().to_numpy())
    keep = grams <= most[pair]
    return pair[keep], grams[keep]
