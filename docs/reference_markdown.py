"""Tables, code and paragraphs of Markdown, and the fields of records as tables."""

import inspect
import json
import re
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined, to_jsonable_python


def joined(parts: Iterable[str]) -> str:
    """Return parts with an empty line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(one.replace('|', chr(92) + '|') for one in line)} |" for line in lines)


def fenced(text: str, language: str) -> str:
    """Return a block of code."""
    return f"```{language}\n{text}\n```"


def plain(text: str) -> str:
    """Return text whose angle brackets are no markup; what stands in backquotes stays as it is."""
    parts = re.split(r"(`[^`\n]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def cell(text: str | None) -> str:
    """Return text on one line."""
    return plain(" ".join((text or "").split()))


def code(value: Any) -> str:
    """Return a default as it stands in a file."""
    if value is None or value is PydanticUndefined or (isinstance(value, BaseModel | dict | tuple) and not value):
        return "none"
    if isinstance(value, BaseModel):
        return "as below"
    try:
        return f"`{json.dumps(to_jsonable_python(value), ensure_ascii=False)}`"
    except ValueError:
        return f"`{value!r}`"


def first(doc: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((doc or "").strip().split("\n\n")[0].split())


def documented(doc: str) -> Iterator[str]:
    """Yield a docstring's paragraphs, its Args and Raises as lists."""
    for paragraph in re.split(r"\n\s*\n", doc):
        head, _, rest = paragraph.partition("\n")
        if head in {"Args:", "Raises:", "Returns:"}:
            items = re.split(r"\n(?=\S)", inspect.cleandoc(rest))
            yield f"**{head.removesuffix(':')}**"
            yield "\n".join(f"- {plain(' '.join(item.split()))}" for item in items)
        elif paragraph.startswith("    "):
            yield fenced(inspect.cleandoc(paragraph), "python")
        else:
            yield plain(paragraph)


def fields(model: type[BaseModel]) -> str:
    """Return the table of a record's fields."""
    rows = []
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else code(field.get_default(call_default_factory=True))
        rows.append((f"`{field.alias or name}`", f"`{type_name(field.annotation)}`", default, cell(field.description)))
    return table(("key", "is", "default", "means"), rows)


def type_name(annotation: Any) -> str:
    """Return a type as a reader writes it."""
    if typing.get_origin(annotation) is typing.Annotated:
        return type_name(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is typing.Literal:
        return " or ".join(json.dumps(one) for one in typing.get_args(annotation))
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return " or ".join(type_name(one) for one in typing.get_args(annotation))
    if arguments := typing.get_args(annotation):
        inner = ", ".join("…" if one is ... else type_name(one) for one in arguments)
        return f"{typing.get_origin(annotation).__name__}[{inner}]"
    return "None" if annotation is type(None) else getattr(annotation, "__name__", str(annotation))
