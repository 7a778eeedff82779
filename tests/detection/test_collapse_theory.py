"""Short form of the grid of theories against the laboratory (`benchmarks/detection/collapse_theory.py`)."""

from dataclasses import replace

import pytest

from holdfast.collapse import catalogue


@pytest.fixture(scope="module")
def grid(benchmark):
    return benchmark("detection/collapse_theory.py")


def test_a_theory_that_is_wrong_is_far_again(grid, monkeypatch, capsys):
    name = "accumulate-variance"
    known = catalogue.theories()[name]
    monkeypatch.setitem(catalogue.theories(), name, replace(known, run=known.near_miss))
    monkeypatch.setattr(grid, "GRID", (("gaussian", ({"variance": "mle"},), (5,), 6, 20_000),))
    assert grid.main(["--short"]) == 1
    assert "so wrong: accumulate-variance." in capsys.readouterr().out


@pytest.mark.slow
def test_no_theory_is_far_twice(grid):
    assert grid.main(["--short"]) == 0
