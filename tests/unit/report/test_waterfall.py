from itertools import pairwise

import pytest

from holdfast.core.record import HonestScore, HonestStep
from holdfast.report.waterfall import MOST_BARS, waterfall
from report_findings import estimate
from report_runs import holds_up, honest


def test_there_is_nothing_to_draw_without_a_score():
    assert waterfall(None) is None
    assert waterfall(HonestScore(status="not-estimable", reason="no labels")) is None


def test_bars_lead_from_the_claimed_to_the_honest_score():
    bars = waterfall(honest()).bars
    assert [bar.kind for bar in bars] == ["claimed", "loss", "loss", "loss", "honest"]
    for before, after in pairwise(bars[:-1]):
        assert after.start == pytest.approx(before.stop)
    assert bars[-2].stop == pytest.approx(bars[-1].stop)


def test_the_largest_step_comes_first():
    assert [bar.label for bar in waterfall(honest()).bars[1:-1]] == [
        "duration",
        "customers on both sides",
        "copied rows",
    ]


def test_what_the_steps_do_not_explain_is_a_bar_of_its_own():
    score = honest().model_copy(update={"honest": estimate(0.7, 0.01)})
    bars = waterfall(score).bars
    assert bars[-2].label == "Interplay of the above"
    assert bars[-2].stop == pytest.approx(0.7)


def test_many_steps_are_added_up_so_that_the_picture_stays_one_glance():
    steps = tuple(
        HonestStep(name=str(i), checks=(), operation="drop-rows", shapley=estimate(-0.001 * (i + 1), 0.001))
        for i in range(30)
    )
    drawn = waterfall(honest().model_copy(update={"steps": steps, "honest": estimate(0.934 - 0.465, 0.01)}))
    assert len(drawn.bars) == MOST_BARS + 2
    assert drawn.bars[-2].label == "23 smaller steps"
    assert drawn.bars[-2].stop == pytest.approx(0.469)


def test_the_scale_begins_at_zero_unless_nothing_could_be_seen_then():
    assert waterfall(honest()).first == 0.0
    zoomed = waterfall(holds_up().honest)
    assert zoomed.first > 0.5
    assert "The scale does not begin at 0." in zoomed.notes


def test_for_an_error_that_should_be_small_a_rise_is_a_loss():
    score = HonestScore(
        status="estimated", metric="rmse", higher_is_better=False, claimed=estimate(3, 0.1), honest=estimate(4, 0.1),
        inflation=estimate(-1, 0.1),
        steps=(HonestStep(name="copies", checks=(), operation="drop-rows", alone=estimate(1, 0.1)),),
    )  # fmt: skip
    assert [bar.kind for bar in waterfall(score).bars] == ["claimed", "loss", "honest"]


def test_negative_scores_are_drawn():
    score = HonestScore(
        status="estimated", metric="r2", claimed=estimate(0.2, 0.1), honest=estimate(-0.5, 0.1),
        inflation=estimate(0.7, 0.1),
    )  # fmt: skip
    drawn = waterfall(score)
    assert drawn.first < -0.5
    assert drawn.last > 0.2


def test_the_label_states_the_result():
    assert waterfall(honest()).label == (
        "The claimed ROC AUC of 0.934 becomes 0.771 (0.757 to 0.785). Removed on the way: duration −0.117; "
        "customers on both sides −0.035; copied rows −0.011."
    )


def test_what_could_not_be_estimated_is_said():
    assert "Not estimated: labels that contradict (too few rows to see an effect)." in waterfall(honest()).notes


def test_steps_that_change_nothing_are_not_zoomed_in_on():
    steps = (HonestStep(name="copies", checks=(), operation="drop-rows", alone=estimate(0.0002, 0.001)),)
    drawn = waterfall(honest().model_copy(update={"steps": steps, "honest": estimate(0.9342, 0.004)}))
    assert drawn.first == 0.0


def test_remedies_are_said_in_words():
    said = [row[1] for row in waterfall(honest()).table.rows]
    assert said == [
        "drop 1 column",
        "split again by group",
        "drop 1,032 rows",
        "relabel 37 rows: too few rows to see an effect",
    ]
