"""The loop over generations, for a block of replicates that go in lock-step.

Every random number comes from a stream named after the block, the generation and what is drawn, never after the
regime: all regimes meet the same luck, which takes most of the noise out of their differences, and a history can be
taken up again anywhere without storing a generator.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import Draw, Leaper, Measure, Part, State, Surprised
from holdfast.collapse.graph import verified_items
from holdfast.collapse.lab.experiment import Arm
from holdfast.collapse.measuring.protocol import one_thread, values
from holdfast.collapse.regimes import PLAIN, Feed
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams

# Shorter gaps are walked, so that regimes keep meeting the same luck; longer leaps need memory and save no time.
SHORTEST_LEAP, LONGEST_LEAP = 20, 50

Values = dict[str, Float[np.ndarray, "recorded replicates"]]


class Moment(NamedTuple):
    """A history after a generation: all that is needed to go on with it."""

    generation: int
    models: tuple[State, ...]  # the latest, newest last; as many as the longest lag asks for
    held: Mapping[str, State]  # of each feed: the batch, or all its batches as one
    values: Values  # what was recorded so far


class Block(NamedTuple):
    """Replicates that go together."""

    number: int
    replicates: int


def begun(arm: Arm, block: Block, streams: Streams) -> Moment:
    """Return the history before the first fit: only the truth is there."""
    return Moment(0, (_truth(arm, block, streams),), {}, {})


def _truth(arm: Arm, block: Block, streams: Streams) -> State:
    return arm.learner.truth(block.replicates, streams("truth", block.number))


def generations(
    arm: Arm,
    block: Block,
    streams: Streams,
    moment: Moment,
    record: Callable[[int, State], None],
    at: Sequence[int] = (),
) -> Iterator[Moment]:
    """Yield the history after each further generation; `record` is called with each model first.

    Generations between those of `at` may be left out, where the learner can leap over them: same law, other luck.
    Raises BadInput.
    """
    truth = moment.models[0] if moment.generation == 0 else _truth(arm, block, streams)
    if moment.generation == 0:
        record(0, truth)
    longest = max(feed.lag for feed in arm.regime.feeds)
    models, held = list(moment.models), dict(moment.held)
    t = moment.generation
    while t < arm.generations:
        stop = _landing(arm, t, at)
        if stop is not None and isinstance(arm.learner, Leaper):
            sizes = [arm.regime.feeds[0].items(arm.samples, s) for s in range(t + 1, stop + 1)]
            models, held = [arm.learner.leap(models[-1], sizes, streams(block.number, stop, "leap"))], {}
            t = stop
            record(t, models[-1])
            yield Moment(t, tuple(models), held, moment.values)
            continue
        t += 1
        for feed in arm.regime.feeds:
            if feed.every == "once" and t > 1:
                continue
            parent = truth if feed.of == "real" or t <= feed.lag else models[-feed.lag]
            rng = streams(block.number, t, feed.of, _turn(arm, feed))
            try:
                batch = _batch(arm, feed, parent, truth, t, rng)
            except NotApplicable as error:
                raise BadInput(f"{arm.kind.name} in {arm.name}: {error}; leave this regime out") from error
            before = held.get(feed.name)
            held[feed.name] = arm.learner.pool([before, batch]) if feed.keep == "all" and before is not None else batch
        parts = _training_set(arm, held, t, models[-1], streams(block.number, t, "choose"))
        model = arm.learner.fit(parts, streams(block.number, t, "fit"), models[-1] if t > 1 else None)
        models = [*models, model][-longest:]
        record(t, model)
        yield Moment(t, tuple(models), dict(held), moment.values)


def _landing(arm: Arm, t: int, at: Sequence[int]) -> int | None:
    """Return the generation up to which the history may leap, None if it should go step by step."""
    if not (at and arm.regime.replaces):
        return None
    recorded = min((s for s in at if s > t), default=arm.generations)
    return min(recorded, t + LONGEST_LEAP) if recorded - t >= SHORTEST_LEAP else None


def _turn(arm: Arm, feed: Feed) -> int:
    """Return the place of a feed among those of its source: equal feeds of two regimes meet the same luck."""
    return [one.name for one in arm.regime.feeds if one.of == feed.of].index(feed.name)


def _batch(arm: Arm, feed: Feed, parent: State, truth: State, t: int, rng: np.random.Generator) -> State:
    size, items = feed.items(arm.samples, t), arm.regime.subsample
    fresh = parent is truth
    if fresh or feed.verifier is None or feed.verifier.kind == "biased":
        rule = PLAIN if fresh else feed.rule
        verifier = None if fresh else feed.verifier
        return arm.learner.draw(parent, Draw(size, rule, verifier, items, arm.regime.replaces), rng)
    passed = verified_items(feed.verifier, size)
    drawn = []
    if passed:
        drawn.append(arm.learner.draw(truth, Draw(passed, items=items), rng))
    if size > passed:
        drawn.append(arm.learner.draw(parent, Draw(size - passed, feed.rule, None, items), rng))
    return drawn[0] if len(drawn) == 1 else arm.learner.pool(drawn)


def _training_set(arm: Arm, held: Mapping[str, State], t: int, before: State, rng: np.random.Generator) -> list[Part]:
    """Return what model t learns from; `before` is the model before, which is none for the first."""
    feeds = arm.regime.feeds
    if arm.regime.subsample:
        whole = held[feeds[0].name] if len(feeds) == 1 else arm.learner.pool([held[feed.name] for feed in feeds])
        if arm.regime.choose == "most-surprising" and t > 1 and isinstance(arm.learner, Surprised):
            return [Part(arm.learner.most_surprising(whole, arm.samples, before), 1.0)]
        return [Part(arm.learner.choose(whole, arm.samples, rng), 1.0)]
    weights = arm.regime.weights(tuple(_items(arm, feed, t) for feed in feeds))
    return [Part(held[feed.name], weight) for feed, weight in zip(feeds, weights, strict=True)]


def _items(arm: Arm, feed: Feed, t: int) -> int:
    """Return how many items a feed has in the training set of generation t."""
    if feed.every == "once":
        return feed.items(arm.samples, 1)
    if feed.keep == "last":
        return feed.items(arm.samples, t)
    if feed.growth == 1.0 and feed.power == 0.0:
        return t * feed.items(arm.samples, 1)
    return sum(feed.items(arm.samples, s) for s in range(1, t + 1))


class Recorder:
    """Takes the measures of each recorded model of a block."""

    def __init__(
        self, arm: Arm, block: Block, streams: Streams, measures: Sequence[Measure], at: Sequence[int], size: int
    ) -> None:
        """Prepare a place for every number."""
        self._arm, self._block, self._streams, self._measures, self._size = arm, block, streams, measures, size
        self._place = {t: i for i, t in enumerate(at)}
        self.values: Values = {one.name: np.full((len(at), block.replicates), np.nan) for one in measures}

    def __call__(self, generation: int, model: State) -> None:
        """Measure a model, if its generation is recorded."""
        place = self._place.get(generation)
        if place is None:
            return
        if generation == 0:
            self._truth = model  # whoever begins at the beginning need not make it again
        for one in self._measures:
            if one.on == "model":
                self.values[one.name][place] = one.run(model, self._truth) if one.against else one.run(model)
        by_sample = [one for one in self._measures if one.on == "sample"]
        if not by_sample:
            return
        with one_thread():
            for i, (seen, real) in enumerate(zip(*self._sets(generation, model), strict=True)):
                for name, value in values(by_sample, seen, real).items():
                    self.values[name][place, i] = value

    def _sets(self, generation: int, model: State) -> tuple[Sequence[Any], Sequence[Any]]:
        seen = self._arm.learner.samples(model, self._size, self._streams(self._block.number, generation, "sample"))
        return seen, self._real

    @cached_property
    def _truth(self) -> State:
        return _truth(self._arm, self._block, self._streams)

    @cached_property
    def _real(self) -> Sequence[Any]:
        """The real sample: the same in every generation, and another one than any model was trained on."""
        return self._arm.learner.samples(self._truth, self._size, self._streams(self._block.number, "real sample"))
