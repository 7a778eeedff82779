"""Which state of a training is kept: the one with the best score on validation data, of equal ones the least loss."""

import pytest

from holdfast.finetune.loop import Journal, Point, _best_so_far


def point(step, score, loss):
    return Point(step=step, epoch=0.0, rate=0.1, learning=1.0, train=1.0, valid=loss, valid_error=0.1, score=score,
                 train_score=score)  # fmt: skip


@pytest.mark.parametrize(("score", "loss", "better"), [
    (0.8, 0.9, True),  # more right answers, though less well calibrated
    (0.7, 0.4, True),
    (0.7, 0.6, False),
    (0.6, 0.1, False),
    (0.9, float("nan"), False),
])  # fmt: skip
def test_the_state_that_scores_best_is_kept(score, loss, better):
    journal = Journal(points=(point(1, 0.5, 0.3), point(2, 0.7, 0.5)), best_step=2, best_score=0.7)
    assert _best_so_far(point(3, score, loss), journal) is better


def test_the_first_state_is_the_best_one():
    assert _best_so_far(point(1, 0.1, 3.0), Journal())
