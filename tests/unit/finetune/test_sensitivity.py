"""How much hangs on the learning rate: steady, sensitive, open, not estimable; each by construction."""

import numpy as np
import pytest

from holdfast.core.errors import BadInput
from holdfast.core.random import Streams
from holdfast.finetune.sensitivity import sensitivity

STREAMS = Streams(0)


def scores(n=2000, seed=0, **lost):
    """Return scores per example of four rates around 1e-3; `low` and `high` lose so much at the ends."""
    rng = np.random.default_rng(seed)
    base = rng.normal(0.8, 0.2, n)
    by = {3e-4: lost.get("low", 0.0), 5e-4: 0.0, 1e-3: 0.0, 3e-3: lost.get("high", 0.0)}
    return {rate: base - loss + 0.05 * rng.normal(size=n) for rate, loss in by.items()}


def test_a_flat_band_is_steady():
    found = sensitivity(1e-3, scores(), STREAMS)
    assert found.verdict == "steady"
    assert found.spread < 0.01


def test_a_loss_at_one_end_is_sensitive():
    found = sensitivity(1e-3, scores(high=0.1), STREAMS)
    assert found.verdict == "sensitive"
    assert found.worst_rate == 3e-3
    assert found.worst.low > 0.02
    assert "3 times" in found.reason
    assert found.spread == pytest.approx(0.1, abs=0.01)


def test_few_examples_leave_it_open():
    assert sensitivity(1e-3, scores(n=20, low=0.03), STREAMS).verdict == "open"


def test_a_training_that_burst_is_sensitive():
    tried = scores()
    tried[3e-3] = np.full(2000, np.nan)
    found = sensitivity(1e-3, tried, STREAMS)
    assert (found.verdict, found.worst_rate) == ("sensitive", 3e-3)
    assert "bursts" in found.reason
    assert np.isnan(found.scores[3e-3])


def test_rates_outside_the_band_do_not_count():
    tried = scores()
    tried[1e-1] = tried[1e-3] - 0.5
    assert sensitivity(1e-3, tried, STREAMS).verdict == "steady"


def test_one_side_is_not_a_band():
    tried = scores()
    del tried[3e-3]
    assert sensitivity(1e-3, tried, STREAMS).verdict == "not estimable"


def test_noise_alone_is_seldom_sensitive():
    calls = [sensitivity(1e-3, scores(n=60, seed=seed), Streams(seed), tolerance=0.0).verdict for seed in range(100)]
    assert calls.count("sensitive") <= 12  # 5 by design; chance passes 12 with less than 1 in 400


@pytest.mark.parametrize(
    ("chosen", "change"),
    [(2e-3, {}), (1e-3, {3e-4: np.ones(3)}), (1e-3, {1e-3: np.full(2000, np.nan)})],
)
def test_what_cannot_be_judged(chosen, change):
    with pytest.raises(BadInput):
        sensitivity(chosen, {**scores(), **change}, STREAMS)
