"""Wrong labels are named where they can be told, at the precision that is claimed, and refused elsewhere."""

import numpy as np
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.catalogue import checks
from holdfast.audit.facts.learning.probabilities import given
from holdfast.audit.runner import Facts, run_check
from holdfast.core.record import Status


def _noise(margin, flipped, classes=("down", "up"), spelling=None):
    """Return what is said when a model knows P(up) = logistic(margin) and `flipped` labels are exchanged."""
    up = 1.0 / (1.0 + np.exp(-margin))
    rng = np.random.default_rng(9)
    y = (rng.random(len(margin)) < up) ^ flipped
    names = np.array(classes, dtype=object)[y.astype(int)]
    if spelling is not None:
        names[spelling] += "."
    present = sorted(set(names))
    table = np.zeros((len(margin), len(present)))
    for code, name in enumerate(present):
        table[:, code] = (up if name.startswith(classes[1]) else 1.0 - up) / sum(
            other.rstrip(".") == name.rstrip(".") for other in present
        )
    dataset = subject({"a": margin, "y": names.tolist()})
    return Facts({"dataset": dataset, "probabilities": given(np.arange(len(margin)), tuple(present), table)})


def _margins(n, scale, seed=0):
    return np.random.default_rng(seed).choice([-1.0, 1.0], n) * scale + np.random.default_rng(seed + 1).normal(size=n)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scale", [3.0, 4.0, 6.0, 9.0])
def test_precision_is_as_claimed_or_nothing_is_said(seed, scale):
    margin = _margins(20_000, scale, seed)
    flipped = np.random.default_rng(seed + 2).random(20_000) < 0.02
    noise = _noise(margin, flipped)["label_noise"]
    if scale >= 6.0:
        assert noise.rate == pytest.approx(0.02, abs=0.006)
    if noise.rate is not None:
        true = flipped[noise.rows].mean()
        assert true >= 0.6
        assert noise.precision <= true + 0.2
    else:
        assert "overlap" in noise.reason


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shape", ["overlap", "wide", "clear"])
def test_names_nobody_where_no_label_is_wrong(seed, shape):
    rng = np.random.default_rng(seed)
    margin = {
        "overlap": 2.0 * rng.normal(size=10_000),
        "wide": 3.0 * rng.standard_t(3, size=10_000),
        "clear": _margins(10_000, 12.0, seed),
    }[shape]
    noise = _noise(margin, np.zeros(10_000, dtype=bool))["label_noise"]
    assert noise.rate is None
    assert len(noise.rows) == 0


def test_an_unknowable_class_is_not_wrong():
    rng = np.random.default_rng(0)
    margin = np.full(8000, -3.0) + 0.1 * rng.normal(size=8000)  # P = 0.047, wherever one looks
    noise = _noise(margin, np.zeros(8000, dtype=bool))["label_noise"]
    assert noise.rate is None
    assert "class" in noise.reason


def test_two_spellings_are_no_error():
    margin = _margins(8000, 10.0)
    spelling = np.arange(8000) % 3 == 0
    noise = _noise(margin, np.zeros(8000, dtype=bool), spelling=spelling)["label_noise"]
    assert noise.rate is None


def test_suspects_are_labelled_as_the_model_says():
    flipped = np.zeros(6000, dtype=bool)
    flipped[:240] = True
    facts = _noise(_margins(6000, 8.0), flipped)
    noise, labels = facts["label_noise"], facts["labels"]
    assert np.all(noise.suggested != labels.codes[noise.rows])


def test_test_labels_are_left_to_a_person():
    flipped = np.zeros(6000, dtype=bool)
    flipped[:240] = True
    facts = _noise(_margins(6000, 8.0), flipped)
    dataset = facts["dataset"]
    columns = {"a": dataset.numbers("a"), "y": dataset.table.column("y").to_pylist()}
    test = np.arange(6000) % 2 == 0
    split = subject(columns, split=np.where(test, "test", "train"))
    result = run_check(checks()["label-errors"], Facts({"dataset": split, "probabilities": facts["probabilities"]}))
    assert result.status is Status.FOUND
    remedy = result.findings[0].remedy
    assert len(remedy.rows) > 50
    assert not test[np.asarray(remedy.rows)].any()
    assert len(remedy.labels) in {0, len(remedy.rows)}


@pytest.mark.parametrize(("torn", "expected"), [(0.0, 0.0), (0.18, 0.1)])
def test_ceiling_recovers_how_often_labels_are_unusual(torn, expected):
    from holdfast.audit.checks.labels.label_noise_ceiling import _estimated

    rng = np.random.default_rng(0)
    n = 20_000
    first = rng.integers(0, 2, n)
    second = first ^ (rng.random(n) < torn)  # 2 e (1 - e) = 0.18 for e = 0.1
    error, high, repeated = _estimated(np.tile(np.arange(n), 2), np.concatenate([first, second]), 2)
    assert repeated == 2 * n
    assert error == pytest.approx(expected, abs=0.01)
    assert error <= high <= error + 0.02
