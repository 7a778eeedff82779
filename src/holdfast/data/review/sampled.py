"""The reviewed part of a sample as numbers: which records were drawn, with what chance, and what was found.

Records of the sample that nobody has judged yet are left out, and the chances of the others scaled accordingly: the
order of a review is random, so that those judged first are a sample of the sample. Records that were skipped, or that
reviewers are divided about, are counted; the estimate takes it that they are like the others, and says so.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.data.review.consensus import UNFIT, opinions
from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Design, Item, Question

Rate = Literal["wrong-label", "synthetic", "unfit"]
RATES: dict[Rate, tuple[Question, str]] = {
    "wrong-label": ("label", "share of wrong labels"),
    "synthetic": ("origin", "share of synthetic records"),
    "unfit": ("fit", "share of records that do not belong here"),
}


@dataclass(frozen=True)
class ReviewedSample:
    """What was found in a sample: for each judged record whether it is a case, its weight and its stratum.

    `chances` are those of being drawn and judged; `strata` numbers into `sizes`, the records of each stratum.
    """

    design: Design
    cases: Bool[np.ndarray, " judged"]
    chances: Float[np.ndarray, " judged"]
    strata: Int[np.ndarray, " judged"]
    sizes: Int[np.ndarray, " strata"]
    names: tuple[str, ...]
    scores: Float[np.ndarray, " judged"] | None
    waiting: int  # of the sample, not judged yet
    unclear: int  # skipped, divided about, or without what the question needs

    def __len__(self) -> int:
        return len(self.cases)

    @property
    def rows(self) -> int:
        """How many records the sample speaks for."""
        return self.design.rows

    @property
    def skipped_strata(self) -> tuple[str, ...]:
        """Strata of which no record was judged."""
        judged = np.bincount(self.strata, minlength=len(self.sizes))
        return tuple(name for name, n in zip(self.names, judged, strict=True) if not n)


def why_not(queue: Queue) -> str:
    """Return why nothing can be estimated from a queue whatever is decided; empty where something can."""
    if queue.header.design is not None:
        return ""
    kinds = {why for item in queue.items for why in item.why}
    chosen = " and ".join(sorted(kinds)) or "chosen"
    return (
        f"its records were picked for being {chosen}, so that their rate says nothing about the others. "
        "Draw a sample for that: holdfast data review DATA --sample 200"
    )


def sampled(queue: Queue, rate: Rate, *, round_: int | None = None) -> ReviewedSample:
    """Return what the review of a queue's sample found. The queue has a sample."""
    design = queue.header.design
    if design is None:
        raise ValueError(why_not(queue))
    said = opinions(queue, RATES[rate][0], round_=round_)
    judged_at_all = {one.record for one in queue.standing() if round_ in {None, one.round}}
    drawn = [item for item in queue.items if item.chance is not None]
    kept, cases, unclear = [], [], 0
    for item in drawn:
        opinion = said.get(item.record)
        case = None if opinion is None else is_case(rate, opinion.value, item)
        if case is not None:
            kept.append(item)
            cases.append(case)
        elif item.record in judged_at_all:
            unclear += 1
    return _as_numbers(design, drawn, kept, cases, unclear)


def is_case(rate: Rate, value: str | None, item: Item) -> bool | None:
    """Return whether an opinion makes a record a case; None where it cannot say."""
    if value is None:
        return None
    if rate == "synthetic":
        return value == "synthetic"
    if rate == "unfit":
        return value == UNFIT
    return None if item.given is None else value != item.given


def _as_numbers(design: Design, drawn: list[Item], kept: list[Item], cases: list[bool], unclear: int) -> ReviewedSample:
    if design.kind == "stratified":
        names = tuple(one.name for one in design.strata)
        sizes = np.array([one.rows for one in design.strata], np.int64)
    else:
        names, sizes = ("",), np.array([design.rows], np.int64)
    place = {name: number for number, name in enumerate(names)}
    strata = np.array([place.get(item.stratum, 0) for item in kept], np.int64)
    if design.kind == "poisson":
        chances = np.array([item.chance for item in kept], float) * (len(kept) / max(1, len(drawn)))
    else:
        judged = np.bincount(strata, minlength=len(sizes))
        chances = (judged / sizes)[strata]
    scores = np.array([item.score for item in kept], float) if kept and kept[0].score is not None else None
    return ReviewedSample(
        design=design,
        cases=np.array(cases, bool),
        chances=chances,
        strata=strata,
        sizes=sizes,
        names=names,
        scores=scores,
        waiting=len(drawn) - len(kept) - unclear,
        unclear=unclear,
    )
