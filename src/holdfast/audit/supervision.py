"""What a model is shown of each example and what it learns from: counted before the first step, for checks to judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Int

from holdfast.core.record import Sampled


@dataclass(frozen=True)
class Ledger:
    """One split, example by example. `rows` are row numbers of the data set; a row may make several examples."""

    rows: Int[np.ndarray, " examples"]
    whole: Int[np.ndarray, " examples"]  # tokens (or other units) that the example has
    kept: Int[np.ndarray, " examples"]  # … that the model is shown
    supervised: Int[np.ndarray, " examples"]  # … that it learns from
    lost: Int[np.ndarray, " examples"]  # … that it should have learnt from, and that were cut off
    ends: Bool[np.ndarray, " examples"] | None = None  # False: there is an end, and it is not learnt; None: no ends

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Fault:
    """Where a model would see other text in use than it learnt from. `mended`: it learns what use will show it."""

    says: str
    split: str
    rows: Int[np.ndarray, " rows"]
    of: int  # examples of the split
    mended: bool = False


@dataclass(frozen=True)
class Supervision:
    """All splits, and what is true of all of them."""

    unit: str  # `tokens`
    limit: int | None  # the most units of an example that the model is shown
    ledgers: Mapping[str, Ledger]
    columns: tuple[str, ...] = ()  # what the model is shown; all features, if empty
    end: str = ""  # the token that generation stops at; empty where there is none
    pad_is_end: bool = False  # padding and end share a token, so that masking the padding masks the ends
    template: str = ""  # how conversations are written out, in a word
    template_faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = field(default=())
    sampled: Sampled | None = None
    labelled: bool = True  # whether the label column is what is learnt, and not only says something of it
