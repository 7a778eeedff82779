"""Causal language models of transformers: loaded as float32, tried for what they must not do, saved with their ends."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.core.errors import BadInput
from holdfast.finetune.evaluation import quiet
from holdfast.finetune.models.pretrained import model_of, save_pretrained
from holdfast.finetune.tasks.definitions import Batch, Module

_TRIED = 6  # tokens of the sentence that a model is tried on
_SAME = 2e-4  # what rounding may change in a logit or a loss, relative to 1 + its size


def causal_model(name: str, n_tokens: int) -> Module:
    """Return a model that writes text from left to right. Raises BadInput for one that does not."""
    import torch
    from transformers import AutoModelForCausalLM

    module, loading = model_of(AutoModelForCausalLM, name, output_loading_info=True, dtype=torch.float32)
    if loading["missing_keys"]:
        lacks = min(loading["missing_keys"])
        raise BadInput(
            f"model {name} has no weights for {lacks}: it was not trained to write text. Wanted a causal language "
            "model; to learn classes, name the label: --label COLUMN"
        )
    known = module.get_input_embeddings().num_embeddings
    if n_tokens > known:
        raise BadInput(f"the tokenizer of {name} has {n_tokens:,} tokens, and the model knows {known:,}")
    ids = (torch.arange(_TRIED) % known)[None]
    other = ids.clone()
    other[0, -1] = (ids[0, -1] + 1) % known
    with quiet(module):
        one, two = (module(input_ids=each, use_cache=False).logits[0, :-1] for each in (ids, other))
    if known > 1 and float((one - two).abs().max()) > _SAME * (1.0 + float(one.abs().max())):
        raise BadInput(f"model {name} sees words that follow: it is no causal language model")
    return module


def stops_of(module: Module, tokenizer: Any) -> frozenset[int]:
    """Return the tokens that generation stops at: the model's own, or else the end token of the tokenizer."""
    said = getattr(getattr(module, "generation_config", None), "eos_token_id", None)
    said = module.config.eos_token_id if said is None else said
    said = tokenizer.eos_token_id if said is None else said
    return frozenset() if said is None else frozenset([said] if isinstance(said, int) else said)


def mixes(losses: Callable[[Batch], np.ndarray], module: Module, alone: Batch, together: Batch) -> bool:
    """Return whether the losses of examples change when they stand in one row."""
    with quiet(module):
        one, two = losses(alone), losses(together)
    return bool(np.abs(one - two).max() > _SAME * (1.0 + np.abs(one).max()))


def save_causal(module: Module, tokenizer: Any, folder: Path) -> None:
    """Write model, tokenizer and what generation stops at into a new folder, for transformers to load."""
    save_pretrained(module, tokenizer, folder)
    if getattr(module, "generation_config", None) is not None:
        module.generation_config.save_pretrained(folder)
