"""Detectors of transformers: loaded from safetensors, with outcomes for the classes that are drawn, and saved again.

What belongs to classes is found by asking the library itself: the weights that change their shape when there is one
class more. Rows of classes that the model knows by name are kept, others begin anew.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.core.errors import BadInput
from holdfast.core.random import Streams
from holdfast.core.text import one_line
from holdfast.finetune.models.images import MOST_SIDE, Input, input_of, refused
from holdfast.finetune.models.pretrained import config_of, model_of, save_pretrained, where
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Module

PREPROCESSOR = "preprocessor_config.json"
USUAL_SIDE = 640  # pixels; what RT-DETR and most detectors of one size are shown
# One slot of theirs is one place to look at in every picture, so that a slot can be compared with itself later on.
# Others choose their places anew in every picture.
_FIXED_SLOTS = frozenset({"detr", "yolos", "table-transformer", "conditional_detr", "dab-detr"})
_STEP = 32  # pixels; sides are multiples of what the coarsest map of these models steps by
_HEADS = ("class", "bbox", "box", "score")  # in names of what a detector has beyond its body
_NAMED = "yolos, rt_detr, rt_detr_v2, d_fine, detr, conditional_detr or deformable_detr"


@dataclass(frozen=True)
class Detector:
    """A model that gives logits and boxes for a fixed number of slots."""

    module: Module
    names: tuple[str, ...]
    shown: Input
    slots: int
    softmax: bool  # one outcome more, for nothing, and probabilities that add up to 1; else each class by itself
    fixed: bool  # whether a slot looks at the same place in every picture
    new: tuple[str, ...]  # weights of classes that the model did not know
    parts: tuple[str, ...]  # all weights that belong to classes
    unit: str  # what a picture's cost is counted in
    units: int
    notes: tuple[str, ...] = ()

    def save(self, module: Module, folder: Path) -> None:
        """Write the model into a new folder, for transformers to load. Raises OSError."""
        save_pretrained(module, None, folder)
        (folder / PREPROCESSOR).write_text(json.dumps(_preprocessor(self.shown, module.config), indent=2), "utf-8")


def detector(recipe: Recipe, names: Sequence[str], size: int | None) -> Detector:
    """Return a model for these classes. Raises BadInput where it is none that draws boxes."""
    import torch

    name = recipe.model
    config = config_of(name)
    refuse_others(config, name)
    said = _said(name)
    shown, note = _input(said, config, name, size)
    torch.manual_seed(Streams(recipe.seed).integer("head"))
    module, parts, new, known = _with_classes(name, config, tuple(names))
    slots, softmax = _tried(module, shown, len(names), name)
    patch = getattr(config, "patch_size", None)
    step = patch if isinstance(patch, int) else _STEP
    patched = isinstance(patch, int)
    units = (shown.high // step) * (shown.wide // step) + slots + 1 if patched else shown.high * shown.wide
    notes = [note] if note else []
    if new:
        kept = f"; what it knew of {', '.join(known[:6])} is kept" if known else ""
        notes.append(f"{len(names) - len(known)} of {len(names)} classes are new to the model{kept}")
    return Detector(
        module, tuple(names), shown, slots, softmax, _fixed(config), new, parts,
        "patches" if patched else "pixels", units, tuple(notes),
    )  # fmt: skip


def loaded(folder: str) -> Detector:
    """Return a detector as it was saved, with its own classes. Raises BadInput."""
    config = config_of(folder)
    refuse_others(config, folder)
    names = tuple(config.id2label[number] for number in range(config.num_labels))
    shown, _ = _input(_said(folder), config, folder, None)
    module = model_of(_kind(), folder)
    slots, softmax = _tried(module, shown, len(names), folder)
    return Detector(module, names, shown, slots, softmax, _fixed(config), (), (), "", 0)


def refuse_others(config: Any, name: str) -> None:
    """Raise BadInput where transformers has no detector of this kind."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES

    if config.model_type not in MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES:
        raise BadInput(
            f"model {one_line(name)} is of type {one_line(config.model_type, 40)}, which draws no boxes; wanted a "
            f"detector of transformers: {_NAMED}"
        )


def class_modules(module: Module, parts: Sequence[str]) -> dict[str, Any]:
    """Return the modules, by their place, that hold weights of classes."""
    places = sorted({part.rpartition(".")[0] for part in parts})
    return {place: module.get_submodule(place) for place in places}


def came(name: str) -> Module:
    """Return the model as it came, with the classes that it knew. Raises BadInput."""
    return model_of(_kind(), name).float()


def _with_classes(
    name: str, config: Any, names: tuple[str, ...]
) -> tuple[Module, tuple[str, ...], tuple[str, ...], list[str]]:
    """Return a model for classes, its weights that belong to classes, those of them that are new, and known classes."""
    import torch

    own = [config.id2label[number] for number in range(config.num_labels)]
    labels = {"id2label": dict(enumerate(names)), "label2id": {one: at for at, one in enumerate(names)}}
    # Weights whose shape changes belong to classes; where there are as many as before, one more shows which.
    wider, loading = _sized(name, len(names) + (len(names) == len(own)))
    absent = tuple(sorted(loading["missing_keys"]))
    parts = tuple(sorted(key for key, *_ in loading["mismatched_keys"])) or _by_shape(wider, name, own)
    lacking = [key for key in absent if not any(word in key for word in _HEADS)]
    if lacking or not parts:
        raise BadInput(f"model {one_line(name)} lacks weights below its heads, such as {lacking[:1]}: it is not whole")
    if tuple(own) == names and not absent:
        return model_of(_kind(), name, **labels).float(), parts, (), list(names)
    module = model_of(_kind(), name, num_labels=len(names), ignore_mismatched_sizes=True, **labels).float()
    before = None if absent else came(name)
    known = [] if before is None else [one for one in names if one in own]
    start, now = wider.state_dict(), module.state_dict()
    then = {} if before is None else before.state_dict()
    with torch.no_grad():
        for part in parts:
            value, rows = now[part], len(names)
            value[:rows] = start[part][:rows].float()
            if before is not None and len(value) > rows:  # the outcome for nothing, which comes last
                value[rows:] = then[part][len(own) :]
            for one in known:
                value[names.index(one)] = then[part][own.index(one)]
    return module, parts, parts if len(known) < len(names) else (), known


