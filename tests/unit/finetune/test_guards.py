"""The six guards of a whole training: nothing they do changes its bits, and a kill in any of them changes nothing."""

import json

import numpy as np
import pytest

import small_models
from holdfast.audit.training import GUARDS
from holdfast.core.hashing import digest_file
from holdfast.core.progress import Silent
from holdfast.core.store import RunStore
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.verb import finetune

OFF = {name: {"off": True} for name in ("cost", "sensitivity", "need", "scratch")}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guards")
    small_models.encoder(folder / "encoder")
    small_models.write_texts(folder / "texts.csv", 200, seed=1)
    small_models.write_texts(folder / "before.csv", 200, seed=2, marks=("warm", "cold"))
    return folder


def recipe(place, **more):
    said = {"model": str(place / "encoder"), "data": str(place / "texts.csv"), "label": "label", "rate": 0.003,
            "epochs": 1, "evaluations": 2, "stop": "never", "allow": ("split-overlap", "near-split-overlap"),
            "original": str(place / "before.csv")}  # fmt: skip
    return Recipe(**{**said, **more})


class Stops(Silent):
    """Breaks off when a task has come so far, as Ctrl-C does."""

    def __init__(self, task, step):
        self.task, self.step, self.said_lines = task, step, []

    def advanced(self, task, done, total, unit):
        if task == self.task and done >= self.step:
            raise KeyboardInterrupt

    def said(self, text):
        self.said_lines.append(text)


@pytest.fixture(scope="module")
def whole(place, tmp_path_factory):
    store, heard = RunStore(tmp_path_factory.mktemp("whole")), Stops("", 0)
    return store, finetune(recipe(place), store=store, progress=heard), heard.said_lines


def weights(store, run):
    return digest_file(store.folder / run.id / "model" / "model.safetensors")


def card(store, run):
    found = json.loads((store.folder / run.id / "scorecard.json").read_bytes())
    return [one for one in found["lines"] if one["guard"] != "cost"]


def test_every_guard_speaks_and_the_scorecard_comes_first(whole):
    store, run, said = whole
    titles = [one.title for one in run.sections]
    assert titles[0] == "Scorecard"
    assert len(titles) == len(set(titles))
    measured = [one.name.partition(":")[0] for part in run.sections for one in part.evidence if one.kind == "measure"]
    assert sorted(measured) == sorted(GUARDS)  # each number in full once, beside its evidence
    table = run.sections[0].evidence[0]
    assert [row[0] for row in table.cells] == [
        "overfitting", "forgetting", "transfer", "cost", "sensitivity", "need",
    ]  # fmt: skip
    assert run.sections[0].says
    lines = {one["guard"]: one for one in json.loads((store.folder / run.id / "scorecard.json").read_bytes())["lines"]}
    assert all(one["verdict"] for one in lines.values())
    assert lines["forgetting"]["threshold"] == 0.01
    assert lines["cost"]["value"] > 0
    assert any(line.startswith("about ") and "Wh" in line for line in said)


def test_guards_leave_the_weights_as_they_are_without_them(place, whole, tmp_path):
    store = RunStore(tmp_path)
    bare = finetune(recipe(place, options=OFF), store=store)
    assert weights(store, bare) == weights(whole[0], whole[1])
    lines = {one["guard"]: one for one in card(store, bare)}
    assert lines["sensitivity"]["reason"] == "off by options.sensitivity.off"
    assert lines["need"]["value"] is None


@pytest.mark.parametrize(("task", "step"), [("looking ahead", 3), ("learning curve", 5), ("sensitivity", 2)])
def test_a_kill_inside_a_guard_changes_nothing(place, whole, tmp_path, task, step):
    store = RunStore(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        finetune(recipe(place), store=store, progress=Stops(task, step))
    run = finetune(recipe(place), store=store, resume=store.load("latest"))
    assert weights(store, run) == weights(whole[0], whole[1])
    assert card(store, run) == card(whole[0], whole[1])
    assert run.says == whole[1].says


def test_cost_is_foretold_with_the_work_of_the_guards_and_scored(whole):
    run = whole[1]
    section = next(one for one in run.sections if one.title == "What it cost")
    rows = {row[0]: row for row in section.evidence[0].cells}
    assert rows["operations"][1] == rows["operations"][3]  # all steps were made, and counted the same way
    assert rows["guards and controls"][3].endswith("s")
    assert "estimate" in " ".join(section.says)


def test_scratch_is_refused_where_it_would_cost_too_much(place, tmp_path):
    run = finetune(
        recipe(place, original=None, options={**OFF, "cost": {}, "scratch": {"flops": 1.0}}), store=RunStore(tmp_path)
    )
    section = next(one for one in run.sections if one.title == "The tuned model and simpler ways")
    assert any("scratch was not run: it would cost about" in line for line in section.says)


def test_a_target_of_labels_is_judged(place, tmp_path):
    store = RunStore(tmp_path)
    options = {**OFF, "need": {"target": 1.0}}
    run = finetune(recipe(place, original=None, options=options), store=store)
    line = next(one for one in card(store, run) if one["guard"] == "need")
    assert line["threshold"] == 1.0
    assert line["verdict"] in {"not reachable", "more needed", "not estimable"}


def test_scores_that_are_right_or_wrong_are_compared_exactly():
    from holdfast.core.random import Streams
    from holdfast.finetune.measuring.work import better, comparable
    from holdfast.finetune.tasks.definitions import Judged

    ones = np.ones(6)
    one, other = (Judged(np.array(score, float), ones, ones) for score in ([1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0]))
    assert better(one, other, Streams(0)).p_value == pytest.approx(2 / 2**5)
    tokens = Judged(np.array([-1.0, -2.0]), np.ones(2), np.array([3.0, 1.0]))
    assert comparable(tokens)[0].mean() == pytest.approx(tokens.mean)
