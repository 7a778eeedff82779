"""The guards in a Trainer of Hugging Face, and in those of TRL, which are made of it.

    trainer.add_callback(trainer_callback(trainer))
    trainer.train()

Its classes are imported when a callback is asked for.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from holdfast.core.errors import MissingExtra
from holdfast.core.store import DEFAULT_ROOT, RunStore
from holdfast.finetune.callbacks.collated import Collated, Reading, collated
from holdfast.finetune.callbacks.watching import Watch, Ways
from holdfast.finetune.tasks.definitions import Module

_CAUSAL = ("ForCausalLM", "LMHeadModel")  # how transformers names models whose places answer for the next one


def trainer_callback(
    trainer: Any = None,
    *,
    valid: Any = None,
    original: Any = None,
    store: Path | str = DEFAULT_ROOT,
    allow: Sequence[str] = (),
    most: int = 512,
    budget: float = 0.01,
    seed: int = 0,
) -> Any:
    """Return a `TrainerCallback` with the guards on.

    Give it the trainer, or the validation data that were given to it; `original` are data of what the model could do
    before, in the same form, to see what it forgets. `allow` names checks of the gate that may fail, `most` is how many
    examples of each side a look judges, `budget` what of its original score the model may lose. The record is written
    to `store`. Training raises BadInput before its first step where the gate is broken.
    """
    try:
        from transformers import TrainerCallback
    except ImportError as error:
        raise MissingExtra.for_package("transformers", "finetune", "a callback of its Trainer") from error
    ways = Ways(RunStore(Path(store)), tuple(allow), most, budget, seed)

    class Guards(TrainerCallback):  # type: ignore[misc]
        """What the trainer calls; the work is done by a watch."""

        run = None  # the record, once the training is over
        watch: Watch | None = None

        def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            """Look at the data and at the model as it came."""
            del control
            module, loader = more["model"], more["train_dataloader"]
            given = {"valid": valid if valid is not None else _valid(trainer), "original": original}
            self.watch = Watch(
                ways, f"{type(_base(module)).__name__}, by Trainer", _settings(args), state.max_steps,
                writes=state.is_world_process_zero,
            )  # fmt: skip
            self.watch.begin(module, partial(_task, module, loader, given, more.get("processing_class"), seed))

        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            """Note the time."""
            del args, control, more
            if self.watch is not None:
                self.watch.stepped(state.global_step)

        def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            """Look at both sides."""
            del args, control
            if self.watch is not None and state.global_step:
                last: dict[str, Any] = next((one for one in reversed(state.log_history) if "loss" in one), {})
                self.watch.look(
                    state.global_step, more["model"], rate=float(last.get("learning_rate", 0.0)),
                    learning=float(last.get("loss", "nan")), epoch=float(state.epoch or 0.0),
                )  # fmt: skip

        def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            """Judge what it came to."""
            del args, control
            if self.watch is not None:
                self.run = self.watch.end(state.global_step, more["model"])

    return Guards()


def _task(module: Module, loader: Any, given: Mapping[str, Any], tokenizer: Any, seed: int) -> Collated:
    data = {"train": loader.dataset, **{split: one for split, one in given.items() if one is not None}}
    return collated(data, loader.collate_fn, reading_of(tokenizer, module), module, seed)


def reading_of(tokenizer: Any, module: Module) -> Reading:
    """Return how batches of models of transformers are read: a mapping with `labels`, and logits for answers."""
    ends, pad = _ends(tokenizer, module), getattr(tokenizer, "pad_token_id", None)
    decode = getattr(tokenizer, "decode", None)
    return Reading(
        answers=_answers,
        targets=lambda batch: batch.get("labels"),
        tokens=partial(_tokens, pad=pad),
        shifted=lambda one: type(_base(one)).__name__.endswith(_CAUSAL),
        decode=None if decode is None else partial(decode, skip_special_tokens=True),
        ends=ends,
        pad_is_end=pad is not None and pad in ends,
    )


def _answers(module: Module, batch: Mapping[str, Any]) -> Any:
    """Return the logits of a batch; labels are left out, unless the model makes its inputs of them."""
    device = next(module.parameters()).device
    needs = bool(getattr(getattr(_base(module), "config", None), "is_encoder_decoder", False))
    given = {name: one.to(device) for name, one in batch.items() if hasattr(one, "to") and (needs or name != "labels")}
    return module(**given).logits


def _tokens(batch: Mapping[str, Any], pad: int | None) -> tuple[Any, Any] | None:
    ids = batch.get("input_ids")
    if ids is None:
        return None
    mask = batch.get("attention_mask")
    if mask is None or mask.shape != ids.shape:
        mask = ids != pad if pad is not None else ids.new_ones(ids.shape)
    return ids, mask


def _ends(tokenizer: Any, module: Module) -> frozenset[int]:
    """Return the tokens that generation stops at."""
    own = getattr(getattr(_base(module), "generation_config", None), "eos_token_id", None)
    found = own if own is not None else getattr(tokenizer, "eos_token_id", None)
    return frozenset(found if isinstance(found, list | tuple) else () if found is None else (found,))


def _base(module: Module) -> Module:
    """Return the model inside adapters of PEFT."""
    inside = getattr(module, "get_base_model", None)
    return inside() if callable(inside) else module


def _valid(trainer: Any) -> Any:
    found = getattr(trainer, "eval_dataset", None)
    return next(iter(found.values()), None) if isinstance(found, dict) else found


def _settings(args: Any) -> dict[str, Any]:
    names = ("learning_rate", "num_train_epochs", "max_steps", "per_device_train_batch_size",
             "gradient_accumulation_steps", "weight_decay", "warmup_steps", "lr_scheduler_type", "seed")  # fmt: skip
    return {name: str(getattr(args, name)) for name in names if hasattr(args, name)}
