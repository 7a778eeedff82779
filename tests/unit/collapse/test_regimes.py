"""Regimes: what they refuse, and what they come to."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from holdfast.collapse.lab.experiment import Experiment, arms, regimes_of
from holdfast.collapse.lab.verb import run_experiment
from holdfast.collapse.regimes import MOST_ITEMS, PRESETS, Feed, Regime, golden_weight
from holdfast.core.errors import BadInput


def regime(*feeds: dict[str, object], **more: object) -> Regime:
    return Regime.model_validate({"name": "mine", "feeds": list(feeds), **more})


REAL = {"name": "real", "of": "real"}
SYNTHETIC = {"name": "synthetic", "of": "model"}


@pytest.mark.parametrize(
    ("feeds", "more", "said"),
    [
        ([], {}, "has 0 feeds"),
        ([{**REAL, "name": f"{i}"} for i in range(13)], {}, "at most 12"),
        ([REAL, REAL], {}, "two feeds have the same name"),
        ([{**SYNTHETIC, "lag": 0}], {}, "a circle"),
        ([{**SYNTHETIC, "size": 3, "share": 0.5}], {}, "not both"),
        ([{**REAL, "rule": {"temperature": 2}}], {}, "neither verified nor drawn by a rule"),
        ([{**REAL, "verifier": {}}], {}, "neither verified"),
        ([{**REAL, "weight": 0.5}, SYNTHETIC], {}, "either every feed has a weight, or none"),
        ([{**REAL, "weight": 0.5}, {**SYNTHETIC, "weight": 0.6}], {}, "these sum to 1.1"),
        ([{**REAL, "weight": 1.5}, {**SYNTHETIC, "weight": -0.5}], {}, "greater than 0, these are 1.5, -0.5"),
        ([{**REAL, "weight": math.nan}, {**SYNTHETIC, "weight": 0.5}], {}, "greater than 0"),
        ([{**REAL, "weight": "gold"}], {}, "a number, or golden"),
        ([{**REAL, "weight": "golden"}, {**SYNTHETIC, "weight": 0.5}], {}, "one real feed and one of the model"),
        ([{**SYNTHETIC, "weight": 1.0}], {"subsample": True}, "exclude each other"),
        ([SYNTHETIC], {"choose": "most-surprising"}, "add subsample = true"),
        ([{**SYNTHETIC, "name": "a|b"}], {}, "no slash and no bar"),
        ([{**SYNTHETIC, "growth": math.inf}], {}, "finite"),
        ([{**SYNTHETIC, "rule": {"top_p": 0.0}}], {}, "greater than 0"),
    ],
)
def test_what_does_not_fit_is_said(feeds: list[dict[str, object]], more: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        regime(*feeds, **more)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"feeds": [{"name": "a", "of": "model", "sise": 3}]}, r"regime\.mine\.feeds\.0\.sise: .*'size'"),
        ({"feed": []}, r"regime\.mine\.feeds is missing"),
        ({"feeds": [{"name": "a", "of": "modle"}]}, "'real' or 'model'"),
    ],
)
def test_a_regime_of_ones_own_is_checked_where_it_stands(said: dict[str, object], answer: str) -> None:
    with pytest.raises(BadInput, match=answer):
        regimes_of(Experiment(regimes=(), regime={"mine": said}))


@pytest.mark.parametrize("name", ["replace", "all"])
def test_names_that_are_taken_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="call yours something else"):
        regimes_of(Experiment(regime={name: {"feeds": [SYNTHETIC]}}))


@given(
    st.lists(st.integers(1, 10_000), min_size=1, max_size=12),
    st.none() | st.lists(st.integers(1, 100), min_size=12, max_size=12),
)
def test_weights_sum_to_one(sizes: list[int], raw: list[int] | None) -> None:
    said = [None] * len(sizes) if raw is None else [one / sum(raw[: len(sizes)]) for one in raw[: len(sizes)]]
    feeds = [{**SYNTHETIC, "name": f"{i}", "weight": weight} for i, weight in enumerate(said)]
    weights = regime(*feeds).weights(tuple(sizes))
    assert math.isclose(sum(weights), 1.0)
    assert all(weight > 0 for weight in weights)


@given(st.floats(1e-6, 1e6))
def test_the_golden_weight_solves_its_equation(ratio: float) -> None:
    weight = golden_weight(ratio)
    assert 0 < weight < 1
    assert math.isclose(weight**2 + ratio * weight, ratio, rel_tol=1e-6)


def test_golden_weights_go_to_the_right_side() -> None:
    there = regime({**REAL, "weight": "golden"}, {**SYNTHETIC, "weight": "golden"}).weights((100, 100))
    back = regime({**SYNTHETIC, "weight": "golden"}, {**REAL, "weight": "golden"}).weights((100, 100))
    assert there == pytest.approx((0.618034, 0.381966))
    assert back == pytest.approx((0.381966, 0.618034))


def test_sizes_of_batches() -> None:
    assert Feed(name="a", of="model").items(40, 7) == 40
    assert Feed(name="a", of="model", size=5, growth=2.0).items(40, 3) == 20
    assert Feed(name="a", of="model", share=0.25, power=1.0).items(40, 3) == 30
    assert Feed(name="a", of="model", growth=0.1).items(40, 9) == 1


@pytest.mark.parametrize(("growth", "generation"), [(1e9, 5), (1.5, 100_000)])
def test_batches_beyond_all_use_are_refused(growth: float, generation: int) -> None:
    with pytest.raises(BadInput, match=f"more than {MOST_ITEMS:,}"):
        Feed(name="a", of="model", growth=growth).items(40, generation)


def test_presets_are_called_by_their_names_and_say_what_they_are() -> None:
    assert list(PRESETS) == [one.name for one in PRESETS.values()]
    assert all(one.title for one in PRESETS.values())
    assert {name for name, one in PRESETS.items() if one.replaces} == {"replace"}
    assert {name for name, one in PRESETS.items() if not one.uses_real()} == {
        "replace", "accumulate", "accumulate-subsample",
    }  # fmt: skip


def test_all_regimes_are_those_that_suit_the_learner() -> None:
    suiting = arms(Experiment(learner="linear-regression", options={"design": "same"}, regimes=("all",), samples=20))
    assert {arm.regime.name for arm in suiting} == set(PRESETS) - {"accumulate-subsample", "verified-biased"}
    every = arms(Experiment(learner="linear-regression", regimes=("all",), samples=20))
    assert {arm.regime.name for arm in every} == set(PRESETS)


def test_a_regime_that_is_named_and_cannot_be_drawn_is_refused_by_name() -> None:
    experiment = Experiment(
        learner="linear-regression", options={"design": "same"}, regimes=("accumulate-subsample",), replicates=2
    )
    with pytest.raises(BadInput, match=r"linear-regression in accumulate-subsample: .*leave this regime out"):
        run_experiment(experiment)


@pytest.mark.parametrize("learner", ["gaussian", "categorical", "kde"])
def test_the_most_surprising_items_are_refused_where_a_model_cannot_tell_them(learner: str) -> None:
    surprising = {"subsample": True, "choose": "most-surprising", "feeds": [{**SYNTHETIC, "share": 2.0}]}
    with pytest.raises(BadInput, match=f"{learner} in mine: .* those of ngram and transformer do"):
        arms(Experiment(learner=learner, regimes=(), regime={"mine": surprising}, replicates=2))
