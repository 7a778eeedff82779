"""A model of a few thousand weights that has learnt to tell warm from cold, and texts of good and bad."""

from dataclasses import replace

import numpy as np
import torch

import small_models
from holdfast.core.progress import Silent
from holdfast.core.random import Streams
from holdfast.data.loading import load
from holdfast.finetune import catalogue
from holdfast.finetune.heads import fit_head
from holdfast.finetune.loop import train
from holdfast.finetune.measuring.work import Work
from holdfast.finetune.methods.definitions import Setting
from holdfast.finetune.optimiser import trainable
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.stages import Stages
from holdfast.finetune.tasks.definitions import Judged
from holdfast.finetune.tuning import job_of
from holdfast.finetune.weights import copied


def files(folder, name, seed, marks=("good", "bad"), n=96):
    return {
        split: str(small_models.write_texts(folder / f"{name}-{split}.csv", size, seed + at, marks))
        for at, (split, size) in enumerate((("train", n), ("valid", 48), ("test", 48)))
    }


def recipe(folder, **more):
    said = {"model": str(folder / "encoder"), "data": files(folder, "b", 10), "label": "label", "rate": 0.01,
            "task": "classify-text", "epochs": 1, "evaluations": 2, "stop": "never", "keep": ()}  # fmt: skip
    return Recipe(**{**said, **more})


def loaded(data):
    return load(data, roles={"label": "label"}, kinds={"text": "text"})


def prepared(one, original=None, *, fitted=True):
    kind = catalogue.kinds()["classify-text"]
    ready = kind.prepare(loaded(one.data), loaded(original) if original else None, one)
    if fitted and ready.head is not None:
        fit_head(ready.task, ready.module, ready.head, len(ready.classes), Streams(0))
    return ready


def pretrained(folder):
    """Write `encoder`, which knows warm from cold, and return the files that it learnt from."""
    small_models.encoder(folder / "blank", dropout=0.0)
    data = files(folder, "a", 20, ("warm", "cold"), n=192)
    said = recipe(folder, model=str(folder / "blank"), data=data, rate=0.01, epochs=8)
    ready = prepared(said, fitted=False)
    train(job(said, ready, folder / "learn-a"))
    ready.save(ready.module, folder / "encoder")
    return data


def job(said, ready, folder, methods=()):
    learns = frozenset(trainable(ready.module)) | frozenset(ready.head.names if ready.head else ())
    work = Work(
        recipe=said, dataset=loaded(said.data), kind=catalogue.kinds()[said.task], prepared=ready, folder=folder,
        streams=Streams(said.seed), stages=Stages(folder / "stages"), progress=Silent(),
    )  # fmt: skip
    made = job_of(work, catalogue.adaptations()[said.adapt], copied(ready.module, learns), learns, ())
    return replace(made, methods=(*made.methods, *methods))


def setting(said, ready, folder=None, **options):
    learns = frozenset(trainable(ready.module))
    return Setting(said, ready, copied(ready.module, learns), options, Streams(said.seed), folder)


class Images:
    """Two kinds of images: bright on the left, bright on the right."""

    def count(self, split):
        return 32

    def batch(self, split, rows, rng=None):
        rows = np.asarray(rows)
        left = torch.linspace(1, 0, 8).expand(len(rows), 1, 8, 8)
        labels = torch.from_numpy(rows % 2)
        return {"pixel_values": torch.where(labels[:, None, None, None] == 0, left, left.flip(-1)), "labels": labels}

    def loss(self, module, one):
        return torch.nn.functional.cross_entropy(module(one["pixel_values"]), one["labels"], reduction="sum")

    def log_probabilities(self, module, one):
        return module(one["pixel_values"]).log_softmax(-1)

    def judge(self, module, one):
        logits = module(one["pixel_values"])
        right = (logits.argmax(-1) == one["labels"]).double().numpy()
        return Judged(right, 1 - right, np.ones(len(right)))
