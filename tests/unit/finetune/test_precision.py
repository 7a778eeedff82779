"""Steps in bfloat16: what is summed stays in single precision, a stop changes no bit, and the ledger says it."""

import pytest
import torch
from torch import nn

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.progress import Silent
from holdfast.finetune import precision
from holdfast.finetune.loop import Journal
from holdfast.finetune.precision import computing, resolved
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.telling import _stopped
from steps_only import ended, trained


class Twins(nn.Module):
    """Gives out its answer in each shape of container that models use."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 4)
        self.seen = []

    def forward(self, given, *, shape):
        found = self.layer(given)
        self.seen.append(found.dtype)
        return {"tensor": found, "mapping": {"logits": found, "n": 3}, "tuple": (found, [found])}[shape]


@pytest.mark.parametrize("shape", ["tensor", "mapping", "tuple"])
def test_products_are_coarse_and_what_comes_out_is_not(shape):
    model, given = Twins(), torch.linspace(-1, 1, 16).reshape(2, 8)
    with computing(model, "bf16"):
        found = model(given, shape=shape)
    one = {"tensor": lambda: found, "mapping": lambda: found["logits"], "tuple": lambda: found[1][0]}[shape]()
    assert model.seen == [torch.bfloat16]
    assert one.dtype == torch.float32
    one.sum().backward()
    assert model.layer.weight.grad.dtype == model.layer.weight.dtype == torch.float32
    model(given, shape=shape)
    assert model.seen[-1] == torch.float32
    assert "forward" not in vars(model)


def test_single_precision_touches_nothing():
    model = Twins()
    with computing(model, "single"):
        assert "forward" not in vars(model)


def test_what_the_processor_cannot_do_is_refused(monkeypatch):
    monkeypatch.setattr(precision, "has_bf16", lambda: False)
    monkeypatch.setattr(precision, "_tiles", lambda: False)
    assert resolved("auto") == "single"
    with pytest.raises(BadInput, match="no arithmetic of bfloat16"):
        resolved("bf16")
    monkeypatch.undo()
    monkeypatch.setattr(precision, "_tiles", lambda: True)
    assert resolved("auto") == "bf16"


class Stops(Silent):
    def advanced(self, task, done, total, unit):
        if task == "training" and done >= 5:
            raise KeyboardInterrupt


def test_steps_in_bfloat16_go_on_to_the_same_bits_and_are_in_the_ledger(tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "has_bf16", lambda: True)  # elsewhere it is imitated
    small_models.encoder(tmp_path / "encoder")
    small_models.write_texts(tmp_path / "texts.csv", 120, seed=1)
    said = {"model": str(tmp_path / "encoder"), "data": str(tmp_path / "texts.csv"), "label": "label", "rate": 0.003,
            "epochs": 1, "evaluations": 3, "stop": "never", "keep": ()}  # fmt: skip
    coarse = Recipe(**said, options={"scale": {"precision": "bf16"}})
    whole = trained(coarse, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        trained(coarse, tmp_path / "cut", Stops())
    trained(coarse, tmp_path / "cut")
    trained(Recipe(**said), tmp_path / "single")
    assert whole.ran == {"bf16, one process": whole.step}
    ends = {name: ended(tmp_path / name) for name in ("whole", "cut", "single")}
    assert all(torch.equal(one, ends["cut"][name]) for name, one in ends["whole"].items())
    assert not all(torch.equal(one, ends["single"][name]) for name, one in ends["whole"].items())
    assert {one.dtype for one in ends["whole"].values() if one.is_floating_point()} == {torch.float32}


@pytest.mark.parametrize(
    ("ran", "says"),
    [({"single, one process": 6}, None), ({"bf16, data parallel, 2 processes": 6}, "Steps ran in bf16, data parallel")],
)
def test_the_report_says_what_steps_ran_in_unless_it_is_the_usual(ran, says):
    told = _stopped(Journal(step=6, ran=ran))
    assert any(says in one for one in told) if says else len(told) == 1
