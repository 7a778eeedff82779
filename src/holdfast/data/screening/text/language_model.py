"""A language model of the person's own, from a local folder: weights as safetensors, nothing downloaded, no code run.

The only file of the screening that knows torch and transformers.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.progress import Progress, track
from holdfast.data.screening.text.zero_shot import binoculars, curvature

_SAFE = {"local_files_only": True, "trust_remote_code": False}
_MOST_TOKENS = 512  # of a text; texts are cut to 300 words before
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def refuse_unsafe(folder: Path) -> None:
    """Raise BadInput where the folder holds no model that can be read without running what it holds."""
    if not folder.is_dir():
        raise BadInput(
            f"no folder {folder}: a language model is given by its local folder with config.json, a tokenizer and "
            "weights as safetensors; nothing is downloaded"
        )
    if not (folder / "config.json").is_file():
        raise BadInput(f"{folder} holds no config.json, so it is no folder of a model")
    if any(folder.glob("*.safetensors")):
        return
    if any(any(folder.glob(kind)) for kind in _PICKLES):
        raise BadInput(
            f"{folder} holds its weights as pickles, which can run any code when they are opened: refused; "
            "where you trust them, load the model once and write it with "
            "model.save_pretrained(folder, safe_serialization=True)"
        )
    raise BadInput(f"{folder} holds no weights (*.safetensors)")


def curvatures(folder: Path, texts: Sequence[str], progress: Progress) -> Float[np.ndarray, " texts"]:
    """Return the score of Fast-DetectGPT for each text, NaN where it has fewer than two tokens. Raises BadInput."""
    torch, tokenizer, (model,) = _opened((folder,))
    return _each(texts, progress, lambda text: _scored(torch, tokenizer, (model,), text))


def crossings(first: Path, second: Path, texts: Sequence[str], progress: Progress) -> Float[np.ndarray, " texts"]:
    """Return the score of Binoculars for each text, with two models that share a tokenizer. Raises BadInput."""
    torch, tokenizer, models = _opened((first, second))
    return _each(texts, progress, lambda text: _scored(torch, tokenizer, models, text))


def _each(texts: Sequence[str], progress: Progress, score: Any) -> Float[np.ndarray, " texts"]:
    found = np.full(len(texts), np.nan)
    with track(progress, "language model", len(texts), "texts") as advance:
        for at, text in enumerate(texts):
            found[at] = score(text)
            advance(1)
    return found


def _scored(torch: Any, tokenizer: Any, models: Sequence[Any], text: str) -> float:
    longest = min(_MOST_TOKENS, *(getattr(model.config, "max_position_embeddings", _MOST_TOKENS) for model in models))
    tokens = tokenizer(text, return_tensors="pt", truncation=True, max_length=longest)["input_ids"]
    if tokens.shape[1] < 3:
        return float("nan")
    with torch.inference_mode():
        # The line at place t predicts token t + 1; the first token is given, the last line predicts nothing.
        logits = [model(input_ids=tokens).logits[0, :-1].float().numpy() for model in models]
    following = tokens[0, 1:].numpy()
    return curvature(logits[0], following) if len(logits) == 1 else binoculars(logits[0], logits[1], following)


def _opened(folders: Sequence[Path]) -> tuple[Any, Any, tuple[Any, ...]]:
    """Return torch, the tokenizer of the first folder, and the models. Raises BadInput, MissingExtra."""
    for folder in folders:
        refuse_unsafe(folder)
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra.for_package("torch and transformers", "finetune", "reading a language model") from error
    models, vocabularies, tokenizer = [], [], None
    for folder in folders:
        try:
            own = transformers.AutoTokenizer.from_pretrained(folder, **_SAFE)
            model = transformers.AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True, **_SAFE)
        except Exception as error:  # the library raises nearly everything for damaged folders
            raise BadInput(
                f"{folder} cannot be read as a causal language model with its tokenizer: {str(error)[:300]}"
            ) from error
        tokenizer = tokenizer or own
        vocabularies.append(own.get_vocab())
        models.append(model.eval())
    if any(vocabulary != vocabularies[0] for vocabulary in vocabularies):
        raise BadInput(
            f"{folders[0]} and {folders[1]} have different vocabularies; two models are compared token by token, so "
            "they have to share a tokenizer"
        )
    return torch, tokenizer, tuple(models)
