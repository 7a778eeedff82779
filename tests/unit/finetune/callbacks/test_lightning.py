"""The guards in Lightning's Trainer: the real one where it is installed, and the order of its calls where it is not."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.record import Status
from holdfast.finetune.callbacks import lightning_callback


class Net(nn.Module):
    """A net as a LightningModule is: called with inputs."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3))

    def forward(self, given):
        return self.net(given)


def data(n, seed):
    draw = torch.Generator().manual_seed(seed)
    given = torch.randn(n, 6, generator=draw)
    return TensorDataset(given, given[:, :3].argmax(1))


@pytest.fixture
def stand_in(monkeypatch):
    """Stands in for the library: its base class, and nothing else of it."""
    inside = ModuleType("lightning.pytorch")
    inside.Callback = object
    monkeypatch.setitem(sys.modules, "lightning", ModuleType("lightning"))
    monkeypatch.setitem(sys.modules, "lightning.pytorch", inside)


def fitted(callback, train, valid, epochs=3):
    """Call what Lightning calls, in its order (2.6: `on_train_start` after the sanity check)."""
    torch.manual_seed(1)
    module = Net()
    loader = DataLoader(train, 16, shuffle=True)
    trainer = SimpleNamespace(
        train_dataloader=loader, val_dataloaders=DataLoader(valid, 32), max_epochs=epochs, is_global_zero=True,
        estimated_stepping_batches=epochs * len(loader), global_step=0, current_epoch=0, sanity_checking=True,
    )  # fmt: skip
    if callback:
        callback.on_validation_end(trainer, module)
        trainer.sanity_checking = False
        callback.on_train_start(trainer, module)
    optimiser = torch.optim.Adam(module.parameters(), 1e-2)
    for trainer.current_epoch in range(epochs):
        for at, batch in enumerate(loader):
            loss = nn.functional.cross_entropy(module(batch[0]), batch[1])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            trainer.global_step += 1
            if callback:
                callback.on_train_batch_end(trainer, module, loss, batch, at)
        if callback:
            callback.on_validation_end(trainer, module)
    if callback:
        callback.on_train_end(trainer, module)
    return module


@pytest.mark.usefixtures("stand_in")
def test_a_training_is_watched_and_not_disturbed(tmp_path):
    callback = lightning_callback(store=tmp_path)
    module = fitted(callback, data(160, 1), data(80, 2))
    plain = fitted(None, data(160, 1), data(80, 2))
    assert all(map(torch.equal, module.state_dict().values(), plain.state_dict().values()))
    assert [point.step for point in callback.watch.points] == [10, 20, 30]
    assert callback.watch.points[0].valid > callback.watch.points[-1].valid
    assert callback.run.result("negative-transfer").status is Status.PASSED
    assert callback.run.title == "Net, by Lightning"


@pytest.mark.usefixtures("stand_in")
def test_rows_on_both_sides_stop_it(tmp_path):
    train = data(60, 1)
    with pytest.raises(BadInput, match="split-overlap"):
        fitted(lightning_callback(store=tmp_path), train, train)


@pytest.mark.usefixtures("stand_in")
def test_answers_that_are_no_tensor_are_asked_for_in_its_own_way(tmp_path):
    callback = lightning_callback(store=tmp_path, answers=lambda module, batch: 2.0 * module.net(batch[0]))
    fitted(callback, data(60, 1), data(30, 2), epochs=1)
    assert callback.run.says.startswith("Accuracy")


@pytest.mark.usefixtures("stand_in")
def test_weights_that_are_spread_over_processes_are_not_looked_at(tmp_path):
    class Part(nn.Parameter):
        def full_tensor(self):
            raise AssertionError("it would wait for the others")

    class Parts(Net):
        def __init__(self):
            super().__init__()
            self.net[0].weight = Part(self.net[0].weight.detach())

    callback, module = lightning_callback(store=tmp_path), Parts()
    trainer = SimpleNamespace(estimated_stepping_batches=4, max_epochs=1, is_global_zero=True, global_step=4,
                              sanity_checking=False, current_epoch=0)  # fmt: skip
    callback.on_train_start(trainer, module)
    callback.on_validation_end(trainer, module)
    callback.on_train_end(trainer, module)
    assert "no process holds the whole model" in callback.run.result("overfitting").reason


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning", None)
    monkeypatch.setitem(sys.modules, "pytorch_lightning", None)
    with pytest.raises(MissingExtra, match="pip install lightning"):
        lightning_callback()


def test_the_real_trainer_calls_it(tmp_path):
    lightning = pytest.importorskip("lightning.pytorch", reason="Lightning is not installed")

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = Net()

        def forward(self, given):
            return self.net(given)

        def training_step(self, batch, _):
            return nn.functional.cross_entropy(self(batch[0]), batch[1])

        def validation_step(self, batch, _):
            self.log("loss", nn.functional.cross_entropy(self(batch[0]), batch[1]))

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), 1e-2)

    callback = lightning_callback(store=tmp_path)
    trainer = lightning.Trainer(
        max_epochs=2, accelerator="cpu", callbacks=[callback], logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Module(), DataLoader(data(160, 1), 16, shuffle=True), DataLoader(data(80, 2), 32))
    assert callback.run.status == "finished"
    assert len(callback.watch.points) == 2
