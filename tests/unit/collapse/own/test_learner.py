import sys

import numpy as np
import pytest

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.loop import Block, generations
from holdfast.collapse.lab.verb import run_experiment
from holdfast.collapse.own.items import read, sample_set, taken
from holdfast.collapse.own.learner import Batch, external_learner
from holdfast.collapse.regimes import Rule
from holdfast.collapse.samples import Images, Points, Texts
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams

STREAMS = Streams(0)
MODULE = '''
import random
import numpy as np

class Normal:
    """Seeds its own draws."""
    fits = 0
    def __init__(self, spread=1.0):
        self.spread = spread
    def fit(self, x):
        Normal.fits += 1
        self.mean, self.sd = x.mean(axis=0), x.std(axis=0) * self.spread
    def sample(self, n, seed):
        return np.random.default_rng(seed).normal(self.mean, self.sd, (n, len(self.mean)))
    def real(self, n, seed):
        return np.random.default_rng(seed).normal(size=(n, 2))

class Shared(Normal):
    """Draws from the random numbers that all share."""
    def sample(self, n):
        return np.random.normal(self.mean, self.sd, (n, 2)) + random.random()
    def real(self, n):
        return np.random.normal(size=(n, 2))

class Weighted(Normal):
    seen = []
    def fit(self, x, sample_weight=None):
        Weighted.seen.append((x, sample_weight))
        super().fit(x)

class Echo:
    """Repeats what it was given."""
    def fit(self, given):
        self.given = given
    def sample(self, n):
        return self.given[:n]

class Crash(Normal):
    def fit(self, x):
        raise RuntimeError("no luck")

class Unfinished(Normal):
    def sample(self, n, seed):
        found = super().sample(n, seed)
        found[3, 0] = np.nan
        return found

class Wide(Normal):
    def sample(self, n, seed):
        return np.zeros((n, 5))

class Few(Normal):
    def sample(self, n, seed):
        return np.zeros((n - 1, 2))

class Ragged(Normal):
    def sample(self, n, seed):
        return [[1.0], [1.0, 2.0]]

class NoReal:
    def fit(self, x): pass
    def sample(self, n): pass

class NoSample:
    def fit(self, x): pass

ready = Normal()
number = 3
'''


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    sys.modules.pop("their_learner", None)
    (tmp_path / "their_learner.py").write_text(MODULE)
    yield lambda name, **options: external_learner(f"their_learner:{name}", options)
    sys.modules.pop("their_learner", None)


def one_generation(learner, size=40):
    truth = learner.truth(1, STREAMS("truth"))
    real = learner.draw(truth, Draw(size), STREAMS("real"))
    return truth, real, learner.fit([Part(real, 1.0)], STREAMS("fit"), None)


@pytest.mark.parametrize("name", ["Normal", "Shared", "ready"])
def test_a_model_that_is_forgotten_is_fitted_again_to_the_same(mine, name):
    learner = mine(name)
    _, _, model = one_generation(learner)
    first = learner.draw(model, Draw(10), STREAMS("draw")).items
    again = mine(name).draw(model, Draw(10), STREAMS("draw")).items  # another object, as after a kill
    assert first.shape == (1, 10, 2)
    assert (first == again).all()
    assert (learner.draw(model, Draw(10), STREAMS("draw 2")).items != first).all()


def test_a_model_is_fitted_once_while_it_is_remembered(mine):
    learner = mine("Normal")
    _, _, model = one_generation(learner)
    for i in range(3):
        learner.draw(model, Draw(5), STREAMS("draw", i))
    assert sys.modules["their_learner"].Normal.fits == 1


def test_options_reach_the_call_that_makes_it(mine):
    _, _, model = one_generation(narrow := mine("Normal", spread=0.01))
    assert narrow.draw(model, Draw(500), STREAMS("draw")).items.std() < 0.3
    with pytest.raises(BadInput, match="takes no options"):
        mine("ready", spread=0.01)


