"""A regime written out, against the laboratory that goes through the same feeds in time."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.graph import Fits, graph
from holdfast.collapse.lab.experiment import Arm
from holdfast.collapse.lab.loop import Block, begun, generations
from holdfast.collapse.regimes import PRESETS, Feed, Regime, Rule, Verifier
from holdfast.core.random import Streams


class Bag(NamedTuple):
    """A batch that remembers which model each of its items was drawn from, and by which rule; also a model."""

    model: np.ndarray
    width: np.ndarray


class Clerk:
    """A learner that learns nothing and writes down what it is given."""

    def __init__(self) -> None:
        self.fits: list[list[tuple[float, list[tuple[int, float]]]]] = []

    def truth(self, replicates: int, rng: np.random.Generator) -> Bag:
        return Bag(np.zeros((replicates, 1)), np.ones((replicates, 1)))

    def draw(self, model: Bag, wanted: Draw, rng: np.random.Generator) -> Bag:
        made = np.full((1, wanted.size), model.model[0, 0])
        return Bag(made, np.full((1, wanted.size), wanted.rule.temperature))

    def pool(self, batches: Sequence[Bag]) -> Bag:
        return Bag(*(np.concatenate(column, axis=1) for column in zip(*batches, strict=True)))

    def choose(self, batch: Bag, size: int, rng: np.random.Generator) -> Bag:
        self.chosen = min(size, batch.model.shape[1])
        return batch

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Any) -> Bag:
        self.fits.append(
            [
                (part.weight, list(zip(part.batch.model[0].tolist(), part.batch.width[0].tolist(), strict=True)))
                for part in parts
            ]
        )
        number = float(len(self.fits))
        return Bag(np.full((1, 1), number), np.ones((1, 1)))


@st.composite
def regimes(draw: st.DrawFn) -> Regime:
    count = draw(st.integers(1, 4))
    raw = [draw(st.integers(1, 9)) for _ in range(count)]
    weighted, subsample = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    feeds = []
    for number in range(count):
        of = draw(st.sampled_from(["real", "model"]))
        synthetic = of == "model"
        feeds.append(
            Feed(
                name=f"feed {number}",
                of=of,
                share=draw(st.sampled_from([None, 0.5, 1.3])),
                growth=draw(st.sampled_from([0.7, 1.0, 1.5])),
                power=draw(st.sampled_from([0.0, 1.0])),
                every=draw(st.sampled_from(["generation", "once"])),
                keep=draw(st.sampled_from(["last", "all"])),
                lag=draw(st.integers(1, 4)),
                weight=raw[number] / sum(raw) if weighted else None,
                rule=Rule(temperature=draw(st.sampled_from([1.0, 2.0]))) if synthetic else Rule(),
                verifier=draw(st.none() | st.just(Verifier(share=0.4))) if synthetic else None,
            )
        )
    return Regime(name="drawn", feeds=tuple(feeds), subsample=subsample)


@given(regimes(), st.integers(1, 6), st.integers(2, 9))
@settings(max_examples=80, deadline=None)
def test_the_laboratory_learns_from_what_the_graph_says(regime: Regime, n: int, samples: int) -> None:
    """Every item with its weight, model and rule; in the graph and in the laboratory."""
    clerk = Clerk()
    arm = Arm("arm", None, clerk, regime, samples, n)  # type: ignore[arg-type]  # no kind is needed
    block, streams = Block(0, 1), Streams(0)
    for _ in generations(arm, block, streams, begun(arm, block, streams), lambda _t, _model: None):
        pass
    written = graph(regime, samples, n)
    for fit, seen in zip(written.fits, clerk.fits, strict=True):
        items: dict[tuple[int, float], float] = {}
        for number, weight in zip(fit.batches, fit.weights, strict=True):
            batch = written.batches[number]
            key = (batch.parent, batch.rule.temperature if batch.parent else 1.0)
            items[key] = items.get(key, 0.0) + float(weight)
        learnt: dict[tuple[int, float], float] = {}
        for weight, bag in seen:
            for model, width in bag:
                key = (int(model), width if model else 1.0)
                learnt[key] = learnt.get(key, 0.0) + weight / len(bag)
        assert learnt == pytest.approx(items)
        assert sum(len(bag) for _, bag in seen) == written.sizes()[fit.batches].sum()
    if regime.subsample:
        assert written.fits[-1].subsample == clerk.chosen


@given(regimes(), st.integers(1, 7), st.integers(2, 9))
@settings(max_examples=80, deadline=None)
def test_graphs_are_sound(regime: Regime, n: int, samples: int) -> None:
    written = graph(regime, samples, n)
    sizes = written.sizes()
    assert written.generations == len(written.fits) == n
    assert [one.generation for one in written.batches] == sorted(one.generation for one in written.batches)
    assert (sizes > 0).all()
    for t, fit in enumerate(written.fits, start=1):
        assert fit.weights.sum() == pytest.approx(1.0)
        assert (fit.weights > 0).all()
        assert len(set(fit.batches.tolist())) == len(fit.batches)
        assert all(written.batches[k].generation <= t for k in fit.batches)
        assert all(0 <= written.batches[k].parent < t for k in fit.batches)
        wanted = min(samples, sizes[fit.batches].sum()) if regime.subsample else sizes[fit.batches].sum()
        assert written.training_sizes()[t - 1] == wanted


def test_training_sets_are_a_sequence() -> None:
    written = graph(PRESETS["accumulate"], 10, 4)
    assert isinstance(written.fits, Fits)
    assert written.fits[-1].batches.tolist() == [0, 1, 2, 3]
    assert [len(fit.batches) for fit in written.fits[1:3]] == [2, 3]
    with pytest.raises(IndexError):
        written.fits[4]


def test_an_ideal_verifier_passes_real_items() -> None:
    written = graph(PRESETS["verified"], 20, 2)
    second = [(one.feed, one.parent, one.size) for one in written.batches if one.generation == 2]
    assert second == [("real", 0, 10), ("synthetic", 0, 5), ("synthetic", 1, 5)]


def test_what_is_drawn_plainly() -> None:
    plain = {name for name, regime in PRESETS.items() if graph(regime, 10, 3).draws_plainly()}
    assert plain == set(PRESETS) - {"verified-biased"}


def test_what_is_chosen_for_its_surprise_is_not_drawn_plainly() -> None:
    feeds = (Feed(name="synthetic", of="model", share=2.0),)
    chosen = {by: Regime(name="r", feeds=feeds, subsample=True, choose=by) for by in ("at-random", "most-surprising")}
    assert {by: graph(one, 5, 3).draws_plainly() for by, one in chosen.items()} == {
        "at-random": True, "most-surprising": False,
    }  # fmt: skip


def test_a_hundred_thousand_generations_are_written_out_at_once() -> None:
    for name in ("replace", "accumulate"):
        written = graph(PRESETS[name], 10, 100_000)
        assert written.training_sizes()[-1] == (10 if name == "replace" else 1_000_000)
