"""The guards in a training of Ultralytics, as far as its trainer tells them something.

    model = YOLO("yolo26n.yaml")
    guards = ultralytics_callbacks(model)
    model.train(data="data.yaml")

Ultralytics is under the AGPL; nothing of it is imported here.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.audit.supervision import Ledger, Supervision
from holdfast.audit.training import Guard, Training
from holdfast.core.dataset import Dataset, Kind, Role
from holdfast.core.record import Run
from holdfast.core.store import DEFAULT_ROOT, RunStore
from holdfast.data.inference import describe
from holdfast.finetune.callbacks.watching import Watch, Ways
from holdfast.finetune.loop import Journal, Point
from holdfast.finetune.measuring.overfitting import curves

_SCORE = "metrics/mAP50-95(B)"
_CHECKS = ("split-overlap", "nothing-supervised")
_TELLS = "the trainer of Ultralytics tells {} for all pictures together, which has no interval"


@dataclass
class Guards:
    """What the trainer calls, by event; `run` is the record once the training is over."""

    ways: Ways
    run: Run | None = None
    watch: Watch | None = None
    _epochs: set[int] = field(default_factory=set)

    @property
    def events(self) -> dict[str, Callable[[Any], None]]:
        """What to add, by the name of its event."""
        return {
            "on_train_start": self.on_train_start,
            "on_train_batch_end": self.on_train_batch_end,
            "on_fit_epoch_end": self.on_fit_epoch_end,
            "on_train_end": self.on_train_end,
        }

    def on_train_start(self, trainer: Any) -> None:
        """Look at the pictures and their boxes."""
        steps = int(trainer.epochs) * len(trainer.train_loader)
        settings = vars(trainer.args) if hasattr(trainer.args, "__dict__") else dict(trainer.args)
        kept = {name: str(settings[name]) for name in ("model", "data", "epochs", "batch", "lr0") if name in settings}
        self.watch = Watch(self.ways, "a detector, by Ultralytics", kept, steps, writes=_first())
        self._epochs.clear()
        dataset, supervision = _seen(trainer)
        self.watch.gated(dataset, supervision, _CHECKS)

    def on_train_batch_end(self, trainer: Any) -> None:
        """Note the time."""
        del trainer
        if self.watch is not None:
            self.watch.stepped(0)

    def on_fit_epoch_end(self, trainer: Any) -> None:
        """Note the losses and the score of an epoch; the last judgement, of the best weights, is none."""
        epoch = int(trainer.epoch) + 1
        if self.watch is None or epoch in self._epochs or epoch > int(trainer.epochs) or not trainer.metrics:
            return
        self._epochs.add(epoch)
        valid = [_sum(one) for name, one in trainer.metrics.items() if name.startswith("val/")]
        step, nan = epoch * len(trainer.train_loader), float("nan")
        loss = nan if trainer.tloss is None else _sum(trainer.tloss)
        self.watch.points.append(
            Point(step=step, epoch=epoch, rate=0.0, learning=loss, train=loss, valid=sum(valid) if valid else nan,
                  valid_error=0.0, score=_score(trainer.metrics), train_score=nan)
        )  # fmt: skip

    def on_train_end(self, trainer: Any) -> None:
        """Judge what it came to, as far as that can be told."""
        if self.watch is None:
            return
        points = self.watch.points
        silent: dict[Guard, str] = {
            "overfitting": _TELLS.format("a loss"), "transfer": _TELLS.format("a score"),
            "forgetting": "a callback here does not see answers; `holdfast finetune` judges the old classes",
            "sensitivity": "a callback sees one training", "need": "a callback sees one training",
        }  # fmt: skip
        step = points[-1].step if points else 0
        cost = self.watch.cost(step, silent)
        says = "Nothing was judged on the way."
        if points:
            best = max(points, key=lambda one: one.score)
            says = f"mAP50-95 {points[-1].score:.3f} after {points[-1].epoch:g} epochs"
            says += f"; epoch {best.epoch:g} had {best.score:.3f}." if best is not points[-1] else ", the best of them."
        seen = curves(Journal(points=tuple(points))) if points else None
        training = Training("detect", "mAP50-95", curves=seen, cost=cost, silent=silent)
        del trainer
        self.run = self.watch.close(training, step, says)


def ultralytics_callbacks(
    model: Any = None, *, store: Path | str = DEFAULT_ROOT, allow: Sequence[str] = (), seed: int = 0
) -> Guards:
    """Return the guards as callbacks of Ultralytics, added to `model` where it is given.

    Without it, add them by hand: `for event, call in guards.events.items(): model.add_callback(event, call)`. They stop
    a training whose validation pictures are among the training ones, or that has no box at all, unless `allow` names
    the check; and tell curves, and time against its forecast. What is left out, and why, stands in the scorecard.
    """
    guards = Guards(Ways(RunStore(Path(store)), tuple(allow), seed=seed))
    if model is not None:
        for event, call in guards.events.items():
            model.add_callback(event, call)
    return guards


def _seen(trainer: Any) -> tuple[Dataset, Supervision]:
    """Return pictures by the hash of their bytes, and how many boxes each has."""
    sides = {"train": trainer.train_loader.dataset, "test": getattr(trainer.test_loader, "dataset", None)}
    digests: list[str] = []
    splits: list[str] = []
    ledgers, notes = {}, []
    for split, one in sides.items():
        if one is None:
            continue
        files = [Path(str(name)) for name in one.im_files]
        digests += [hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest() for path in files]
        splits += [split] * len(files)
        boxes = np.array([len(label["cls"]) for label in one.labels], dtype=np.int64)
        empty, rows = int((boxes == 0).sum()), np.arange(len(boxes))
        if 0 < empty < len(boxes):
            notes.append(f"{empty:,} of {len(boxes):,} {split} pictures have no box: background")
            boxes = np.maximum(boxes, 1)  # that nothing is there is learnt
        ledgers[split] = Ledger(rows, boxes, boxes, boxes, np.zeros_like(boxes))
    roles: dict[str, Role] = {"split": "split"}
    kinds: dict[str, Kind] = {"picture": "text", "split": "category"}
    table = pa.table({"picture": digests, "split": splits})
    return (
        describe("pictures", table, roles=roles, kinds=kinds),
        Supervision("boxes", None, ledgers, notes=tuple(notes)),
    )


def _score(metrics: Mapping[str, Any]) -> float:
    found = metrics.get(_SCORE)
    if found is None:
        found = next((one for name, one in metrics.items() if "mAP50-95" in name), metrics.get("fitness", "nan"))
    return float(found)


def _sum(value: Any) -> float:
    """Return a loss that releases give as a number, a tensor of parts, or parts by name."""
    if isinstance(value, Mapping):
        return sum(_sum(one) for one in value.values())
    found = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    return float(np.sum(np.asarray(found, dtype=float)))


def _first() -> bool:
    import os

    return os.environ.get("RANK", "-1") in {"-1", "0"}
