"""An estimator on a table from recipe to predictions: guarded, the same whatever the order of rows, gone on with."""

import json
import random
import shutil

import numpy as np
import pyarrow as pa
import pytest

from holdfast.core.errors import BadInput
from holdfast.core.progress import Silent
from holdfast.core.sealed import read_sealed
from holdfast.core.store import RunStore
from holdfast.data.loading import load
from holdfast.finetune.predicting import predictions
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tables.keeping import FILE
from holdfast.finetune.verb import finetune
from small_tables import rows, write

GUARDS = ("overfitting", "forgetting", "transfer", "cost", "sensitivity", "need")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    for label in ("y", "z"):
        write(folder / f"{label}.csv", rows(300, 1), label=label)
        write(folder / f"{label}-before.csv", rows(300, 2, shift=1.0), label=label)
        write(folder / f"{label}-new.csv", rows(60, 3), label=label)
    return folder


def recipe(place, model, label="y", **more):
    return Recipe(**{"model": model, "data": str(place / f"{label}.csv"), "label": label, **more})


def learnt(place, model, label="y", **more):
    store = RunStore(place / "runs")
    run = finetune(recipe(place, model, label, **more), store=store)
    return run, store.folder / run.id


def answers(run, folder, data, **more):
    found = predictions(run, folder, data, **more)
    return pa.concat_tables(found.blocks), found.notes


@pytest.fixture(scope="module")
def boosted(place):
    return learnt(place, "boosting")


def test_a_run_has_six_verdicts_controls_and_what_it_learnt_from(boosted):
    run, folder = boosted
    assert run.status == "finished"
    assert run.says.startswith("Accuracy 0.")
    assert run.config["task"] == "table"
    assert run.config["inputs"] == ["a", "b", "colour", "noise"]  # a single date is no feature, as in an audit
    card = json.loads((folder / "scorecard.json").read_text())
    assert [line["guard"] for line in card["lines"]] == list(GUARDS)
    assert card["score"] > 0.75
    controls = next(one for one in run.sections if one.title == "The model and simpler ways").evidence[0].cells
    assert [row[0] for row in controls] == ["model", "no-column", "one-column", "linear", "boosting"]
    scores = {row[0]: row[1] for row in controls}
    assert scores["linear"] > scores["one-column"] > scores["no-column"]
    assert "nothing to forget" in next(one for one in run.results if one.check == "forgetting").reason
    assert {one.check for one in run.results} >= {"label-in-disguise", "split-overlap", "negative-transfer"}
    assert not list(folder.rglob("*.pkl"))
    assert not list(folder.rglob("*.joblib"))


def test_a_number_is_learnt_in_shares_of_its_variance(place):
    run, folder = learnt(place, "linear", "z", options={"need": {"target": 0.99}})
    assert run.says.startswith("R² 0.")
    found, _ = answers(run, folder, place / "z-new.csv", keep=("z",))
    known, told = (found.column(name).to_numpy() for name in ("z", "prediction"))
    assert 1 - ((known - told) ** 2).mean() / known.var() > 0.6
    lines = {line["guard"]: line for line in json.loads((folder / "scorecard.json").read_text())["lines"]}
    assert lines["need"]["verdict"] == "not reachable"
    assert lines["overfitting"]["verdict"] == "holds"


def test_the_order_of_rows_changes_nothing(place, tmp_path, boosted):
    lines = (place / "y.csv").read_text().splitlines(keepends=True)
    random.Random(5).shuffle(body := lines[1:])
    (tmp_path / "y.csv").write_text("".join([lines[0], *body]))
    store = RunStore(tmp_path)
    run = finetune(recipe(tmp_path, "boosting"), store=store)
    assert run.says == boosted[0].says
    one, other = ((folder / "scorecard.json").read_text() for folder in (boosted[1], store.folder / run.id))
    less = [[line for line in json.loads(text)["lines"] if line["guard"] != "cost"] for text in (one, other)]
    assert less[0] == less[1]
    kept = [
        json.loads((folder / "model" / FILE).read_text())["digest"] for folder in (boosted[1], store.folder / run.id)
    ]
    assert kept[0] == kept[1]


class Stops(Silent):
    """Breaks off after so many fits of a part of the work, as Ctrl-C does."""

    def __init__(self, task, at):
        self.task, self.at = task, at

    def advanced(self, task, done, total, unit):
        if task == self.task and done >= self.at:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def sought(place, tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("whole"))
    run = finetune(recipe(place, "linear", search={"trials": 3}), store=store)
    return run, store.folder / run.id


