"""The verb: what a queue's decisions say, as the record of a run."""

import time
from collections.abc import Mapping, Sequence
from typing import get_args

from pydantic import BaseModel, Field

from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.record import InputRecord, Run
from holdfast.core.recording import begun, recorded
from holdfast.core.store import RunStore
from holdfast.data.review.estimating import RateEstimate, bounds, estimated, with_scores
from holdfast.data.review.imperfect import corrected, skill
from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Question
from holdfast.data.review.sampled import RATES, Rate, sampled, why_not
from holdfast.data.review.telling import (
    agreement_section,
    disputes_section,
    percent,
    picked_section,
    progress_section,
    rates_section,
    sentence,
)

_OF: dict[Question, Rate] = {question: rate for rate, (question, _) in RATES.items()}


class Telling(BaseModel):
    """What a report of a review is to say."""

    model_config = FROZEN
    coverage: float = Field(0.95, gt=0.5, lt=1, description="coverage of the intervals")
    within: float | None = Field(None, gt=0, lt=0.5, description="half-width that is wanted: how many more reviews?")
    round_: int | None = Field(None, ge=1, description="only this round")
    seed: int = 0


def report(
    queue: Queue,
    asked: Telling,
    *,
    gold: Mapping[str, str] | None = None,
    store: RunStore | None = None,
    command: Sequence[str] = (),
) -> Run:
    """Return the record of what a queue's decisions say. `gold` is the right answer by record, where it is known.

    Raises BadInput where nothing was decided.
    """
    started = time.perf_counter()
    if not queue.standing():
        raise BadInput(f"nothing is decided in {queue.path} yet. Review it: holdfast data review {queue.path}")
    header = queue.header
    name = header.address.rpartition("/")[2]
    run = begun(
        "data",
        f"review of {name}",
        command,
        asked,
        n_rows=header.rows,
        inputs=(InputRecord(name=name, start=0, stop=header.rows, digest=header.version),),
        size=f"{len(queue.items):,} records in the queue",
    )
    with recorded(run, store, started) as going:
        found, notes, needed = estimates(queue, asked, gold or {})
        sections = [
            rates_section(found, notes, needed),
            picked_section(queue),
            agreement_section(queue, asked.seed),
            disputes_section(queue),
            progress_section(queue),
        ]
        return going.finish(
            says=". ".join(sentence(rate, one).rstrip(".") for rate, one in _main(found)) + ".",
            sections=tuple(one for one in sections if one is not None),
        )


def estimates(
    queue: Queue, asked: Telling, gold: Mapping[str, str]
) -> tuple[list[tuple[Rate, RateEstimate]], list[str], list[str]]:
    """Return the estimates by rate, what is to be said about them, and how many more reviews are needed."""
    found: list[tuple[Rate, RateEstimate]] = []
    notes: list[str] = []
    needed: list[str] = []
    why = why_not(queue)
    for rate in (_OF[question] for question in _questions(queue)):
        if why:
            found.append((rate, RateEstimate("simple", reason=why.rstrip("."))))
            continue
        sample = sampled(queue, rate, round_=asked.round_)
        best = estimated(sample, level=asked.coverage)
        found.append((rate, best))
        if rate == "synthetic" and "score mean" in queue.header.extra:
            found.append((rate, with_scores(sample, queue.header.extra["score mean"], level=asked.coverage)))
        if gold:
            found.append((rate, corrected(best, skill(queue, rate, gold), seed=asked.seed, level=asked.coverage)))
        limits = bounds(sample, best)
        if limits is not None:
            notes.append(
                f"{sample.unclear:,} records of the sample were skipped or are disputed: the estimate takes it that "
                "they are like the others. If none of them, or all, were cases: "
                f"{percent(limits[0])} to {percent(limits[1])}."
            )
        if sample.waiting:
            notes.append(
                f"{sample.waiting:,} records of the sample are not judged yet; the order is random, so that those "
                "judged stand for them."
            )
        if asked.within is not None and (more := best.needed(asked.within)) is not None:
            reached = "the interval is as narrow as wanted" if not more else f"about {more:,} more reviews are needed"
            needed.append(f"For {RATES[rate][1]} within ± {percent(asked.within)}: {reached}.")
    return found, notes, needed


def _questions(queue: Queue) -> tuple[Question, ...]:
    """Return the questions that were asked, and `fit` where somebody rejected a record."""
    asked = queue.header.asks
    if "fit" not in asked and any(one.verdict == "reject" for one in queue.standing()):
        return (*asked, "fit")
    return asked


def _main(found: Sequence[tuple[Rate, RateEstimate]]) -> list[tuple[Rate, RateEstimate]]:
    """Return the first estimate of each rate: the one that rests on the design alone."""
    first: dict[Rate, RateEstimate] = {}
    for rate, one in found:
        first.setdefault(rate, one)
    return [(rate, first[rate]) for rate in get_args(Rate) if rate in first]
