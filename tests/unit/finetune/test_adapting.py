"""Ways to adapt: what learns, what is saved, and what a mixture of weights is."""

from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

import forgetful as keeping
import small_models
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams
from holdfast.finetune import catalogue
from holdfast.finetune.adapting import gradual, lora
from holdfast.finetune.evaluation import judged
from holdfast.finetune.interpolation import blend, renewal
from holdfast.finetune.loop import train
from holdfast.finetune.optimiser import optimiser_of, trainable
from holdfast.finetune.weights import copied, put


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapting")
    small_models.encoder(folder / "encoder", dropout=0.0)
    return folder


def tuned(place, folder, adapt, **options):
    said = keeping.recipe(place, adapt=adapt, rate=0.02, options={adapt: options} if options else {})
    ready, method = catalogue.adaptations()[adapt].apply(keeping.prepared(said), said)
    base = copied(ready.module)
    job = keeping.job(said, ready, folder, (method,) if method else ())
    train(job)
    return ready, base, job


def logits(module, batch):
    module.eval()
    with torch.no_grad():
        return module(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits


def test_a_model_with_matrices_that_was_merged_gives_the_same_answers_when_it_is_loaded(place, tmp_path):
    from transformers import AutoModelForSequenceClassification

    ready, _, _ = tuned(place, tmp_path, "lora")
    ready.save(ready.module, tmp_path / "model")
    batch = ready.task.batch("test", [0, 1, 2, 3])
    found = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    assert torch.allclose(logits(found, batch), logits(ready.module, batch), atol=1e-5)
    assert not any("lora" in name for name in found.state_dict())


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # of PEFT, about transformers
def test_an_adapter_is_saved_with_its_head_and_gives_the_same_answers_when_it_is_loaded(place, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForSequenceClassification

    ready, _, _ = tuned(place, tmp_path, "lora", save="adapter", rank=4)
    ready.save(ready.module, tmp_path / "adapter")
    torch.manual_seed(99)  # the head that the base model gets is another one
    base = AutoModelForSequenceClassification.from_pretrained(place / "encoder", num_labels=2)
    found = PeftModel.from_pretrained(base, tmp_path / "adapter")
    batch = ready.task.batch("test", [0, 1, 2, 3])
    assert torch.allclose(logits(found, batch), logits(ready.module, batch), atol=1e-5)


def test_only_the_matrices_and_the_head_learn_and_the_model_begins_as_it_came(place):
    said = keeping.recipe(place, adapt="lora")
    plain = keeping.prepared(said)
    batch = plain.task.batch("test", [0, 1, 2, 3])
    first = logits(plain.module, batch)
    ready, _ = lora.apply(plain, said)
    assert torch.equal(logits(ready.module, batch), first)
    assert all(".lora_" in name or name in ready.head.names for name in trainable(ready.module))
    assert set(ready.head.names) <= set(trainable(ready.module))


def test_an_adapter_is_interpolated_by_its_scale(place, tmp_path):
    ready, base, _ = tuned(place, tmp_path, "lora")
    module, end = ready.module, copied(ready.module)
    name = next(name for name in end if ".lora_B." in name)
    layer = name.partition(".lora_B.")[0]

    def added():
        found = module.get_submodule(layer)
        return found.get_delta_weight("default").detach().clone()

    blend(module, base, end, 1.0)
    whole = added()
    assert float(whole.abs().max()) > 0
    for share in (0.25, 0.75):
        blend(module, base, end, share)
        assert torch.allclose(added(), share * whole, atol=1e-7)
    blend(module, base, end, 0.0)
    assert float(added().abs().max()) == 0.0


def test_lora_without_a_layer_to_stand_beside_is_refused(place):
    said = keeping.recipe(place, adapt="lora", options={"lora": {"layers": ["nowhere"]}})
    with pytest.raises(BadInput, match="whose name has nowhere"):
        lora.apply(keeping.prepared(said), said)


def test_blocks_learn_from_the_top_down(place, tmp_path):
    said = keeping.recipe(place, adapt="gradual")
    ready, method = gradual.apply(keeping.prepared(said), said)
    groups = gradual.storeys(ready.module, ready.head.names)
    assert sorted(name for group in groups for name in group) == sorted(dict(ready.module.named_parameters()))
    assert set(ready.head.names) <= set(groups[0])
    assert all("layer.1." in name for name in groups[1])
    assert all("embeddings" in name for name in groups[-1])
    seen = []
    for share in (0.0, 0.2, 0.4, 0.5, 1.0):
        method.learning(ready.module, share)
        seen.append(set(trainable(ready.module)))
    assert seen[0] == set(groups[0])
    assert all(one <= other for one, other in pairwise(seen))
    assert seen[3] == seen[4] == {name for group in groups for name in group}
    with pytest.raises(BadInput, match="blocks in a list"):
        gradual.storeys(torch.nn.Linear(2, 2))


def test_gradual_learning_goes_on_to_the_same_bits(place, tmp_path):
    whole, _, job = tuned(place, tmp_path / "whole", "gradual")
    said = keeping.recipe(place, adapt="gradual", rate=0.02)
    ready, method = gradual.apply(keeping.prepared(said), said)
    cut = keeping.job(said, ready, tmp_path / "cut", (method,))

    def stops(module, share):
        method.learning(module, share)
        if share >= 4 / job.steps:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(replace(cut, methods=(replace(method, learns=stops),)))
    ready, method = gradual.apply(keeping.prepared(said), said)
    train(keeping.job(said, ready, tmp_path / "cut", (method,)))
    assert all(torch.equal(one, whole.module.state_dict()[name]) for name, one in ready.module.state_dict().items())


def test_means_and_variances_are_measured_anew_where_weights_were_mixed():
    torch.manual_seed(0)
    made = [torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 16), torch.nn.BatchNorm1d(16),
                                torch.nn.Linear(16, 2)) for _ in range(2)]  # fmt: skip
    task, first = keeping.Images(), made[0]
    x = task.batch("train", range(32))["pixel_values"]
    ends = []
    for module in made:
        module[2].momentum = None
        module.train()(x)
        module.eval()
        ends.append(copied(module))
    now = deepcopy(first)
    renew = renewal(task, now, Streams(0))
    blend(now, *ends, 0.5, renew)
    with torch.no_grad():
        seen = now[:2](x)
    assert torch.allclose(now[2].running_mean, seen.mean(0), atol=1e-5)
    assert torch.allclose(now[2].running_var, seen.var(0), atol=1e-5)
    mixed = (ends[0]["2.running_var"] + ends[1]["2.running_var"]) / 2
    assert not torch.allclose(now[2].running_var, mixed, rtol=0.1)
    assert now[2].momentum is None
    assert not now.training
    for share, end in ((0.0, ends[0]), (1.0, ends[1])):
        blend(now, *ends, share, renew)
        assert torch.equal(now[2].running_mean, end["2.running_mean"])
    assert renewal(task, torch.nn.Linear(2, 2), Streams(0)) is None


