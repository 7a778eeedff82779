"""The guards in Hugging Face's Trainer: they see the data, tell what came of it, and change nothing."""

import pytest
import torch

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.record import Status
from holdfast.core.store import RunStore
from holdfast.finetune.callbacks import trainer_callback

transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate", reason="the Trainer of transformers needs accelerate")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trainer")
    small_models.encoder(folder / "encoder")
    small_models.decoder(folder / "decoder")
    return folder


def tokenizer(place, name="encoder"):
    return transformers.AutoTokenizer.from_pretrained(place / name)


def classes(place, n, seed):
    tokens = tokenizer(place)
    return [{**tokens(text), "labels": int(mark == "good")} for text, mark in small_models.texts(n, seed)]


def texts(place, n, seed, *, end=True):
    tokens, rows = tokenizer(place, "decoder"), []
    for text, mark in small_models.texts(n, seed):
        ids = tokens(f"{text} {mark}")["input_ids"] + ([tokens.eos_token_id] if end else [])
        rows.append({"input_ids": ids, "labels": [-100] * (len(ids) - 2) + ids[-2:]})
    return rows


def trained(place, folder, train, valid, *, guards, name="encoder", epochs=1, collator=None):
    transformers.set_seed(5)
    kind = "AutoModelForSequenceClassification" if name == "encoder" else "AutoModelForCausalLM"
    model = getattr(transformers, kind).from_pretrained(place / name)
    tokens = tokenizer(place, name)
    settings = transformers.TrainingArguments(
        str(folder / "out"), num_train_epochs=epochs, per_device_train_batch_size=8, learning_rate=1e-2,
        eval_strategy="epoch", report_to=[], save_strategy="no", disable_tqdm=True, use_cpu=True, logging_steps=5,
        dataloader_pin_memory=False,
    )  # fmt: skip
    collator = collator or (transformers.DataCollatorWithPadding if name == "encoder" else
                            transformers.DataCollatorForSeq2Seq)(tokens)  # fmt: skip
    trainer = transformers.Trainer(
        model, settings, train_dataset=train, eval_dataset=valid, processing_class=tokens, data_collator=collator
    )
    callback = trainer_callback(trainer, store=folder / "store", **guards) if guards is not None else None
    if callback is not None:
        trainer.add_callback(callback)
    trainer.train()
    return model, callback


ALLOW = ("near-split-overlap",)  # texts of eight words of 32


def fresh(place, n=60):
    seen = {tuple(one["input_ids"]) for one in classes(place, 120, 1)}
    return [one for one in classes(place, n, 2) if tuple(one["input_ids"]) not in seen]


def test_a_training_is_the_same_with_the_guards_and_ends_in_a_record(place, tmp_path, capsys):
    train, valid = classes(place, 120, 1), fresh(place)
    model, callback = trained(place, tmp_path, train, valid, guards={"allow": ALLOW, "original": valid[:20]})
    plain, _ = trained(place, tmp_path, train, valid, guards=None)
    assert all(map(torch.equal, model.state_dict().values(), plain.state_dict().values()))
    run = RunStore(tmp_path / "store").load("latest")
    assert run.id == callback.run.id
    assert (run.kind, run.status, run.config["learning_rate"]) == ("finetune", "finished", "0.01")
    assert {one.check for one in run.results if one.status is not Status.SKIPPED} >= {
        "split-overlap", "nothing-supervised", "overfitting", "forgetting", "negative-transfer",
    }  # fmt: skip
    card = next(one for one in run.sections if one.title == "Scorecard")
    assert [row[0] for row in card.evidence[0].cells] == [
        "overfitting", "forgetting", "transfer", "cost", "sensitivity", "need"
    ]  # fmt: skip
    simpler = next(one for one in run.sections if "simpler ways" in one.title)
    assert [row[0] for row in simpler.evidence[0].cells] == ["tuned", "untuned", "most-frequent", "words"]
    assert "validation examples" in simpler.says[0]
    told = capsys.readouterr().err
    assert f"holdfast report {run.id}" in told
    assert "overfitting" in told
    point = callback.watch.points[-1]
    assert point.step == 15
    assert point.drift > 0


def test_validation_rows_among_training_rows_stop_it_before_its_first_step(place, tmp_path):
    train = classes(place, 80, 1)
    with pytest.raises(BadInput, match=r"Not started: the data fail split-overlap.*allow=\(\"split-overlap\"") as told:
        trained(place, tmp_path, train, [*fresh(place), *train[:10]], guards={"allow": ALLOW})
    run = RunStore(tmp_path / "store").load("latest")
    assert f"holdfast report {run.id}" in str(told.value)
    assert run.result("split-overlap").status is Status.FOUND
    assert (run.status, run.says[:11]) == ("finished", "Not started")


def test_padding_that_is_the_end_is_found_in_what_is_collated(place, tmp_path):
    tokens = tokenizer(place, "decoder")
    tokens.pad_token = tokens.eos_token
    collator = transformers.DataCollatorForLanguageModeling(tokens, mlm=False)  # masks whatever equals the padding
    rows = [{"input_ids": one["input_ids"]} for one in texts(place, 60, 1)]
    with pytest.raises(BadInput, match="end-not-learnt"):
        trained(place, tmp_path, rows[:40], rows[40:], guards={"allow": ("split-overlap", *ALLOW)}, name="decoder",
                collator=collator)  # fmt: skip


def test_rows_without_a_label_and_rows_at_the_limit_are_told(place, tmp_path):
    rows = texts(place, 60, 1)
    rows[3]["labels"] = [-100] * len(rows[3]["labels"])
    with pytest.raises(BadInput, match=r"nothing-supervised \(1 of 40 train examples"):
        trained(place, tmp_path, rows[:40], rows[40:], guards={"allow": ALLOW}, name="decoder")
    cut = [{name: one[-7:] for name, one in row.items()} for row in texts(place, 60, 2)]
    _, callback = trained(place, tmp_path, cut[:40], cut[40:], name="decoder",
                          guards={"allow": (*ALLOW, "split-overlap", "end-not-learnt")})  # fmt: skip
    assert any("examples have exactly 7 tokens" in note for note in callback.run.notes)
    assert callback.run.says.startswith("Minus nats per token")


def test_data_that_cannot_be_looked_at_leave_the_training_alone(place, tmp_path):
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(classes(place, 24, 1))

    settings = transformers.TrainingArguments(
        str(tmp_path), max_steps=10, per_device_train_batch_size=2, report_to=[], save_strategy="no", use_cpu=True,
        disable_tqdm=True, dataloader_pin_memory=False,
    )  # fmt: skip
    tokens = tokenizer(place)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(place / "encoder")
    callback = trainer_callback(store=tmp_path / "store")
    transformers.Trainer(
        model, settings, train_dataset=Stream(), callbacks=[callback],
        data_collator=transformers.DataCollatorWithPadding(tokens),
    ).train()  # fmt: skip
    skipped = next(one for one in callback.run.results if one.check == "overfitting")
    assert "a stream" in skipped.reason
    assert callback.run.result("cost-overrun").status is Status.PASSED
