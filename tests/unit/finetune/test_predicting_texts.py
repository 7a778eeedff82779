"""A tuned language model goes on: as training wrote prompts, the same for the same seed, marked as synthetic."""

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.store import RunStore
from holdfast.data.loading import load
from holdfast.data.origin import counts
from holdfast.finetune.chat.going_on import Writing, gone_on
from holdfast.finetune.lineage import generation_after
from holdfast.finetune.predicting import predictions
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.verb import finetune

ANSWERS = {"good": "warm", "bad": "cold"}
QUICK = {"sensitivity": {"off": True}, "need": {"off": True}, "scratch": {"off": True}}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    import torch

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("texts")
    small_models.decoder(folder / "decoder", dropout=0.0)
    rows = small_models.texts(120, seed=1)
    write(folder / "pairs.jsonl", [{"prompt": text, "completion": " " + ANSWERS[mark], "_origin": "human"}
                                   for text, mark in rows])  # fmt: skip
    write(folder / "talk.jsonl", [
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": ANSWERS[mark]}]}
        for text, mark in rows])  # fmt: skip
    return folder


def tuned_on(place, data):
    store = RunStore(place / "runs")
    run = finetune(Recipe(model=str(place / "decoder"), data=str(place / data), rate=0.02, epochs=1, evaluations=1,
                          stop="never", keep=(), options=QUICK, allow=("near-split-overlap", "split-overlap")),
                   store=store)  # fmt: skip
    return run, store.folder / run.id


@pytest.fixture(scope="module")
def pairs(place):
    return tuned_on(place, "pairs.jsonl")


def answers(tuned, data, **more):
    found = predictions(*tuned, data, **more)
    return pa.concat_tables(found.blocks), found.notes


def test_text_is_written_behind_prompts_and_says_that_a_model_wrote_it(pairs, tmp_path):
    prompts = [text for text, _ in small_models.texts(20, seed=7)]
    data = write(tmp_path / "new.jsonl", [{"prompt": one} for one in prompts])
    table, notes = answers(pairs, data, keep=("prompt",), options={"tokens": 6})
    assert table.column_names == ["prompt", "completion", "tokens", "ended", "_origin", "_evidence", "_generator",
                                  "_generation"]  # fmt: skip
    assert table.column("prompt").to_pylist() == prompts
    assert notes == []
    assert set(table.column("_generator").to_pylist()) == {f"decoder tuned in Holdfast run {pairs[0].id}"}
    assert set(table.column("_generation").to_pylist()) == {1}  # people wrote all that it learnt from
    assert set(table.column("tokens").to_pylist()) <= set(range(7))
    pq.write_table(table, tmp_path / "written.parquet")
    again = load({"all": tmp_path / "written.parquet"}, undivided=True)
    assert counts(again.values("_origin"))["synthetic"] == 20


