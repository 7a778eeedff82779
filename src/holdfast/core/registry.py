"""Discovery: plug-ins are found by walking packages and the entry points `holdfast.plugins`; no list to edit."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType

from holdfast.core.errors import HoldfastError
from holdfast.core.lasting import lasting

GROUP = "holdfast.plugins"


def modules(package: str) -> Iterator[ModuleType]:
    """Yield the modules below `package`, imported, in name order."""
    root = importlib.import_module(package)
    for info in sorted(pkgutil.walk_packages(root.__path__, f"{package}."), key=lambda info: info.name):
        if not info.ispkg:
            yield importlib.import_module(info.name)


def plugin_modules() -> Iterator[ModuleType]:
    """Yield the modules that other distributions offer; an entry point names a module or a package."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            found = entry.load()
            yield from modules(found.__name__) if hasattr(found, "__path__") else (found,)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            raise HoldfastError(f"the plug-in {entry.name} ({entry.value}) cannot be loaded: {why}") from error


@cache
def discover(*packages: str) -> tuple[ModuleType, ...]:
    """Return the modules below `packages`, then those of plug-ins; imported once."""
    with lasting():
        own = [module for package in packages for module in modules(package)]
        return (*own, *_plugins())


@cache
def _plugins() -> tuple[ModuleType, ...]:
    """Return the modules of plug-ins; to look through what is installed takes 20 ms, and several parts ask."""
    return tuple(plugin_modules())
