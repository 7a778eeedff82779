"""Small matrices beside every linear layer learn, and the head; the rest of the model stays as it came.

W + (α/r) B A, A of r rows and B of r columns (Hu et al., 2021, "LoRA", 2106.09685), by PEFT. On all linear layers, at
about ten times the rate of full tuning (Schulman et al., 2025, "LoRA without regret"). It forgets less only as far as
it learns less: it is measured like everything else, and no guard by itself.
"""

import json
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.finding import FROZEN
from holdfast.core.random import Streams
from holdfast.finetune.adapting.definitions import Adaptation
from holdfast.finetune.checkpoint import write_tensors
from holdfast.finetune.device import duplicate
from holdfast.finetune.methods.definitions import Method
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Module, Prepared

_NAME = "default"  # of the adapter, among those that PEFT could hold


class Options(BaseModel):
    """Options of `lora`."""

    model_config = FROZEN
    rank: int = Field(8, ge=1, description="r, rows of A and columns of B")
    alpha: float = Field(16.0, gt=0, description="α; what is added is B A times α/r")
    dropout: float = Field(0.0, ge=0, lt=1, description="of what enters the matrices")
    layers: tuple[str, ...] = Field((), description="parts of layers' names; all linear layers, if empty")
    save: Literal["merged", "adapter"] = Field("merged", description="the whole model, or the matrices and the head")


def apply(prepared: Prepared, recipe: Recipe) -> tuple[Prepared, Method | None]:
    """Put matrices beside linear layers. Raises BadInput where there are none; MissingExtra without PEFT."""
    try:
        import peft
    except ImportError as error:
        raise MissingExtra.for_package("peft", "finetune", 'adapt = "lora"') from error
    import torch

    options = checked(Options, recipe.of("lora"), table="options.lora")
    module, new = prepared.module, prepared.head.names if prepared.head else ()
    layers = _linear(module, new, options.layers)
    if not layers:
        named = f" whose name has {' or '.join(options.layers)}" if options.layers else ""
        raise BadInput(f'adapt = "lora" wants linear layers, and the model has none{named}; take "head-first"')
    config = peft.LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=layers,
        base_model_name_or_path=recipe.model,
        inference_mode=False,
    )
    torch.manual_seed(Streams(recipe.seed).integer("lora"))  # A is drawn, B is 0: the model begins as it came
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that layers of GPT-2 are transposed, which PEFT sees by itself
        peft.inject_adapter_in_model(config, module, adapter_name=_NAME)
    for name, parameter in module.named_parameters():
        if name in new:
            parameter.requires_grad_(requires_grad=True)

    def save(one: Module, folder: Path) -> None:
        if options.save == "merged":
            prepared.save(merged(one), folder)
        else:
            save_adapter(one, config, new, folder)

    learning = sum(one.numel() for one in module.parameters() if one.requires_grad)
    note = f"lora: matrices of rank {options.rank} beside {len(layers)} linear layers; {learning:,} weights learn"
    return Prepared(
        task=prepared.task,
        module=module,
        save=save,
        original=prepared.original,
        head=prepared.head,
        classes=prepared.classes,
        notes=(*prepared.notes, note),
    ), None


def merged(module: Module) -> Module:
    """Return a copy of a model with what the matrices add put into the layers beside them."""
    from peft.tuners.lora import LoraLayer

    whole = duplicate(module)
    for name, layer in [(name, one) for name, one in whole.named_modules() if isinstance(one, LoraLayer)]:
        layer.merge()
        parent, _, own = name.rpartition(".")
        setattr(whole.get_submodule(parent), own, layer.get_base_layer())
    return whole


def save_adapter(module: Module, config: Any, new: Sequence[str], folder: Path) -> None:
    """Write the matrices and the head into a new folder, as PEFT writes them: the head is among what is saved.

    It is loaded by `PeftModel.from_pretrained(base model with as many classes, folder)`. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    heads = tuple(dict.fromkeys(name.rpartition(".")[0] for name in new))
    tensors = {
        f"base_model.model.{name.replace(f'.{_NAME}', '')}": one
        for name, one in module.state_dict().items()
        if ".lora_" in name or name.rpartition(".")[0] in heads
    }
    write_tensors(folder / "adapter_model.safetensors", tensors, {"format": "pt"})
    told = {**config.to_dict(), "modules_to_save": [one.rpartition(".")[2] for one in heads] or None}
    told |= {"inference_mode": True, "target_modules": sorted(told["target_modules"])}
    (folder / "adapter_config.json").write_text(json.dumps(told, default=str, indent=2), "utf-8")


def _linear(module: Module, new: Sequence[str], parts: Sequence[str]) -> list[str]:
    """Return names of linear layers: not of what is new, and not of the layer that gives out tokens."""
    out = getattr(module, "get_output_embeddings", lambda: None)()
    fresh = {name.rpartition(".")[0] for name in new}
    return [
        name
        for name, one in _layers(module)
        if one is not out and name not in fresh and (not parts or any(part in name for part in parts))
    ]


def _layers(module: Module) -> Iterator[tuple[str, Any]]:
    import torch
    from transformers.pytorch_utils import Conv1D

    for name, one in module.named_modules():
        if isinstance(one, torch.nn.Linear | Conv1D):
            yield name, one


adaptation = Adaptation(
    "lora", "small matrices beside linear layers learn, and the head", head_first=True, apply=apply, rate_factor=10.0
)
