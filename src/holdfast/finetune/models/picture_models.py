"""Models that give classes to pictures, ready with a head for the classes that are wanted: where from, and how kept."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.core.errors import BadInput
from holdfast.core.media import Media
from holdfast.core.random import Streams
from holdfast.core.text import one_line
from holdfast.finetune.class_answers import Came, came, in_order
from holdfast.finetune.device import own_draws
from holdfast.finetune.models.factory import CARD, card_of, load_weights, made, save_made
from holdfast.finetune.models.images import Input, from_card, input_of, looks, pictures, refused, spread_of
from holdfast.finetune.models.pretrained import config_of, model_of, save_pretrained, where
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Module

PREPROCESSOR = "preprocessor_config.json"
_MOST_MEASURED = 2_000  # training pictures whose mean and spread are taken; they are known to a thousandth then


@dataclass(frozen=True)
class Loaded:
    """A model with one outcome for each class."""

    module: Module
    classes: tuple[str, ...]
    shown: Input
    new: tuple[str, ...]  # parameters of the head that are new; none where the model came with all
    save: Callable[[Module, Path], None]
    unit: str  # what a picture's cost is counted in
    units: int
    came: Came | None = None
    notes: tuple[str, ...] = ()


def logits_of(module: Module, pixels: Any) -> Any:
    """Return a number for each class and picture; models of transformers wrap them, a person's own need not."""
    found = module(pixels)
    return getattr(found, "logits", found)


