"""Heads that models of texts and of pictures came with: for these classes, for others, or in another order."""

import json

import numpy as np
import pytest

import small_models
from holdfast.core.store import RunStore
from holdfast.data.loading import load
from holdfast.finetune import catalogue
from holdfast.finetune.class_answers import NEW, predicted
from holdfast.finetune.evaluation import quiet
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import with_validation
from holdfast.finetune.verb import finetune
from holdfast.finetune.weights import weights


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("heads")
    small_models.nets(folder)
    small_models.pictures(folder / "image", 80, seed=1)
    small_models.write_texts(folder / "text.csv", 80, seed=1)
    for name, classes in (("other", ("cat", "dog")), ("turned", ("good", "bad"))):
        torch.manual_seed(3)
        n = len(small_models.tokenizer(folder / f"text-{name}"))
        config = BertConfig(
            vocab_size=n, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
            max_position_embeddings=64, id2label=dict(enumerate(classes)),
            label2id={one: at for at, one in enumerate(classes)},
        )  # fmt: skip
        BertForSequenceClassification(config).save_pretrained(folder / f"text-{name}")
    small_models.vision(folder / "image-other", classes=("cat", "dog"), seed=3)
    small_models.vision(folder / "image-turned", classes=("down", "across"), seed=3)
    return folder


def prepared(place, kind, model, **more):
    data = place / ("image" if kind == "image" else "text.csv")
    said = Recipe(model=str(model), data=str(data), task=f"classify-{kind}", **more)
    given = with_validation(load({"all": data}, roles={} if kind == "image" else {"label": "label"}), 0)[0]
    return catalogue.kinds()[said.task].prepare(given, None, said)


def head_of(folder):
    from safetensors.numpy import load_file

    found = load_file(folder / "model.safetensors")
    return {name: one for name, one in found.items() if name.startswith("classifier")}


@pytest.mark.parametrize("kind", ["text", "image"])
def test_a_head_for_as_many_other_classes_is_new(place, kind):
    found = prepared(place, kind, place / f"{kind}-other")
    assert found.head is not None
    assert set(found.head.names) == {"classifier.weight", "classifier.bias"}
    now = weights(found.module, found.head.names)
    was = head_of(place / f"{kind}-other")
    assert all((now[name].numpy() != was[name]).any() for name in found.head.names if name.endswith("weight"))


@pytest.mark.parametrize("kind", ["text", "image"])
def test_a_head_for_the_same_classes_in_another_order_is_kept_and_put_in_order(place, kind):
    found = prepared(place, kind, place / f"{kind}-turned")
    assert found.head is None
    assert found.classes == tuple(sorted(found.classes))
    was = head_of(place / f"{kind}-turned")
    now = weights(found.module, tuple(was))
    for name, one in was.items():
        assert (now[name].numpy() == one[::-1]).all()
    config = found.module.config
    assert [config.id2label[at] for at in range(2)] == list(found.classes)


def test_weights_of_a_persons_own_model_for_other_classes_are_new_and_in_another_order_are_turned(place, tmp_path):
    from safetensors.numpy import load_file

    reference = f"{place / 'nets.py'}:plain"
    quick = {"need": {"off": True}, "scratch": {"off": True}, "sensitivity": {"off": True}}
    store = RunStore(tmp_path)
    run = finetune(Recipe(model=reference, data=str(place / "image"), epochs=0.5, evaluations=1, stop="never",
                          options=quick), store=store)  # fmt: skip
    folder = store.folder / run.id / "model"
    was = {name: one for name, one in load_file(folder / "model.safetensors").items() if name.startswith("6.")}
    card = json.loads((folder / "holdfast.json").read_text())
    assert card["classes"] == ["across", "down"]

    def own(classes, head):
        (folder / "holdfast.json").write_text(json.dumps({**card, "classes": classes}))
        options = {"classify-image": {"weights": str(folder), "head": head}}
        found = prepared(place, "image", reference, options=options)
        return {name: one.numpy() for name, one in weights(found.module, tuple(was)).items()}

    kept, turned, new = own(["across", "down"], "own"), own(["down", "across"], "own"), own(["cat", "dog"], "new")
    for name, one in was.items():
        assert (kept[name] == one).all()
        assert (turned[name] == one[::-1]).all()
        assert (new[name] != one).all()


@pytest.mark.parametrize("kind", ["text", "image"])
def test_a_model_that_came_with_its_head_is_held_against_simpler_ways_all_the_same(place, tmp_path, kind):
    data = str(place / ("image" if kind == "image" else "text.csv"))
    quick = {"scratch": {"off": True}, "sensitivity": {"off": True}}
    asked = Recipe(model=str(place / f"{kind}-turned"), data=data, epochs=0.5, evaluations=1, stop="never", keep=(),
                   label=None if kind == "image" else "label", options=quick,
                   allow=("split-overlap", "near-split-overlap", "conflicting-duplicates"))  # fmt: skip
    run = finetune(asked, store=RunStore(tmp_path))
    (found,) = (one for one in run.sections if one.title == "The tuned model and simpler ways")
    names = {row[0] for row in found.evidence[0].cells}
    assert {"untuned", "most-frequent", "nearest", "words" if kind == "text" else "pictures"} <= names
    (need,) = (one for one in run.results if one.check == "more-labels-needed")
    assert "no head" not in need.reason


def test_predictions_are_in_the_order_of_examples_whatever_their_length():
    import torch

    class Shown:
        sizes_ = np.array([5, 1, 3, 9, 0])

        def count(self, split):
            assert split == NEW
            return 5

        def sizes(self, split):
            assert split == NEW
            return self.sizes_

        def batch(self, split, rows, rng=None):
            assert split == NEW
            return {"x": torch.tensor(self.sizes_[rows], dtype=torch.float32)}

    module = torch.nn.Identity()
    with quiet(module):
        found = predicted(
            Shown(), module, lambda _, batch: torch.stack([batch["x"], 4 - batch["x"]], 1), ["long", "short"]
        )
    assert found.column("prediction").to_pylist() == ["long", "short", "long", "long", "short"]
    assert found.column("p_long").to_pylist()[1] == pytest.approx(1 / (1 + np.exp(2)))
