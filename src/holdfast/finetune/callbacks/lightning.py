"""The guards in a Trainer of Lightning.

    trainer = Trainer(callbacks=[lightning_callback()])
    trainer.fit(module, train_loader, valid_loader)

Lightning is imported when a callback is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from holdfast.core.errors import MissingExtra
from holdfast.core.store import DEFAULT_ROOT, RunStore
from holdfast.finetune.callbacks.collated import Collated, Reading, collated
from holdfast.finetune.callbacks.trainer import reading_of
from holdfast.finetune.callbacks.watching import Watch, Ways
from holdfast.finetune.tasks.definitions import Module


def lightning_callback(
    *,
    answers: Callable[[Any, Any], Any] | None = None,
    tokenizer: Any = None,
    original: Any = None,
    store: Path | str = DEFAULT_ROOT,
    allow: Sequence[str] = (),
    most: int = 512,
    budget: float = 0.01,
    seed: int = 0,
) -> Any:
    """Return a `Callback` of Lightning with the guards on.

    Batches are pairs (inputs, classes), or mappings with `labels` as models of transformers take them. `answers(module,
    batch)` returns logits where `module(inputs)`, or `module.model(**batch)` for mappings, does not; `tokenizer` lets
    texts be compared as texts. The rest is as in `trainer_callback`. The data set needs a length and places; a loader
    over a stream is trained without the guards that look at data, and the record says so.
    """
    try:
        from lightning.pytorch import Callback
    except ImportError:
        try:
            from pytorch_lightning import Callback
        except ImportError as error:
            raise MissingExtra("a callback of Lightning needs lightning; try: pip install lightning") from error
    ways = Ways(RunStore(Path(store)), tuple(allow), most, budget, seed)

    class Guards(Callback):  # type: ignore[misc]
        """What the trainer calls; the work is done by a watch."""

        run = None  # the record, once the training is over
        watch: Watch | None = None

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            """Look at the data and at the model as it came."""
            steps = trainer.estimated_stepping_batches
            self.watch = Watch(
                ways, f"{type(pl_module).__name__}, by Lightning", {"max_epochs": trainer.max_epochs},
                int(steps) if steps != float("inf") else 0, writes=trainer.is_global_zero,
            )  # fmt: skip
            self.watch.begin(pl_module, partial(_task, trainer, pl_module, answers, tokenizer, original, seed))

        def on_train_batch_end(self, trainer: Any, pl_module: Any, *more: Any) -> None:
            """Note the time."""
            del pl_module, more
            if self.watch is not None:
                self.watch.stepped(trainer.global_step)

        def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
            """Look at both sides."""
            if self.watch is not None and not trainer.sanity_checking:
                self.watch.look(trainer.global_step, pl_module, epoch=float(trainer.current_epoch))

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            """Judge what it came to."""
            if self.watch is not None:
                self.run = self.watch.end(trainer.global_step, pl_module)

    return Guards()


def _task(trainer: Any, module: Module, answers: Any, tokenizer: Any, original: Any, seed: int) -> Collated:
    train, valid = _one(trainer.train_dataloader), _one(trainer.val_dataloaders)
    data = {"train": train.dataset}
    data |= {"valid": valid.dataset} if valid is not None else {}
    data |= {"original": original} if original is not None else {}
    return collated(data, train.collate_fn, _reading(module, answers, tokenizer), module, seed)


def _reading(module: Module, answers: Callable[[Any, Any], Any] | None, tokenizer: Any) -> Reading:
    """Return how batches are read: mappings as those of transformers, pairs as (inputs, classes)."""
    inside = getattr(module, "model", module)
    named = reading_of(tokenizer, inside)

    def asked(_module: Module, batch: Any) -> Any:
        if answers is not None:
            return answers(module, batch)
        if isinstance(batch, Mapping):
            return named.answers(inside, batch)
        return module(batch[0].to(next(module.parameters()).device))

    return Reading(
        answers=asked,
        targets=lambda batch: batch.get("labels") if isinstance(batch, Mapping) else batch[1],
        tokens=lambda batch: named.tokens(batch) if isinstance(batch, Mapping) else None,
        shifted=lambda _: named.shifted(inside),
        decode=named.decode,
        ends=named.ends,
        pad_is_end=named.pad_is_end,
    )


def _one(loaders: Any) -> Any:
    """Return the first of several loaders."""
    if isinstance(loaders, Mapping):
        return next(iter(loaders.values()), None)
    return loaders[0] if isinstance(loaders, list | tuple) and loaders else loaders or None
