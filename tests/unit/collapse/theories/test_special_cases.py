"""Closed forms against the engines: two derivations of one number, without a simulation between them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.collapse import catalogue
from holdfast.collapse.definitions import Setting
from holdfast.collapse.engines.structure import Mix
from holdfast.collapse.graph import graph
from holdfast.collapse.lab.experiment import made_learner
from holdfast.collapse.regimes import PRESETS, Feed, Regime, Rule
from holdfast.collapse.theories.regression_fresh_real import handed_on
from holdfast.core.errors import NotApplicable

KNOWN = catalogue.theories()


def asked(
    theory: str, regime: Regime | str, samples: int, generations: int, learner: str = "gaussian", **options: object
) -> np.ndarray:
    which = PRESETS[regime] if isinstance(regime, str) else regime
    made = made_learner(learner, options)[1]
    return KNOWN[theory].run(Setting(made, which, graph(which, samples, generations), samples, generations))


def feeds(*said: dict[str, object]) -> Regime:
    return Regime(name="mine", feeds=tuple(Feed.model_validate({"name": f"{i}", **one}) for i, one in enumerate(said)))


@given(st.integers(2, 30), st.integers(1, 25), st.sampled_from([1.0, 1.3, 2.0]), st.sampled_from(["mle", "unbiased"]))
@settings(max_examples=40, deadline=None)
def test_keeping_everything(samples: int, generations: int, growth: float, way: str) -> None:
    regime = feeds({"of": "model", "keep": "all", "growth": growth})
    for closed, engine in (
        ("accumulate-variance", "variance-by-descent"),
        ("accumulate-mean-error", "mean-error-by-descent"),
    ):
        np.testing.assert_allclose(
            asked(closed, regime, samples, generations, variance=way),
            asked(engine, regime, samples, generations, variance=way),
            atol=1e-10,
        )


@given(st.integers(2, 30), st.integers(1, 25))
@settings(max_examples=25, deadline=None)
def test_a_choice_of_everything(samples: int, generations: int) -> None:
    closed = asked("accumulate-subsample-variance", "accumulate-subsample", samples, generations, variance="mle")
    engine = asked("variance-by-descent", "accumulate-subsample", samples, generations, variance="mle")
    np.testing.assert_allclose(closed, engine, atol=1e-12)


@given(st.integers(1, 20), st.integers(1, 20), st.integers(2, 20))
@settings(max_examples=40, deadline=None)
def test_new_real_items(real: int, synthetic: int, generations: int) -> None:
    regime = feeds({"of": "real", "size": real}, {"of": "model", "size": synthetic})
    closed = asked("fresh-real-variance", regime, 10, generations, variance="mle")
    np.testing.assert_allclose(
        closed, asked("variance-by-descent", regime, 10, generations, variance="mle"), atol=1e-12
    )


@pytest.mark.parametrize(
    ("closed", "engine", "regime"),
    [
        (
            "fresh-real-mean-error",
            "mean-error-by-descent",
            feeds({"of": "real", "size": 4}, {"of": "model", "size": 9}),
        ),
        ("fresh-real-mean-error", "mean-error-by-descent", "verified"),
        (
            "fixed-real-mean-error",
            "mean-error-by-descent",
            feeds({"of": "real", "size": 4, "every": "once"}, {"of": "model", "size": 9}),
        ),
        (
            "fixed-real-variance",
            "variance-by-descent",
            feeds({"of": "real", "size": 4, "every": "once"}, {"of": "model", "size": 9}),
        ),
    ],
)
def test_where_mixes_come_to_rest(closed: str, engine: str, regime: Regime | str) -> None:
    rest = asked(closed, regime, 20, 150, variance="mle")[-1]
    assert rest == pytest.approx(asked(engine, regime, 20, 150, variance="mle")[-1], rel=1e-6)


@pytest.mark.parametrize("way", ["mle", "unbiased"])
@pytest.mark.parametrize("samples", [3, 10, 50])
def test_where_keeping_everything_comes_to_rest(way: str, samples: int) -> None:
    rest = asked("accumulate-variance-limit", "accumulate", samples, 3, variance=way)[-1]
    assert asked("accumulate-variance", "accumulate", samples, 3000, variance=way)[-1] == pytest.approx(rest, abs=2e-4)


def test_where_lines_come_to_rest() -> None:
    limit = asked("regression-accumulate-limit", "accumulate", 20, 2, "linear-regression", dimensions=5)[-1]
    assert limit == pytest.approx(0.536, abs=1e-3)  # the bound π²/6 is .587
    late = asked("regression-accumulate", "accumulate", 20, 3000, "linear-regression", dimensions=5)[-1]
    assert late == pytest.approx(limit, rel=1e-3)
    bound = asked(
        "regression-pi-squared-over-six", "accumulate", 20, 2, "linear-regression", dimensions=5, design="same"
    )
    on_one = asked("regression-on-one-design", "accumulate", 20, 1500, "linear-regression", dimensions=5, design="same")
    assert on_one[-1] < bound[-1] == pytest.approx(on_one[-1], rel=1e-3)


def test_the_golden_weight_on_one_design_is_what_the_risk_engine_says() -> None:
    options = {"dimensions": 4, "design": "same"}
    closed = asked("golden-regression", "golden", 40, 12, "linear-regression", **options)
    np.testing.assert_allclose(
        closed, asked("regression-on-one-design", "golden", 40, 12, "linear-regression", **options)
    )


@pytest.mark.parametrize(("real", "synthetic", "d"), [(10, 10, 2), (5, 15, 8), (30, 6, 4)])
def test_what_a_fit_hands_on_of_an_error(real: int, synthetic: int, d: int) -> None:
    rng, runs = np.random.default_rng(3), 20_000
    new, old = rng.standard_normal((runs, real, d)), rng.standard_normal((runs, synthetic, d))
    gram = old.swapaxes(1, 2) @ old
    step = np.linalg.solve(new.swapaxes(1, 2) @ new + gram, gram)
    squares = np.sum(step**2, axis=(1, 2)) / d
    expected = handed_on(Mix(real, synthetic, real / (real + synthetic)), d)
    assert abs(squares.mean() - expected) < 4 * squares.std() / np.sqrt(runs)


def test_wide_draws_come_to_rest_only_beside_enough_real_items() -> None:
    def mine(share: float, temperature: float) -> Regime:
        return feeds(
            {"of": "real", "share": share},
            {"of": "model", "share": 1 - share, "rule": Rule(temperature=temperature)},
        )

    rest = asked("stability-variance", mine(0.5, 1.4), 100_000, 300, variance="mle")[-1]
    assert rest == pytest.approx(0.5 / (1 - 0.5 * 1.4))
    assert asked("variance-by-descent", mine(0.5, 1.4), 100_000, 300, variance="mle")[-1] == pytest.approx(
        rest, rel=1e-3
    )
    with pytest.raises(NotApplicable, match=r"a real share above 60% would hold it"):
        asked("stability-variance", mine(0.5, 2.5), 100, 5)


def test_a_taste_moves_models_to_its_centre() -> None:
    regime = feeds({"of": "model", "verifier": {"kind": "biased", "centre": 1.5, "width": 1.0}})
    found = asked("verified-mean-error", regime, 100, 4000)
    assert found[-1] == pytest.approx(1.5**2, rel=1e-2)
    assert np.all(np.diff(found[1:]) > 0)