@pytest.mark.parametrize("kind", ["bert", "gpt2"])
def test_norms_and_biases_do_not_decay_and_everything_else_does(kind):
    from transformers import BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel

    small = {"vocab_size": 11}
    if kind == "bert":
        module = BertForSequenceClassification(BertConfig(
            **small, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8))  # fmt: skip
    else:
        module = GPT2LMHeadModel(GPT2Config(**small, n_embd=8, n_layer=1, n_head=2, n_positions=8))
    names = {id(one): name for name, one in module.named_parameters()}
    groups = optimiser_of(module, 0.1, 0.5).param_groups
    decays = {names[id(one)]: group["weight_decay"] for group in groups for one in group["params"]}
    assert set(decays) == set(dict(module.named_parameters()))
    for name, decay in decays.items():
        is_norm = "LayerNorm" in name or ".ln_" in name
        assert decay == (0.0 if name.endswith("bias") or is_norm else 0.5), name


def test_a_judgement_is_the_same_before_and_after_weights_were_exchanged(place, tmp_path):
    ready, base, _ = tuned(place, tmp_path, "lora")
    end, before = copied(ready.module), judged(ready.task, ready.module, "test").loss
    blend(ready.module, base, end, 0.5)
    put(ready.module, end)
    assert judged(ready.task, ready.module, "test").loss == pytest.approx(before)