@pytest.mark.parametrize(("task", "at"), [("search", 2), ("sensitivity", 1), ("learning curve", 7)])
def test_a_run_that_was_stopped_goes_on_to_the_same_end(place, tmp_path, sought, task, at):
    asked = recipe(place, "linear", search={"trials": 3})
    store = RunStore(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        finetune(asked, store=store, progress=Stops(task, at))
    (folder,) = [one for one in store.folder.iterdir() if (one / "run.json").is_file()]
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "stages").iterdir() if path.name[0] != "_"}
    assert before
    run = finetune(asked, store=store, resume=store.load(folder.name))
    assert run.id == folder.name
    after = {path.name: path.stat().st_mtime_ns for path in (folder / "stages").iterdir()}
    assert {name: after[name] for name in before} == before  # nothing was done twice
    assert run.says == sought[0].says
    kept = [(one / "model" / FILE).read_text() for one in (folder, sought[1])]
    assert kept[0] == kept[1]


@pytest.mark.parametrize(("model", "options"), [
    ("boosting", {}), ("forest", {"n_estimators": 20}), ("linear", {}),
    ("sklearn.svm:SVC", {}), ("network", {"hidden_layer_sizes": [4], "max_iter": 30}),
])  # fmt: skip
def test_a_model_fitted_again_is_the_same_to_the_last_bit(place, boosted, model, options):
    quick = {"need": {"off": True}, "estimator": options}
    run, folder = boosted if model == "boosting" else learnt(place, model, options=quick)
    test = read_sealed(folder / "stages" / "test.json")
    dataset = load({"all": place / "y.csv"}, roles={"y": "label"}, undivided=True)
    found, _ = answers(run, folder, place / "y.csv", keep=("y",))
    assert len(found) == len(dataset)
    right = found.column("y").to_pylist()
    sure = np.array([found.column(f"p_{one}")[at].as_py() for at, one in enumerate(right)])
    n = json.loads((folder / "model" / FILE).read_text())["rows"]
    losses = set((-np.log(np.clip(sure, 1 / (n + 2), 1))).tolist())
    assert set(test["loss"]) <= losses  # what the run saw of its test rows, to the last digit
    again, _ = answers(run, folder, place / "y.csv")
    assert again.column("p_yes").to_pylist() == found.column("p_yes").to_pylist()


def test_changed_or_missing_rows_are_refused_and_a_line_needs_none(place, tmp_path):
    shutil.copy(place / "y.csv", tmp_path / "y.csv")
    quick = {"need": {"off": True}, "estimator": {"n_estimators": 5}}
    forest = learnt(tmp_path, "forest", options=quick)
    line = learnt(tmp_path, "linear", options={"need": {"off": True}})
    new = place / "y-new.csv"
    first, _ = answers(*line, new)
    text = (tmp_path / "y.csv").read_text()
    for change in (text.replace("red", "blue", 1), text[: text.rstrip().rindex("\n") + 1]):
        (tmp_path / "y.csv").write_text(change)
        with pytest.raises(BadInput, match=r"fitted again from the rows it learnt from .*have changed since"):
            answers(*forest, new)
    (tmp_path / "y.csv").unlink()
    with pytest.raises(BadInput, match="cannot be read as then"):
        answers(*forest, new)
    assert answers(*line, new)[0].column("p_yes").to_pylist() == first.column("p_yes").to_pylist()


def test_new_rows_with_gaps_new_values_and_other_types_are_answered(boosted, tmp_path):
    (tmp_path / "new.csv").write_text("colour,noise,b,a,more\nviolet,0.5,,1,x\n,0.1,2,,y\nred,1,1,1,z\n")
    found, _ = answers(*boosted, tmp_path / "new.csv", keep=("more",))
    assert found.column_names == ["more", "prediction", "p_no", "p_yes"]
    assert np.isfinite(found.column("p_yes").to_numpy()).all()
    (tmp_path / "few.csv").write_text("a,b,colour\n1,2,red\n")
    with pytest.raises(BadInput, match="no column noise"):
        answers(*boosted, tmp_path / "few.csv")
    (tmp_path / "odd.csv").write_text("a,b,colour,noise\nmany,2,red,1\nfew,2,red,1\n")
    with pytest.raises(BadInput, match="held numbers when the model learnt"):
        answers(*boosted, tmp_path / "odd.csv")


def test_what_is_lost_where_a_model_takes_the_place_of_another(place):
    quick = {"need": {"off": True}}
    original = str(place / "y-before.csv")
    plain, kept = (learnt(place, "linear", original=original, keep=keep, options=quick) for keep in ((), ("replay",)))
    lost = {}
    for name, (run, folder) in (("plain", plain), ("kept", kept)):
        line = next(one for one in json.loads((folder / "scorecard.json").read_text())["lines"]
                    if one["guard"] == "forgetting")  # fmt: skip
        lost[name] = line["value"]
        assert run.status == "finished"
    assert lost["plain"] > lost["kept"] > -0.05
    rows_of = [json.loads((folder / "model" / FILE).read_text())["rows"] for _, folder in (plain, kept)]
    assert rows_of[1] > 1.8 * rows_of[0]


