"""The gate stops what other trainers train on in silence, names the rows, and is overruled by name only."""

import json

import numpy as np
import pytest

import small_models
from holdfast.audit.cases.texts import edited, texts
from holdfast.core.errors import BadInput
from holdfast.core.finding import Severity
from holdfast.core.progress import Silent
from holdfast.data.loading import load
from holdfast.finetune.gate import gate
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import members, with_validation
from holdfast.finetune.tasks import classify_text
from holdfast.finetune.tasks.generate_text import kind


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gate")
    small_models.decoder(folder / "decoder")
    return folder


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def pairs(n, seed, words=(12, 24)):
    rng = np.random.default_rng(seed)
    asked, said = texts(rng, n, words), texts(rng, n, (3, 6))
    return [{"prompt": one, "completion": f" {two}"} for one, two in zip(asked, said, strict=True)]


def talk_of(one):
    said = one["completion"].strip()
    return {"messages": [{"role": "user", "content": one["prompt"]}, {"role": "assistant", "content": said}]}


def judge(place, rows, original=None, model="decoder", **more):
    """Return what the gate says of a training and a test file (and of the original task's), without training."""
    data = {name: write(place / f"{name}.jsonl", some) for name, some in rows.items()}
    said = Recipe(model=str(place / model), data=data, **more)
    dataset = with_validation(load(data), 0)[0]
    before = with_validation(load({"all": write(place / "original.jsonl", original)}), 0)[0] if original else None
    return dataset, gate(dataset, before, kind.prepare(dataset, before, said), said, Silent())


def result(found, check):
    return next(one for one in found.results if one.check == check)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1])
@pytest.mark.parametrize("near", [False, True])
def test_contamination_is_found_at_one_and_ten_per_cent_and_only_there(place, share, near):
    rng = np.random.default_rng(5)
    train, test = pairs(300, 1, (20, 32)), pairs(200, 2, (20, 32))
    copied = rng.choice(200, round(share * 200), replace=False)
    for at in copied.tolist():
        test[at] = dict(train[at])
        if near:
            test[at]["prompt"] = edited(rng, test[at]["prompt"], 0.06, "replace")
    data = {"train": train, "valid": pairs(50, 3, (20, 32)), "test": test}
    _, found = judge(place, data, allow=("truncated-examples",))
    check = "near-split-overlap" if near else "split-overlap"
    assert (check in found.broken) == bool(share)
    assert bool(found.broken) == bool(share)
    if share:
        findings = [*result(found, "split-overlap").findings, *result(found, "near-split-overlap").findings]
        rows = {row for one in findings for where in one.locations for row in where.rows}
        assert rows <= set((350 + copied).tolist())
        assert len(rows) >= 0.8 * len(copied)


def test_conversations_are_compared_by_what_is_said_in_them(place):
    train, test = ([{**talk_of(one), "number": ""} for one in pairs(n, seed)] for n, seed in ((100, 1), (60, 2)))
    test[4] = {**train[9], "number": "another"}  # a column that the model never sees
    _, found = judge(place, {"train": train, "test": test}, options={"generate-text": {"cut": "start"}})
    assert "split-overlap" in found.broken


def test_validation_and_the_original_task_are_looked_at_as_well(place):
    train, valid, test = pairs(120, 1), pairs(60, 3), pairs(60, 2)
    original = [{"text": one["prompt"] + one["completion"]} for one in pairs(100, 4)]
    dataset = with_validation(load({"all": write(place / "original.jsonl", original)}), 0)[0]
    judged = members(dataset)["test"][0]
    train[7] = {"prompt": original[judged]["text"], "completion": " ba ke"}
    valid[3] = dict(train[11])
    test[2] = dict(valid[9])
    _, found = judge(place, {"train": train, "valid": valid, "test": test}, original)
    said = {one.message.partition(":")[0]: one for check in ("split-overlap", "near-split-overlap")
            for one in result(found, check).findings}  # fmt: skip
    first = said["validation rows, looked at as a test"]
    assert first.severity is Severity.WARNING
    assert list(first.locations[0].rows) == [123]
    assert list(said["test rows, beside validation rows as what is learnt"].locations[0].rows) == [182]
    assert said["rows of the original task's test among what is learnt"].severity is Severity.ERROR
    assert found.broken == ("near-split-overlap",)


def test_a_row_without_an_answer_stops_and_is_named(place):
    train = pairs(60, 1)
    train[5]["completion"] = train[17]["completion"] = ""
    _, found = judge(place, {"train": train, "test": pairs(40, 2)})
    assert found.broken == ("nothing-supervised",)
    one = result(found, "nothing-supervised").findings[0]
    rows = {row for each in result(found, "nothing-supervised").findings for row in each.locations[0].rows}
    assert rows == {5, 17}
    assert one.remedy is not None
    assert "`holdfast fix RUN`" in found.says
    assert 'allow = ["nothing-supervised"]' in found.says


