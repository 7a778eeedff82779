"""Going on with texts by a person's own language model, with a mark in what is written."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, Field

from holdfast.core.durable import settle
from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, listening, track
from holdfast.core.random import Streams
from holdfast.data.origin import EVIDENCED, GENERATOR, ORIGIN
from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.scheme import Scheme
from holdfast.data.screening.watermarks.tagging import processor
from holdfast.data.screening.watermarks.tokens import loaded_tokenizer

_PURPOSE = "writing with a language model of yours"


class Manner(BaseModel):
    """How the model writes."""

    model_config = FROZEN
    length: int = Field(200, ge=1, le=100_000, description="tokens that are written for each text")
    temperature: float = Field(
        1.0, gt=0, le=100, description="below 1 the likely becomes likelier, and the mark weaker"
    )
    seed: int = Field(0, ge=0)


def continued(
    texts: Sequence[str], folder: Path, scheme: Scheme, key: Key, manner: Manner | None = None,
    progress: Progress | None = None,
) -> Iterator[str]:  # fmt: skip
    """Yield what the model in `folder` writes after each text, marked; the text itself is not part of it.

    The folder holds a causal model as transformers saves it (config.json, safetensors) and its tokenizer.json. Code in
    it is not run, and nothing is fetched. Raises BadInput, MissingExtra.
    """
    manner = manner or Manner()
    torch, model = _loaded(folder)
    words, write = loaded_tokenizer(folder), processor(scheme, key)
    most = int(getattr(model.config, "max_position_embeddings", 0) or 1 << 20)
    start = next((i for i in (model.config.bos_token_id, model.config.eos_token_id) if isinstance(i, int)), 0)
    with track(listening(progress), "writing", len(texts), "texts") as advance, torch.inference_mode():
        for number, text in enumerate(texts):
            rng = Streams(manner.seed)("marked text", number)
            ids = words.encode(text, add_special_tokens=False).ids[-(most // 2) :] or [start]
            yield words.decode(_written(torch, model, ids, write, manner, min(most, 1 << 20), rng))
            advance(1)


def _written(
    torch: Any, model: Any, ids: list[int], write: Any, manner: Manner, most: int, rng: np.random.Generator
) -> list[int]:
    ended = model.config.eos_token_id
    ends = set(ended) if isinstance(ended, list) else {ended}
    found: list[int] = []
    cache, new = None, ids
    for _ in range(min(manner.length, most - len(ids))):
        answer = model(torch.tensor([new]), past_key_values=cache, use_cache=True)
        cache = answer.past_key_values
        scores = answer.logits[:, -1].float().numpy().astype(np.float64) / manner.temperature
        token = _drawn(write(np.array([ids + found]), scores)[0], rng)
        if token in ends:
            break
        found.append(token)
        new = [token]
    return found


def _drawn(scores: Float[np.ndarray, " types"], rng: np.random.Generator) -> int:
    chances = np.exp(scores - scores.max())
    rising: Float[np.ndarray, " types"] = np.cumsum(chances)
    place = int(np.searchsorted(rising, rng.random() * rising[-1], side="right"))
    return min(place, len(rising) - 1)


def _loaded(folder: Path) -> tuple[Any, Any]:
    if not (folder / "config.json").is_file():
        raise BadInput(f"{folder} holds no model: wanted a folder with config.json, safetensors and tokenizer.json")
    try:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging
    except ImportError:
        raise MissingExtra.for_package("transformers", "finetune", _PURPOSE) from None
    logging.disable_progress_bar()  # ours is shown
    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise BadInput(f"the model in {folder} cannot be read: {str(error).splitlines()[0][:300]}") from error
    return torch, model.eval()


def save_marked(out: Path, texts: Sequence[str], written: Iterator[str], generator: str) -> int:
    """Write records as JSONL, each with its prompt and origin, and return how many. Nothing is replaced.

    Raises BadInput when the file is there, or cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8", errors="replace") as file:
            for prompt, text in zip(texts, written, strict=True):
                known = {ORIGIN: "synthetic", EVIDENCED: "declared", GENERATOR: generator}
                file.write(json.dumps({"text": text, "prompt": prompt, **known}, ensure_ascii=False) + "\n")
            settle(file)
    except FileExistsError:
        raise BadInput(f"{out} is there already; name a new file") from None
    except OSError as error:
        raise BadInput(f"cannot write {out}: {error.strerror or error}") from error
    return len(texts)
