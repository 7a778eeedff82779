import numpy as np
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.facts.labels.combinations import _exact_sum
from holdfast.audit.runner import Facts
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Severity


def test_a_column_is_compared_with_all_others_together():
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 1500))
    outcome = a + b + c + rng.normal(size=1500) > 0
    columns = {"a": a, "b": b, "c": c, "copy": outcome + 0.25 * rng.normal(size=1500), "y": np.where(outcome, "p", "q")}
    found = Facts({"dataset": subject(columns)})["rivals"].found
    assert found[0].column == "copy"
    assert found[0].disguised is Severity.ERROR
    assert found[0].rest == pytest.approx(0.75, abs=0.15)


def test_two_copies_of_the_label_do_not_excuse_each_other():
    rng = np.random.default_rng(1)
    y = rng.choice(["p", "q"], 600)
    columns = {
        "one": np.where(y == "p", "yes", "no"),
        "two": np.where(y == "p", 1, 0),
        "x": rng.normal(size=600),
        "y": y,
    }
    found = {rival.column: rival for rival in Facts({"dataset": subject(columns)})["rivals"].found}
    assert all(found[name].disguised is Severity.ERROR for name in ("one", "two"))


def test_years_are_a_trend_and_no_rival():
    rng = np.random.default_rng(2)
    year = rng.integers(1990, 2020, 500)
    columns = {
        "year": year,
        "a": rng.normal(size=500),
        "b": rng.normal(size=500),
        "y": year + 0.1 * rng.normal(size=500),
    }
    assert Facts({"dataset": subject(columns)})["rivals"].found == ()


def test_the_smallest_exact_sum_is_found_among_many_columns():
    rng = np.random.default_rng(3)
    table = rng.normal(size=(400, 12))
    names = [f"c{i}" for i in range(12)]
    y = table[:, 3] - 2 * table[:, 7]
    found = _exact_sum(table, y, np.arange(400) % 3, names)
    assert found is not None
    assert found.formula == "c3 - 2 × c7"
    assert _exact_sum(table, y + 0.1 * rng.normal(size=400), np.arange(400) % 3, names) is None


def test_one_number_alone_cannot_be_combined():
    rng = np.random.default_rng(4)
    columns = {"a": rng.normal(size=50), "y": rng.choice(["p", "q"], 50)}
    with pytest.raises(NotApplicable, match="a combination needs 2"):
        _ = Facts({"dataset": subject(columns)})["label_combinations"]