def test_the_likeliest_is_what_transformers_writes_alone(pairs, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    prompts = [text for text, _ in small_models.texts(9, seed=8)]
    data = write(tmp_path / "new.jsonl", [{"prompt": one} for one in prompts])
    table, _ = answers(pairs, data, options={"tokens": 5, "batch": 4})
    folder = pairs[1] / "model"
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    for prompt, found, n in zip(prompts, table.column("completion"), table.column("tokens"), strict=True):
        ids = tokenizer(prompt, return_tensors="pt")
        more = model.generate(**ids, do_sample=False, max_new_tokens=5, pad_token_id=0)[0, ids["input_ids"].shape[1] :]
        expected = tokenizer.decode(more, skip_special_tokens=True).split()
        assert found.as_py().split() == expected
        assert n.as_py() == len(expected)


def test_draws_follow_from_the_seed_and_the_prompt_not_from_the_batch_or_the_order(pairs, tmp_path):
    prompts = [text for text, _ in small_models.texts(12, seed=9)]
    data = write(tmp_path / "new.jsonl", [{"prompt": one} for one in prompts])
    turned = write(tmp_path / "turned.jsonl", [{"prompt": one} for one in reversed(prompts)])
    said = {"tokens": 8, "temperature": 1.0}

    def drawn(data, **more):
        return answers(pairs, data, options={**said, **more})[0].column("completion").to_pylist()

    first = drawn(data)
    assert drawn(data) == first
    assert drawn(data, batch=3) == first
    assert drawn(turned)[::-1] == first
    assert drawn(data, seed=1) != first
    assert drawn(data, top_p=1e-6) == answers(pairs, data, options={"tokens": 8})[0].column("completion").to_pylist()


def test_the_same_prompt_again_is_drawn_for_again(pairs, tmp_path):
    data = write(tmp_path / "new.jsonl", [{"prompt": "ba ke good"}] * 12)
    table, _ = answers(pairs, data, options={"tokens": 12, "temperature": 2.0, "batch": 2})
    assert len(set(table.column("completion").to_pylist())) > 6


def test_draws_have_the_models_own_chances():
    import torch

    logits = torch.tensor([1.0, 0.0, -1.0, 2.0])

    class Steady(torch.nn.Module):
        generation_config = None

        def generate(self, ids, attention_mask, generation_config, logits_processor):
            scores = logits.expand(len(ids), -1)
            for one in logits_processor:
                scores = one(ids, scores)
            return torch.cat([ids, scores.argmax(-1, keepdim=True)], 1)

    def shares(**more):
        writing = Writing(tokens=1, batch=4000, **more)
        found = gone_on(Steady(), [(1, 2)] * 4000, writing, frozenset(), 0, Counter())
        return np.bincount([one.ids[0] for one in found], minlength=4) / 4000

    wanted = logits.softmax(-1).numpy()
    assert np.abs(shares(temperature=1.0) - wanted).max() < 4 * 0.5 / 4000**0.5
    kept = shares(temperature=1.0, top_p=0.8)  # the likeliest has 0.64, with the second 0.88
    assert kept[[1, 2]].tolist() == [0, 0]
    assert np.abs(kept[3] - wanted[3] / (wanted[3] + wanted[0])) < 4 * 0.5 / 4000**0.5
    hot = (logits / 2).softmax(-1).numpy()
    assert np.abs(shares(temperature=2.0) - hot).max() < 4 * 0.5 / 4000**0.5


def test_conversations_are_asked_by_the_template_and_an_answer_at_their_end_is_left_out(place, tmp_path):
    tuned = tuned_on(place, "talk.jsonl")
    talks = [[{"role": "user", "content": text}] for text, _ in small_models.texts(6, seed=11)]
    open_, closed = (
        write(tmp_path / name, [{"messages": [*one, *more]} for one in talks])
        for name, more in (("open.jsonl", []), ("closed.jsonl", [{"role": "assistant", "content": "cold"}]))
    )
    one, _ = answers(tuned, open_, options={"tokens": 4})
    two, _ = answers(tuned, closed, options={"tokens": 4})
    assert one.column("completion").to_pylist() == two.column("completion").to_pylist()
    assert set(one.column("_generation").to_pylist()) == {None}  # nobody said who made the training data
    wrong = write(tmp_path / "plain.jsonl", [{"messages": "ba ke"}])
    assert answers(tuned, wrong, options={"tokens": 4})[0].num_rows == 1  # a plain text is gone on with


def test_rows_without_a_prompt_have_no_answer_and_records_become_parents(pairs, tmp_path):
    rows = [{"prompt": "ba ke good", "_record": "a" * 32}, {"prompt": None, "_record": "b" * 32}]
    table, notes = answers(pairs, write(tmp_path / "new.jsonl", rows), options={"tokens": 3})
    assert table.column("completion").null_count == 1
    assert table.column("_origin").to_pylist() == ["synthetic", None]
    assert table.column("_parents").to_pylist() == ["a" * 32, "b" * 32]
    assert notes == ["1 of 2 rows have no answer: they hold no prompt"]


def test_a_long_prompt_keeps_its_end(pairs, tmp_path):
    words = " ".join(["ba"] * 300)
    data = write(tmp_path / "new.jsonl", [{"prompt": words + " good"}, {"prompt": " ".join(["ba"] * 57) + " good"}])
    found = answers(pairs, data, options={"tokens": 6})[0].column("completion").to_pylist()
    assert found[0] == found[1]


@pytest.mark.parametrize(("options", "says"), [
    ({"tokens": 64}, "--tokens is 64; the model takes 64 tokens"),
    ({"temperature": -1}, "temperature"),
    ({"top_p": 0}, "top_p"),
    ({"batch": 0}, "batch"),
])  # fmt: skip
def test_what_cannot_be_asked_for_is_told(pairs, tmp_path, options, says):
    data = write(tmp_path / "new.jsonl", [{"prompt": "ba"}])
    with pytest.raises(BadInput, match=says):
        answers(pairs, data, options=options)


def test_a_short_model_writes_at_most_half_of_its_length_where_nothing_was_said(pairs, tmp_path):
    data = write(tmp_path / "new.jsonl", [{"prompt": "ba"}])
    assert answers(pairs, data, options={"temperature": 0.1})[0].column("tokens").to_pylist()[0] <= 32


@pytest.mark.parametrize(("rows", "then"), [
    ([{"_origin": "human"}] * 3, 1),
    ([{"_origin": "human"}, {"_origin": "synthetic", "_generation": 2}], 3),
    ([{"_origin": "human"}, {"_origin": "synthetic"}], None),
    ([{"_origin": "human"}, {"_origin": "unknown"}], None),
    ([{"other": 1}], None),
])  # fmt: skip
def test_a_generation_is_one_more_than_what_was_learnt(tmp_path, rows, then):
    data = load({"all": write(tmp_path / "rows.jsonl", [{"text": f"row {at}", **one} for at, one in enumerate(rows)])},
                undivided=True)  # fmt: skip
    assert generation_after(data, np.arange(len(data))) == then
