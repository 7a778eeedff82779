"""Short form of the benchmark of alarms (`benchmarks/detection/alarm.py`)."""

import pytest


@pytest.fixture(scope="module")
def alarm(benchmark):
    return benchmark("detection/alarm.py")


@pytest.fixture(scope="module")
def rows(alarm):
    return list(alarm.campaign(alarm.SETTINGS, 100, 30))


def found(rows, setting, what):
    return next(row for row in rows if row.setting.name == setting and row.what == what)


def test_healthy_generations_raise_no_more_alarms_than_alpha_allows(alarm, rows):
    assert alarm.failures(rows) == []


def test_no_alarm_of_layer_a_comes_before_the_loss(rows):
    assert sum(row.early for row in rows if row.what.startswith("A")) == 0


def test_collapse_is_noticed_about_when_half_of_a_tail_is_gone(rows):
    for samples, latest in (("50", 5), ("100", 8), ("300", 14)):
        row = found(rows, f"replace, M = {samples}", "A: tails")
        assert row.share >= 0.75
        assert row.delay <= latest


def test_rules_of_thumb_speak_in_healthy_generations(rows):
    assert found(rows, "the source itself", "rule: 2% change").share > 0.9
    assert found(rows, "the source itself", "rule: 10% drop").share > 0.5


def test_forgotten_types_are_noticed_and_fresh_ones_are_silent(alarm):
    rows = list(alarm.counts_campaign(alarm.COUNT_SETTINGS[:3], 40, 30))
    assert alarm.failures(rows) == []
    assert found(rows, "replace, M = 2,000 tokens", "A: coverage").share == 1.0
