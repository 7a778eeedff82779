"""Estimators by name, what they can, and what is said where they cannot."""

import pytest

from holdfast.core.errors import BadInput
from holdfast.data.loading import load
from holdfast.finetune.catalogue import kind_for
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tables import estimators

OWN = """
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

ready = DecisionTreeClassifier(max_depth=3)


def made():
    return DecisionTreeClassifier(max_depth=2)


def framed():
    return Pipeline([("pick", ColumnTransformer([("a", "passthrough", ["a"])])), ("line", LogisticRegression())])


def bursts():
    raise RuntimeError("no such thing")


number = 3
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own_models.py"
    path.write_text(OWN)
    return str(path)


@pytest.mark.parametrize(("model", "task", "is_one"), [
    ("boosting", "auto", True), ("sklearn.svm:SVC", "auto", True), ("sklearn.svm.SVC", "auto", True),
    ("models/encoder", "auto", False), ("bert-base", "auto", False), ("no_such_module:made", "auto", False),
    ("anything", "table", True), ("boosting", "classify-text", False),
])  # fmt: skip
def test_what_names_an_estimator(model, task, is_one):
    assert estimators.names_estimator(Recipe(model=model, data="d.csv", task=task)) == is_one


def test_a_persons_own_estimator_is_one_and_their_factory_may_be_a_networks(own):
    said = {name: estimators.names_estimator(Recipe(model=f"{own}:{name}", data="d")) for name in ("ready", "made")}
    assert said == {
        "ready": True,
        "made": False,
    }  # a function says what it makes only when it is called: task = "table"


def test_a_folder_of_that_name_is_a_model_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boosting").mkdir()
    assert not estimators.names_estimator(Recipe(model="boosting", data="d"))


def test_settings_and_seeds_are_given_to_a_fresh_one_each_time(own):
    for name in ("ready", "made"):
        one = estimators.made(f"{own}:{name}", {"min_samples_leaf": 4}, 7)
        assert (one.min_samples_leaf, one.random_state) == (4, 7)
        assert estimators.made(f"{own}:{name}", {}, 7).min_samples_leaf == 1
    assert estimators.made(f"{own}:framed", {"line__C": 3.0}, 1).named_steps["line"].C == 3.0
    assert estimators.takes_frames(estimators.made(f"{own}:framed", {}, 0))
    assert estimators.strength(estimators.made(f"{own}:framed", {}, 0)) == ("line__C", 1.0)


@pytest.mark.parametrize(("name", "settings", "says"), [
    ("bosting", {}, "Did you mean 'boosting'"),
    ("sklearn.ensemble:RandomForestClasifier", {}, "Did you mean 'RandomForestClassifier'"),
    ("sklearn.nothing:Here", {}, "cannot import"),
    ("sklearn.svm:SVC", {"gama": 1}, "Did you mean 'gamma'"),
    ("{own}:bursts", {}, "RuntimeError: no such thing"),
    ("{own}:number", {}, "cannot be made|wanted an estimator"),
    ("{own}:none", {}, "nothing called"),
])  # fmt: skip
def test_what_is_wrong_is_told(own, name, settings, says):
    with pytest.raises(BadInput, match=says):
        estimators.made(estimators.reference_of(name.format(own=own), classes=True), settings, 0)


@pytest.mark.parametrize(("name", "can_stop", "by_rows", "knows", "strength"), [
    ("boosting", True, True, False, "learning_rate"), ("forest", False, False, True, "n_estimators"),
    ("linear", False, False, False, "C"), ("nearest", False, False, True, "n_neighbors"),
    ("network", True, False, False, "learning_rate_init"),
])  # fmt: skip
def test_what_families_can(name, can_stop, by_rows, knows, strength):
    one = estimators.made(estimators.reference_of(name, classes=True), {}, 0)
    assert bool(estimators.stopping(one, {})) == can_stop
    assert estimators.takes_validation(one) == by_rows
    assert estimators.knows_its_rows(one) == knows
    found = estimators.strength(one)
    assert found[0] == strength
    assert estimators.times(*found, 0.3) == pytest.approx(0.3 * found[1], rel=0.34)
    assert not estimators.stopping(one, {"early_stopping": False})
    other = estimators.made(estimators.reference_of(name, classes=False), {}, 0)
    assert (estimators.is_for_classes(one), estimators.is_for_classes(other)) == (True, False)


def test_a_name_that_is_nearly_an_estimators_is_told_so(tmp_path):
    (tmp_path / "d.csv").write_text("a,y\n1,0\n2,1\n3,0\n")
    dataset = load({"all": tmp_path / "d.csv"}, roles={"y": "label"})
    with pytest.raises(BadInput, match=r"no estimator 'bosting' for tables\. Did you mean 'boosting'"):
        kind_for(dataset, Recipe(model="bosting", data="d.csv", label="y"))
    with pytest.raises(BadInput, match=r"no task suits d\.csv"):
        kind_for(dataset, Recipe(model="models/encoder", data="d.csv", label="y"))
