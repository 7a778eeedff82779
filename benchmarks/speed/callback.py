"""What the guards cost in Hugging Face's Trainer: the same training with the callback and without, processor seconds.

    nice env OMP_NUM_THREADS=1 python benchmarks/speed/callback.py [rounds] [texts] [epochs]

An encoder of four layers (width 256) and 200 validation texts, evaluated after each epoch by the Trainer itself in
both. Rounds take turns. Weights have to be equal to the bit; the guards' share is told in all, and of looks on the way.
"""

import sys
import tempfile
import time
from pathlib import Path

import torch
import transformers

from holdfast.finetune.callbacks import trainer_callback

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
import small_models


def main() -> None:
    rounds, texts, epochs = (int(one) for one in (*sys.argv[1:], *("3", "1600", "3")[len(sys.argv) - 1 :]))
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        torch.manual_seed(0)
        tokens = small_models.tokenizer(place)
        config = transformers.BertConfig(
            vocab_size=len(tokens), hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=1024
        )
        transformers.BertForSequenceClassification(config).save_pretrained(place)
        rows = [{**tokens(text), "labels": int(mark == "good")} for text, mark in small_models.texts(texts + 200, 1)]
        train, valid = rows[:texts], rows[texts:]
        trained(place, tokens, train[:64], valid[:32], 1, guards=False)  # what is done once: imports, memory
        spent: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(rounds):
            ends = []
            for guards in (False, True):
                seconds, model, watch = trained(place, tokens, train, valid, epochs, guards=guards)
                spent[guards].append(seconds)
                ends.append(model.state_dict())
            assert all(torch.equal(one, ends[1][key]) for key, one in ends[0].items())
            plain, own = spent[False][-1], spent[True][-1]
            looks = f"{len(watch.points)} looks took {sum(watch.looks):.1f} s"
            print(f"plain {plain:.1f} s, with guards {own:.1f} s: {own / plain - 1:+.1%}; {looks}", flush=True)
        plain, own = (sorted(spent[one])[rounds // 2] for one in (False, True))
        print(f"median {plain:.1f} and {own:.1f} s: {own / plain - 1:+.1%}, {epochs * -(-texts // 16)} steps")


def trained(place, tokens, train, valid, epochs, *, guards):
    transformers.set_seed(1)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(place)
    settings = transformers.TrainingArguments(
        str(place / "out"), num_train_epochs=epochs, per_device_train_batch_size=16, eval_strategy="epoch",
        report_to=[], save_strategy="no", disable_tqdm=True, use_cpu=True, dataloader_pin_memory=False,
        logging_strategy="no",
    )  # fmt: skip
    trainer = transformers.Trainer(
        model, settings, train_dataset=train, eval_dataset=valid, processing_class=tokens,
        data_collator=transformers.DataCollatorWithPadding(tokens),
    )  # fmt: skip
    callback = None
    if guards:
        overlaps = ("split-overlap", "near-split-overlap", "conflicting-duplicates")
        callback = trainer_callback(trainer, store=place / "store", allow=overlaps)
        trainer.add_callback(callback)
    started = time.process_time()
    trainer.train()
    return time.process_time() - started, model, callback.watch if callback else None


if __name__ == "__main__":
    main()