def test_answers_that_are_cut_off_stop_and_those_that_are_shortened_warn(place):
    long, train = " ".join(["ba"] * 80), pairs(60, 1)
    train[5]["prompt"] = long
    train[8]["completion"] = " " + long
    _, found = judge(place, {"train": train, "test": pairs(40, 2)})
    assert found.broken == ("truncated-examples",)
    findings = {one.severity: one for one in result(found, "truncated-examples").findings}
    assert list(findings[Severity.ERROR].locations[0].rows) == [5]
    assert "nothing is left of the answer" in findings[Severity.ERROR].message
    assert list(findings[Severity.WARNING].locations[0].rows) == [8]
    _, found = judge(place, {"train": train, "test": pairs(40, 2)}, options={"generate-text": {"cut": "start"}})
    assert found.broken == ()


def test_padding_that_is_the_end_takes_no_end_away(place, tmp_path):
    """The accident: a trainer that masks padding by its token masks every end with it, and says nothing."""
    from transformers import AutoTokenizer

    small_models.decoder(tmp_path / "shared")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "shared")
    tokenizer.pad_token = tokenizer.eos_token
    tokenizer.save_pretrained(tmp_path / "shared")
    rows = {"train": pairs(60, 1), "test": pairs(40, 2)}
    data = {name: write(tmp_path / f"{name}.jsonl", some) for name, some in rows.items()}
    said = Recipe(model=str(tmp_path / "shared"), data=data)
    dataset = with_validation(load(data), 0)[0]
    found = kind.prepare(dataset, None, said)
    batch = found.task.batch("train", np.arange(16))
    end = tokenizer.eos_token_id
    assert (batch["input_ids"] == end).sum() > 16  # padding as well
    assert (batch["labels"] == end).sum(dim=1).tolist() == [1] * 16  # and one end in each that is learnt
    assert gate(dataset, None, found, said, Silent()).broken == ()
    assert any("padding and end share the token" in note for note in found.notes)


def test_a_template_whose_answers_end_otherwise_than_generation_stops(place, tmp_path):
    from transformers import AutoTokenizer

    small_models.decoder(tmp_path / "chat")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "chat")
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['role'] }} {{ m['content'] }} mo {% endfor %}"
        "{% if add_generation_prompt %}assistant {% endif %}"
    )
    tokenizer.save_pretrained(tmp_path / "chat")
    talk = [talk_of(one) for one in pairs(100, 1)]
    rows = {"train": talk[:60], "test": talk[60:]}
    _, found = judge(tmp_path, rows, model="chat")
    assert found.broken == ("end-not-learnt",)
    assert "generation stops at [EOS]" in result(found, "end-not-learnt").findings[0].message
    _, found = judge(tmp_path, rows, model="chat", options={"generate-text": {"append_end": True}})
    assert found.broken == ()


def test_a_gate_that_is_overruled_lets_pass_and_says_so(place):
    rows = pairs(60, 1)
    assert judge(place, {"train": rows, "test": rows})[1].broken == ("split-overlap",)
    _, found = judge(place, {"train": rows, "test": rows}, allow=("split-overlap",))
    assert found.broken == ()
    assert not result(found, "split-overlap").findings
    assert result(found, "split-overlap").suppressed[0].reason == "overruled by the recipe (allow)"


def test_only_what_the_gate_checks_can_be_overruled(place):
    with pytest.raises(BadInput, match="Did you mean 'split-overlap'"):
        judge(place, {"train": pairs(60, 1), "test": pairs(40, 2)}, allow=("split-overlp",))


def test_nothing_to_learn_stops_even_where_it_is_overruled(place):
    train = [{**one, "completion": ""} for one in pairs(60, 1)]
    _, found = judge(place, {"train": train, "test": pairs(40, 2)}, allow=("nothing-supervised",))
    assert found.broken
    assert found.says == "Not started: no train example holds anything to learn."


def test_texts_of_classes_that_are_cut_are_counted(tmp_path):
    rng = np.random.default_rng(0)
    small_models.encoder(tmp_path / "encoder")
    lines = ["text,label", *(f"{text},{'ab'[at % 2]}" for at, text in enumerate(texts(rng, 120, (20, 40))))]
    (tmp_path / "texts.csv").write_text("\n".join(lines) + "\n")
    said = Recipe(model=str(tmp_path / "encoder"), data="…", label="label",
                  options={"classify-text": {"length": 8}})  # fmt: skip
    dataset = with_validation(load({"all": tmp_path / "texts.csv"}, roles={"label": "label"}), 0)[0]
    found = gate(dataset, None, classify_text.kind.prepare(dataset, None, said), said, Silent())
    seen = result(found, "truncated-examples")
    assert {one.severity for one in seen.findings} == {Severity.WARNING}
    assert "are longer than 8 tokens and are cut" in seen.findings[0].message
    (cells, *_) = found.sections[0].evidence[0].cells
    assert cells[3] == cells[1]  # all training examples
    assert found.broken == ()


def test_data_without_a_split_get_one_by_content(tmp_path):
    rows = pairs(100, 1)
    dataset = with_validation(load({"all": write(tmp_path / "one.jsonl", [*rows, *rows[:30]])}), 0)[0]
    sides = dict(zip(range(130), dataset.values("split").to_pylist(), strict=True))
    assert {sides[at] == sides[100 + at] for at in range(30)} == {True}
    assert {name: len(one) > 8 for name, one in members(dataset).items()} == {
        "train": True,
        "valid": True,
        "test": True,
    }
