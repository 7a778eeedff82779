"""A language model learns answers and their ends; packed or not, an example weighs the same."""

import json
import random

import numpy as np
import pytest

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.store import RunStore
from holdfast.data.loading import load
from holdfast.finetune.evaluation import judged, quiet
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import members, with_validation
from holdfast.finetune.tasks.generate_text import kind
from holdfast.finetune.verb import finetune

ANSWERS = {"good": "warm", "bad": "cold"}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def sharpened(folder):
    """Make weights large, so that what stands before a token matters to a model that has learnt nothing."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    save_file({name: one * (4.0 if one.ndim == 2 else 1.0) for name, one in load_file(path).items()}, path,
              {"format": "pt"})  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("language")
    small_models.decoder(folder / "decoder", dropout=0.0)
    sharpened(folder / "decoder")
    rows = small_models.texts(160, seed=1)
    write(folder / "pairs.jsonl", [{"prompt": text, "completion": " " + ANSWERS[mark]} for text, mark in rows])
    write(folder / "talk.jsonl", [
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": ANSWERS[mark]}]}
        for text, mark in rows])  # fmt: skip
    write(folder / "texts.jsonl", [{"text": text} for text, _ in small_models.texts(160, seed=2)])
    return folder


def recipe(place, data, **more):
    return Recipe(**{"model": str(place / "decoder"), "data": str(place / data), "rate": 0.01, "epochs": 3,
                     "evaluations": 2, "stop": "never", **more})  # fmt: skip


def prepared(place, data, original=None, **options):
    said = recipe(place, data, options={"generate-text": options})
    dataset = with_validation(load({"all": said.data}), 0)[0]
    return dataset, kind.prepare(dataset, original, said)


def test_the_loss_is_of_the_answer_and_its_end_only(place):
    import torch
    from torch.nn.functional import cross_entropy

    dataset, found = prepared(place, "pairs.jsonl")
    rows = members(dataset)["test"][:3]
    tokenizer = small_models.tokenizer(place / "tokens")
    nats = []
    for row in rows:
        prompt = tokenizer(dataset.values("prompt")[row].as_py())["input_ids"]
        answer = [*tokenizer(dataset.values("completion")[row].as_py())["input_ids"], tokenizer.eos_token_id]
        with quiet(found.module):
            logits = found.module(torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1]
        nats.append(float(cross_entropy(logits, torch.tensor(answer))))
    seen = judged(found.task, found.module, "test", np.arange(3))
    assert seen.loss == pytest.approx(nats, abs=1e-5)
    assert seen.score == pytest.approx([-one for one in nats], abs=1e-5)
    assert seen.weight.tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("data", ["pairs.jsonl", "talk.jsonl", "texts.jsonl"])
def test_packed_or_not_an_example_has_the_same_loss(place, data):
    _, found = prepared(place, data, packing=True)
    rows = np.array([5, 0, 17, 3, 40, 41, 2])
    alone = found.task.batch("train", rows)
    packed = found.task.batch("train", rows, np.random.default_rng(0))
    assert len(packed["input_ids"]) < len(alone["input_ids"])
    with quiet(found.module):
        one, other = found.task.judge(found.module, alone), found.task.judge(found.module, packed)
        assert other.loss == pytest.approx(one.loss, abs=1e-5)
        assert other.weight.tolist() == one.weight.tolist()
        assert float(found.task.loss(found.module, packed)) == pytest.approx(
            float(found.task.loss(found.module, alone)), abs=1e-4
        )
    assert found.task.weight(packed) == found.task.weight(alone)


def test_packing_is_refused_where_a_model_does_not_keep_examples_apart(place, monkeypatch):
    from holdfast.finetune.tasks import generate_text

    def all_before(owner):
        return np.tril(np.ones((1, 1, owner.shape[1], owner.shape[1]), dtype=bool))

    monkeypatch.setattr(generate_text, "sees", all_before)
    with pytest.raises(BadInput, match="does not keep packed examples apart"):
        prepared(place, "pairs.jsonl", packing=True)


def test_a_long_text_becomes_windows_and_every_token_is_learnt_once(place, tmp_path):
    rng = random.Random(3)
    texts = [" ".join(rng.choices(small_models.WORDS, k=n)) for n in (5, 200, 64, 63, 65, 128, 1, 30) * 12]
    dataset = with_validation(load({"all": write(tmp_path / "long.jsonl", [{"text": text} for text in texts])}), 0)[0]
    found = kind.prepare(dataset, None, recipe(place, "texts.jsonl"))
    for split, ledger in found.task.supervision.ledgers.items():
        rows = members(dataset)[split]
        words = [len(dataset.values("text")[row].as_py().split()) for row in rows]
        assert found.task.sizes(split).max() <= 64
        assert ledger.supervised.sum() == sum(words)  # all but the first, and the end
        assert ledger.lost.sum() == 0
        assert ledger.ends.all()
        assert set(ledger.rows) == set(rows)


def test_tuning_gains_learns_to_stop_and_is_loaded_by_others(place, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    store = RunStore(tmp_path)
    said = recipe(place, "talk.jsonl", original=str(place / "texts.jsonl"), keep=("replay",),
                  options={"generate-text": {"packing": True}})  # fmt: skip
    run = finetune(said, store=store)
    assert run.says.startswith("Minus nats per token")
    assert {one.check for one in run.results} >= {"forgetting", "end-not-learnt", "split-overlap"}
    assert run.result("forgetting").status != "skipped"
    folder = store.folder / run.id / "model"
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    given = tokenizer.apply_chat_template([{"role": "user", "content": "ba good ke li"}], add_generation_prompt=True,
                                          return_tensors="pt", return_dict=True)  # fmt: skip
    given.pop("token_type_ids", None)
    said = model.generate(**given, max_new_tokens=8, do_sample=False, pad_token_id=0)[0, given["input_ids"].shape[1] :]
    assert said[0] in tokenizer.convert_tokens_to_ids(["warm", "cold"])
    assert said[1] == tokenizer.eos_token_id
    assert len(said) == 2


def test_a_model_that_sees_what_follows_is_refused(place, tmp_path):
    small_models.encoder(tmp_path / "encoder")
    with pytest.raises(BadInput, match="was not trained to write text"):
        kind.prepare(with_validation(load({"all": place / "texts.jsonl"}), 0)[0], None,
                     recipe(place, "texts.jsonl", model=str(tmp_path / "encoder")))  # fmt: skip


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"options": {"generate-text": {"length": 65}}}, "the model takes 2 to 64 tokens"),
        ({"options": {"generate-text": {"pakcing": True}}}, "pakcing"),
        ({"inputs": ("prompt", "completon")}, "Did you mean 'completion'"),
    ],
)
def test_a_wrong_option_is_told(place, tmp_path, more, says):
    with pytest.raises(BadInput, match=says):
        finetune(recipe(place, "pairs.jsonl", task="generate-text", **more), store=RunStore(tmp_path))


def test_drift_keeps_some_places_of_an_example_where_there_are_many_outcomes(place, monkeypatch):
    from holdfast.finetune.tasks import generate_text

    _, found = prepared(place, "texts.jsonl")
    batch = found.task.batch("valid", np.arange(4))
    with quiet(found.module):
        every = found.task.log_probabilities(found.module, batch)
        monkeypatch.setattr(generate_text, "_MOST_OUTCOMES", 2 * found.task.outcomes)
        some = found.task.log_probabilities(found.module, batch)
    assert len(every) == found.task.weight(batch)
    assert len(some) == 8
    assert every.exp().sum(-1).numpy() == pytest.approx(np.ones(len(every)), abs=1e-5)
