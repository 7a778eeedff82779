"""Peak memory of a fine-tuning, from the model's weights and one dry run.

With AdamW in single precision each weight that learns takes 16 bytes: itself, its gradient and two moments, 4 each
(Rajbhandari et al., 2020, "ZeRO", 1910.02054, section 3.1, without the half-precision copy); a frozen one takes 4.
What a batch keeps for the way back grows with its examples and padded tokens and is measured once.
"""

from dataclasses import dataclass

from holdfast.core.errors import BadInput
from holdfast.core.record import Estimate
from holdfast.finetune.cost.shape import ModelShape

_WEIGHT = 4  # bytes in single precision
_MOMENTS = {"adamw": 2, "sgd-momentum": 1, "sgd": 0}
# On the way back, gradients of activations come and go beside what was kept. A quarter of that meets the measured
# peaks of four encoders (4 and 21 million weights, 4 to 32 examples, one CPU) within 10%:
# benchmarks/speed/finetune_memory.py
TRANSIENT = 0.25


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes at the peak with a band, and of what they are made."""

    peak: Estimate
    weights: int
    gradients: int
    moments: int
    copies: int
    activations: int
    overhead: int


def predicted_memory(
    shape: ModelShape,
    kept: int,
    *,
    work: float = 1.0,
    optimizer: str = "adamw",
    copies: int = 0,
    weight_bytes: int = _WEIGHT,
    overhead: int = 0,
) -> Memory:
    """Return the peak in bytes. `kept` is what one measured batch kept for the way back.

    `work` is the largest batch over the measured one (examples × padded tokens), `copies` how often the weights that
    learn are held besides (L2-SP, interpolation: 1; EWC: 2), `overhead` what the process takes without a model.
    """
    if optimizer not in _MOMENTS:
        raise BadInput(f"no optimizer {optimizer!r}; known are {', '.join(_MOMENTS)}")
    if kept < 0 or work <= 0.0 or copies < 0:
        raise BadInput(f"memory wants kept ≥ 0, work > 0, copies ≥ 0; got {kept}, {work:g}, {copies}")
    weights = weight_bytes * (shape.learning + shape.frozen)
    gradients = weight_bytes * shape.learning
    moments = _WEIGHT * _MOMENTS[optimizer] * shape.learning
    beside = weight_bytes * copies * shape.learning
    activations = round(kept * work)
    fixed = weights + moments + beside + overhead
    return Memory(
        Estimate(
            value=fixed + gradients + (1.0 + TRANSIENT) * activations,
            low=fixed + max(gradients, activations),  # nothing transient, and one is gone before the other is there
            high=fixed + gradients + (1.0 + 2.0 * TRANSIENT) * activations,
            level=1.0,
        ),
        weights,
        gradients,
        moments,
        beside,
        activations,
        overhead,
    )
