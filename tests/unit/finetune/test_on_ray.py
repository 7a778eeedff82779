"""The workers of Ray Train: what is told to them, and Ray itself where it is installed."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

import small_models
from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.store import RunStore
from holdfast.finetune.on_ray import on_ray
from holdfast.finetune.recipe import Recipe

QUICK = {"sensitivity": {"off": True}, "scratch": {"off": True}, "need": {"off": True}, "cost": {"off": True}}


@pytest.fixture
def recipe(tmp_path):
    small_models.encoder(tmp_path / "encoder", dropout=0.0)
    small_models.write_texts(tmp_path / "texts.csv", 120, seed=1)
    return Recipe(
        model=str(tmp_path / "encoder"), data=str(tmp_path / "texts.csv"), label="label", rate=0.003, epochs=1,
        evaluations=2, keep=(), options=QUICK,
    )  # fmt: skip


@pytest.fixture
def stand_in(monkeypatch):
    """Stands in for Ray: a trainer that runs one worker here; returns what it was told."""
    told = {}

    class TorchTrainer:
        def __init__(self, work, **more):
            told.update(more, work=work)

        def fit(self):
            told["work"](told["train_loop_config"])

    inside, torch = ModuleType("ray.train"), ModuleType("ray.train.torch")
    for name in ("FailureConfig", "RunConfig", "ScalingConfig"):
        setattr(inside, name, SimpleNamespace)
    torch.TorchConfig, torch.TorchTrainer = SimpleNamespace, TorchTrainer
    for name, module in (("ray", ModuleType("ray")), ("ray.train", inside), ("ray.train.torch", torch)):
        monkeypatch.setitem(sys.modules, name, module)
    return told


def test_a_worker_runs_the_verb_and_the_record_comes_back(stand_in, recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = on_ray(recipe.model_copy(update={"model": "encoder"}), workers=1, store=RunStore(tmp_path / "store"))
    assert (run.kind, run.status) == ("finetune", "finished")
    assert stand_in["train_loop_config"]["recipe"]["model"] == str(tmp_path / "encoder")
    assert stand_in["scaling_config"].num_workers == 1
    assert stand_in["torch_config"].backend == "gloo"


def test_what_was_wrong_comes_back_in_one_paragraph(stand_in, recipe, tmp_path):
    wrong = recipe.model_copy(update={"label": "lable"})
    with pytest.raises(BadInput, match=r"ended without a record: .*Did you mean 'label'"):
        on_ray(wrong, workers=1, store=RunStore(tmp_path / "store"))
    with pytest.raises(BadInput, match="wanted 1 or more"):
        on_ray(recipe, workers=0, store=RunStore(tmp_path / "store"))


def test_without_ray_it_says_what_to_install(monkeypatch, recipe, tmp_path):
    monkeypatch.setitem(sys.modules, "ray.train", None)
    with pytest.raises(MissingExtra, match=r"holdfast\[ray\]"):
        on_ray(recipe, workers=2, store=RunStore(tmp_path / "store"))


@pytest.mark.slow
def test_two_workers_of_ray_train_together(recipe, tmp_path):
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    ray.init(num_cpus=2, include_dashboard=False)
    try:
        run = on_ray(recipe, workers=2, store=RunStore(tmp_path / "store"))
    finally:
        ray.shutdown()
    way = next(one for one in run.sections if one.title == "On the way")
    assert "data parallel, 2 processes" in way.says[-1]
