"""What `holdfast finetune` found about a training, for checks to judge: six guards, and what was counted before it.

The mathematics is in `holdfast.finetune`; here are its results. A field that is None was not measured, and
`silent` says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float

from holdfast.core.errors import NotApplicable
from holdfast.core.record import Estimate

Guard = Literal["overfitting", "forgetting", "transfer", "cost", "sensitivity", "need"]
_LEAST_GAP = 0.25  # nats: what models whose answers are as good differ by
GUARDS: tuple[Guard, ...] = ("overfitting", "forgetting", "transfer", "cost", "sensitivity", "need")


@dataclass(frozen=True, slots=True)
class Curves:
    """Losses and scores at each evaluation. Losses are of evaluation mode; lower is better."""

    steps: tuple[int, ...]
    train: Float[np.ndarray, " looks"]
    valid: Float[np.ndarray, " looks"]
    valid_error: Float[np.ndarray, " looks"]
    score: Float[np.ndarray, " looks"]
    original: Float[np.ndarray, " looks"] | None = None
    drift: Float[np.ndarray, " looks"] | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """How much better the model is on what it learnt from than on what it did not, in loss, at the state kept."""

    train: float
    valid: float
    difference: Estimate  # valid − train, nats or the loss's own unit
    chosen: int  # step whose state is kept
    last: int  # step that was reached
    score_lost: float = 0.0  # what the last state scores less than the one that is kept
    stopped: str = ""  # why training ended early
    base: float | None = None  # loss on validation examples without the training: of the classes' shares, or as it came

    def bound(self, share: float = 0.5, floor: float = 0.05) -> float:
        """Return the widest gap that is not reported: a share of what the training seems to have gained.

        That is the loss without it less the training loss. Where the former is not known, it is the share of the
        validation loss, or a quarter nat.
        """
        if self.base is None:
            return max(share * self.valid, _LEAST_GAP)
        return max(share * (self.base - self.train), floor)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What became of the original task. Where no data of it were given, only the drift from the base model is known."""

    metric: str
    before: float | None
    after: float | None
    lost: Estimate | None  # score before − after, on the same examples
    flips: Estimate | None  # share that was right and is wrong now
    plain: Estimate | None  # lost, without what was done against it
    budget: float
    drift: Estimate | None = None  # nats per item between base and tuned model on the new task
    kept_by: str = ""  # what was done against it
    n: int = 0
    p_value: float | None = None  # of nothing lost, two-sided; exact where answers are right or wrong


@dataclass(frozen=True, slots=True)
class Control:
    """A simpler way to the same score, and how much better the tuned model is on the same examples."""

    name: str
    says: str
    score: float
    difference: Estimate  # tuned − control
    p_value: float  # of no difference, two-sided, before correction
    pretrained: bool  # whether it uses the model that was tuned
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """The tuned model on the test examples beside its controls."""

    metric: str
    n: int
    tuned: Estimate
    controls: tuple[Control, ...]
    verdict: str = ""  # helps, no measurable help, or hurts
    decisive: str = ""  # name of the control that decides it
    left_out: tuple[tuple[str, str], ...] = ()  # controls that were not run, and why


@dataclass(frozen=True, slots=True)
class Item:
    """One cost: what was said before the start and what it was."""

    name: str
    unit: str
    predicted: Estimate | None
    actual: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the training cost."""

    items: tuple[Item, ...]
    told_from: str = "a few steps that were undone"  # what it was foretold from


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Scores of trainings over a band around the learning rate, or what else was used, on validation data."""

    metric: str
    rates: tuple[float, ...]  # rising, the one that was used among them
    scores: tuple[float, ...]  # NaN where the loss was no number any more
    lost: tuple[Estimate | None, ...]  # score at the rate used − score there; None where there is none
    used: float
    steps: int  # of each short training; 0 where it has none
    share: float  # of the steps of the whole training
    tolerance: float  # score that may be lost
    verdict: str  # steady, sensitive, open, or not estimable
    reason: str
    what: str = "learning rate"  # what was varied; an estimator's own name for it


@dataclass(frozen=True, slots=True)
class Need:
    """What more labels would bring, from scores at growing sizes."""

    metric: str
    model: str  # whose curve it is
    sizes: tuple[int, ...]
    scores: tuple[float, ...]
    now: float
    doubled: Estimate | None  # score with twice the labels
    target: float | None = None
    needed: Estimate | None = None  # labels for the target
    reachable: bool | None = None
    reason: str = ""  # how the target stands, or why nothing can be forecast


@dataclass(frozen=True, slots=True)
class Training:
    """A training as checks see it."""

    task: str
    metric: str
    curves: Curves | None = None
    gap: Gap | None = None
    forgetting: Forgetting | None = None
    transfer: Transfer | None = None
    cost: Cost | None = None
    sensitivity: Sensitivity | None = None
    need: Need | None = None
    silent: Mapping[Guard, str] = field(default_factory=dict)

    def why_silent(self, guard: Guard) -> NotApplicable:
        """Return the reason that a guard has nothing to judge, to be raised."""
        return NotApplicable(self.silent.get(guard, "it was not measured in this training"))
