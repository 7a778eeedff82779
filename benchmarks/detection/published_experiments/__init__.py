"""Experiments of others and ours beside them, a file a family: each holds `EXPERIMENTS`, and is found by itself."""

import importlib
import pkgutil
from collections.abc import Iterator

from published_experiments.definitions import Published


def all_published() -> Iterator[Published]:
    """Yield the experiments of all families, by name of the file."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        yield from getattr(importlib.import_module(module.name), "EXPERIMENTS", ())
