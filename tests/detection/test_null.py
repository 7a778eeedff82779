"""Short forms of the benchmark of false alarms (`benchmarks/detection/null.py`)."""

import pytest


@pytest.fixture(scope="module")
def null(benchmark):
    return benchmark("detection/null.py")


def test_a_table_is_the_same_every_time(null):
    first, second = (null.null_table(null.shape(3, short=True)) for _ in range(2))
    assert first.digest == second.digest
    assert first.digest != null.null_table(null.shape(4, short=True)).digest


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_table_without_defect_raises_no_error(null, number):
    run = null.audited(null.shape(number, short=True)).run
    assert [f"{item.check}: {item.message}" for item in run.findings if item.severity == "error"] == []
    assert [f"{item.check}: {item.reason}" for item in run.results if item.status == "crashed"] == []


def test_more_errors_than_announced_are_noticed(null):
    low, high, chance = null.excess(9, 1.5)
    assert (low, high) == pytest.approx((4.115, 17.085), abs=0.01)  # exact limits of nine events (Garwood, 1936)
    assert chance < 0.001
    assert null.excess(0, 1.5)[2] == 1.0


@pytest.mark.slow
def test_a_dozen_tables_raise_no_more_errors_than_announced(null):
    assert null.main(["--short", "--quiet"]) == 0
