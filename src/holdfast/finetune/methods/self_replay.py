"""Texts that a language model wrote before it was tuned, among the new ones: replay without the old texts."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int
from pydantic import BaseModel, Field

from holdfast.audit.supervision import Supervision
from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.random import Streams
from holdfast.finetune.device import beside, numbers
from holdfast.finetune.evaluation import quiet
from holdfast.finetune.methods.at_base import print_of
from holdfast.finetune.methods.definitions import Method, MethodKind, More, Setting, Steps
from holdfast.finetune.recipe import batches
from holdfast.finetune.stages import Stages
from holdfast.finetune.tasks.definitions import Batch, Judged, Module

_AT_ONCE = 32  # texts written at once
_LIMIT = 1_000_000  # vocabularies are smaller


class Options(BaseModel):
    """Options of `self-replay`."""

    model_config = FROZEN
    share: float = Field(0.25, gt=0, lt=1, description="of what a step learns from")
    texts: int = Field(256, ge=1, description="to write before the first step")
    length: int = Field(64, ge=2, description="tokens of a text, at most")


class Written(BaseModel):
    """Token numbers of texts that the model wrote."""

    model_config = FROZEN
    texts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class OwnTexts:
    """Texts as token numbers, learnt from left to right; there is no split but `train`."""

    texts: tuple[tuple[int, ...], ...]
    metric: str = field(default="minus nats per token", init=False)

    @property
    def supervision(self) -> Supervision:
        """Nothing: these texts are no data that could be wrong."""
        return Supervision("tokens", None, {})

    def count(self, split: str) -> int:
        """Return how many texts there are."""
        return len(self.texts) if split == "train" else 0

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return the tokens of each text."""
        return np.array([len(one) for one in self.texts if split == "train"], dtype=np.int64)

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return `input_ids` and `attention_mask` (examples × tokens), padded on the right."""
        import torch

        del split, rng
        chosen = [self.texts[row] for row in rows]
        ids = np.zeros((len(chosen), max(len(one) for one in chosen)), dtype=np.int64)
        mask = np.zeros_like(ids)
        for at, one in enumerate(chosen):
            ids[at, : len(one)] = one
            mask[at, : len(one)] = 1
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def weight(self, batch: Batch) -> float:
        """Return how many tokens are foretold: all but the first of each text."""
        return float(batch["attention_mask"][:, 1:].sum())

    def loss(self, module: Module, batch: Batch) -> Any:
        """Return the summed cross-entropy of each token given those before it, nats."""
        return -self._logs(module, batch).gather(1, self._next(batch)[:, None]).sum()

    def log_probabilities(self, module: Module, batch: Batch) -> Any:
        """Return log p of every token at each place that is foretold."""
        return self._logs(module, batch)

    def judge(self, module: Module, batch: Batch) -> Judged:
        """Return minus the mean cross-entropy of each text."""
        logs, shown = self._logs(module, batch), batch["attention_mask"][:, 1:]
        each = numbers(logs.gather(1, self._next(batch)[:, None])[:, 0])
        sizes = numbers(shown.sum(1))
        ends = np.cumsum(sizes.astype(np.int64))
        means = np.array([part.mean() if len(part) else 0.0 for part in np.split(each, ends[:-1])])
        return Judged(means, -means, sizes)

    def _logs(self, module: Module, batch: Batch) -> Any:
        logits = module(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits[:, :-1]
        return logits[batch["attention_mask"][:, 1:].bool()].log_softmax(-1)

    def _next(self, batch: Batch) -> Any:
        return batch["input_ids"][:, 1:][batch["attention_mask"][:, 1:].bool()]


def make(setting: Setting) -> Method:
    """Return replay of texts drawn from the model as it came, at temperature 1 over all of its tokens.

    Marek et al. (2026), "self-generated replay", 2605.26097, find that it nearly ends forgetting where the model has
    room left. The texts are written once and read back after a kill. Raises BadInput where the model writes none.
    """
    options, module = checked(Options, setting.options, table="options.self-replay"), setting.prepared.module
    can = getattr(module, "can_generate", None)
    if can is None or not can():
        raise BadInput("self-replay wants a language model that writes texts, and this model writes none; take kl")
    made = Stages(setting.folder or Path())
    name = f"self-replay-{print_of(setting.base)[:12]}-{options.texts}x{options.length}"
    if setting.folder is None:
        found = _written(module, options, setting.streams)
    else:
        found = made(name, Written, lambda: _written(module, options, setting.streams))
    if not found.texts:
        raise BadInput("the model wrote nothing but ends of texts; self-replay has nothing to learn from")
    task, (micro, _) = OwnTexts(found.texts), batches(setting.recipe)
    share, n = options.share, len(found.texts)
    size = min(n, max(1, round(micro * options.share / (1 - options.share))))

    def replayed(step: int, part: int) -> More:
        rows = setting.streams("self-replay", step, part).choice(n, size=size, replace=False)
        return More(task, rows, share / (1 - share))

    note = f"self-replay: {n:,} synthetic texts, written by the model itself before tuning, were learnt from as well"
    return Steps("self-replay", replays=replayed, notes=(note,))


def _written(module: Module, options: Options, streams: Streams) -> Written:
    """Return texts that the model writes from its token for a beginning, or from any token where it has none."""
    import torch
    from transformers import GenerationConfig

    config = module.config
    begin = config.bos_token_id if config.bos_token_id is not None else config.eos_token_id
    ends = config.eos_token_id[0] if isinstance(config.eos_token_id, list) else config.eos_token_id
    pad = 0 if ends is None else ends
    most = min(options.length, getattr(config, "max_position_embeddings", None) or _LIMIT)
    told = GenerationConfig(
        do_sample=True, top_k=0, top_p=1.0, temperature=1.0, max_new_tokens=most - 1, pad_token_id=pad,
        eos_token_id=config.eos_token_id, bos_token_id=config.bos_token_id,
    )  # fmt: skip
    found: list[tuple[int, ...]] = []
    for start in range(0, options.texts, _AT_ONCE):
        size = min(_AT_ONCE, options.texts - start)
        rng = streams("self-replay", "first", start)
        first = rng.integers(config.vocab_size, size=size) if begin is None else np.full(size, begin)
        ids = beside(module, torch.from_numpy(first.astype(np.int64))[:, None])
        torch.manual_seed(streams.integer("self-replay", "written", start))
        with quiet(module):
            rows = module.generate(ids, attention_mask=torch.ones_like(ids), generation_config=told).tolist()
        found += [_until(row, ends) for row in rows]
    return Written(texts=tuple(one for one in found if len(one) > 1))


def _until(row: list[int], end: int | None) -> tuple[int, ...]:
    """Return a text with its end, without what pads it."""
    for at, token in enumerate(row[1:], start=1):
        if token == end:
            return tuple(row[: at + 1])
    return tuple(row)


method = MethodKind("self-replay", "texts that the model wrote before tuning, among the new ones", make)
