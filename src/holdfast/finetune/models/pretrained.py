"""Models of transformers, from a folder or by hub name: weights in safetensors only, never code from the model."""

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.text import one_line
from holdfast.finetune.checkpoint import write_tensors
from holdfast.finetune.tasks.definitions import Module
from holdfast.finetune.weights import weights

_T = TypeVar("_T")
_PICKLES = ("pytorch_model.bin", "*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
_SAFE: Mapping[str, Any] = {"trust_remote_code": False}
HUB = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
_PATIENCE = 2.0  # seconds
_TRUE = {"1", "ON", "YES", "TRUE"}  # as the hub's client reads its variables


def require() -> None:
    """See that the libraries are there. Raises MissingExtra."""
    for name in ("torch", "safetensors", "transformers"):
        try:
            __import__(name)
        except ImportError as error:
            raise MissingExtra.for_package(name, "finetune", "fine-tuning") from error


def refuse_unsafe(name: str) -> None:
    """Raise BadInput where a model's folder holds pickles in place of safetensors, or is no folder of a model."""
    folder = Path(name)
    if folder.is_file():
        raise BadInput(
            f"model {one_line(name)} is a file; wanted the folder that holds config.json and model.safetensors. A file "
            "of pickles runs code when it is read, and is never read here"
        )
    if not folder.is_dir():
        if name.startswith((".", "/", "~")) or name.endswith("/"):
            raise BadInput(f"no folder {one_line(name)}; wanted the folder of a model, or a name that the hub knows")
        return
    if not (folder / "config.json").is_file():
        raise BadInput(f"model {one_line(name)} has no config.json; wanted a folder that transformers has saved")
    if any(folder.glob("*.safetensors")):
        return
    pickled = next((one.name for pattern in _PICKLES for one in folder.glob(pattern)), None)
    held = f"only {pickled}, a pickle, which runs code when it is read" if pickled else "no weights"
    raise BadInput(
        f"model {one_line(name)} holds {held}. Wanted model.safetensors: load it once where you trust it, and save it "
        "with model.save_pretrained(folder, safe_serialization=True)"
    )


def refuse_model_as_data(path: str, model: str) -> None:
    """Raise BadInput where data are the folder of a model, as when the two were swapped."""
    folder = Path(path)
    if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
        raise BadInput(
            f"{one_line(path)} holds a model, and is given as data ({one_line(model)} being the model); the model "
            "comes first: holdfast finetune MODEL DATA"
        )


def config_of(name: str) -> Any:
    """Return the configuration of a model. Raises BadInput."""
    from transformers import AutoConfig

    return _read(name, lambda how: AutoConfig.from_pretrained(name, **_SAFE, **how))


def tokenizer_of(name: str) -> Any:
    """Return the tokenizer of a model, from tokenizer.json only. Raises BadInput."""
    from transformers import AutoTokenizer

    if Path(name).is_dir() and not (Path(name) / "tokenizer.json").is_file():
        raise BadInput(f"model {one_line(name)} has no tokenizer.json; save its tokenizer with save_pretrained")
    return _read(name, lambda how: AutoTokenizer.from_pretrained(name, use_fast=True, **_SAFE, **how))


def model_of(kind: Any, name: str, **options: Any) -> Module:
    """Return a model of a class of transformers, such as AutoModelForSequenceClassification. Raises BadInput."""
    return _read(name, lambda how: kind.from_pretrained(name, use_safetensors=True, **_SAFE, **how, **options))


def save_pretrained(module: Module, tokenizer: Any, folder: Path) -> None:
    """Write model and tokenizer into a new folder, for transformers to load. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    module.config.save_pretrained(folder)
    write_tensors(folder / "model.safetensors", weights(module), {"format": "pt"})
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)


def _read(name: str, work: Callable[[Mapping[str, Any]], _T]) -> _T:
    refuse_unsafe(name)
    told = where(name)
    with _hushed():
        from safetensors import SafetensorError

        try:
            return work(told)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            first = one_line(
                next((line for line in str(error).splitlines() if line.strip()), type(error).__name__), 240
            )
            if told:
                raise BadInput(
                    f"model {one_line(name)} is no folder here, the hub ({HUB}) does not answer, and no model of that "
                    "name was loaded from it before. Wanted a folder with config.json, model.safetensors and "
                    "tokenizer.json; or go online"
                ) from error
            raise BadInput(
                f"model {one_line(name)} cannot be loaded: {first} Wanted a folder with config.json, model.safetensors "
                "and tokenizer.json, or a name that the hub knows"
            ) from error


@cache
def answers(address: str) -> bool:
    """Return whether a server answers within two seconds; it is asked once.

    The hub's client would try for more than half a minute.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE:
        return False
    if not address.startswith(("https://", "http://")):
        return True  # the client says what is wrong with it
    seen: list[bool] = []
    asked = Thread(target=_asked, args=(address, seen), daemon=True)  # names are looked up without a limit of time
    asked.start()
    asked.join(_PATIENCE)
    return bool(seen)


def where(name: str) -> Mapping[str, Any]:
    """Return how a model of this name is looked for: here alone, where the hub does not answer."""
    return {} if Path(name).is_dir() or answers(HUB) else {"local_files_only": True}


def _asked(address: str, seen: list[bool]) -> None:
    """Note that a server answers, whatever it says; a certificate that is not known here is an answer as well."""
    try:
        with urlopen(Request(address, method="HEAD"), timeout=_PATIENCE):  # noqa: S310 its beginning was looked at
            seen.append(True)
    except HTTPError:
        seen.append(True)
    except URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            seen.append(True)
    except (OSError, HTTPException, ValueError):
        return


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep the library's bars and remarks off the screen; what is wrong comes as an error."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    os.environ.setdefault(
        "TOKENIZERS_PARALLELISM", "false"
    )  # threads of ours, and fork, do not go together with its own
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
