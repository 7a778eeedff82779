"""What a model is shown of each example and what it learns from: counted before the first step, for checks to judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Int

from holdfast.core.record import Sampled


@dataclass(frozen=True)
class Ledger:
    """One split, example by example. `rows` are row numbers of the data set."""

    rows: Int[np.ndarray, " examples"]
    whole: Int[np.ndarray, " examples"]  # tokens (or other units) that the example has
    kept: Int[np.ndarray, " examples"]  # … that the model is shown
    supervised: Int[np.ndarray, " examples"]  # … that it learns from
    lost: Int[np.ndarray, " examples"]  # … that it should have learnt from, and that were cut off
    ends: Bool[np.ndarray, " examples"] | None = None  # whether the end of the answer is learnt; None: no such thing

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Supervision:
    """All splits, and what is true of all of them."""

    unit: str  # `tokens`
    limit: int | None  # the most units of an example that the model is shown
    ledgers: Mapping[str, Ledger]
    pad_is_end: bool = False  # padding and end share a token, so that ends are masked with the padding
    template: str = ""  # how conversations are written out, in a word
    template_faults: tuple[str, ...] = ()  # where learning and use would see different text
    notes: tuple[str, ...] = field(default=())
    sampled: Sampled | None = None
