"""Vectors from a model in a local folder: sentence-transformers or transformers, never a download, never its code."""

import importlib.util
import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, MissingExtra, NotApplicable
from holdfast.core.progress import Progress, track
from holdfast.core.text import one_line

Encode = Callable[[list[str]], np.ndarray]
_BATCH = 64
_MOST_TOKENS = 512
_SAFE = {"local_files_only": True, "trust_remote_code": False}


def embed_texts(dataset: Dataset, column: str, model: str, progress: Progress) -> np.ndarray:
    """Return a vector for each text. Raises NotApplicable where the folder holds no model that can be read."""
    codes, texts = dataset.codes(column)
    return _by_row(codes, encoded([str(text) for text in texts], text_encoder(model), progress))


def embed_images(dataset: Dataset, column: str, model: str, progress: Progress) -> np.ndarray:
    """Return a vector for each image; one that cannot be read has a vector of zeros."""
    codes, values = dataset.codes(column)
    return _by_row(codes, encoded([str(value) for value in values], image_encoder(model, dataset), progress))


def reads_images(model: str) -> bool:
    """Return whether a folder's model is one of images: it says how they are prepared."""
    return (Path(model).expanduser() / "preprocessor_config.json").is_file()


def text_encoder(model: str) -> Encode:
    """Return what makes vectors of texts. Raises BadInput, MissingExtra where the model cannot be read."""
    folder = model_folder(model)
    return _loaded(folder, _sentence_encoder if (folder / "modules.json").is_file() else _text_encoder)


def image_encoder(model: str, dataset: Dataset) -> Encode:
    """Return what makes vectors of a data set's images. Raises BadInput, MissingExtra."""
    return _loaded(model_folder(model), partial(_image_encoder, dataset=dataset))


def _by_row(codes: np.ndarray, found: np.ndarray) -> np.ndarray:
    missing = np.zeros((1, found.shape[1]), dtype=np.float32)
    return np.concatenate([found, missing])[codes]  # code -1 is a missing value


def model_folder(model: str) -> Path:
    """Return the folder of a model. Raises BadInput where it holds none that is read without running its code."""
    folder = Path(model).expanduser()
    if not folder.is_dir():
        missing = f"{model} is no folder" if folder.exists() else f"no folder {model}"
        raise BadInput(f"{missing}: a model of vectors is given by its local folder, nothing is downloaded")
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise BadInput(f"{model} holds no config.json or modules.json: it is no folder of a model")
    if not any(folder.rglob("*.safetensors")):
        raise BadInput(f"{model} holds no weights as safetensors; pickled weights, which can run code, are refused")
    if not any(importlib.util.find_spec(name) for name in ("transformers", "sentence_transformers")):
        raise MissingExtra.for_package("transformers", "vectors", "reading a model of vectors")
    return folder


def _loaded(folder: Path, load: Callable[[Path], Encode]) -> Encode:
    """Return what encodes, by a folder's model. Raises BadInput where the libraries cannot make one of it."""
    try:
        return load(folder)
    except MissingExtra:
        raise
    except Exception as error:  # what a damaged folder makes of them is up to each model
        why = one_line(str(error).strip().partition("\n")[0] or type(error).__name__, 200)
        raise BadInput(f"the model in {folder} cannot be read: {why}") from error


def encoded(values: Sequence[str], encode: Encode, progress: Progress) -> np.ndarray:
    """Return a vector for each value, in batches of like length."""
    order = sorted(range(len(values)), key=lambda place: len(values[place]))  # batches of like length pad least
    parts = []
    with track(progress, "vectors", len(values), "rows") as advance:
        for start in range(0, len(order), _BATCH):
            batch = [values[place] for place in order[start : start + _BATCH]]
            parts.append(np.nan_to_num(np.asarray(encode(batch), dtype=np.float32)))
            advance(len(batch))
    if not parts:
        raise NotApplicable("there is nothing to make vectors of")
    found = np.concatenate(parts)
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return found[back]


def _sentence_encoder(folder: Path) -> Encode:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise MissingExtra.for_package("sentence-transformers", "vectors", "reading this model") from None
    _libraries()
    model = SentenceTransformer(str(folder), **_SAFE, model_kwargs={"use_safetensors": True})
    return lambda batch: model.encode(batch, show_progress_bar=False, convert_to_numpy=True)


def _text_encoder(folder: Path) -> Encode:
    torch, transformers = _libraries()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **_SAFE)
    model = transformers.AutoModel.from_pretrained(folder, use_safetensors=True, **_SAFE).eval()
    longest = min(_MOST_TOKENS, getattr(tokenizer, "model_max_length", _MOST_TOKENS))
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token

    def encode(batch: list[str]) -> np.ndarray:
        given = tokenizer(batch, padding=True, truncation=True, max_length=longest, return_tensors="pt")
        with torch.inference_mode():
            states = model(**given).last_hidden_state
        weight = given["attention_mask"][..., None].to(states.dtype)
        # The mean over tokens serves for sentences where nobody trained a special one (Reimers & Gurevych, 2019).
        return np.asarray(((states * weight).sum(1) / weight.sum(1).clamp(min=1)).float().numpy())

    return encode


def _image_encoder(folder: Path, dataset: Dataset) -> Encode:
    torch, transformers = _libraries()
    from holdfast.audit.facts.images.decoding import FORMATS, pillow

    processor = transformers.AutoImageProcessor.from_pretrained(folder, **_SAFE)
    model = transformers.AutoModel.from_pretrained(folder, use_safetensors=True, **_SAFE).eval()

    def opened(value: str) -> Any:
        try:
            with pillow().open(io.BytesIO(dataset.media.read(value)), formats=FORMATS) as image:
                return image.convert("RGB")
        except Exception:  # noqa: BLE001 decoders of damaged files raise nearly everything; corrupt-files tells it
            return None

    def encode(batch: list[str]) -> np.ndarray:
        pictures = [opened(value) for value in batch]
        blank = pillow().new("RGB", (32, 32))
        given = processor(images=[picture or blank for picture in pictures], return_tensors="pt")
        with torch.inference_mode():
            said = model(**given)
        pooled = getattr(said, "pooler_output", None)
        found = (
            (
                said.last_hidden_state.flatten(2).mean(-1)
                if said.last_hidden_state.ndim == 4
                else said.last_hidden_state.mean(1)
            )
            if pooled is None
            else pooled.flatten(1)
        )
        return np.where([[picture is not None] for picture in pictures], found.float().numpy(), 0.0)

    return encode


def _libraries() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError:
        raise MissingExtra.for_package("transformers and torch", "vectors", "reading this model") from None
    transformers.utils.logging.disable_progress_bar()  # ours is shown
    return torch, transformers
