"""How much better a model is on what it learnt from, and what was seen on the way."""

import numpy as np
from jaxtyping import Int

from holdfast.audit.training import Curves, Gap
from holdfast.finetune.class_answers import Classes
from holdfast.finetune.evaluation import judged
from holdfast.finetune.generalisation import generalisation_gap
from holdfast.finetune.interpolation import blend
from holdfast.finetune.loop import Job, Journal
from holdfast.finetune.measuring.work import Weights, Work, estimate
from holdfast.finetune.tasks.definitions import Judged


def gap(work: Work, job: Job, journal: Journal, ends: Weights, chosen: float) -> Gap:
    """Return the gap of the weights that are kept, a share of the tuned ones, which are in the model."""
    train, _ = work.kept("gap-train", lambda: judged(job.task, job.module, "train", job.watched))
    valid, _ = work.kept("gap-valid", lambda: judged(job.task, job.module, "valid"))
    last = journal.points[-1].score if journal.points else valid.mean
    return Gap(
        train=train.mean_loss,
        valid=valid.mean_loss,
        difference=estimate(generalisation_gap(train.loss, valid.loss, work.streams)),
        chosen=journal.best_step,
        last=journal.step,
        score_lost=(journal.best_score or 0.0) - last,
        stopped=journal.stopping.stopped or "",
        base=_base(work, job, ends, chosen),
    )


def _base(work: Work, job: Job, ends: Weights, chosen: float) -> float:
    """Return the validation loss without the training: of the classes' shares, or of the model as it came."""
    if isinstance(job.task, Classes):
        return loss_of_shares(job.task.classes["train"], job.task.classes["valid"])

    def judge() -> Judged:
        blend(work.module, ends.base, ends.tuned, 0.0, ends.renew)
        return judged(job.task, job.module, "valid")

    try:
        return work.kept("gap-base", judge)[0].mean_loss
    finally:
        blend(work.module, ends.base, ends.tuned, chosen, ends.renew)


def loss_of_shares(train: Int[np.ndarray, " examples"], valid: Int[np.ndarray, " others"]) -> float:
    """Return the loss on others, nats, of who knows nothing but how frequent each class is in training."""
    counts = np.bincount(train, minlength=int(valid.max(initial=0)) + 1) + 1.0
    return float(-np.log(counts[valid] / counts.sum()).mean())


def curves(journal: Journal) -> Curves:
    """Return what was seen at each look."""
    points = journal.points

    def column(name: str) -> np.ndarray:
        return np.array([getattr(one, name) for one in points], dtype=float)

    return Curves(
        steps=tuple(one.step for one in points),
        train=column("train"),
        valid=column("valid"),
        valid_error=column("valid_error"),
        score=column("score"),
        original=column("original") if points and points[0].original is not None else None,
        drift=column("drift") if points and points[0].drift is not None else None,
    )
