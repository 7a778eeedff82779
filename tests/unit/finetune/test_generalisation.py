"""The generalisation gap: error rates by Newcombe–Wilson, losses by two samples."""

import numpy as np
import pytest

from holdfast.audit.comparison import newcombe
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.finetune.generalisation import generalisation_gap

STREAMS = Streams(0)


def test_right_answers_give_a_gap_of_error_rates():
    training, validation = np.arange(100) < 98, np.arange(100) < 80
    found = generalisation_gap(training, validation, STREAMS)
    assert found == newcombe(20, 100, 2, 100)
    assert found.difference == pytest.approx(0.18)
    assert found.low > 0.08


def test_losses_give_a_gap_of_means():
    rng = np.random.default_rng(0)
    found = generalisation_gap(rng.gamma(1.0, 0.1, 300), rng.gamma(1.0, 0.5, 300), STREAMS)
    assert found.low < 0.4 < found.high
    assert found.low > 0.3
    assert found == generalisation_gap(*_again(), STREAMS)


def _again():
    rng = np.random.default_rng(0)
    return rng.gamma(1.0, 0.1, 300), rng.gamma(1.0, 0.5, 300)


def test_what_is_not_estimable():
    with pytest.raises(NotApplicable, match="0 training"):
        generalisation_gap(np.empty(0), np.ones(3), STREAMS)
    with pytest.raises(NotApplicable, match="finite"):
        generalisation_gap(np.array([np.inf, 1.0]), np.ones(3), STREAMS)
    with pytest.raises(BadInput, match="both"):
        generalisation_gap(np.array([True, False]), np.ones(3), STREAMS)
