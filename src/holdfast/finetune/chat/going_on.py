"""What a language model writes behind prompts: the likeliest token each time, or drawn, row by row.

A draw is the largest of log p plus Gumbel noise (Gumbel, 1954; Maddison, Tarlow & Minka, 2014, "A* sampling"), and each
row has noise of its own, from the seed and its prompt. So what a row draws does not hang on which rows stand beside it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from pydantic import BaseModel, Field

from holdfast.core.finding import FROZEN
from holdfast.core.random import Streams
from holdfast.finetune.device import beside
from holdfast.finetune.evaluation import by_size, quiet
from holdfast.finetune.tasks.definitions import Module


class Writing(BaseModel):
    """How a text goes on."""

    model_config = FROZEN
    tokens: int = Field(128, ge=1, le=100_000, description="that are written at most")
    temperature: float = Field(
        0.0, ge=0, le=100, allow_inf_nan=False, description="0: always the likeliest token; 1: as the model has it"
    )
    top_p: float = Field(1.0, gt=0, le=1, description="drawn from the likeliest tokens that have this share")
    seed: int = Field(0, ge=0, description="of what is drawn")
    batch: int = Field(16, ge=1, le=4096, description="rows at once")


class Continued(NamedTuple):
    """The tokens that were written behind one prompt, and whether the model ended them by itself."""

    ids: tuple[int, ...]
    ended: bool


def gone_on(
    module: Module,
    prompts: Sequence[Sequence[int]],
    writing: Writing,
    stops: frozenset[int],
    pad: int,
    met: Counter[str],
) -> list[Continued]:
    """Return what the model writes behind each prompt, none of which may be empty.

    `met` counts the prompts that were seen before: the same one again is drawn for again.
    """
    import torch
    from transformers import GenerationConfig

    told = GenerationConfig(
        do_sample=False, num_beams=1, max_new_tokens=writing.tokens, pad_token_id=pad,
        eos_token_id=sorted(stops) or None, use_cache=True, return_dict_in_generate=False,
    )  # fmt: skip
    module.generation_config = (
        told  # what the model came with, such as a temperature, would be taken where ours is silent
    )
    noise = [_noise(writing.seed, one, met) for one in prompts]
    found: list[Continued | None] = [None] * len(prompts)
    for at in by_size(np.array([len(one) for one in prompts]), writing.batch):
        width = max(len(prompts[row]) for row in at)
        ids, mask = np.full((len(at), width), pad, dtype=np.int64), np.zeros((len(at), width), dtype=np.int64)
        for place, row in enumerate(at):
            ids[place, width - len(prompts[row]) :] = prompts[row]
            mask[place, width - len(prompts[row]) :] = 1
        draws = [] if writing.temperature == 0.0 else [_drawing(writing, [noise[row] for row in at])]
        with quiet(module):
            rows = module.generate(
                beside(module, torch.from_numpy(ids)), attention_mask=beside(module, torch.from_numpy(mask)),
                generation_config=told, logits_processor=draws,
            )[:, width:].tolist()  # fmt: skip
        for place, row in enumerate(at):
            found[row] = _until(rows[place], stops)
    return [one for one in found if one is not None]


def _noise(seed: int, prompt: Sequence[int], met: Counter[str]) -> np.random.Generator:
    name = blake2b(np.array(prompt, dtype=np.int64).tobytes(), digest_size=16).hexdigest()
    met[name] += 1
    return Streams(seed)("going on", name, met[name])


def _drawing(writing: Writing, noise: Sequence[np.random.Generator]) -> Callable[[Any, Any], Any]:
    """Return what turns logits (rows × tokens) into numbers whose largest is a draw."""
    import torch

    def drawn(ids: Any, logits: Any) -> Any:
        del ids
        scores = (logits.cpu().double() / writing.temperature).log_softmax(-1)
        if writing.top_p < 1.0:
            ordered, places = scores.sort(dim=-1, descending=True, stable=True)
            before = ordered.exp().cumsum(-1) - ordered.exp()  # the share of likelier ones; the first is always kept
            scores = scores.masked_fill((before >= writing.top_p).gather(-1, places.argsort(-1)), -torch.inf)
        gumbel = np.stack([one.gumbel(size=scores.shape[-1]) for one in noise])
        best = (scores + torch.from_numpy(gumbel)).argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best.to(logits.device), 0.0)

    return drawn


def _until(ids: Sequence[int], stops: frozenset[int]) -> Continued:
    for at, one in enumerate(ids):
        if one in stops:
            return Continued(tuple(ids[:at]), ended=True)
    return Continued(tuple(ids), ended=False)
