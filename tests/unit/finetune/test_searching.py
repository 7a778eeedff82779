"""Search: the same next trial from the same past, the same end after a stop, one look at the test data."""

import json

import pytest

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_file
from holdfast.core.progress import Silent
from holdfast.core.random import Streams
from holdfast.core.store import RunStore
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.searching import proposing, verb
from holdfast.finetune.searching.proposing import proposed
from holdfast.finetune.searching.space import space_of, usual, with_values
from holdfast.finetune.verb import finetune


def space(**search):
    return space_of(Recipe(model="m", data="d", search=search))


def test_two_rates_are_a_range_and_lists_are_choices():
    rate, batch, length = space(rate=[1e-5, 1e-3], batch=[8, 16], options={"classify-text": {"length": [32, 64]}}).sides
    assert (rate.low, rate.high, rate.log, rate.choices) == (1e-5, 1e-3, True, ())
    assert batch.choices == (8, 16)
    assert length.name == "options.classify-text.length"


def test_every_error_of_a_search_is_told_at_once():
    with pytest.raises(BadInput) as told:
        space(trials=0, rat=[1], batch=[0], epochs=3, adapt=["hed"])
    for said in ("trials wants", "Did you mean 'rate'", "batch: got 0", "search.epochs wants a list", "mean 'head'"):
        assert said in str(told.value)


@pytest.mark.parametrize(
    "search", [{"rate": [1e-3, 1e-5]}, {"rate": [0.0, 1e-3]}, {"rate": {"low": 1e-5}}, {"trials": 3}, {"batch": []}]
)
def test_ranges_that_make_no_sense_are_refused(search):
    with pytest.raises(BadInput):
        space(**search)


@pytest.mark.parametrize("clever", [True, False])
def test_a_fresh_process_proposes_the_same_next_trial(clever):
    if clever:
        pytest.importorskip("optuna")
    where = space(rate=[1e-5, 1e-3], batch=[8, 16, 32], epochs={"low": 1, "high": 4})
    before = [(usual(where, Recipe(model="m", data="d"), 5e-5), 0.5)]
    for number in range(6):
        values = proposed(where, Streams(1), before, clever=clever)
        assert values == proposed(where, Streams(1), list(before), clever=clever)
        assert 1e-5 <= values["rate"] <= 1e-3
        assert values["batch"] in {8, 16, 32}
        assert values["epochs"] in {1, 2, 3, 4}
        before.append((values, None if number == 2 else 0.5 + number / 10))
    assert len({values["rate"] for values, _ in before}) == len(before)


def test_choices_are_tried_once_each():
    where = space(trials=50, batch=[8, 16], schedule=["linear", "cosine"])
    assert where.trials == 4
    before = []
    for _ in range(where.trials):
        before.append((proposed(where, Streams(0), before, clever=False), 0.5))
    assert len({json.dumps(values) for values, _ in before}) == 4


def test_the_values_of_a_trial_become_its_recipe():
    recipe = Recipe(model="m", data="d", search={"batch": [8]}, options={"lora": {"rank": 4, "alpha": 8}})
    trial = with_values(recipe, {"batch": 8, "options.lora.rank": 16})
    assert trial.batch == 8
    assert trial.options == {"lora": {"rank": 16, "alpha": 8}}
    assert trial.search == {}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    small_models.encoder(folder / "encoder")
    small_models.write_texts(folder / "texts.csv", 160, seed=1)
    return folder


def recipe(place, **search):
    return Recipe(
        model=str(place / "encoder"), data=str(place / "texts.csv"), label="label", epochs=1, evaluations=3,
        search=search, options={"sensitivity": {"off": True}, "need": {"off": True}},
        allow=("split-overlap", "near-split-overlap", "conflicting-duplicates"),
    )  # fmt: skip


class Stops(Silent):
    """Breaks off in the training of a trial, as Ctrl-C does."""

    def __init__(self, trainings):
        self.left, self.words = trainings, []

    def started(self, task, total, unit):
        self.left -= task == "training"

    def advanced(self, task, done, total, unit):
        if task == "training" and not self.left and done >= 4:
            raise KeyboardInterrupt

    def said(self, text):
        self.words.append(text)


def test_a_search_that_was_stopped_goes_on_to_the_same_bits(place, tmp_path, monkeypatch):
    monkeypatch.setattr(verb, "has_optuna", lambda: False)
    asked, store = recipe(place, trials=3, rate=[1e-3, 3e-2]), RunStore(tmp_path)
    whole = finetune(asked, store=store)
    stops = Stops(2)
    with pytest.raises(KeyboardInterrupt):
        finetune(asked, store=store, progress=stops)
    (cut,) = (one for one in store if one.id != whole.id)
    assert any(f"holdfast finetune --resume {cut.id}" in one for one in stops.words)
    resumed = finetune(asked, store=store, resume=cut)
    weights = [digest_file(store.folder / run.id / "model" / "model.safetensors") for run in (whole, resumed)]
    assert weights[0] == weights[1]
    assert resumed.says == whole.says
    assert "best of 3 trials by validation data" in whole.says
    assert any("drawn at random" in note for note in whole.notes)
    tables = [next(one for one in run.sections if one.title == "The search") for run in (whole, resumed)]
    assert tables[0] == tables[1]
    assert [row[-1] for row in tables[0].evidence[0].cells].count("chosen") == 1
    assert len(list((store.folder / whole.id / "trials").iterdir())) == 1  # only the best keeps its weights
    stages = [path.name for path in (store.folder / whole.id).rglob("test.json")]
    assert stages == ["test.json"]  # looked at once


def test_a_range_test_finds_a_rate_and_leaves_the_model_as_it_was(place, tmp_path):
    store = RunStore(tmp_path)
    run = finetune(recipe(place, rate="range-test"), store=store)
    section = next(one for one in run.sections if one.title.startswith("Which rate"))
    assert section.evidence[0].x[0] == pytest.approx(5e-7)
    assert "range test" in run.says


def test_optuna_is_found_where_it_is():
    pytest.importorskip("optuna")
    assert proposing.has_optuna()
