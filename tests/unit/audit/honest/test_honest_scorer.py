import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from holdfast import HonestScorer
from holdfast.core.errors import BadInput

RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=(300, 4))
LUCK = RNG.integers(0, 2, 300)
NEAREST = KNeighborsClassifier(1)


def test_copies_across_folds_make_no_score():
    rows, labels = np.concatenate([NOISE, NOISE]), np.concatenate([LUCK, LUCK])  # every row twice, labels by chance
    order = RNG.permutation(600)
    rows, labels = rows[order], labels[order]
    folds = KFold(5)
    assert cross_val_score(NEAREST, rows, labels, cv=folds).mean() > 0.8
    scorer = HonestScorer(rows)
    assert 0.3 < cross_val_score(NEAREST, rows, labels, cv=folds, scoring=scorer).mean() < 0.7
    left, of = np.sum(scorer.folds, axis=0)
    assert of == 600
    assert 400 < left < 600


def test_members_of_a_group_in_training_make_no_score():
    who = np.repeat(np.arange(60), 5)
    rows = np.repeat(RNG.normal(size=(60, 4)), 5, axis=0) + RNG.normal(size=(300, 4)) * 0.01
    labels = np.repeat(RNG.integers(0, 2, 60), 5)
    order = RNG.permutation(300)
    rows, labels, who = rows[order], labels[order], who[order]
    assert cross_val_score(NEAREST, rows, labels, cv=KFold(5)).mean() > 0.95
    scorer = HonestScorer(rows, groups=who)
    with pytest.raises(
        BadInput, match="no row of this fold can be scored: all 60 have a copy or somebody of their group"
    ):
        cross_val_score(NEAREST, rows, labels, cv=KFold(5), scoring=scorer, error_score="raise")
    grouped = cross_val_score(NEAREST, rows, labels, cv=GroupKFold(5), groups=who, scoring=scorer)
    assert scorer.folds[-5:] == [(0, 60)] * 5
    assert grouped == pytest.approx(cross_val_score(NEAREST, rows, labels, cv=GroupKFold(5), groups=who))


@pytest.mark.parametrize("metric", [None, "accuracy", "roc_auc"])
def test_where_nothing_leaks_it_is_the_metric_itself(metric):
    plain = cross_val_score(LogisticRegression(), NOISE, LUCK, cv=KFold(3), scoring=metric)
    honest = cross_val_score(LogisticRegression(), NOISE, LUCK, cv=KFold(3), scoring=HonestScorer(NOISE, metric=metric))
    assert honest == pytest.approx(plain)


def test_frames_with_words_and_gaps_are_told_by_their_values():
    frame = pd.DataFrame({"a": [1.0, None, 1.0, 2.0, None, 3.0], "b": ["x", "y", "x", None, "y", "<b>"]})
    scorer = HonestScorer(frame)
    assert scorer.new(frame.iloc[:3]).tolist() == [True, False, True]
    assert scorer.new(frame.iloc[[1, 4]]).tolist() == [True, True]
    assert scorer.new(frame.iloc[[0]]).tolist() == [False]
    assert scorer.new(frame.iloc[[5, 0, 3]]).tolist() == [True, False, True]  # row labels are no values


def test_equal_rows_of_several_people_are_scored_with_caution():
    rows = np.array([[0.0], [0.0], [1.0], [2.0]])
    scorer = HonestScorer(rows, groups=["a", "b", "a", "b"])
    assert scorer.new(rows[[0, 1, 2]]).tolist() == [False, False, True]  # b's other row is outside; a is whole
    assert scorer.new(rows).all()


def test_it_goes_through_a_grid_search():
    search = GridSearchCV(NEAREST, {"n_neighbors": [1, 3]}, cv=KFold(3), scoring=HonestScorer(NOISE))
    assert 0.2 < search.fit(NOISE, LUCK).best_score_ < 0.8


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: HonestScorer(NOISE, groups=[1, 2]), "groups want one entry a row, 300 in all, got 2"),
        (lambda: HonestScorer(NOISE).new(NOISE + 1), "was not given"),
        (lambda: HonestScorer(csr_array(NOISE)), "sparse"),
    ],
)
def test_mistakes_are_told(call, said):
    with pytest.raises(BadInput, match=said):
        call()