def _sized(name: str, n: int) -> tuple[Module, Mapping[str, Any]]:
    found, loading = model_of(
        _kind(), name, num_labels=n, ignore_mismatched_sizes=True, output_loading_info=True,
        id2label={at: str(at) for at in range(n)}, label2id={str(at): at for at in range(n)},
    )  # fmt: skip
    return found, loading


def _by_shape(wider: Module, name: str, own: Sequence[str]) -> tuple[str, ...]:
    """Return weights that belong to classes, of a model that came without them."""
    other = dict(_sized(name, len(own) + 7)[0].named_parameters())
    return tuple(sorted(key for key, one in wider.named_parameters() if one.shape != other[key].shape))


def _kind() -> Any:
    """Return transformers' class of detectors. Raises BadInput where a library that it needs is missing."""
    from transformers import AutoModelForObjectDetection

    return AutoModelForObjectDetection


def _fixed(config: Any) -> bool:
    return config.model_type in _FIXED_SLOTS and not getattr(config, "two_stage", False)


def _tried(module: Module, shown: Input, n: int, name: str) -> tuple[int, bool]:
    """Return slots and whether one outcome is for nothing, from one dark picture. Raises BadInput."""
    import torch

    from holdfast.finetune.evaluation import quiet

    shape = (1, shown.channels, shown.high, shown.wide)
    try:
        with quiet(module):
            found = module(pixel_values=torch.zeros(shape))
            logits, places = found.logits, found.pred_boxes
    except (RuntimeError, ValueError, TypeError, AttributeError, KeyError) as error:
        first = one_line(str(error), 240)
        raise BadInput(
            f"model {one_line(name)} failed on a picture of {shown.high} × {shown.wide} pixels: "
            f"{type(error).__name__}: {first}. Try another size: --set options.detect-objects.size=640"
        ) from error
    if places.shape[:2] != logits.shape[:2] or logits.shape[-1] not in {n, n + 1}:
        raise BadInput(
            f"model {one_line(name)} gives logits {tuple(logits.shape)} and boxes {tuple(places.shape)} for {n} "
            "classes; wanted an outcome for each class, and perhaps one for nothing, in as many slots as boxes"
        )
    return int(logits.shape[1]), logits.shape[-1] == n + 1


def _said(name: str) -> Mapping[str, Any]:
    from transformers.image_processing_base import ImageProcessingMixin

    try:
        found: dict[str, Any] = ImageProcessingMixin.get_image_processor_dict(name, **where(name))[0]
    except (OSError, ValueError):
        return {}
    return found


def _input(said: Mapping[str, Any], config: Any, name: str, size: int | None) -> tuple[Input, str]:
    """Return what the model is shown: the whole picture, in one size, and a note where the size is ours."""
    own = getattr(config, "image_size", None)
    high, wide = (own, own) if isinstance(own, int) else tuple(own) if own else (USUAL_SIDE, USUAL_SIDE)
    told = said.get("size")
    fixed = isinstance(told, Mapping) and {"height", "width"} <= set(told)
    if size is not None:
        high = wide = size
    elif fixed:
        high, wide = told["height"], told["width"]  # type: ignore[index]
    if not (isinstance(high, int) and isinstance(wide, int)):
        raise BadInput(f"{PREPROCESSOR} of model {one_line(name)} says size {one_line(str(told), 80)}; wanted numbers")
    patch = getattr(config, "patch_size", None)
    step = patch if isinstance(patch, int) else _STEP
    high, wide = (max(step, min(one, MOST_SIDE) // step * step) for one in (high, wide))
    plain = {key: value for key, value in said.items() if key not in {"crop_size", "do_center_crop", "crop_pct"}}
    found = input_of({**_usual(config), **plain, "size": {"height": high, "width": wide}}, config, name)
    ours = not fixed and size is None
    note = f"pictures are brought to {high} × {wide} pixels, whatever their proportions" if ours else ""
    return refused(found), note


def _usual(config: Any) -> dict[str, Any]:
    """Return how pixels are scaled where the model does not say: RT-DETR takes them as shares of white."""
    if config.model_type.startswith(("rt_detr", "d_fine")):
        return {"do_normalize": False}
    # Mean and spread of ImageNet's pictures, which the others were taught with.
    return {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def _preprocessor(shown: Input, config: Any) -> dict[str, Any]:
    """Return what the model is shown, as transformers reads it."""
    family = {"yolos": "YolosImageProcessor", "detr": "DetrImageProcessor"}
    return {
        "image_processor_type": family.get(config.model_type, "RTDetrImageProcessor"), "do_resize": True,
        "size": {"height": shown.high, "width": shown.wide}, "resample": shown.resample, "do_rescale": True,
        "rescale_factor": shown.scale, "do_normalize": True, "image_mean": list(shown.mean),
        "image_std": list(shown.std), "do_pad": False,
    }  # fmt: skip
