"""Early stopping: Prechelt's criteria are their definitions, patience has a margin, and the state survives JSON."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from holdfast.core.errors import BadInput
from holdfast.finetune.stopping.rules import (
    GeneralisationLoss,
    Look,
    Patience,
    ProgressQuotient,
    Rising,
    Rule,
    Stopping,
    gl,
    progress,
    rule_named,
)
from holdfast.finetune.stopping.update import looked

LOSSES = st.lists(st.floats(0.01, 10.0), min_size=1, max_size=60)
RULES = (
    Patience(patience=2, errors=0.0),
    Patience(patience=3, errors=1.0),
    GeneralisationLoss(alpha=3.0, settled=0.0),
    ProgressQuotient(alpha=0.5, strip=3, settled=0.0),
    Rising(strips=2, strip=2, settled=0.0),
)


def run(rule, validation, training=None, error=0.0):
    """Return the state after all looks; each look is one step."""
    state = Stopping()
    for i, value in enumerate(validation):
        train = None if training is None else training[i]
        state = looked(rule, state, Look(step=i + 1, validation=value, error=error, training=train))
    return state


def stop_of(rule, validation, training):
    """Return where Prechelt's section 2.2 stops, written down again with whole histories; None for never."""
    k = rule.strip
    risen = {}
    for t in range(1, len(validation) + 1):
        now, best = validation[t - 1], min(validation[:t])
        lost = 100 * (now / best - 1)
        if isinstance(rule, GeneralisationLoss) and lost > rule.alpha:
            return t
        if t % k:
            continue
        strip = training[t - k : t]
        moving = 1000 * (sum(strip) / (k * min(strip)) - 1)
        if isinstance(rule, ProgressQuotient) and lost > rule.alpha * moving:
            return t
        if isinstance(rule, Rising):
            risen[t] = risen.get(t - k, 0) + 1 if t > k and now > validation[t - k - 1] else 0
            if risen[t] >= rule.strips:
                return t
    return None


@settings(max_examples=40, deadline=None)
@given(losses=LOSSES, seed=st.integers(0, 1000))
@pytest.mark.parametrize("rule", [rule for rule in RULES if not isinstance(rule, Patience)], ids=lambda rule: rule.rule)
def test_prechelts_criteria_are_their_definitions(rule, losses, seed):
    training = list(np.random.default_rng(seed).uniform(0.1, 1.0, len(losses)))
    assert run(rule, losses, training).stopped_step == stop_of(rule, losses, training)


def test_the_two_formulas():
    assert gl(1.05, 1.0) == pytest.approx(5.0)
    assert progress((1.2, 1.0, 1.1)) == pytest.approx(100.0)
    assert gl(0.0, 0.0) == 0.0
    assert gl(0.1, 0.0) == float("inf")
    assert progress((0.0, 0.0)) == 0.0
    with pytest.raises(BadInput, match="patience"):
        gl(-1.0, -2.0)
    with pytest.raises(BadInput, match="0 or more"):
        progress((-1.0, 2.0))


def test_patience_counts_looks_without_a_clear_gain():
    state = run(Patience(patience=3), [1.0, 0.99, 0.98, 0.97, 0.5], error=0.05)
    assert state.stopped_step == 4
    assert state.best == 0.97  # the least is remembered, though no gain was clear
    assert "0.05" in state.stopped
    assert "3 looks" in state.stopped


def test_slow_gains_add_up():
    losses = [1.0 - 0.03 * i for i in range(20)]  # each below the margin of 0.05, two of them above
    assert run(Patience(patience=2), losses, error=0.05).stopped is None


def test_patience_without_margin_is_the_usual_one():
    assert run(Patience(patience=2, errors=0.0), [1.0, 0.9, 0.91, 0.92]).stopped_step == 4
    assert run(Patience(patience=2, errors=0.0), [1.0, 0.9, 0.91, 0.89, 0.9]).stopped is None


def test_training_that_stands_still_ends_any_of_prechelts():
    for rule in (GeneralisationLoss(), ProgressQuotient(), Rising()):
        state = run(rule, [1.0] * 5, [0.3] * 5)
        assert state.stopped_step == 5
        assert "stands still" in state.stopped


def test_a_loss_that_is_no_number_stops_at_once():
    state = run(Rising(), [1.0, float("nan")])
    assert state.stopped_step == 2
    assert "lower learning rate" in state.stopped
    json.dumps(state.model_dump(), allow_nan=False)


@settings(max_examples=25, deadline=None)
@given(losses=LOSSES, cut=st.integers(0, 60), seed=st.integers(0, 1000))
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule)
def test_a_cut_changes_nothing(rule, losses, cut, seed):
    rng = np.random.default_rng(seed)
    looks = [
        Look(step=i, validation=value, error=float(rng.uniform(0, 0.1)), training=float(rng.uniform(0.1, 1)))
        for i, value in enumerate(losses)
    ]
    whole = state = Stopping()
    for i, look in enumerate(looks):
        whole = looked(rule, whole, look)
        if i == cut:
            state = Stopping.model_validate_json(state.model_dump_json())
        state = looked(rule, state, look)
    assert state == whole


def test_what_has_stopped_stays_stopped():
    rule = Patience(patience=1, errors=0.0)
    state = run(rule, [1.0, 2.0])
    assert looked(rule, state, Look(step=9, validation=0.1)) is state


def test_rules_by_name_and_from_json():
    assert rule_named("up", strips=2) == Rising(strips=2)
    for rule in RULES:
        assert TypeAdapter(Rule).validate_json(rule.model_dump_json()) == rule
    with pytest.raises(BadInput, match="patience"):
        rule_named("patients")
    with pytest.raises(BadInput, match="strips"):
        rule_named("up", strip_count=2)
    with pytest.raises(BadInput, match="alpha"):
        rule_named("gl", alpha=-1.0)


def test_the_quotient_needs_training_losses():
    with pytest.raises(BadInput, match="training loss"):
        run(ProgressQuotient(), [1.0])


def test_patience_goes_on_while_the_score_still_rises():
    """A classifier's loss may rise for long while it answers more questions rightly."""

    def stopped(scores):
        state = Stopping()
        for i, score in enumerate(scores):
            look = Look(step=i + 1, validation=1.0 + 0.1 * i, error=0.05, score=score, score_error=0.02)
            state = looked(Patience(patience=3), state, look)
        return state

    assert stopped([0.5, 0.55, 0.6, 0.65, 0.7, 0.75]).stopped is None
    assert stopped([None] * 6).stopped_step == 4
    slow = stopped([0.5, 0.51, 0.515, 0.53, 0.53, 0.53, 0.53])  # 0.53 is the first above 0.5 by more than 0.02
    assert slow.stopped_step == 7
    assert "nor has the score risen above 0.53 by more than 0.02" in slow.stopped
