"""Floating-point operations of training and evaluation, by part of the model, from its shape alone.

A matrix of P weights takes 2P operations a token forward, 2P for the gradient of its input and 2P for that of its
weights (Kaplan et al., 2020, 2001.08361, section 2.1; Hoffmann et al., 2022, 2203.15556, appendix F). Hence, over all
matrices, N weights and D tokens: 6ND for training everything, 4ND where the body is frozen below adapters, 2ND where
only a head on top learns, 2ND for evaluation; 8ND where blocks are recomputed to save memory. Attention adds
4 T × width a token and layer forward and twice that back. D counts padding, which is multiplied like the rest; of
images, tokens are patches.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.core.errors import BadInput
from holdfast.finetune.cost.shape import Attention, ModelShape, Part

TELL = 0.1  # difference of formula and counter from which on both are told


@dataclass(frozen=True, slots=True)
class Flops:
    """Operations, as exact integers."""

    forward: int
    inputs: int  # gradients of inputs, and of attention
    weights: int  # gradients of weights that learn
    again: int  # forward products made twice, to save memory
    by_group: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return self.forward + self.inputs + self.weights + self.again


@dataclass(frozen=True, slots=True)
class Calibration:
    """The formula against the counter on one batch; `factor` is what a prediction is multiplied by."""

    formula: int
    counted: int

    @property
    def factor(self) -> float:
        """Counted over formula."""
        return self.counted / self.formula

    @property
    def differs(self) -> bool:
        """Whether both should be told, since they are more than 10% apart."""
        return abs(self.factor - 1.0) > TELL


def training_flops(shape: ModelShape, tokens: int, examples: int = 1) -> Flops:
    """Return the operations of one update on `examples` of `tokens` each, padding included."""
    _checked(tokens, examples)
    groups: dict[str, int] = {}
    forward = inputs = weights = again = 0
    for part in shape.parts:
        once = 2 * part.size * _uses(part, tokens) * examples
        into, own, twice = once * part.passes, once * part.learns, once * part.recomputed
        forward, inputs, weights, again = forward + once, inputs + into, weights + own, again + twice
        groups[part.group] = groups.get(part.group, 0) + once + into + own + twice
    for layer in shape.attention:
        once = _attention(layer, tokens) * examples
        back = (once * 5 // 2 if layer.fused else 2 * once) * layer.passes
        forward, inputs, again = forward + once, inputs + back, again + once * layer.recomputed
        groups["attention"] = groups.get("attention", 0) + once + back + once * layer.recomputed
    return Flops(forward, inputs, weights, again, groups)


def evaluation_flops(shape: ModelShape, tokens: int, examples: int = 1) -> int:
    """Return the operations of one pass forward over `examples` of `tokens` each."""
    _checked(tokens, examples)
    of_parts = sum(2 * part.size * _uses(part, tokens) for part in shape.parts)
    return examples * (of_parts + sum(_attention(layer, tokens) for layer in shape.attention))


def calibration(formula: int, counted: int) -> Calibration:
    """Return how the formula does against the counter. Raises BadInput where either counted nothing."""
    if formula < 1 or counted < 1:
        raise BadInput(f"nothing was counted: {formula:,} operations by formula, {counted:,} by the counter")
    return Calibration(formula, counted)


def _attention(layer: Attention, tokens: int) -> int:
    return 4 * tokens * tokens * layer.width


def _uses(part: Part, tokens: int) -> int:
    return tokens if part.uses is None else part.uses


def _checked(tokens: int, examples: int) -> None:
    if tokens < 1 or examples < 1:
        raise BadInput(f"a batch holds one example of one token at least, got {examples} of {tokens}")
