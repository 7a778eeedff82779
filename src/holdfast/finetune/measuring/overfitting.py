"""How much better a model is on what it learnt from, and what was seen on the way."""

import numpy as np

from holdfast.audit.training import Curves, Gap
from holdfast.finetune.evaluation import judged
from holdfast.finetune.generalisation import generalisation_gap
from holdfast.finetune.loop import Job, Journal
from holdfast.finetune.measuring.work import Work, estimate


def gap(work: Work, job: Job, journal: Journal) -> Gap:
    """Return the gap of the weights that are kept, which are those in the model."""
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
    )


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
