"""What a language model thinks of a text, as a score that needs no labelled text: higher is more like a machine's.

Both scores ask whether the words are the model's usual choice *where it had that choice*, so that a surprising subject
alone does not count. They are formulas of log-probabilities; `language_model` reads the model.
"""

import numpy as np
from jaxtyping import Float, Int

Logits = Float[np.ndarray, "tokens vocabulary"]


def curvature(logits: Logits, tokens: Int[np.ndarray, " tokens"]) -> float:
    """Return (Σ log p(x) − Σ μ) / √Σ σ²: how likely the tokens are beside what the model would draw itself.

    The conditional probability curvature of Fast-DetectGPT in its analytic form (Bao et al., 2024): μ and σ² are mean
    and variance of log p under the model at each place. Line t of `logits` is the prediction of token t. On texts that
    the model itself wrote it has mean 0 and variance 1. NaN below two tokens.
    """
    if len(tokens) < 2:
        return float("nan")
    logs = log_softmax(logits)
    p = np.exp(logs)
    finite = np.where(p > 0, logs, 0.0)
    mean = (p * finite).sum(axis=1)
    variance = (p * finite**2).sum(axis=1) - mean**2
    spread = float(np.sqrt(max(variance.sum(), 1e-12)))
    return float((logs[np.arange(len(tokens)), tokens] - mean).sum() / spread)


def binoculars(first: Logits, second: Logits, tokens: Int[np.ndarray, " tokens"]) -> float:
    """Return −log PPL(first) / log X-PPL(first, second): minus the score of Binoculars (Hans et al., 2024).

    The cross-perplexity is how much the second model is surprised by what the first expects. NaN below two tokens.
    """
    if len(tokens) < 2:
        return float("nan")
    logs, other = log_softmax(first), log_softmax(second)
    surprise = -float(logs[np.arange(len(tokens)), tokens].mean())
    p = np.exp(logs)
    crossed = -float(np.where(p > 0, p * np.maximum(other, -1e4), 0.0).sum(axis=1).mean())
    return -surprise / max(crossed, 1e-12)


def log_softmax(logits: Logits) -> Logits:
    """Return the logarithms of the probabilities, in double precision."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
