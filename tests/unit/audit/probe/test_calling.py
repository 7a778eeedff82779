import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.probe.calling import Caller
from holdfast.audit.probe.pipeline import Call
from holdfast.audit.probe.target import as_target, find
from holdfast.core.errors import BadInput

TRAIN = pa.table({"a": [1.0, 2.0, 3.0], "y": [0, 1, 0]})
TEST = pa.table({"a": [4.0, 5.0], "y": [1, 0]})
CALL = Call(TEST, np.array([7, 9]), TRAIN, np.array([0, 1, 2]), "y")


def ask(function, form=None, call=CALL):
    return Caller(as_target(function, "code", form))(call)


@pytest.mark.parametrize(
    "returned",
    [
        lambda test: test["a"],
        lambda test: test["a"].to_numpy(),
        lambda test: test["a"].tolist(),
        lambda test: test["a"].reset_index(drop=True),
        lambda test: test[["a"]].sort_values("a", ascending=False),
        lambda test: {"p": test["a"]},
    ],
)
def test_answers_in_every_shape_belong_to_their_rows(returned):
    answer = ask(lambda train, test: returned(test))
    assert answer.error == ""
    assert dict(zip(answer.rows.tolist(), answer.columns[0].tolist(), strict=True)) == {7: 4.0, 9: 5.0}


def test_parts_of_a_tuple_become_columns():
    answer = ask(lambda train, test: (test["y"], np.ones((2, 3))))
    assert len(answer.columns) == 4


def test_training_parts_can_be_asked_for_apart():
    assert ask(lambda x, y, asked: asked["a"] * y.sum()).columns[0].tolist() == [4.0, 5.0]
    assert ask(lambda x, y, asked, truth: truth).columns[0].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (lambda test: [1, 2, 3], "returned 3 lines for 2 rows"),
        (lambda test: None, "returned one value or none"),
        (lambda test: test["b"], "KeyError: 'b'"),
        (lambda test: test.iloc[[0, 0]], "more than once"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(returned, said):
    assert said in ask(lambda train, test: returned(test)).error


def test_inputs_changed_in_place_are_noticed():
    def code(train, test):
        train["a"] = 0.0
        return test["a"]

    assert ask(code).changed == ("train",)
    assert ask(lambda train, test: test["a"]).changed == ()


def test_open_chance_follows_the_seed_of_the_call():
    def code(train, test):
        return test["a"] + np.random.random(2)  # noqa: NPY002 what people write

    assert np.array_equal(ask(code).columns[0], ask(code).columns[0])


def test_an_estimator_stays_fitted_for_the_next_call():
    class Mean:
        def fit(self, x, y):
            self.mean = y.mean()

        def predict(self, x):
            return np.full(len(x), self.mean)

    caller = Caller(as_target(Mean, "Mean"))
    caller(CALL)
    assert caller(Call(TEST, CALL.rows, label="y")).columns[0].tolist() == pytest.approx([1 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("code", "form"),
    [
        (lambda: None, "estimator"),
        (lambda frame: frame, "features"),
        (lambda train, test, seed=0: test, "fit_predict"),
    ],
)
def test_the_form_is_read_from_the_parameters(code, form):
    assert as_target(code, "code").about.form == form


@pytest.mark.parametrize("code", [5, lambda a, b, c, d, e: a, "text"])
def test_what_is_no_code_is_refused(code):
    with pytest.raises(BadInput):
        as_target(code, "code")


def test_names_that_lead_nowhere_are_refused(tmp_path):
    path = tmp_path / "code.py"
    path.write_text("def here(train, test): ...\n")
    with pytest.raises(BadInput, match="has nothing called 'there'; it has here"):
        find(f"{path}:there")
    with pytest.raises(BadInput, match="no file"):
        find("nowhere.py:x")
    with pytest.raises(BadInput, match="named as"):
        find("nowhere")
    path.write_text("1 / 0\n")
    with pytest.raises(BadInput, match=r"ZeroDivisionError: division by zero \(line 1\)"):
        find(f"{path}:here")
