"""Configuration: one `holdfast.toml`, `--set a.b=c` over it, checked as a whole against a frozen model."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from holdfast.core.errors import BadInput, did_you_mean
from holdfast.core.text import one_line

FILE_NAME = "holdfast.toml"
_MOST_BYTES = 1 << 20
_LIMITS = {  # pydantic's kinds of error, in the words of the other messages
    "greater_than": ("more than {}", "gt"),
    "greater_than_equal": ("{} or more", "ge"),
    "less_than": ("less than {}", "lt"),
    "less_than_equal": ("{} or less", "le"),
}

_Model = TypeVar("_Model", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file. Raises BadInput when it cannot be read or is not TOML."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{path} is larger than 1 MiB, which no configuration is")
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"{path} is not valid TOML: {error}") from error


def override(values: Mapping[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """Return `values` with each `a.b=c` set; c is read as a TOML value, else as text. Raises BadInput."""
    result = _copied(values)
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        keys = path.strip().split(".")
        if not equals or not all(keys):
            raise BadInput(f"--set wants key=value, such as audit.seed=1, got {assignment!r}")
        place = result
        for key in keys[:-1]:
            below = place.setdefault(key, {})
            if not isinstance(below, dict):
                raise BadInput(f"--set {assignment}: {key!r} holds a value, not a table")
            place = below
        place[keys[-1]] = _toml_value(text.strip())
    return result


def checked(
    model: type[_Model],
    values: Mapping[str, Any],
    origin: Path | None = None,
    table: str = "",
    flags: Mapping[str, str] = MappingProxyType({}),
) -> _Model:
    """Return `values` as a frozen record. Raises BadInput that lists every error with file, line and key.

    `table` is the name of the part of the file that holds the values, such as `audit`; `flags` says as which flag a
    key was given, where it was.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        text = origin.read_text("utf-8") if origin is not None else ""
        lines = [_explained(model, item, origin, text, table, flags) for item in error.errors()]
        raise BadInput("; ".join(lines)) from error


def _explained(
    model: type[BaseModel], item: Any, origin: Path | None, text: str, table: str, flags: Mapping[str, str]
) -> str:
    keys = [str(part) for part in item["loc"]]
    where = f"{origin}:{_line_of(text, keys)} " if origin is not None else ""
    name = ".".join([table, *keys] if table else keys)
    if keys and keys[0] in flags:
        name = flags[keys[0]]
    if item["type"] == "extra_forbidden":
        known = list(_record_at(model, item["loc"][:-1]).model_fields)
        hint = did_you_mean(keys[-1], known) or f" Known are {', '.join(known)}."
        return f"{where}{name}: no such setting.{hint}"
    if item["type"] == "missing":
        return f"{where}{name} is missing"
    if item["type"] == "value_error":  # said by the record itself, in words that need no more
        return f"{where}{name}{': ' if name else ''}{item['msg'].removeprefix('Value error, ')}"
    return f"{where}{name}: got {one_line(repr(item['input']), 80)}, {_wanted(item)}"


def _wanted(item: Any) -> str:
    """Return what a value should have been, with the nearest where there are few to choose from."""
    limits = item.get("ctx", {})
    if item["type"] in _LIMITS:
        words, limit = _LIMITS[item["type"]]
        value = limits[limit]
        return f"wanted {words.format(int(value) if value == int(value) else value)}"
    message = item["msg"].partition(", unable")[0]  # of what cannot be read as a number
    hint = did_you_mean(str(item["input"]), re.findall(r"'([^']*)'", limits.get("expected", "")))
    wanted = message.replace("Input should be", "wanted", 1)
    return f"{wanted[0].lower()}{wanted[1:]}{'.' if hint else ''}{hint}"


def _record_at(model: type[BaseModel], place: Sequence[str | int]) -> type[BaseModel]:
    """Return the kind of record that stands at a place inside another, such as the feeds of a regime."""
    for key in place:
        field = model.model_fields.get(str(key))
        held = [field.annotation] if field is not None else []
        while held:
            one = held.pop()
            if isinstance(one, type) and issubclass(one, BaseModel):
                model = one
                break
            held += get_args(one)
    return model


def _line_of(text: str, keys: Sequence[str]) -> int:
    """Return the line on which the last of `keys` is set, or the nearest of its tables; 1 if none is found."""
    for key in reversed(keys):
        name = rf"[\"']?{re.escape(key)}[\"']?"
        dotted = rf"(?:[\w\"'-]+\s*\.\s*)*{name}\s*[=.]"  # also as part of a dotted key, such as caps.generator
        pattern = re.compile(rf"^\s*(\[+[^\]]*\b{re.escape(key)}\b|{dotted})")
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.match(line):
                return number
    return 1


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copied(value) if isinstance(value, Mapping) else value for key, value in values.items()}
