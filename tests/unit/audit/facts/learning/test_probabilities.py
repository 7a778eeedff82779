"""Out-of-fold predictions see neither the row nor its copies, cover all rows, and take what tables hold."""

import numpy as np
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.facts.learning import probabilities as module
from holdfast.audit.runner import Facts
from holdfast.core.errors import BadInput, NotApplicable


def _predicted(columns, **roles):
    facts = Facts({"dataset": subject(columns, **roles)})
    return facts["probabilities"], facts["labels"]


def test_learns_what_can_be_learnt():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 600))
    said, labels = _predicted({"a": a, "b": b, "y": np.where(a > 0, "up", "down")})
    assert said.rows.tolist() == list(range(600))
    assert (said.predictions == labels.codes).mean() > 0.95
    assert np.allclose(said.probabilities.sum(axis=1), 1.0)
    assert said.sampled is None


def test_remembers_neither_rows_nor_copies():
    rng = np.random.default_rng(0)
    a = np.repeat(rng.normal(size=200), 4)
    y = np.repeat(rng.choice(["yes", "no"], size=200), 4)
    said, labels = _predicted({"a": a, "y": y})
    assert 0.35 < (said.predictions == labels.codes).mean() < 0.65


def test_a_given_group_stays_in_one_fold():
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(100), 6)
    a = np.repeat(rng.normal(size=100), 6) + 1e-4 * rng.normal(size=600)
    y = np.repeat(rng.choice(["yes", "no"], size=100), 6)
    said, labels = _predicted({"person": person, "a": a, "y": y}, person="group")
    assert 0.3 < (said.predictions == labels.codes).mean() < 0.7
    said, labels = _predicted({"a": a, "y": y})
    assert (said.predictions == labels.codes).mean() > 0.8


def test_numbers_are_predicted_as_numbers():
    rng = np.random.default_rng(0)
    a = rng.normal(size=500)
    said, labels = _predicted({"a": a, "y": 3.0 * a + 0.1 * rng.normal(size=500)})
    assert said.classes == ()
    assert said.probabilities.shape == (500, 0)
    assert np.corrcoef(said.predictions, labels.values)[0, 1] > 0.95


def test_more_rows_than_are_learned_from_are_predicted(monkeypatch):
    monkeypatch.setattr(module, "MOST_LEARNED", 200)
    rng = np.random.default_rng(0)
    a = rng.normal(size=1000)
    said, labels = _predicted({"a": a, "y": np.where(a > 0, "up", "down")})
    assert len(said.rows) == 1000
    assert (said.predictions == labels.codes).mean() > 0.9
    assert "200 rows" in said.sampled.what


def test_order_of_rows_does_not_matter():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 300))
    y = np.where(a + rng.normal(size=300) > 0, "up", "down")
    order = rng.permutation(300)
    first, _ = _predicted({"a": a, "b": b, "y": y})
    second, _ = _predicted({"a": a[order], "b": b[order], "y": y[order]})
    assert np.array_equal(first.probabilities[order], second.probabilities)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"a": np.arange(40.0), "y": ["yes"] * 40}, "1 classes"),
        ({"a": np.arange(10.0), "y": ["yes", "no"] * 5}, "10 rows"),
        ({"a": np.arange(80.0), "y": [f"c{i}" for i in range(80)]}, "80 classes"),
        ({"a": np.arange(40.0)}, "no label"),
    ],
)
def test_says_why_not(columns, why):
    with pytest.raises(NotApplicable, match=why):
        _predicted(columns)


def test_hostile_columns_do_not_crash():
    rng = np.random.default_rng(0)
    n = 120
    columns = {
        "inf": np.where(rng.random(n) < 0.3, np.inf, rng.normal(size=n)),
        "huge": rng.normal(size=n) * 1e300,
        "nothing": [None] * n,
        "nan": np.full(n, np.nan),
        "text": ["a\x00b", "<script>"] * (n // 2),
        "many": [f"v{i}" for i in range(n)],
        "y": ["yes", "no", None] * (n // 3),
    }
    said, _ = _predicted(columns)
    assert np.isfinite(said.probabilities).all()


@pytest.mark.parametrize(
    "array", [np.ones((3, 2)), np.full((3, 2), np.nan), np.array([[0.5, 0.5]] * 2), np.array([[1.5, -0.5]] * 3)]
)
def test_given_probabilities_must_fit(array):
    with pytest.raises(BadInput):
        module.given(np.arange(3), ("no", "yes"), array)


def test_given_probabilities_are_taken():
    said = module.given(np.arange(2), ("no", "yes"), np.array([[0.9, 0.1], [0.2, 0.8]]))
    assert said.predictions.tolist() == [0.0, 1.0]
