"""The guards in Ultralytics' trainer, by the protocol of its callbacks (8.4): events, each with the trainer."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from holdfast.core.errors import BadInput
from holdfast.core.record import Status
from holdfast.finetune.callbacks import ultralytics_callbacks


class Model:
    """Takes callbacks as YOLO does, and trains as its trainer tells them."""

    def __init__(self, sides, epochs=3, tloss=None):
        self.calls, self.sides, self.epochs = {}, sides, epochs
        self.tloss = torch.tensor([1.0, 2.0, 0.5]) if tloss is None else tloss

    def add_callback(self, event, call):
        self.calls.setdefault(event, []).append(call)

    def call(self, event, trainer):
        for one in self.calls.get(event, ()):
            one(trainer)

    def train(self, scores=(0.1, 0.4, 0.3)):
        loaders = {name: Loader(*side) for name, side in self.sides.items()}
        trainer = SimpleNamespace(
            epochs=self.epochs, epoch=0, train_loader=loaders["train"], test_loader=loaders["val"],
            args=SimpleNamespace(model="yolo26n.yaml", data="data.yaml", epochs=self.epochs, batch=4, lr0=0.01),
            metrics={}, tloss=None,
        )  # fmt: skip
        self.call("on_train_start", trainer)
        for trainer.epoch in range(self.epochs):
            for _ in range(len(trainer.train_loader)):
                self.call("on_train_batch_end", trainer)
            trainer.tloss = self.tloss
            trainer.metrics = {"metrics/mAP50-95(B)": scores[trainer.epoch], "val/box_loss": 1.5, "val/cls_loss": 0.5,
                               "fitness": 0.0}  # fmt: skip
            self.call("on_fit_epoch_end", trainer)
        trainer.epoch += 1  # the last judgement, of the best weights
        self.call("on_fit_epoch_end", trainer)
        self.call("on_train_end", trainer)


class Loader:
    """Batches of four pictures."""

    def __init__(self, files, boxes):
        labels = [{"cls": np.zeros((n, 1)), "bboxes": np.zeros((n, 4))} for n in boxes]
        self.dataset = SimpleNamespace(im_files=[str(one) for one in files], labels=labels)

    def __len__(self):
        return (len(self.dataset.im_files) + 3) // 4


@pytest.fixture
def pictures(tmp_path):
    def made(name, n, seed):
        files = []
        for at in range(n):
            path = tmp_path / f"{name}-{at}.png"
            path.write_bytes(np.random.default_rng((seed, at)).bytes(64))
            files.append(path)
        return files

    return made


@pytest.mark.parametrize("tloss", [None, {"box": torch.tensor(3.0), "cls": 0.5}, 3.5])
def test_epochs_are_told_and_end_in_a_record(pictures, tmp_path, tloss):
    model = Model({"train": (pictures("a", 16, 1), [0, *[2] * 15]), "val": (pictures("b", 8, 2), [1] * 8)}, tloss=tloss)
    guards = ultralytics_callbacks(model, store=tmp_path / "store")
    model.train()
    assert [(one.step, one.train, one.valid, one.score) for one in guards.watch.points] == [
        (4, 3.5, 2.0, 0.1), (8, 3.5, 2.0, 0.4), (12, 3.5, 2.0, 0.3)
    ]  # fmt: skip
    assert guards.run.says == "mAP50-95 0.300 after 3 epochs; epoch 2 had 0.400."
    assert guards.run.notes == ("1 of 16 train pictures have no box: background",)
    assert guards.run.result("split-overlap").status is Status.PASSED
    assert guards.run.result("cost-overrun").status is Status.PASSED
    assert "no interval" in guards.run.result("overfitting").reason
    assert guards.run.config["model"] == "yolo26n.yaml"


def test_a_picture_on_both_sides_stops_it(pictures, tmp_path):
    train = pictures("a", 16, 1)
    val = [*pictures("b", 6, 2), *train[:2]]
    model = Model({"train": (train, [1] * 16), "val": (val, [1] * 8)})
    ultralytics_callbacks(model, store=tmp_path / "store")
    with pytest.raises(BadInput, match="split-overlap"):
        model.train()
    model.calls.clear()
    guards = ultralytics_callbacks(model, store=tmp_path / "store", allow=("split-overlap",))
    model.train()
    assert guards.run.result("split-overlap").suppressed


def test_pictures_without_any_box_stop_it(pictures, tmp_path):
    model = Model({"train": (pictures("a", 16, 1), [0] * 16), "val": (pictures("b", 8, 2), [1] * 8)})
    ultralytics_callbacks(model, store=tmp_path / "store")
    with pytest.raises(BadInput, match="nothing-supervised"):
        model.train()
