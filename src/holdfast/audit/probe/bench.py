"""The bench: a pipeline, the rows it is tried on, and what it says about them as they are."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from holdfast.audit.probe.changing import Kind, Pool, changed
from holdfast.audit.probe.comparing import Moved, Noise, Trail, moved, trail
from holdfast.audit.probe.pipeline import About, Answer, Call, Pipeline
from holdfast.core.errors import NotApplicable
from holdfast.core.progress import Progress, track
from holdfast.core.random import Streams
from holdfast.core.record import Sampled


@dataclass
class Budget:
    """Seconds that all calls together may take."""

    seconds: float
    spent: float = 0.0

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.seconds - self.spent


@dataclass(frozen=True)
class Probe:
    """A pipeline to be tried, and what that may cost. The root that `holdfast probe` gives."""

    pipeline: Pipeline
    budget: Budget = field(default_factory=lambda: Budget(900.0), repr=False)
    most_rows: int = 10_000
    scope: dict[str, str] = field(default_factory=dict, repr=False)  # check -> what its silence covers


@dataclass(frozen=True)
class Layout:
    """The rows and columns that the pipeline is given.

    `train` and `test` are row numbers; a function over one frame gets both together. `order` is the rank of each row
    of the data set in time, or None where no column holds times.
    """

    columns: tuple[str, ...]
    features: tuple[str, ...]
    label: str | None
    label_in_test: bool
    train: Int[np.ndarray, " train"]
    test: Int[np.ndarray, " test"]
    order: Int[np.ndarray, " rows"] | None
    training: pa.Table | None = None  # one table for all calls, so that it is written once
    sampled: Sampled | None = None

    @property
    def rows(self) -> np.ndarray:
        """All rows, as they stand in the data set; in time order where there is one."""
        both = np.union1d(self.train, self.test)
        return both if self.order is None else both[np.argsort(self.order[both], kind="stable")]


@dataclass(frozen=True)
class Change:
    """What is done to the rows `touched` (row numbers): other values in `columns`, or another set or order of rows."""

    kind: Kind
    touched: Int[np.ndarray, " touched"]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """A change, and the rows that nobody touched whose answers it moved."""

    change: Change
    moved: Moved
    answer: Answer
    judged: Int[np.ndarray, " judged"]


@dataclass(frozen=True)
class Bench:
    """Runs changed calls of one pipeline and compares what they answer with `base`."""

    probe: Probe
    table: pa.Table  # the whole data set
    layout: Layout
    base: Answer
    noise: Noise
    deterministic: bool
    natural: tuple[Answer, ...]  # two calls with the same input, chance left to itself
    pools: dict[str, Pool]
    streams: Streams
    progress: Progress
    sampled: Sampled | None = None

    @property
    def about(self) -> About:
        """Name, form and place of the pipeline."""
        return self.probe.pipeline.about

    def call(self, change: Change | None = None, *, watch: np.ndarray | None = None, seed: int | None = 0) -> Call:
        """Return the call with the change made, watched for what it does to rows that are not in `watch`."""
        return call_of(self.layout, self.about, self.table, change, self.pools, self.streams, watch=watch, seed=seed)

    def answer(self, change: Change | None = None, *, watch: np.ndarray | None = None) -> Answer:
        """Return the answer to the changed call. Raises NotApplicable when the time for all calls is spent."""
        return self.answers([self.call(change, watch=watch)])[0]

    def answers(self, calls: Sequence[Call], *, fresh: bool = False) -> Sequence[Answer]:
        """Return the answers to calls made in one process. Raises NotApplicable when the time is spent."""
        return spent(self.probe, calls, fresh=fresh)

    def effect(self, changes: Sequence[Change], judged: Callable[[Change], np.ndarray], task: str) -> Effect | None:
        """Return the first of `changes` that moves rows judged; None if all leave them where they are.

        Raises NotApplicable when the pipeline answers none of them.
        """
        failures, answered = [], 0
        with track(self.progress, f"probing: {task}", len(changes), "runs") as advance:
            for change in changes:
                answer = self.answer(change)
                advance(1)
                if answer.error:
                    failures.append(answer.error)
                    continue
                answered += 1
                found = self.compare(change, answer, judged(change))
                if found:
                    return Effect(change, found, answer, judged(change))
        if failures and not answered:
            raise NotApplicable(f"the code fails on changed rows: {failures[0]}")
        return None

    def compare(self, change: Change, answer: Answer, judged: np.ndarray) -> Moved:
        """Return which of the rows judged the change moved. What an output repeats of the label does not count."""
        resized = change.kind in {"removed", "alone", "reordered"}
        return moved(self.base, answer, judged, self.noise, resized=resized, besides=self.repeats)

    @property
    def repeats(self) -> tuple[str, ...]:
        """Output columns that are the label itself, handed through."""
        label = self.layout.label
        return (label,) if label is not None and self.about.form in {"features", "split"} else ()

    def trail(self, change: Change, *, watch: np.ndarray | None = None, besides: str | None = None) -> Trail:
        """Return where in the code the change first shows, from two watched calls.

        Rows in `watch` (those that are changed, if None) and columns called `besides` may differ.
        """
        rows = change.touched if watch is None else watch
        call, base = self.call(change, watch=rows), self.call(watch=rows)
        [before], [after] = self.answers([base]), self.answers([call])
        batches = {len(base.rows), len(call.rows)} if call.train is not None else set()
        return trail(before, after, batches, besides=besides)

    @contextmanager
    def time_for(self, share: float) -> Iterator[Callable[[], bool]]:
        """Yield a function that tells whether a share of the time left is still there; for bisection."""
        until = self.probe.budget.spent + share * self.probe.budget.left
        yield lambda: self.probe.budget.spent < until

    def covers(self, check: str, scope: str) -> None:
        """Note what a check has tried: its silence covers that and no more."""
        self.probe.scope[check] = scope

    def quiet(self) -> str:
        """Return why silence says little; empty where it can be trusted."""
        if self.deterministic:
            return ""
        return (
            f"answers to the same input differ by up to {self.noise.largest:.2g} of the largest value, so that a "
            "smaller effect cannot be told from chance: seed the code, then probe again"
        )


def spent(probe: Probe, calls: Sequence[Call], *, fresh: bool = False) -> Sequence[Answer]:
    """Return the answers to `calls` and book what they took. Raises NotApplicable when the time is spent."""
    if probe.budget.left <= 0.0:
        raise NotApplicable(f"the time for all calls was spent ({probe.budget.seconds:g} s: --budget)")
    started = time.monotonic()
    try:
        return probe.pipeline.run(calls, fresh=fresh)
    finally:
        probe.budget.spent += time.monotonic() - started


def call_of(
    layout: Layout,
    about: About,
    table: pa.Table,
    change: Change | None,
    pools: dict[str, Pool],
    streams: Streams,
    *,
    watch: np.ndarray | None = None,
    seed: int | None = 0,
) -> Call:
    """Return the call of a pipeline on the rows of a layout, with a change made."""
    rows = layout.test if about.form in {"fit_predict", "estimator"} else layout.rows
    kept = rows
    if change is not None:
        if change.kind in {"removed", "alone"}:
            kept = rows[np.isin(rows, change.touched, invert=True)]
        elif change.kind == "reordered":
            kept = streams("probe", "order").permutation(rows)
    drop = about.form == "estimator" or not layout.label_in_test
    names = [n for n in layout.columns if not (drop and n == layout.label)]
    test = table.select(names).take(pa.array(kept))
    if change is not None and change.columns:
        places = np.flatnonzero(np.isin(kept, change.touched))
        rng = streams("probe", change.kind, len(change.touched))
        test = changed(test, [n for n in change.columns if n in names], places, change.kind, pools, rng)
    if about.form in {"features", "split"}:
        return Call(test, kept, label=layout.label, seed=seed, touched=watch)
    return Call(test, kept, layout.training, layout.train, layout.label, seed, watch)
