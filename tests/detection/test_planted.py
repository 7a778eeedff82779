"""Short forms of the campaigns: what is planted is found, and what is killed leaves no lie behind."""

import pytest


def test_what_is_planted_is_found(benchmark):
    planted = benchmark("detection/planted.py")
    run, truth = planted.audit(planted.Dose(8_000, 2_000), seed=1)
    seen = planted.measure(run, truth)
    for name, wanted in planted.WANTED.items():
        assert seen[name] >= wanted, name


def test_wrong_labels_are_named_with_the_precision_that_is_claimed(benchmark):
    planted = benchmark("detection/planted.py")
    dose = planted.Dose(16_000, 4_000, exact=0, near=0, flips=0.02, leak=0, persons=False, ordered=False)
    run, truth = planted.audit(dose, seed=0)
    seen = planted.measure(run, truth)
    assert seen["flips precision"] >= 0.6
    assert seen["flips recall"] >= 0.3


@pytest.mark.parametrize("kills", [3, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_killed_at_random_moments(benchmark, tmp_path, kills):
    assert benchmark("faults/kill.py").campaign(tmp_path, kills, seed=kills) == []
