"""From data to a queue: the uncertain, what a run flagged, and a sample that estimates can stand on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int
from pydantic import BaseModel, Field

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.record import Run
from holdfast.core.text import one_line
from holdfast.data.origin import ORIGIN
from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Header, Item, Question, Why
from holdfast.data.review.sampling import Sample, by_size, draws, simple, stratified
from holdfast.data.standing import named_records

MOST_ITEMS = 100_000  # nobody reviews more, and a queue is read as a whole
MOST_LABELS = 200
_BINS = 10
DEFAULT_SAMPLE = 200  # half-width of about 3 points at a rate of 5%


class Asked(BaseModel):
    """How a queue is to be filled. Without a selection, a simple random sample of 200."""

    model_config = FROZEN
    sample: int | None = Field(None, ge=1, description="records to draw at random, for estimates")
    by: str | None = Field(None, description="column whose values (or tenths, for numbers) are strata of the sample")
    allocation: Literal["proportional", "equal"] = Field("proportional", description="records of each stratum")
    size: str | None = Field(None, description="column that the chance of being drawn is in proportion to")
    uncertain: str | None = Field(None, description="column of scores between 0 and 1; those nearest to one half")
    flagged: bool = Field(default=False, description="the rows of the run's findings")
    checks: tuple[str, ...] = Field((), description="only of findings by these checks")
    most: int = Field(200, ge=1, le=MOST_ITEMS, description="uncertain and flagged records, at most")
    asks: tuple[Question, ...] = Field((), description="what is asked of each record; what suits it, if empty")
    score: str | None = Field(None, description="column of scores that a detector gave, for sharper estimates")
    reviewers: int = Field(1, ge=1, le=100, description="people who look at each record")
    seed: int = Field(0, description="seed of everything random")


def build(
    dataset: Dataset, asked: Asked, path: Path, *, address: str = "", version: str = "", run: Run | None = None
) -> Queue:
    """Return a new queue over the data. Raises BadInput where it cannot be filled, or where something is there."""
    names = named_records(dataset)
    label = dataset.one("label")
    score = asked.score or asked.uncertain
    scores = _scores(dataset, score) if score else None
    reasons: dict[int, tuple[Why, ...]] = {}
    notes: list[str] = []
    if asked.uncertain is not None and scores is not None:
        rows = _nearest(np.abs(scores - 0.5), draws(names, asked.seed, "uncertain"), asked.most)
        reasons |= {int(row): ("uncertain",) for row in rows}
    if asked.flagged:
        found, why = _flagged(dataset, run, asked, draws(names, asked.seed, "flagged"))
        for row in found:
            reasons[int(row)] = (*reasons.get(int(row), ()), why)
        notes.append(f"{len(found):,} records of findings of the run {run.id if run else ''}")
    sample = None
    if asked.sample is not None or not reasons:
        sample = _sample(dataset, names, asked)
        for row in sample.rows:
            reasons[int(row)] = (*reasons.get(int(row), ()), "sampled")
    if len(reasons) > MOST_ITEMS:
        raise BadInput(f"a queue of {len(reasons):,} records is more than {MOST_ITEMS:,}, which nobody reviews")
    if not reasons:
        raise BadInput(f"nothing was chosen from {dataset.name}")
    asks = asked.asks or _default_questions(dataset, score)
    if "label" in asks and label is None:
        raise BadInput("reviewers cannot be asked for a label without a column of labels: name it with --label")
    labels = _labels(dataset, label.name) if label is not None else ()
    header = Header(
        made=datetime.now(UTC),
        address=address or dataset.name,
        version=version,
        rows=len(dataset),
        asks=asks,
        label=label.name if label is not None else "",
        labels=labels,
        score=score or "",
        reviewers=asked.reviewers,
        seed=asked.seed,
        design=sample.design if sample is not None else None,
        notes=tuple(notes),
        extra={"score mean": float(np.mean(scores))} if scores is not None else {},
    )
    return Queue.create(path, header, _items(dataset, names, reasons, sample, scores, header))


def _items(
    dataset: Dataset,
    names: pa.Array,
    reasons: dict[int, tuple[Why, ...]],
    sample: Sample | None,
    scores: Float[np.ndarray, " rows"] | None,
    header: Header,
) -> list[Item]:
    rows = np.array(sorted(reasons), np.int64)
    chances = dict(zip(sample.rows.tolist(), sample.chances.tolist(), strict=True)) if sample else {}
    strata = dict(zip(sample.rows.tolist(), sample.strata, strict=True)) if sample else {}
    given = _told(dataset, header.label, rows)
    origins = _told(dataset, ORIGIN, rows)
    called = names.take(pa.array(rows)).to_pylist()
    return [
        Item(
            record=name,
            row=int(row),
            why=reasons[int(row)],
            chance=chances.get(int(row)),
            stratum=strata.get(int(row), ""),
            given=value,
            origin=origin,
            score=None if scores is None else float(scores[row]),
        )
        for name, row, value, origin in zip(called, rows, given, origins, strict=True)
    ]


def _told(dataset: Dataset, column: str, rows: Int[np.ndarray, " chosen"]) -> list[str | None]:
    if column not in dataset.table.column_names:
        return [None] * len(rows)
    return [as_label(value) for value in dataset.values(column).take(pa.array(rows)).to_pylist()]


def as_label(value: object) -> str | None:
    """Return a label as reviewers see and type it: 1.0 is 1."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _labels(dataset: Dataset, column: str) -> tuple[str, ...]:
    """Return the labels to choose from, in their order; none where there are too many to be classes."""
    distinct = pc.unique(dataset.values(column)).drop_null()
    if len(distinct) > MOST_LABELS:
        return ()
    values = distinct.to_pylist()
    return tuple(sorted((str(as_label(value)) for value in values), key=lambda one: (len(one) > 3, one)))