def from_transformers(recipe: Recipe, classes: Sequence[str], *, with_came: bool) -> Loaded:
    """Return an image model of a folder or the hub; `with_came` also the head it came with. Raises BadInput."""
    import torch
    from transformers import AutoModelForImageClassification
    from transformers.image_processing_base import ImageProcessingMixin

    name = recipe.model
    if (Path(name) / CARD).is_file() and not (Path(name) / "config.json").is_file():
        factory = one_line(str(card_of(name).get("factory", "module:factory")), 80)
        raise BadInput(
            f"{one_line(name)} holds weights of a model whose code was named by a person, and a folder never names "
            f'code here. Name it again: model = "{factory}", and options.classify-image.weights = "{one_line(name)}"'
        )
    config = config_of(name)
    notes: tuple[str, ...] = ()
    try:
        said: dict[str, Any] = ImageProcessingMixin.get_image_processor_dict(name, **where(name))[0]
    except (OSError, ValueError):
        said = {}
    shown = input_of(said, config, name)
    if not said:
        size = f"pictures of {shown.high} × {shown.wide} pixels"
        scaled = f"each channel less {shown.mean[0]:g} and divided by {shown.std[0]:g}"
        notes = (f"the model has no {PREPROCESSOR}: {size}, {scaled}",)
    torch.manual_seed(Streams(recipe.seed).integer("head"))
    module, loading = model_of(
        AutoModelForImageClassification, name, num_labels=len(classes), ignore_mismatched_sizes=True,
        output_loading_info=True, id2label=dict(enumerate(classes)),
        label2id={one: at for at, one in enumerate(classes)},
    )  # fmt: skip
    new = tuple(sorted({*loading["missing_keys"], *(key[0] for key in loading.get("mismatched_keys", ()))}))
    last = _last(module)
    if last is None or last[1].out_features != len(classes):
        raise BadInput(f"model {one_line(name)} does not end in a linear layer, which a head for classes is here")
    if new and not {one.rpartition(".")[0] for one in new} & {last[0]}:
        raise BadInput(f"model {one_line(name)} lacks weights below its head, such as {new[0]}: it is not whole")
    if not new and not in_order(last[1], config.label2id, classes):  # it came with a head for as many other classes
        new = tuple(f"{last[0]}.{one}" for one, _ in last[1].named_parameters())
    patch = getattr(config, "patch_size", None)
    side = patch if isinstance(patch, int) else None
    unit, units = (
        ("patches", (shown.high // side) * (shown.wide // side) + 1) if side else ("pixels", shown.high * shown.wide)
    )
    return Loaded(
        module, tuple(classes), shown, new, _saving(said or _preprocessor(shown)), unit, units,
        came=_came(name, config, AutoModelForImageClassification) if with_came else None, notes=notes,
    )  # fmt: skip


def from_factory(recipe: Recipe, options: Any, classes: Sequence[str], media: Media, train: Sequence[str]) -> Loaded:
    """Return the model that a person's function makes, with weights where a folder of them is given. Raises BadInput.

    `train` are the training pictures: size, mean and spread follow from them where nobody said them.
    """
    card = card_of(options.weights) if options.weights else {}
    if "input" in card and isinstance(card["input"], dict):
        shown, told = from_card(card["input"]), f"pictures as those of {one_line(options.weights)}"
    else:
        shown = _measured(options, media, train)
        told = (
            f"pictures of {shown.high} × {shown.wide} pixels and {shown.channels} "
            f"channel{'s' if shown.channels > 1 else ''}, less {_said(shown.mean)}, divided by {_said(shown.std)}: "
            "what the recipe says, else what training pictures have"
        )
    streams = Streams(recipe.seed)
    known = card.get("classes")
    outcomes = tuple(map(str, known)) if isinstance(known, list) and known else tuple(classes)
    module = made(
        recipe.model, streams.integer("factory"), classes=len(outcomes), n_classes=len(outcomes),
        num_classes=len(outcomes), channels=shown.channels, size=shown.high,
    )  # fmt: skip
    _woken(module, shown, streams)
    if options.weights:
        load_weights(module, options.weights)
    began = (
        f"weights of {one_line(options.weights)}" if options.weights else
        "its weights are what the function made; where that is chance, a rate of 0.001 is more usual (rate = 0.001)"
    )  # fmt: skip
    last = _last(module)
    if last is None:
        raise BadInput(
            f"{one_line(recipe.model)} has no linear layer (torch.nn.Linear), which a head for classes is here"
        )
    own = came(last[1], {one: at for at, one in enumerate(outcomes)}) if options.weights and known else None
    new = _renewed(module, last, classes, outcomes, streams) if _anew(options, last[1], classes, outcomes) else ()
    return Loaded(
        module, tuple(classes), shown, new, _saving_made(recipe.model, tuple(classes), shown), "pixels",
        shown.high * shown.wide, came=own, notes=(told, began),
    )  # fmt: skip


def tuned_model(folder: Path, recipe: Recipe) -> tuple[Module, tuple[str, ...], Input]:
    """Return a model that was tuned here, its classes, and what it is shown. Raises BadInput.

    A person's own model is made by the function that the recipe names, never by one that the folder names.
    """
    from transformers import AutoModelForImageClassification

    name = str(folder)
    if (folder / "config.json").is_file():
        config = config_of(name)
        module = model_of(AutoModelForImageClassification, name)
        try:
            said: dict[str, Any] = json.loads((folder / PREPROCESSOR).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(f"model {one_line(name)} has no {PREPROCESSOR} that can be read: {error}") from error
        return module, tuple(str(config.id2label[at]) for at in range(config.num_labels)), input_of(said, config, name)
    card = card_of(name)
    classes, how = card.get("classes"), card.get("input")
    if not isinstance(classes, list) or not isinstance(how, dict):
        raise BadInput(f"model {one_line(name)} has no {CARD} that says its classes and what it is shown")
    shown, streams, n = from_card(how), Streams(recipe.seed), len(classes)
    module = made(
        recipe.model, streams.integer("factory"), classes=n, n_classes=n, num_classes=n, channels=shown.channels,
        size=shown.high,
    )  # fmt: skip
    _woken(module, shown, streams)
    last = _last(module)
    if last is not None:
        _renewed(module, last, tuple(map(str, classes)), tuple(map(str, classes)), streams)
    load_weights(module, name)
    return module, tuple(map(str, classes)), shown


def _anew(options: Any, layer: Any, classes: Sequence[str], outcomes: Sequence[str]) -> bool:
    if options.head == "new":
        return True
    known = {one: at for at, one in enumerate(outcomes)}
    if layer.out_features != len(classes) or not in_order(layer, known, classes):
        raise BadInput(
            f'options.classify-image.head = "own" keeps the last layer, which has {layer.out_features} outcomes; the '
            f"data have {len(classes)} classes, and they must be the same ones"
        )
    return False


def _renewed(
    module: Module, last: tuple[str, Any], classes: Sequence[str], outcomes: Sequence[str], streams: Streams
) -> tuple[str, ...]:
    """Put a new last layer into a model where its own is for other outcomes; return the head's parameters."""
    import torch

    place, layer = last
    if layer.out_features != len(classes) or set(outcomes) != set(classes):
        parent, _, name = place.rpartition(".")
        with own_draws():
            torch.manual_seed(streams.integer("head"))
            setattr(module.get_submodule(parent), name, torch.nn.Linear(layer.in_features, len(classes)))
    own = module.get_submodule(place)
    return tuple(f"{place}.{name}" if place else name for name, _ in own.named_parameters())


def _woken(module: Module, shown: Input, streams: Streams) -> None:
    """Give lazy layers, which take their width from the first picture they see, their weights. Raises BadInput."""
    import torch

    if not any(torch.nn.parameter.is_lazy(one) for one in (*module.parameters(), *module.buffers())):
        return
    shape = (1, shown.channels, shown.high, shown.wide)
    was = module.training
    module.eval()
    try:
        with own_draws(), torch.no_grad():
            torch.manual_seed(streams.integer("lazy"))
            module(torch.zeros(shape))
    except (RuntimeError, ValueError, TypeError) as error:
        raise BadInput(f"the model failed on a picture of shape {shape}: {one_line(str(error), 240)}") from error
    finally:
        module.train(was)


def _last(module: Module) -> tuple[str, Any] | None:
    """Return the last linear layer and its place, None where there is none."""
    import torch

    found = [(name, one) for name, one in module.named_modules() if isinstance(one, torch.nn.Linear)]
    return found[-1] if found else None


def _measured(options: Any, media: Media, train: Sequence[str]) -> Input:
    """Return the size that is wanted or that most pictures have, and mean and spread of training pictures."""
    channels, high, wide = looks(media, train)
    channels = options.channels or channels
    high, wide = (options.size, options.size) if options.size else (high, wide)
    plain = refused(Input(channels, high, wide, (0.0,) * channels, (1.0,) * channels))
    if options.mean and options.std:
        mean, std = options.mean, options.std
    else:
        few = np.unique(np.linspace(0, len(train) - 1, min(_MOST_MEASURED, len(train))).astype(int))
        held = pictures(media, [train[at] for at in few], plain, "the training data")
        found = spread_of(held.take(np.arange(len(few))))
        mean, std = options.mean or found[0], options.std or found[1]
    return refused(Input(channels, high, wide, tuple(mean), tuple(std)))


def _came(name: str, config: Any, kind: Any) -> Came | None:
    """Return the head that a model of transformers came with, None where it came without."""
    module, loading = model_of(kind, name, output_loading_info=True)
    last = _last(module)
    if loading["missing_keys"] or last is None or last[1].out_features != config.num_labels:
        return None
    return came(last[1], dict(config.label2id))


def _preprocessor(shown: Input) -> dict[str, Any]:
    """Return what was taken for granted, as transformers reads it."""
    return {
        "image_processor_type": "ViTImageProcessor", "do_resize": True, "do_rescale": True, "do_normalize": True,
        "size": {"height": shown.high, "width": shown.wide}, "resample": shown.resample,
        "rescale_factor": shown.scale, "image_mean": list(shown.mean), "image_std": list(shown.std),
    }  # fmt: skip


def _saving(said: Mapping[str, Any]) -> Callable[[Module, Path], None]:
    def save(module: Module, folder: Path) -> None:
        save_pretrained(module, None, folder)
        (folder / PREPROCESSOR).write_text(json.dumps(dict(said), indent=2, default=str), "utf-8")

    return save


def _saving_made(name: str, classes: tuple[str, ...], shown: Input) -> Callable[[Module, Path], None]:
    return lambda module, folder: save_made(
        module, {"factory": name, "classes": list(classes), "input": shown.card()}, folder
    )


def _said(values: Sequence[float]) -> str:
    return ", ".join(f"{one:.3g}" for one in values)