def test_a_pipeline_that_prepares_named_columns_is_given_them(place, tmp_path):
    (tmp_path / "piped.py").write_text(
        "from sklearn.compose import make_column_transformer\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import OneHotEncoder\n"
        "pipe = make_pipeline(make_column_transformer((OneHotEncoder(handle_unknown='ignore'), ['colour']),\n"
        "                                             ('passthrough', ['a'])), LogisticRegression())\n"
    )
    run, folder = learnt(place, f"{tmp_path / 'piped.py'}:pipe", options={"need": {"off": True}})
    assert "in a frame" in next(one for one in run.sections if one.title == "The model").says[0]
    found, _ = answers(run, folder, place / "y-new.csv", keep=("y",))
    told, known = (found.column(name).to_pylist() for name in ("prediction", "y"))
    right = np.mean([one == other for one, other in zip(told, known, strict=True)])
    assert right > 0.7


def test_a_label_in_disguise_stops_it_unless_it_is_allowed(place, tmp_path):
    found = [{**one, "code": {"yes": "Y1", "no": "N0"}[one["y"]]} for one in rows(200, 4)]
    write(tmp_path / "y.csv", found, label="y")
    run, folder = learnt(tmp_path, "linear", options={"need": {"off": True}})
    assert run.says.startswith("Not started: the data fail label-in-disguise")
    assert not (folder / "model").exists()
    for more in ({"allow": ("label-in-disguise",)}, {"inputs": ("a", "b", "colour")}):
        run, folder = learnt(tmp_path, "linear", options={"need": {"off": True}}, **more)
        assert (folder / "model" / FILE).is_file()


def test_a_column_without_values_and_a_date_that_is_asked_for(place, tmp_path):
    found = [{**one, "empty": ""} for one in rows(200, 6)]
    write(tmp_path / "y.csv", found, label="y")
    quick = {"need": {"off": True}, "estimator": {"n_estimators": 5}}
    run, folder = learnt(tmp_path, "forest", options=quick)
    assert "empty" not in run.config["inputs"]
    assert len(answers(run, folder, place / "y-new.csv")[0]) == 60
    run, folder = learnt(tmp_path, "forest", options=quick, inputs=("a", "on"))
    assert run.config["inputs"] == ["a", "on"]
    assert len(answers(run, folder, place / "y-new.csv")[0]) == 60


@pytest.mark.parametrize(("more", "says"), [
    ({"model": "bosting", "task": "table"}, "Did you mean 'boosting'"),
    ({"epochs": 2}, r"epochs is for networks.*options.estimator.max_iter"),
    ({"adapt": "lora"}, "adapt is for networks"),
    ({"keep": ("ewc",)}, "keep names ewc, which is for networks"),
    ({"model": "sklearn.linear_model:Ridge"}, "gives numbers, and the label 'y' holds classes"),
    ({"options": {"estimator": {"max_iterr": 3}}}, "Did you mean 'max_iter'"),
    ({"options": {"estimator": {"learning_rate": -3.0}}}, "failed to fit: InvalidParameterError"),
    ({"search": {"trials": 2, "max_dept": [1, 2]}}, "Did you mean 'max_depth'"),
    ({"search": {"trials": 0}}, "trials wants a whole number"),
    ({"model": "sklearn.svm:SVC", "search": {"trials": 3}}, "search names nothing to try"),
    ({"allow": ("nothing",)}, "check of the gate"),
    ({"inputs": ("a", "y")}, "names the label"),
    ({"original": "z"}, "label|no file|y"),
])  # fmt: skip
def test_a_wrong_recipe_is_told(place, tmp_path, more, says):
    if more.get("original"):
        more = {"original": str(place / "z-before.csv")}
    with pytest.raises(BadInput, match=says):
        finetune(recipe(place, **{"model": "boosting", **more}), store=RunStore(tmp_path))


def test_a_number_for_a_classifier_is_told(place, tmp_path):
    with pytest.raises(BadInput, match=r"gives classes, and the label 'z' holds numbers.*learn = \"classification\""):
        finetune(recipe(place, "sklearn.svm:SVC", "z"), store=RunStore(tmp_path))


def test_training_rows_of_one_class_are_told(tmp_path):
    # Copies stay on one side, so that three different rows may leave training with one class.
    (tmp_path / "y.csv").write_text("a,y\n" + "".join(f"{at % 3},{'no' if at % 3 else 'yes'}\n" for at in range(120)))
    said = []
    for seed in range(6):
        with pytest.raises(BadInput) as found:
            finetune(recipe(tmp_path, "boosting", seed=seed), store=RunStore(tmp_path))
        said.append(str(found.value))
    assert any("hold one class" in one for one in said)
    assert all("hold one class" in one or "rows; at least" in one for one in said)