def _default_questions(dataset: Dataset, score: str | None) -> tuple[Question, ...]:
    """Return what to ask where nobody said: the origin for a detector's scores, else the label, else the origin."""
    if score is not None and score.startswith("_"):
        return ("origin",)
    return ("label",) if dataset.one("label") is not None else ("origin",)


def _scores(dataset: Dataset, column: str) -> Float[np.ndarray, " rows"]:
    numbers = dataset.numbers(column)
    there = np.isfinite(numbers)
    if not there.all():
        raise BadInput(f"{column!r} has no score for {int((~there).sum()):,} of {len(numbers):,} records")
    if numbers.min(initial=0.0) < 0 or numbers.max(initial=1.0) > 1:
        low, high = numbers.min(), numbers.max()
        raise BadInput(f"scores lie between 0 and 1; those in {column!r} lie between {low:.4g} and {high:.4g}")
    return numbers


def _nearest(
    distance: Float[np.ndarray, " rows"], chance: Float[np.ndarray, " rows"], n: int
) -> Int[np.ndarray, " chosen"]:
    """Return the places of the n smallest distances; ties fall by chance, never by the order of rows."""
    return np.lexsort((chance, distance))[:n]


def _flagged(
    dataset: Dataset, run: Run | None, asked: Asked, chance: Float[np.ndarray, " rows"]
) -> tuple[Int[np.ndarray, " chosen"], Why]:
    if run is None:
        raise BadInput("flagged records are those of a run's findings: name the run with --run, such as --run latest")
    _refuse_other_data(dataset, run)
    chosen = [one for one in run.findings if not asked.checks or one.check in asked.checks]
    rows = {row for finding in chosen for place in finding.locations for row in place.rows}
    if not rows:
        which = f" by {', '.join(asked.checks)}" if asked.checks else ""
        raise BadInput(f"no finding{which} of the run {run.id} names rows")
    if max(rows) >= len(dataset):
        raise BadInput(f"the run {run.id} names row {max(rows):,}, and {dataset.name} has {len(dataset):,} rows")
    found = np.array(sorted(rows), np.int64)
    found = found[np.argsort(chance[found], kind="stable")][: asked.most]
    # Suspects are a model's doubts; all other findings say what is so.
    why: Why = "uncertain" if {one.check for one in chosen} <= {"label-errors"} else "flagged"
    return found, why


def _refuse_other_data(dataset: Dataset, run: Run) -> None:
    held = [one.digest for one in dataset.sources]
    looked_at = [one.digest for one in run.inputs if one.kind == "data"]
    if held != looked_at or run.n_rows not in {0, len(dataset)}:
        names = ", ".join(one_line(one.name, 40) for one in run.inputs[:3])
        raise BadInput(
            f"the run {run.id} is about other data ({names}, {run.n_rows:,} rows) than {one_line(dataset.name, 40)} "
            f"({len(dataset):,} rows): its row numbers mean nothing here. Give the same files in the same order"
        )


def _sample(dataset: Dataset, names: pa.Array, asked: Asked) -> Sample:
    n = asked.sample or DEFAULT_SAMPLE
    if asked.by is not None and asked.size is not None:
        raise BadInput("a sample has strata (--by) or chances by size (--by-size), not both")
    if asked.size is not None:
        return by_size(names, dataset.numbers(asked.size), n, asked.seed, by=asked.size)
    if asked.by is None:
        return simple(names, n, asked.seed)
    groups, spelled = strata_of(dataset, asked.by)
    return stratified(names, groups, spelled, n, asked.seed, by=asked.by, equal=asked.allocation == "equal")


def strata_of(dataset: Dataset, column: str) -> tuple[Int[np.ndarray, " rows"], Sequence[str]]:
    """Return the stratum of each row and the strata's names: the values, or tenths of numbers with many values."""
    codes, values = dataset.codes(column)
    if dataset[column].kind == "number" and len(values) > _BINS:
        numbers = dataset.numbers(column)
        edges = np.unique(np.nanquantile(numbers, np.linspace(0, 1, _BINS + 1)[1:-1]))
        groups = np.where(np.isnan(numbers), len(edges) + 1, np.searchsorted(edges, numbers, side="right"))
        ends = ["", *(f"{edge:.4g}" for edge in edges), ""]
        spelled = [f"{low} to {high}".strip() for low, high in pairwise(ends)]
        spelled[0], spelled[-1] = f"below {ends[1]}", f"from {ends[-2]}"
        return groups, [*spelled, "missing"]
    order = sorted(range(len(values)), key=lambda place: str(values[place]))
    place_of = np.empty(len(values) + 1, np.int64)
    place_of[np.array(order, np.int64)] = np.arange(len(values))
    place_of[-1] = len(values)  # what code -1 picks: missing
    return place_of[codes], [*(one_line(str(as_label(values[at])), 60) for at in order), "missing"]
