"""The loop over generations: who is trained on what, with which luck."""

from typing import NamedTuple

import numpy as np
import pytest

from holdfast.collapse.definitions import learner
from holdfast.collapse.lab.experiment import Arm, Experiment, arms
from holdfast.collapse.lab.loop import Block, Recorder, begun, generations
from holdfast.collapse.measures.normal import variance
from holdfast.collapse.regimes import PRESETS, Regime
from holdfast.core.random import Streams


class Ledger(NamedTuple):
    """What a model was trained on, as text: `parent:items` for each batch."""

    said: np.ndarray


class Bookkeeper:
    """A learner that learns nothing but who it was trained on."""

    def truth(self, replicates, rng):
        return Ledger(np.full(replicates, "truth"))

    def draw(self, model, wanted, rng):
        return Ledger(np.array([f"{wanted.size} of ({one})" for one in model.said]))

    def pool(self, batches):
        return Ledger(np.array([" & ".join(row) for row in zip(*(one.said for one in batches), strict=True)]))

    def choose(self, batch, size, rng):
        return Ledger(np.array([f"{size} out of [{one}]" for one in batch.said]))

    def fit(self, parts, rng, previous):
        rows = zip(*(part.batch.said for part in parts), strict=True)
        weights = [part.weight for part in parts]
        return Ledger(
            np.array([" + ".join(f"{w:.2g} {one}" for w, one in zip(weights, row, strict=True)) for row in rows])
        )

    def samples(self, model, size, rng):
        return []

    def refuse(self, samples):
        return ""


KIND = learner(type("Book", (), {"__doc__": "Keeps books."}))


def history(regime, generations_=3, samples=4):
    arm = Arm("x", KIND, Bookkeeper(), regime, samples, generations_)
    seen = {}
    block = Block(0, 1)
    for _ in generations(
        arm, block, Streams(0), begun(arm, block, Streams(0)), lambda t, m: seen.update({t: m.said[0]})
    ):
        pass
    return seen


def test_replace_learns_from_the_generation_before_only():
    assert history(PRESETS["replace"]) == {
        0: "truth",
        1: "1 4 of (truth)",
        2: "1 4 of (1 4 of (truth))",
        3: "1 4 of (1 4 of (1 4 of (truth)))",
    }


def test_accumulate_keeps_everything():
    first = "4 of (truth)"
    assert history(PRESETS["accumulate"], 2)[2] == f"1 {first} & 4 of (1 {first})"


def test_a_subsample_is_chosen_out_of_everything():
    assert history(PRESETS["accumulate-subsample"], 1)[1] == "1 4 out of [4 of (truth)]"


def test_the_model_before_says_what_surprises_it_and_the_first_generation_has_none():
    class Astonished(Bookkeeper):
        def most_surprising(self, batch, size, model):
            return Ledger(
                np.array(
                    [f"{size} that surprise {{{m}}} of [{one}]" for m, one in zip(model.said, batch.said, strict=True)]
                )
            )

    feeds = [{"name": "synthetic", "of": "model", "share": 2}]
    regime = Regime.model_validate({"name": "r", "feeds": feeds, "subsample": True, "choose": "most-surprising"})
    arm, block, seen = Arm("x", KIND, Astonished(), regime, 4, 2), Block(0, 1), {}
    for _ in generations(
        arm, block, Streams(0), begun(arm, block, Streams(0)), lambda t, m: seen.update({t: m.said[0]})
    ):
        pass
    first = "1 4 out of [8 of (truth)]"
    assert seen == {0: "truth", 1: first, 2: f"1 4 that surprise {{{first}}} of [8 of ({first})]"}


def test_fixed_real_items_are_drawn_once_and_fresh_ones_each_time():
    class Counting(Bookkeeper):
        def __init__(self):
            self.drawn = 0

        def draw(self, model, wanted, rng):
            self.drawn += 1
            return Ledger(np.array([f"batch {self.drawn}"]))

    found = {}
    for name in ("fixed-real", "fresh-real"):
        arm = Arm("x", KIND, Counting(), PRESETS[name], 4, 2)
        block, seen = Block(0, 1), {}
        for _ in generations(
            arm, block, Streams(0), begun(arm, block, Streams(0)), lambda t, m, to=seen: to.update({t: m.said[0]})
        ):
            pass
        found[name] = seen[2]
    assert found == {"fixed-real": "0.5 batch 1 + 0.5 batch 3", "fresh-real": "0.5 batch 3 + 0.5 batch 4"}


def test_an_ideal_verifier_replaces_a_share_of_the_batch_by_real_items():
    said = history(PRESETS["verified"], 2, samples=8)[2]
    assert "2 of (truth) & 2 of (" in said


def test_a_lag_reaches_back_over_generations():
    regime = Regime(name="r", feeds=({"name": "old", "of": "model", "lag": 2},))
    seen = history(regime, 4)
    assert seen[2] == "1 4 of (truth)"
    assert seen[4] == f"1 4 of ({seen[2]})"


def test_regimes_meet_the_same_luck():
    """The first generation of replace and accumulate is the same one: both learn from the same real items."""
    found = arms(Experiment(samples=20, generations=1, regimes=("replace", "accumulate")))
    block, streams = Block(3, 50), Streams(1)
    values = []
    for arm in found:
        recorder = Recorder(arm, block, streams, [variance], (0, 1), 10)
        list(generations(arm, block, streams, begun(arm, block, streams), recorder))
        values.append(recorder.values["variance"][1])
    assert np.corrcoef(*values)[0, 1] > 0.99


@pytest.mark.parametrize("regime", sorted(PRESETS))
def test_a_history_that_is_taken_up_again_is_the_same(regime):
    (arm,) = arms(Experiment(samples=12, generations=6, regimes=(regime,)))
    block, streams = Block(0, 4), Streams(5)
    whole = list(generations(arm, block, streams, begun(arm, block, streams), lambda _t, _m: None))
    rest = list(generations(arm, block, streams, whole[2], lambda _t, _m: None))
    assert [one.generation for one in rest] == [4, 5, 6]
    for field in rest[-1].models[-1]._fields:
        np.testing.assert_array_equal(getattr(rest[-1].models[-1], field), getattr(whole[-1].models[-1], field))
