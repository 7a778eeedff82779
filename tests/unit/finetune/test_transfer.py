"""Verdicts on a tuned model against controls."""

import numpy as np
import pytest

from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.finetune.transfer.verdict import transfer

STREAMS = Streams(0)


def right(share, n=400, seed=0):
    return np.random.default_rng(seed).random(n) < share


def test_better_than_every_control_helps():
    found = transfer(right(0.95), {"base": right(0.5, seed=1), "linear probe": right(0.8, seed=2)}, STREAMS)
    assert found.verdict == "helps"
    assert found.decisive.control == "linear probe"
    assert [one.control for one in found.against] == ["linear probe", "base"]
    assert "is better than linear probe" in found.reason


def test_one_control_as_good_is_no_measurable_help():
    found = transfer(right(0.8), {"base": right(0.3, seed=1), "TF-IDF": right(0.79, seed=2)}, STREAMS)
    assert found.verdict == "no measurable help"
    assert found.decisive.control == "TF-IDF"


def test_one_control_clearly_better_hurts():
    found = transfer(right(0.6), {"base": right(0.3, seed=1), "scratch": right(0.8, seed=2)}, STREAMS)
    assert found.verdict == "hurts"
    assert found.decisive.control == "scratch"
    assert found.decisive.together.high < 0


def test_losses_are_scores_the_other_way_round():
    rng = np.random.default_rng(0)
    loss = rng.gamma(2.0, 0.5, 300)
    found = transfer(-loss, {"base": -loss - 0.2 * rng.random(300)}, STREAMS)
    assert found.verdict == "helps"


def test_many_controls_that_are_as_good_seldom_make_it_hurt():
    rng = np.random.default_rng(1)
    verdicts = []
    for seed in range(80):
        difficulty = rng.random(200)
        scores = [(difficulty + 0.3 * rng.normal(size=200) < 0.7).astype(float) for _ in range(7)]
        controls = {f"c{i}": each.astype(bool) for i, each in enumerate(scores[1:])}
        verdicts.append(transfer(scores[0].astype(bool), controls, Streams(seed)).verdict)
    # 0.05 at most by design; a bound that it exceeds with chance below 1e-4
    assert np.mean([one == "hurts" for one in verdicts]) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 80)
    assert np.mean([one == "helps" for one in verdicts]) <= 0.05  # all six at once: far below 0.05 by design


@pytest.mark.parametrize(
    ("tuned", "controls", "error"),
    [
        (right(0.5), {}, NotApplicable),
        (right(0.5), {"base": right(0.5, 10)}, BadInput),
        (np.ones(0), {"base": np.ones(0)}, NotApplicable),
        (np.ones(4), {"base": np.array([1.0, np.inf, 0, 0])}, NotApplicable),
    ],
)
def test_what_cannot_be_judged(tuned, controls, error):
    with pytest.raises(error):
        transfer(tuned, controls, STREAMS)
