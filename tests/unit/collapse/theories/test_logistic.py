"""First-order theory of logistic regression: closed forms against the engine, and where it falls silent."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from holdfast.collapse import Experiment, run_experiment
from holdfast.collapse.definitions import Setting, Theory
from holdfast.collapse.graph import graph
from holdfast.collapse.learners.logistic_regression import LogisticRegression
from holdfast.collapse.regimes import PRESETS
from holdfast.collapse.theories.logistic import (
    golden_logistic,
    logistic_by_risk,
    logistic_loss_by_risk,
    logistic_pi_squared_over_six,
    variance_of_one_item,
)
from holdfast.core.errors import NotApplicable

ALL = (golden_logistic, logistic_by_risk, logistic_loss_by_risk, logistic_pi_squared_over_six)


def asked(theory: Theory, regime: str, samples: int, generations: int = 10, **options: object) -> np.ndarray:
    made, which = LogisticRegression(**options), PRESETS[regime]
    return theory.run(Setting(made, which, graph(which, samples, generations), samples, generations))


def test_the_information_of_an_item_is_that_of_its_curvature() -> None:
    assert variance_of_one_item(LogisticRegression(dimensions=7, signal=0)) == pytest.approx(28)
    rng = np.random.default_rng(0)
    for signal in (0.5, 3.0):
        inputs = rng.standard_normal((1_000_000, 3))
        chance = expit(signal * inputs[:, 0])
        information = (inputs * (chance * (1 - chance))[:, None]).T @ inputs / len(inputs)
        one = variance_of_one_item(LogisticRegression(dimensions=3, signal=signal))
        assert one == pytest.approx(np.trace(np.linalg.inv(information)), rel=0.01)


def test_the_information_of_a_table_is_that_of_its_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.exponential(size=(300, 2))
    labels = rng.random(300) < expit(inputs @ [1.0, -1.0])
    lines = [f"{a},{b},{int(c)}" for (a, b), c in zip(inputs, labels, strict=True)]
    (tmp_path / "told.csv").write_text("\n".join(["a,b,y", *lines]))
    learner = LogisticRegression(file=str(tmp_path / "told.csv"), label="y")
    chance = expit(learner.table @ learner.true_coefficients)
    information = np.mean([p * (1 - p) * np.outer(x, x) for x, p in zip(learner.table, chance, strict=True)], axis=0)
    assert variance_of_one_item(learner) == pytest.approx(np.trace(np.linalg.inv(information)))
    loss = asked(logistic_loss_by_risk, "replace", 3000, 1, file=learner.file, label="y")
    assert loss == pytest.approx([0, 3 / 2 / 3000])


def test_the_golden_weight_is_what_the_engine_says() -> None:
    np.testing.assert_allclose(
        asked(golden_logistic, "golden", 5000), asked(logistic_by_risk, "golden", 5000), rtol=1e-9
    )


def test_fits_to_all_data_approach_their_limit() -> None:
    limit = asked(logistic_pi_squared_over_six, "accumulate", 5000, 400)[-1]
    assert asked(logistic_by_risk, "accumulate", 5000, 400)[-1] == pytest.approx(limit, rel=2e-3)


def test_it_begins_to_speak_where_it_says() -> None:
    with pytest.raises(NotApplicable, match="begins to hold") as caught:
        asked(logistic_by_risk, "accumulate", 100)
    (least,) = re.findall(r"about (\d+) items", str(caught.value))
    assert np.isfinite(asked(logistic_by_risk, "accumulate", int(least))[1])
    with pytest.raises(NotApplicable):
        asked(logistic_by_risk, "accumulate", int(least) - 1)


def test_the_line_ends_where_the_first_order_is_not_enough() -> None:
    line = asked(logistic_by_risk, "replace", 1000)
    known = np.isfinite(line)
    assert known[:4].all()
    assert not known[4:].any()
    assert np.nanmax(line) <= 0.1
    np.testing.assert_array_equal(known, np.isfinite(asked(logistic_loss_by_risk, "replace", 1000)))


@pytest.mark.parametrize("theory", ALL, ids=lambda one: one.name)
def test_a_penalty_is_not_spoken_of(theory: Theory) -> None:
    with pytest.raises(NotApplicable, match="penalty"):
        asked(theory, "golden" if theory is golden_logistic else "accumulate", 5000, ridge=1.0)


def test_where_it_is_silent_it_would_be_wrong() -> None:
    """Four fits on 100 items of 2 inputs: predicted to be off by 0.46, they are off by a good deal more."""
    _, (curve,) = run_experiment(
        Experiment(
            learner="logistic-regression", samples=100, generations=4, replicates=1000, regimes=("replace",),
            options={"dimensions": 2, "design": "same"}, measures=("log-odds-error",),
        )
    )  # fmt: skip
    predicted = 4 * variance_of_one_item(curve.arm.learner) / 100
    assert curve.mean[-1] - 4 * curve.error[-1] > 1.05 * predicted
    assert not curve.overlays
