"""Verdicts of the scorecard: the word follows from the interval, and what was not measured is not judged."""

from dataclasses import replace

import numpy as np
import pytest

from holdfast.audit.cases import training as cases
from holdfast.audit.training import GUARDS, Training
from holdfast.core.record import Estimate
from holdfast.finetune.scorecard import measures, scorecard, section
from holdfast.finetune.telling_guards import guards_told

NAN = float("nan")


def line(training, guard):
    return next(one for one in scorecard(training).lines if one.guard == guard)


def of(made):
    return made["training"]


@pytest.mark.parametrize(
    ("guard", "made", "verdict"),
    [
        ("overfitting", lambda rng: cases.knows(rng, 0.05, 0.9), "overfitted"),
        ("overfitting", lambda rng: cases.knows(rng, 0.45, 0.5), "holds"),
        ("overfitting", lambda rng: cases.knows(rng, 0.2, 0.7, n=12), "open"),
        ("forgetting", lambda rng: cases.forgot(rng, 0.1), "forgot"),
        ("forgetting", lambda rng: cases.forgot(rng, 0.0), "kept"),
        ("forgetting", lambda rng: cases.forgot(rng, 0.02, n=200, budget=0.02), "open"),
        ("transfer", lambda rng: cases.beside(rng, 0.95, 0.8), "helps"),
        ("transfer", lambda rng: cases.beside(rng, 0.8, 0.95), "hurts"),
        ("transfer", lambda rng: cases.beside(rng, 0.8, 0.8), "no clear help"),
        ("cost", lambda rng: cases.cost(rng, 1.0), "as foretold"),
        ("cost", lambda rng: cases.cost(rng, 0.5), "less"),
        ("cost", lambda rng: cases.cost(rng, 3.0), "more"),
        ("sensitivity", lambda rng: cases.rates(rng, 0.0, NAN), "sensitive"),
        ("sensitivity", lambda rng: cases.rates(rng, 0.0, 0.2), "sensitive"),
        ("sensitivity", lambda rng: cases.rates(rng, 0.3, 0.001, n=4000), "steady"),
        ("sensitivity", lambda rng: cases.rates(rng, 0.0, 0.02, n=100), "open"),
        ("need", lambda rng: cases.curve(rng, 0.8, 0.86), "more helps"),
        ("need", lambda rng: cases.curve(rng, 0.9, 0.905), "enough"),
        ("need", lambda rng: cases.curve(rng, 0.8, 0.83, target=0.85, reachable=True), "more needed"),
        ("need", lambda rng: cases.curve(rng, 0.8, 0.81, target=0.99, reachable=False), "not reachable"),
        ("need", lambda rng: cases.curve(rng, 0.9, 0.95, target=0.85, reachable=True), "reached"),
    ],
)
def test_the_word_follows_from_the_interval(guard, made, verdict):
    for seed in range(3):
        found = line(of(made(np.random.default_rng(seed))), guard)
        assert found.verdict == verdict
        assert found.value is None or found.low <= found.high
        assert (found.mark == "bad") <= bool(found.next)


def test_what_was_not_measured_is_not_judged():
    card = scorecard(Training("classify-text", "accuracy", silent={"need": "off by options.need.off"}))
    assert [one.guard for one in card.lines] == list(GUARDS)
    assert {one.mark for one in card.lines} == {"none"}
    assert line(Training("classify-text", "accuracy", silent={"need": "off"}), "need").reason == "off"
    assert "Need: off by options.need.off." in section(card).says
    assert not [one for guard in GUARDS for one in measures(Training("t", "accuracy"), guard)]


def test_without_original_data_the_drift_stands_in_its_place():
    found = of(cases.forgot(np.random.default_rng(0), 0.0)).forgetting
    drift = Estimate(value=0.2, low=0.1, high=0.3)
    one = line(Training("t", "accuracy", forgetting=replace(found, lost=None, drift=drift)), "forgetting")
    assert (one.verdict, one.value, one.threshold) == ("not measured", 0.2, None)
    assert "original" in one.next


def test_six_lines_fit_on_eighty_columns():
    from holdfast.report.columns import columns
    from holdfast.report.document import Table

    rng = np.random.default_rng(0)
    training = replace(
        of(cases.knows(rng, 0.05, 0.9)),
        forgetting=of(cases.forgot(rng, 0.1)).forgetting,
        transfer=of(cases.beside(rng, 0.3, 0.95)).transfer,
        cost=of(cases.cost(rng, 30.0)).cost,
        sensitivity=of(cases.rates(rng, 0.0, 0.2)).sensitivity,
        need=of(cases.curve(rng, 0.8, 0.81, target=0.99, reachable=False)).need,
    )
    table = section(scorecard(training)).evidence[0]
    lines = list(columns(Table("", table.columns, tuple(tuple(map(str, row)) for row in table.cells)), 78))
    assert len(lines) == 7
    assert max(map(len, lines)) <= 78


def test_a_higher_rate_that_is_ahead_is_named():
    found = of(cases.rates(np.random.default_rng(0), 0.0, 0.0)).sensitivity
    ahead = Estimate(value=-0.3, low=-0.35, high=-0.25)
    one = line(Training("t", "accuracy", sensitivity=replace(found, lost=(None, None, ahead))), "sensitivity")
    assert one.verdict == "steady"
    assert one.next.startswith("try rate = 0.00015,")


def test_a_loss_above_that_of_knowing_nothing_is_told():
    gap = of(cases.knows(np.random.default_rng(0), 0.45, 0.5)).gap
    sure = Training("t", "accuracy", gap=replace(gap, base=gap.valid / 2))
    fine = Training("t", "accuracy", gap=replace(gap, base=gap.valid * 2))
    assert ["made it worse" in " ".join(next(guards_told(one)).says) for one in (sure, fine)] == [True, False]
