import numpy as np
import pytest

from holdfast.collapse.definitions import Setting
from holdfast.collapse.lab.experiment import Experiment, arms
from holdfast.collapse.lab.keeping import Keeper
from holdfast.collapse.lab.loop import Block, begun, generations
from holdfast.core.random import Streams


@pytest.mark.parametrize("learner", ["categorical", "contexts", "ngram"])
@pytest.mark.parametrize("regime", ["replace", "golden", "accumulate-subsample", "verified-biased"])
def test_a_history_goes_on_from_a_file_as_if_nothing_had_happened(tmp_path, learner, regime):
    options = {"length": 2000, "types": 30} if learner == "ngram" else {}
    said = {"learner": learner, "options": options, "samples": 40, "generations": 5, "regimes": (regime,)}
    arm = arms(Experiment.model_validate(said))[0]
    assert isinstance(arm.setting(), Setting)
    block, streams = Block(0, 3), Streams(4)

    def end(moment):
        *_, last = generations(arm, block, streams, moment, lambda *_: None)
        return last.models[-1]

    unbroken = end(begun(arm, block, streams))
    halfway = next(m for m in generations(arm, block, streams, begun(arm, block, streams), lambda *_: None)
                   if m.generation == 3)  # fmt: skip
    keeper = Keeper(tmp_path)
    keeper.keep(0, 0, halfway)
    resumed = end(keeper.moment(0, 0, arm.learner))
    for one, other in zip(unbroken, resumed, strict=True):
        assert np.array_equal(one, other)
