"""YAML as data only: no tags, no aliases, no duplicate keys, bounded in size and depth; words stay words.

PyYAML's safe loader follows YAML 1.1, where `no` is False and `1e-4` is text. Here plain values are read as YAML 1.2
(core schema) reads them, so that a class called `no` keeps its name.
"""

import math
import re
from pathlib import Path
from typing import Any

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.text import one_line

MOST_BYTES = 4 << 20
MOST_NODES = 200_000
DEEPEST = 40
_PLAIN = (
    (re.compile(r"(?:~|null|Null|NULL|)\Z"), lambda _: None),
    (re.compile(r"(?:true|True|TRUE)\Z"), lambda _: True),
    (re.compile(r"(?:false|False|FALSE)\Z"), lambda _: False),
    (re.compile(r"[-+]?[0-9]{1,300}\Z"), int),
    (re.compile(r"0o[0-7]{1,100}\Z"), lambda text: int(text, 0)),
    (re.compile(r"0x[0-9a-fA-F]{1,100}\Z"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z"), float),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z"), lambda text: -math.inf if text[0] == "-" else math.inf),
    (re.compile(r"\.(?:nan|NaN|NAN)\Z"), lambda _: math.nan),
)


def load_yaml(path: Path, name: str) -> Any:
    """Return the content of a YAML file. Raises BadInput, with line and column where there is one; MissingExtra."""
    if path.stat().st_size > MOST_BYTES:
        raise BadInput(f"{name} is larger than {MOST_BYTES >> 20} MiB; a YAML file of settings is small")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not UTF-8: {error.reason} at byte {error.start:,}") from error
    return parsed_yaml(text, name)


def parsed_yaml(text: str, name: str) -> Any:
    """Return the value of a YAML document. Raises BadInput; MissingExtra."""
    try:
        import yaml
    except ImportError:
        raise MissingExtra.for_package("PyYAML", "images", "reading YAML") from None
    try:
        _refuse(yaml.parse(text, Loader=yaml.SafeLoader), name, yaml)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return None if node is None else _value(node, name, yaml)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}, line {mark.line + 1}" if mark else name
        raise BadInput(f"{where}: not YAML: {one_line(str(getattr(error, 'problem', error)), 200)}") from error
    except (RecursionError, ValueError, OverflowError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{name} is not YAML: {one_line(str(error), 200)}") from error


def _refuse(events: Any, name: str, yaml: Any) -> None:
    """Raise BadInput for what settings do not need and attacks do, before anything is built."""
    depth = 0
    for count, event in enumerate(events):
        where = f"{name}, line {event.start_mark.line + 1}"
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BadInput(f"{where}: anchors and aliases (& and *) are not read; write the value out")
        if getattr(event, "tag", None) not in {None, "!"}:
            raise BadInput(f"{where}: the tag {one_line(str(event.tag), 60)} is not read; only plain data are")
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
        if depth > DEEPEST or count > MOST_NODES:
            raise BadInput(f"{where}: more than {DEEPEST} levels or {MOST_NODES:,} values, which no settings have")


def _value(node: Any, name: str, yaml: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node.value) if node.style is None else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, name, yaml) for one in node.value]
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = _value(key_node, name, yaml)
        where = f"{name}, line {key_node.start_mark.line + 1}"
        if isinstance(key, list | dict):
            raise BadInput(f"{where}: a key is a word or a number")
        if key in found:
            raise BadInput(f"{where}: the key {one_line(str(key), 60)!r} stands there twice")
        found[key] = _value(value_node, name, yaml)
    return found


def _scalar(text: str) -> Any:
    for pattern, read in _PLAIN:
        if pattern.match(text):
            return read(text)
    return text
