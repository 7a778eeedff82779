"""Operations by formula, time, memory and energy: hand-made numbers and rules of thumb."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.core.errors import BadInput, NotApplicable
from holdfast.finetune.cost.duration import predicted_duration
from holdfast.finetune.cost.energy import (
    estimated_energy,
)
from holdfast.finetune.cost.flops import calibration, evaluation_flops, training_flops
from holdfast.finetune.cost.memory import predicted_memory
from holdfast.finetune.cost.shape import Adapters, ModelShape, Part, transformer

WIDE = {"layers": 24, "width": 1024, "inner": 4096}
N = 24 * 12 * 1024**2  # weights of its matrices


def factor(tokens=1, **options):
    """Return operations over N × D, attention and head left out."""
    shape = transformer(**WIDE, **options)
    found = training_flops(shape, tokens)
    return (found.total - found.by_group.get("attention", 0) - found.by_group.get("head", 0)) / (N * tokens)


def test_rules_of_thumb_hold():
    assert factor() == pytest.approx(6.0)
    assert factor(checkpointing=True) == pytest.approx(8.0)
    assert factor(embeddings_learn=False, body_learns=False, head=1024) == pytest.approx(2.0)
    assert factor(embeddings_learn=False, adapters=Adapters(1)) == pytest.approx(4.0, rel=0.03)
    assert evaluation_flops(transformer(**WIDE), 1) == pytest.approx(2 * N, rel=1e-3)


def test_attention_is_twelve_layers_width_tokens_a_token():
    shape = transformer(**WIDE)
    assert training_flops(shape, 512).by_group["attention"] == 12 * 24 * 1024 * 512 * 512
    fused = transformer(**WIDE, fused=True)
    assert training_flops(fused, 512).by_group["attention"] == 14 * 24 * 1024 * 512 * 512


def test_a_small_network_by_hand():
    parts = (Part("in", 6, passes=False, uses=5), Part("middle", 4, learns=False), Part("out", 8, uses=1, group="head"))
    found = training_flops(ModelShape(parts), tokens=3, examples=2)
    assert found.forward == 2 * 2 * (6 * 5 + 4 * 3 + 8)
    assert found.inputs == 2 * 2 * (4 * 3 + 8)
    assert found.weights == 2 * 2 * (6 * 5 + 8)
    assert found.total == found.forward + found.inputs + found.weights == sum(found.by_group.values())


def test_gated_layers_and_grouped_queries():
    shape = transformer(2, 64, 160, key_width=16, gated=True, head=64 * 100, head_per_token=True, other=700)
    weights = 2 * (2 * 64 * 64 + 2 * 64 * 16 + 3 * 64 * 160) + 64 * 100
    assert (shape.learning, shape.frozen) == (weights + 700, 0)
    assert evaluation_flops(shape, 10) == 2 * weights * 10 + 2 * 4 * 100 * 64


@given(st.integers(1, 300), st.integers(1, 16), st.booleans())
def test_operations_grow_with_what_is_asked(tokens, examples, fused):
    shapes = [
        transformer(3, 32, 64, embeddings_learn=False, body_learns=False, head=64, fused=fused),
        transformer(3, 32, 64, embeddings_learn=False, adapters=Adapters(2), head=64, fused=fused),
        transformer(3, 32, 64, head=64, fused=fused),
        transformer(3, 32, 64, head=64, fused=fused, checkpointing=True),
    ]
    totals = [training_flops(shape, tokens, examples).total for shape in shapes]
    assert totals == sorted(totals)
    assert totals[0] == examples * training_flops(shapes[0], tokens).total
    assert all(evaluation_flops(shape, tokens, examples) < total for shape, total in zip(shapes, totals, strict=True))


def test_a_formula_that_misses_says_so():
    assert not calibration(100, 105).differs
    assert calibration(100, 120).differs
    assert calibration(100, 120).factor == 1.2


@pytest.mark.parametrize(
    "call",
    [
        lambda: transformer(0, 8, 8),
        lambda: transformer(1, 8, 8, adapters=Adapters(2, ("q",))),
        lambda: training_flops(transformer(1, 8, 8), 0),
        lambda: calibration(0, 5),
        lambda: predicted_memory(ModelShape(()), 0, optimizer="lion"),
        lambda: predicted_memory(ModelShape(()), -1),
        lambda: predicted_duration([1.0] * 5, -1),
        lambda: estimated_energy(-1, 0, 0),
    ],
)
def test_what_cannot_be_is_said(call):
    with pytest.raises(BadInput):
        call()


# ---- time ------------------------------------------------------------------------------------------------------------


def test_seconds_add_up():
    found = predicted_duration(
        [9.0, 1.0, 1.0, 1.2, 1.0], 100, share=0.5, look_seconds=[4.0], looks=10, save_seconds=[0.1, 0.3], saves=5
    )
    assert found.training == pytest.approx(50.0)
    assert (found.looking, found.saving) == (40.0, pytest.approx(1.0))
    assert found.seconds.value == pytest.approx(91.0)
    assert found.seconds.low == pytest.approx(50.0 + 40.0 + 0.55)
    assert found.seconds.high == pytest.approx(58.5 + 40.0 + 1.45)


def test_too_little_was_timed():
    with pytest.raises(NotApplicable, match="wanted 3"):
        predicted_duration([1.0, 1.0], 10)
    with pytest.raises(NotApplicable, match="none of 2"):
        predicted_duration([1.0] * 3, 10, looks=2)
    with pytest.raises(NotApplicable, match="wanted 3"):
        predicted_duration([1.0, np.nan, 1.0], 10)


# ---- memory ----------------------------------------------------------------------------------------------------------


def test_sixteen_bytes_a_weight_that_learns():
    full = predicted_memory(ModelShape((), learning=1000), 0)
    assert full.peak.value == 16_000
    head = predicted_memory(ModelShape((), learning=10, frozen=990), 0)
    assert head.peak.value == 4 * 1000 + 12 * 10
    kept = predicted_memory(ModelShape((), learning=1000), 10_000, copies=1)
    assert kept.peak.value - full.peak.value == 4_000 + 12_500
    assert predicted_memory(ModelShape((), learning=1000), 0, optimizer="sgd").peak.value == 8_000


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**10), st.floats(0.1, 8.0))
def test_the_band_holds_the_middle(learning, frozen, kept, work):
    found = predicted_memory(ModelShape((), learning=learning, frozen=frozen), kept, work=work)
    assert found.peak.low <= found.peak.value <= found.peak.high


# ---- energy ----------------------------------------------------------------------------------------------------------


def test_energy_is_an_estimate_and_says_so():
    guess = estimated_energy(3600.0, 3600.0, 2e9)
    assert guess.watt_hours.value == pytest.approx(3.5 + 2 * 0.392)
    assert (guess.watt_hours.low, guess.watt_hours.high) == pytest.approx((4.284 / 2, 4.284 * 2))
    assert "estimate" in guess.source
    assert "accelerator" in estimated_energy(0, 3600, 0, device_watts=300).source
