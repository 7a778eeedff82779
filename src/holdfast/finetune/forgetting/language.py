"""Forgetting of a language model, without labels: cross-entropy of general text, and drift from the base.

dCE = CE(θ₁, D) − CE(θ₀, D) in nats per token on text of the kind the base knew. Drift: the mean of KL(p₀ ‖ p₁)
over positions of the *new* task's inputs. It needs no original data and goes with forgetting (Shenfeld, Pari & Agrawal,
2025, "RL's razor", 2509.04259, where forgetting is nearly quadratic in it).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.comparison import Comparison, bootstrap_ratio
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Estimate

RESAMPLES = 2000
_CELLS_AT_ONCE = 1 << 22  # logits taken to float64 at once; 32 MiB an array


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the tuned model's distributions are from the base's, in nats a position."""

    mean: Estimate
    positions: int
    units: int  # drawn by themselves: documents, or positions where nothing says otherwise


def cross_entropy_rise(
    before: Float[np.ndarray, " documents"],
    after: Float[np.ndarray, " documents"],
    tokens: Int[np.ndarray, " documents"],
    streams: Streams,
    *,
    level: float = 0.95,
) -> Comparison:
    """Return dCE in nats per token from each document's summed cross-entropies; positive: forgotten.

    Documents are drawn, not tokens, since the tokens of a document go together. Raises NotApplicable where no token
    was scored.
    """
    before, after = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    tokens = np.asarray(tokens)
    if not before.shape == after.shape == tokens.shape or tokens.ndim != 1:
        raise BadInput(f"documents of base, tuned and tokens differ: {before.shape}, {after.shape}, {tokens.shape}")
    some = tokens > 0
    if not some.any():
        raise NotApplicable("not estimable: no token was scored")
    gained = (after - before)[some]
    if not np.isfinite(gained).all():
        raise NotApplicable("not estimable: a cross-entropy is not finite")
    return bootstrap_ratio(gained, tokens[some].astype(np.float64), streams("cross-entropy rise"), RESAMPLES, level)


def divergences(
    base: Float[np.ndarray, "positions vocabulary"], tuned: Float[np.ndarray, "positions vocabulary"]
) -> Float[np.ndarray, " positions"]:
    """Return KL(base ‖ tuned) in nats for each position, from logits, a block of positions at a time.

    A token that the base excludes (logit −∞) adds nothing; one that only the tuned model excludes makes the divergence
    infinite.
    """
    if base.shape != tuned.shape or base.ndim != 2:
        raise BadInput(f"two arrays of logits, positions by vocabulary, must be alike; got {base.shape}, {tuned.shape}")
    step = max(1, _CELLS_AT_ONCE // max(base.shape[1], 1))
    blocks = [_divergence(base[at : at + step], tuned[at : at + step]) for at in range(0, len(base), step)]
    return np.concatenate(blocks) if blocks else np.empty(0)


def drift(
    each: Float[np.ndarray, " positions"],
    streams: Streams,
    *,
    documents: Int[np.ndarray, " positions"] | None = None,
    level: float = 0.95,
) -> Drift:
    """Return the drift meter from the divergence at each position, with whole documents drawn where given.

    Raises NotApplicable for no position, and where a divergence is infinite.
    """
    each = np.asarray(each, dtype=np.float64)
    if not len(each):
        raise NotApplicable("not estimable: no position was compared")
    if not np.isfinite(each).all():
        raise NotApplicable("not estimable: the tuned model excludes a token that the base allows")
    of = np.arange(len(each)) if documents is None else np.unique(documents, return_inverse=True)[1].reshape(-1)
    sums, sizes = np.bincount(of, weights=each), np.bincount(of).astype(np.float64)
    found = bootstrap_ratio(sums, sizes, streams("drift"), RESAMPLES, level)
    return Drift(
        Estimate(value=found.difference, low=max(0.0, found.low), high=found.high, level=level), len(each), len(sums)
    )


def _divergence(base: np.ndarray, tuned: np.ndarray) -> np.ndarray:
    of_base, of_tuned = _log_softmax(base), _log_softmax(tuned)
    share = np.exp(of_base)
    with np.errstate(invalid="ignore"):  # −∞ less −∞, where the base excludes a token; its share is 0
        gap = np.where(share > 0.0, of_base - of_tuned, 0.0)
    return np.maximum(np.einsum("pv,pv->p", share, gap), 0.0)  # rounding alone makes it negative


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
