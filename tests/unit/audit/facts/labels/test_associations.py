import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from holdfast.audit.cases import subject
from holdfast.audit.facts.labels.conditional import Target, _areas, number_bins, ranks_of, value_bins
from holdfast.audit.runner import Facts
from holdfast.core.errors import NotApplicable


def associations_of(columns, **options):
    return Facts({"dataset": subject(columns)}, {"associations": options})["associations"]


def test_a_copy_of_the_label_scores_one_and_noise_half():
    rng = np.random.default_rng(0)
    y = rng.choice(["yes", "no"], 2000)
    found = associations_of({"copy": np.where(y == "yes", "T", "F"), "noise": rng.normal(size=2000), "y": y})
    assert found["copy"].value == 1.0
    assert found["copy"].balanced == 1.0
    assert found["noise"].value == pytest.approx(0.5, abs=0.05)
    assert found["noise"].p_value > 0.001


def test_the_score_of_a_number_is_close_to_its_true_auc():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 5000)
    x = y + rng.normal(size=5000)
    found = associations_of({"x": x, "y": np.where(y, "b", "a")})
    assert found["x"].value == pytest.approx(roc_auc_score(y, x), abs=0.02)
    assert found["x"].p_value < 1e-12


def test_a_relation_that_is_not_monotone_is_seen():
    rng = np.random.default_rng(2)
    x = rng.normal(size=3000)
    found = associations_of({"x": x, "y": np.where(np.abs(x) > 0.7, "far", "near")})
    assert found["x"].value > 0.99


def test_several_classes_count_alike_and_rare_ones_do_not_count():
    rng = np.random.default_rng(3)
    y = np.array(["a"] * 600 + ["b"] * 600 + ["c"] * 60 + ["d"] * 3)
    found = associations_of({"copy": y.copy(), "noise": rng.normal(size=len(y)), "y": y})
    assert found["copy"].value == 1.0
    assert found["noise"].p_value > 0.001


def test_a_quantity_is_scored_by_ranks_so_that_tails_do_not_decide():
    rng = np.random.default_rng(4)
    x = rng.normal(size=4000)
    found = associations_of({"x": x, "noise": rng.standard_cauchy(4000), "y": np.exp(5 * x)})
    assert found["x"].value > 0.99
    assert found["noise"].gain < 0.02
    assert found.target.metric == "R² of ranks"


def test_scores_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(5)
    y = rng.choice(["a", "b", "c"], 500)
    dataset = subject({"x": rng.normal(size=500), "c": rng.choice(["u", "v"], 500), "y": y})
    shuffled = dataset.take(rng.permutation(500))
    first, second = (Facts({"dataset": d})["associations"].scores for d in (dataset, shuffled))
    assert first == second


@pytest.mark.parametrize("kind", ["number", "category", "quantity"])
def test_p_values_of_columns_that_tell_nothing_are_honest(kind):
    rng = np.random.default_rng(6)
    n, columns = 400, 1500
    make = (lambda: rng.choice(list("abcdefgh"), n)) if kind == "category" else (lambda: rng.normal(size=n))
    y = rng.normal(size=n) if kind == "quantity" else rng.choice(["a", "b"], n, p=[0.8, 0.2])
    found = associations_of({**{f"c{i}": make() for i in range(columns)}, "y": y})
    p_values = np.array([score.p_value for score in found.scores.values()])
    assert np.mean(p_values < 0.01) <= 0.02
    assert np.min(p_values) > 1e-6


def test_the_sample_is_announced():
    rng = np.random.default_rng(7)
    found = associations_of({"x": rng.normal(size=300), "y": rng.choice(["a", "b"], 300)}, most_rows=100)
    assert (found.sampled.rows, found.sampled.of) == (100, 300)


def test_too_few_labels_are_a_reason_not_to_score():
    with pytest.raises(NotApplicable, match="rows with a label"):
        associations_of({"x": np.arange(30.0), "y": ["a", "b"] * 5 + [None] * 20})


def test_frequent_numbers_have_a_bin_of_their_own_and_missing_is_bin_zero():
    values = np.concatenate((np.zeros(500), np.random.default_rng(8).normal(size=1500), [np.nan] * 7, [np.inf]))
    bins = number_bins(values)
    assert np.all(bins[-8:-1] == 0)
    spike = np.unique(bins[values == 0])
    assert len(spike) == 1
    assert np.all(values[bins == spike[0]] == 0)
    assert np.bincount(bins)[1:].max() <= 500


def test_values_seen_once_share_a_bin():
    import pyarrow as pa

    bins = value_bins(pa.array(["a", "b", "a", None, "c"], pa.large_string()), most=10)
    assert bins.tolist() == [2, 1, 2, 0, 1]


def test_areas_are_those_of_scikit_learn_with_ties():
    rng = np.random.default_rng(9)
    scores = rng.integers(0, 5, 40).astype(float)
    hits, rest = rng.integers(0, 4, (2, 40)).astype(float)
    truth = np.concatenate([np.repeat([1, 0], [int(h), int(r)]) for h, r in zip(hits, rest, strict=True)])
    expected = roc_auc_score(truth, np.repeat(scores, (hits + rest).astype(int)))
    areas, _, _ = _areas(scores[:, None, None], hits[:, None, None], rest[:, None, None])
    assert areas[0, 0] == pytest.approx(expected)


def test_ranks_are_those_of_scipy():
    values = np.array([3.0, 1.0, 2.0, 2.0, 10.0])
    assert ranks_of(values) * 5 + 0.5 == pytest.approx(stats.rankdata(values))


def test_no_rows_score_nothing():
    empty = np.zeros(0, dtype=np.int64)
    assert Target(empty, empty, empty, 2, np.zeros(0)).score(empty).value == 0.5
