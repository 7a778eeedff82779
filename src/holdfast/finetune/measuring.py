"""From judgements of examples to what guards read: differences on the same examples, with intervals."""

from collections.abc import Mapping

import numpy as np

from holdfast.audit.comparison import Comparison, bootstrap_ratio
from holdfast.audit.training import Control as ControlRecord
from holdfast.audit.training import Curves, Forgetting, Gap, Transfer
from holdfast.core.random import Streams
from holdfast.core.record import Estimate
from holdfast.finetune.catalogue import controls
from holdfast.finetune.generalisation import generalisation_gap
from holdfast.finetune.loop import Journal
from holdfast.finetune.tasks.definitions import Judged

RESAMPLES = 4000


def estimate(found: Comparison) -> Estimate:
    """Return a comparison as records keep it."""
    value = found.difference
    return Estimate(value=value, low=min(found.low, value), high=max(found.high, value), level=found.level)


def score(one: Judged, streams: Streams) -> Estimate:
    """Return the mean score with its interval, over examples."""
    return estimate(bootstrap_ratio(one.score * one.weight, one.weight, streams("score"), RESAMPLES))


def better(one: Judged, other: Judged, streams: Streams) -> Comparison:
    """Return how much higher `one` scores than `other` on the same examples."""
    return bootstrap_ratio((one.score - other.score) * one.weight, one.weight, streams("better"), RESAMPLES)


def gap(train: Judged, valid: Judged, journal: Journal, last_score: float, streams: Streams) -> Gap:
    """Return by how much the model kept does better on what it learnt from."""
    return Gap(
        train=train.mean_loss,
        valid=valid.mean_loss,
        difference=estimate(generalisation_gap(train.loss, valid.loss, streams)),
        chosen=journal.best_step,
        last=journal.step,
        score_lost=(journal.best_score or 0.0) - last_score,
        stopped=journal.stopping.stopped or "",
    )


def transfer(metric: str, tuned: Judged, others: Mapping[str, tuple[Judged, float]], streams: Streams) -> Transfer:
    """Return the tuned model beside its controls, on the test examples."""
    known = controls()
    found = []
    for name, (judgement, seconds) in others.items():
        difference = better(tuned, judgement, streams)
        found.append(
            ControlRecord(
                name=name,
                says=known[name].says,
                score=judgement.mean,
                difference=estimate(difference),
                p_value=difference.p_value,
                pretrained=known[name].pretrained,
                seconds=seconds,
            )
        )
    return Transfer(metric, len(tuned.score), score(tuned, streams), tuple(found))


def forgetting(
    metric: str, before: Judged, after: Judged, plain: Judged | None, budget: float, kept_by: str, streams: Streams
) -> Forgetting:
    """Return what became of the original task, on the same examples before and after."""
    right = before.score > 0.5
    flipped = (right & (after.score <= 0.5)).astype(float)
    shares = set(np.unique(np.concatenate([before.score, after.score]))) <= {0.0, 1.0}
    ones = np.ones(len(flipped))
    return Forgetting(
        metric=metric,
        before=before.mean,
        after=after.mean,
        lost=estimate(better(before, after, streams)),
        flips=estimate(bootstrap_ratio(flipped, ones, streams("flips"), RESAMPLES)) if shares else None,
        plain=estimate(better(before, plain, streams)) if plain is not None else None,
        budget=budget,
        kept_by=kept_by,
        n=len(before.score),
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
