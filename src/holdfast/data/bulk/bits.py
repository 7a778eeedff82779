"""Numbers with their bits mixed, so that each bit moves every bit of the result: for keys, samples and folds."""

import numpy as np
from jaxtyping import Int, UInt64

GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd (Steele et al., 2014)


def finished(bits: UInt64[np.ndarray, " n"]) -> UInt64[np.ndarray, " n"]:
    """Return the finaliser of splitmix64 (Steele et al., 2014) of each value; 0 stays 0 unless GOLDEN is added."""
    with np.errstate(over="ignore"):
        bits = np.asarray(bits ^ (bits >> np.uint64(30)))  # a new array, changed in place from here on
        bits *= np.uint64(0xBF58476D1CE4E5B9)
        bits ^= bits >> np.uint64(27)
        bits *= np.uint64(0x94D049BB133111EB)
        bits ^= bits >> np.uint64(31)
        return bits


def folds_by_number(numbers: np.ndarray, n_folds: int) -> Int[np.ndarray, " n"]:
    """Return a fold for each of `numbers` (from 0), which follows from the number alone: equal ones share it."""
    with np.errstate(over="ignore"):
        mixed = (numbers.astype(np.uint64) + np.uint64(1)) * GOLDEN
        mixed ^= mixed >> np.uint64(32)
        mixed *= GOLDEN
    return ((mixed >> np.uint64(33)) % np.uint64(n_folds)).astype(np.int64)