def test_weights_are_passed_where_fit_takes_them_and_else_drawn_by(mine):
    one, two = (Batch(np.full((1, n, 2), value)) for n, value in ((100, 1.0), (300, 2.0)))
    parts = [Part(one, 0.75), Part(two, 0.25)]
    mine("Weighted").fit(parts, STREAMS("fit"), None)
    items, weights = sys.modules["their_learner"].Weighted.seen[-1]
    assert len(items) == 400
    assert weights[items[:, 0] == 1.0].sum() / weights.sum() == pytest.approx(0.75)
    drawn = mine("Normal").fit(parts, STREAMS("fit"), None).items[0]
    assert len(drawn) == 400
    assert (drawn[:, 0] == 1.0).mean() == pytest.approx(0.75, abs=0.06)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Crash", r"fit on 40 items failed in their_learner.py, line \d+, `raise RuntimeError.*no luck"),
        ("Unfinished", "1 of 40 items hold NaN or infinity, the first is item 3"),
        ("Wide", "arrays of shape 5; what it learnt from are arrays of shape 2"),
        ("Few", "returned 39 items, 40 were asked for"),
        ("Ragged", "no array"),
        ("NoReal", "give a file"),
        ("NoSample", "without sample"),
        ("number", "of type int"),
        ("Nromal", "Did you mean 'Normal'"),
    ],
)
def test_what_is_wrong_is_said_in_one_paragraph(mine, name, words):
    def all_of_it():
        learner = mine(name)
        _, _, model = one_generation(learner)
        learner.draw(model, Draw(40), STREAMS("draw"))

    with pytest.raises(BadInput, match=words) as told:
        all_of_it()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [("nowhere_to_be_found:X", "no module"), ("their_learner:", "module:name"), ("their_learner:Normal", "unexpected")],
)
def test_names_and_options_that_do_not_fit_are_refused(mine, name, words):
    with pytest.raises(BadInput, match=words):
        external_learner(name, {"colour": "red"})


def test_a_module_that_cannot_be_imported_says_where(mine, tmp_path):
    (tmp_path / "broken_learner.py").write_text("x = 1\nimport nothing_of_that_name\n")
    with pytest.raises(BadInput, match="broken_learner cannot be imported, line 2: ModuleNotFoundError"):
        external_learner("broken_learner:X", {})


def test_rules_are_not_for_a_learner_of_ones_own(mine):
    learner = mine("Normal")
    _, _, model = one_generation(learner)
    with pytest.raises(BadInput, match="temperature"):
        learner.draw(model, Draw(5, Rule(temperature=0.5)), STREAMS("draw"))


def test_a_file_of_numbers_is_split_and_its_held_out_part_never_learnt_from(mine, tmp_path):
    np.save(tmp_path / "x.npy", np.arange(100.0))
    learner = mine("Echo", file=str(tmp_path / "x.npy"))
    truth = learner.truth(2, STREAMS("truth"))
    learnt = set(learner.draw(truth, Draw(80), STREAMS("real")).items[0].tolist())
    looked_at = set(learner.samples(truth, 20, STREAMS("sample"))[0].points[:, 0].tolist())
    assert len(learnt) == 80
    assert len(looked_at) == 20
    assert not learnt & looked_at
    assert learner.draw(truth, Draw(500), STREAMS("more")).items.shape == (2, 500)


def test_lines_of_text_are_documents(mine, tmp_path):
    (tmp_path / "t.txt").write_text("\n".join(f"line {i}" for i in range(40)) + "\n\n")
    learner = mine("Echo", file=str(tmp_path / "t.txt"))
    _, real, model = one_generation(learner, 20)
    assert learner.samples(model, 3, STREAMS("s"))[0].texts == real.items[0, :3].tolist()


def test_rows_of_a_table_keep_their_columns(mine, tmp_path):
    rows = "\n".join(f"{i},{'red' if i % 3 else 'blue'}" for i in range(40))
    (tmp_path / "t.csv").write_text(f"size,colour\n{rows}\n")
    learner = mine("Echo", file=str(tmp_path / "t.csv"))
    _, real, model = one_generation(learner, 20)
    assert real.items.dtype.names == ("size", "colour")
    given = next(iter(learner._models.values())).given
    assert list(given.columns) == ["size", "colour"]
    points = learner.samples(model, 5, STREAMS("s"))[0].points
    assert points.shape == (5, 3)  # one number and two colours
    assert np.unique(points[:, 1:].round(4)).tolist() == [0.0, 0.7071]


def test_gaps_in_what_is_real_are_refused(tmp_path):
    (tmp_path / "t.csv").write_text("size,colour\n1,red\n2,\n3,blue\n")
    with pytest.raises(BadInput, match="column colour has 1 empty cells"):
        read(str(tmp_path / "t.csv"))
    (tmp_path / "u.csv").write_text("size,height\n1,2\n2,\n3,4\n")
    with pytest.raises(BadInput, match="column height: 1 of 3 items hold NaN"):
        read(str(tmp_path / "u.csv"))
    with pytest.raises(BadInput, match="no file"):
        read(str(tmp_path / "v.csv"))


def test_pictures_texts_and_vectors_are_told_apart():
    pictures = np.random.default_rng(0).random((6, 4, 4))
    assert isinstance(sample_set(pictures, pictures), Images)
    assert isinstance(sample_set(pictures * 300, pictures * 300), Points)
    assert isinstance(sample_set(taken(["a", "b"], "x"), np.array(["a"])), Texts)


def test_histories_go_through_the_lab_and_the_report(mine, tmp_path):
    experiment = Experiment(
        learner="their_learner:Normal", samples=50, generations=3, replicates=2, regimes=("replace", "golden"),
        measures=("sliced-wasserstein",), measure_size=50,
    )  # fmt: skip
    run, curves = run_experiment(experiment)
    assert run.status == "finished"
    assert all(np.isfinite(curve.median).all() for curve in curves)


def test_a_history_goes_on_from_any_generation_to_the_same_end(mine):
    from holdfast.collapse.lab.experiment import arms
    from holdfast.collapse.lab.keeping import _flat, _restored
    from holdfast.collapse.lab.loop import begun

    experiment = Experiment(
        learner="their_learner:Normal", samples=30, generations=4, replicates=1, regimes=("accumulate",)
    )
    arm, block = arms(experiment)[0], Block(0, 1)
    whole = list(generations(arm, block, STREAMS, begun(arm, block, STREAMS), lambda *_: None))
    fresh = arms(experiment)[0]
    middle = _restored(_flat(whole[1]), fresh.learner)
    rest = list(generations(fresh, block, STREAMS, middle, lambda *_: None))
    assert (rest[-1].models[-1].items == whole[-1].models[-1].items).all()
