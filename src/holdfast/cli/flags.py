"""Settings that were said as flags of a command: what is wrong with one is told of the flag."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import click
from pydantic import BaseModel

from holdfast.core.config import checked

_Settings = TypeVar("_Settings", bound=BaseModel)


def of_flags(model: type[_Settings], flags: Mapping[str, Any]) -> _Settings:
    """Return what options of this call set; None and () mean not said. Raises BadInput, which names the option."""
    said = {key: value for key, value in flags.items() if value not in (None, ())}
    return checked(model, said, flags=as_flags(said))


def as_flags(said: Iterable[str]) -> dict[str, str]:
    """Return which option of this call each setting came with."""
    context = click.get_current_context(silent=True)
    options = context.command.params if context else ()
    named = {one.name: max(one.opts, key=len) for one in options if isinstance(one, click.Option)}
    return {key: named[key] for key in said if key in named}
