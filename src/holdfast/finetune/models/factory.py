"""A person's own torch model: made by a function that they name, its weights kept as safetensors and never pickled.

The code is found by the name that the person gives (`module:factory` or `file.py:factory`), as the audit finds theirs.
A folder of weights never names code: what came from elsewhere cannot choose what runs here.
"""

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.audit.models.own import named
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.finetune.checkpoint import read_tensors, write_tensors
from holdfast.finetune.device import own_draws
from holdfast.finetune.tasks.definitions import Module
from holdfast.finetune.weights import put, weights

CARD = "holdfast.json"  # beside the weights: the factory's name, the classes, and what the model is shown
WEIGHTS = "model.safetensors"


def is_factory(name: str) -> bool:
    """Return whether a model is named as module:factory; folders and names of the hub are not."""
    place, colon, attribute = name.rpartition(":")
    return bool(colon and place and attribute.isidentifier()) and not Path(name).exists()


def made(name: str, seed: int, **told: Any) -> Module:
    """Return the model that a factory makes, the same for the same seed; runs the person's code.

    Of what is told (such as `classes=10`, `channels=1`, `size=28`) the factory is given what it has a parameter for.
    Raises BadInput where it fails, or returns no torch.nn.Module.
    """
    import torch

    with own_draws():  # importing may draw, too
        torch.manual_seed(seed)
        function = named(name)
    if isinstance(function, torch.nn.Module):
        raise BadInput(
            f"{one_line(name)} is a model that is made already; wanted a function that makes one, so that a run that "
            "goes on begins with the same weights"
        )
    if not callable(function):
        raise BadInput(f"{one_line(name)} is of type {type(function).__name__}; wanted a function that makes a model")
    wanted = {key: value for key, value in told.items() if key in _parameters(function)}
    with own_draws():
        torch.manual_seed(seed)
        try:
            module = function(**wanted)
        except Exception as error:
            text = one_line(str(error), 300)
            raise BadInput(f"the model {one_line(name)} cannot be made: {type(error).__name__}: {text}") from error
    if not isinstance(module, torch.nn.Module):
        raise BadInput(f"{one_line(name)} must return a torch.nn.Module, got {type(module).__name__}")
    return module


def load_weights(module: Module, folder: str) -> None:
    """Put the weights of a folder's model.safetensors into a model that has all of them. Raises BadInput."""
    path = Path(folder) / WEIGHTS
    if not path.is_file():
        raise BadInput(f"{one_line(folder)} has no {WEIGHTS}; wanted the folder of a model that was saved here")
    tensors = read_tensors(path)
    missing = sorted(set(weights(module)) - set(tensors))
    if missing:
        raise BadInput(
            f"{one_line(folder)} lacks {len(missing):,} of the model's weights, such as {missing[0]}: it is another "
            "model"
        )
    put(module, tensors)


def card_of(folder: str) -> Mapping[str, Any]:
    """Return what was written beside the weights of a folder; empty where there is nothing that can be read."""
    try:
        found = json.loads((Path(folder) / CARD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def save_made(module: Module, card: Mapping[str, Any], folder: Path) -> None:
    """Write weights, and what they are of, into a new folder. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(folder / WEIGHTS, weights(module), {"format": "pt"})
    (folder / CARD).write_text(json.dumps(dict(card), indent=2), "utf-8")


def _parameters(function: Any) -> frozenset[str]:
    try:
        return frozenset(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # written in C
        return frozenset()
