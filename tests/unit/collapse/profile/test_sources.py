"""The three sources of error, told apart by interventions."""

import numpy as np
import pytest

from holdfast.collapse.learners.gaussian import Gaussian
from holdfast.collapse.profile import intervened, sources
from holdfast.collapse.profile.sources import largest
from holdfast.core.errors import BadInput


def test_each_intervention_takes_its_own_part_away():
    rng = np.random.default_rng(1)

    def losses(samples, model, training):
        return samples + model + training + 0.01 * rng.standard_normal(12)

    found = sources(
        losses(0.8, 0.3, 0.1), samples=(4, losses(0.2, 0.3, 0.1)), larger=losses(0.8, 0.0, 0.1),
        longer=losses(0.8, 0.3, 0.0),
    )  # fmt: skip
    assert [one.name for one in found] == ["samples", "model", "training"]
    assert [one.value for one in found] == pytest.approx([0.8, 0.3, 0.1], abs=0.03)
    assert all(one.sure for one in found)
    assert largest(found).name == "samples"


def test_a_normal_fit_errs_by_its_samples_only():
    def loss(learner, model, truth, rng):
        del learner, rng
        return float((model.mean[0] - truth.mean[0]) ** 2)

    (one,) = intervened(Gaussian(), loss, 20, k=4, replicates=200)
    assert one.sure
    assert one.share == pytest.approx(1.0, abs=0.25)


def test_options_that_are_not_there():
    with pytest.raises(BadInput, match="no option 'width'"):
        intervened(Gaussian(), lambda *_: 0.0, 20, larger={"width": 2})
    with pytest.raises(BadInput, match="k above 1"):
        sources(np.ones(3), samples=(1, np.ones(3)))
    with pytest.raises(BadInput, match="at least 2"):
        sources(np.ones(1), larger=np.ones(1))
