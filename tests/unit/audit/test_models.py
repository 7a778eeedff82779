"""Models: the default one, and the person's own, named or given."""

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from holdfast.audit.cases import subject, table
from holdfast.audit.facts.labels.labels import labels
from holdfast.audit.facts.learning.encoding import encoding
from holdfast.audit.models import Inputs, Model, as_model, fit, fit_and_predict, load_estimator, predict
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable

TRAIN, TEST = np.arange(80), np.arange(80, 100)


@pytest.fixture
def dataset() -> Dataset:
    return table(np.random.default_rng(0))


def said(dataset: Dataset, model: Model | None = None) -> object:
    return fit_and_predict(dataset, encoding.run(dataset, None, None), labels.run(dataset), TRAIN, TEST, model=model)


def test_the_default_model_learns_from_numbers_and_categories() -> None:
    data, test = table(np.random.default_rng(0), n_train=600, n_test=200), np.arange(600, 800)
    found = fit_and_predict(data, encoding.run(data, None, None), labels.run(data), np.arange(600), test)
    truth = labels.run(data).codes[test]
    assert found.classes == ("no", "yes")
    assert (found.values == truth).mean() > 0.6
    assert np.allclose(found.probabilities.sum(axis=1), 1.0)


def test_a_column_that_is_left_out_does_not_matter(dataset: Dataset) -> None:
    target = labels.run(dataset)
    inputs = Inputs(dataset, encoding.run(dataset, None, None), np.arange(100))
    without = predict(fit(inputs, target, TRAIN, without=["a", "color"]), inputs, TEST)
    spoilt = Inputs(dataset, encoding.run(dataset, None, None), np.arange(100))
    spoilt.matrix[80:, 0] += 100.0
    assert np.array_equal(
        predict(fit(spoilt, target, TRAIN, without=["a", "color"]), spoilt, TEST).values, without.values
    )
    assert not np.array_equal(predict(fit(spoilt, target, TRAIN), spoilt, TEST).values, without.values)


def test_an_own_model_that_refuses_text_gets_the_encoded_matrix(dataset: Dataset) -> None:
    target = labels.run(dataset)
    inputs = Inputs(dataset, encoding.run(dataset, None, None), np.arange(100))
    assert fit(inputs, target, TRAIN, model=as_model(LogisticRegression())).form == "matrix"
    numeric = dataset.with_roles({"color": "ignore"})
    inputs = Inputs(numeric, encoding.run(numeric, None, None), np.arange(100))
    assert fit(inputs, target, TRAIN, model=as_model(LogisticRegression())).form == "frame"


def test_a_pipeline_that_names_a_column_learns_nothing_from_it_when_it_is_left_out(dataset: Dataset) -> None:
    pipeline = make_pipeline(ColumnTransformer([("some", "passthrough", ["a", "b"])]), LogisticRegression())
    target = labels.run(dataset)
    inputs = Inputs(dataset, encoding.run(dataset, None, None), np.arange(100))
    fitted = fit(inputs, target, TRAIN, model=as_model(pipeline), without=["a"])
    assert fitted.form == "frame"
    scores = predict(fitted, inputs, TEST).scores[:, 1]
    order_by_b = np.argsort(dataset.numbers("b")[TEST])
    assert (np.diff(scores[order_by_b]) > 0).all(), "what is predicted follows the other column alone"


def test_the_persons_object_is_not_touched(dataset: Dataset) -> None:
    given = GaussianNB()
    said(dataset, as_model(given))
    assert not hasattr(given, "classes_")


def test_scores_without_probabilities_rank(dataset: Dataset) -> None:
    found = said(dataset, as_model(LinearSVC))
    assert found.probabilities is None
    assert ((found.scores[:, 1] > found.scores[:, 0]) == (found.values == 1)).all()


def test_a_class_that_training_lacks_has_no_chance() -> None:
    data = subject({"a": np.arange(30.0), "y": ["u"] * 10 + ["v"] * 10 + ["w"] * 10})
    found = fit_and_predict(data, encoding.run(data, None, None), labels.run(data), np.arange(20), np.arange(20, 30))
    assert found.probabilities.shape == (10, 3)
    assert (found.probabilities[:, 2] == 0).all()


def test_numbers_are_predicted_as_numbers() -> None:
    a = np.linspace(0, 1, 60)
    data = subject({"a": a, "y": 3 * a + 0.123})
    found = fit_and_predict(
        data,
        encoding.run(data, None, None),
        labels.run(data),
        np.arange(0, 60, 2),
        np.arange(1, 60, 2),
        model=as_model(Ridge(1e-9)),
    )
    assert np.allclose(found.values, 3 * a[1::2] + 0.123, atol=1e-6)


def test_nothing_to_learn_from_is_said(dataset: Dataset) -> None:
    target = labels.run(dataset)
    one_class = np.flatnonzero(target.codes[:80] == 0)
    with pytest.raises(NotApplicable, match="one class"):
        fit_and_predict(dataset, encoding.run(dataset, None, None), target, one_class, TEST)


def test_a_seed_that_nobody_set_is_set() -> None:
    assert as_model(LogisticRegression()).make(7).random_state == 7
    assert as_model(LogisticRegression(random_state=3)).make(7).random_state == 3


def test_models_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_models.py").write_text(
        "from sklearn.linear_model import Ridge\nready = Ridge()\ndef make():\n    return Ridge(alpha=5)\nnothing = 3\n"
    )
    path = tmp_path / "my_models.py"
    assert load_estimator(f"{path}:make").make(0).alpha == 5
    assert load_estimator(f"{path}:ready").make(0).alpha == 1.0
    assert load_estimator("sklearn.linear_model:Ridge").name == "sklearn.linear_model:Ridge"
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    assert load_estimator("my_models:make").make(0).alpha == 5
    assert sys.path == before
    for reference, message in (
        ("Ridge", "module:factory"),
        (f"{path}:absent", "nothing called 'absent'"),
        (f"{path}:nothing", "fit and predict"),
        ("no_such_module_here:x", "cannot import"),
        (f"{tmp_path}/absent.py:x", "no file"),
    ):
        with pytest.raises(BadInput, match=message):
            load_estimator(reference)


def test_a_model_that_fails_is_named(dataset: Dataset) -> None:
    class Broken(LogisticRegression):
        def fit(self, x: object, y: object) -> "Broken":
            raise RuntimeError("out of cheese")

    with pytest.raises(BadInput, match="Broken failed to fit: RuntimeError: out of cheese"):
        said(dataset, as_model(Broken()))
