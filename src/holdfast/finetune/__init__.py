"""Guarded fine-tuning."""

from holdfast.finetune.recipe import Recipe, read_recipe

__all__ = ["Recipe", "read_recipe"]
