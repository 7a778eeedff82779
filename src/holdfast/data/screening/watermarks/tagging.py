"""Writing a mark: a function that a generating loop calls on the scores of the next token.

Nothing of torch is imported: a tensor is read as an array and the result made by its own `new_tensor`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import UInt64

from holdfast.core.errors import BadInput
from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.scheme import Scheme


def processor(
    scheme: Scheme, key: Key, vocabulary: UInt64[np.ndarray, " types"] | None = None
) -> Callable[[Any, Any], Any]:
    """Return f(input_ids, scores) → scores, which writes the mark; arrays or tensors of texts × tokens.

    It is what transformers calls a LogitsProcessor. Call it last, on the scores that are drawn from: after temperature
    and any cut to the likeliest. `vocabulary` has a code for each token, by default its number, as a tokenizer.json
    has it; `word_codes` gives those of words. Raises BadInput for scores that do not fit it.
    """
    codes = None if vocabulary is None else np.asarray(vocabulary, dtype=np.uint64)

    def marked(input_ids: Any, scores: Any) -> Any:
        ids, given = _array(input_ids), _array(scores)
        own = np.arange(given.shape[-1], dtype=np.uint64) if codes is None else codes
        if len(own) != given.shape[-1]:
            raise BadInput(f"scores of {given.shape[-1]:,} tokens do not fit a vocabulary of {len(own):,}")
        text = own[ids.astype(np.int64)] if codes is not None else ids.astype(np.uint64)
        moved = scheme.moved(key, text, own, given.astype(np.float64))
        return scores.new_tensor(moved) if hasattr(scores, "new_tensor") else moved.astype(given.dtype)

    return marked


def _array(value: Any) -> np.ndarray:
    """Return a tensor on whatever device, or an array, as an array."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if value.is_floating_point() else value
        return np.asarray(value.numpy())
    return np.asarray(value)
