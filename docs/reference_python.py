"""The page of public Python names: what packages export, and what pages import in their examples."""

import importlib
import inspect
import re
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from reference_markdown import code, documented, fenced, fields, first, joined, plain, table

DOCS = Path(__file__).resolve().parent
PACKAGES = (
    "holdfast",
    "holdfast.collapse",
    "holdfast.finetune",
    "holdfast.data.store",
    "holdfast.data.mixing",
    "holdfast.data.review",
    "holdfast.data.exporting",
)


def python_page() -> str:
    """Return the page of all public names with their signatures and documentation."""
    parts = [
        "# Python",
        (
            "What the packages below export, and what the pages of this site import in their examples, is public. "
            "Everything else may move."
        ),
    ]
    for module, names in public().items():
        parts += [f"## {module}", plain(first(importlib.import_module(module).__doc__))]
        for name in names:
            parts += name_parts(module, name)
    return joined(parts)


def public() -> dict[str, list[str]]:
    """Return public names by the module from which they are imported."""
    found: dict[str, set[str]] = {name: set(importlib.import_module(name).__all__) for name in PACKAGES}
    for page in sorted(DOCS.rglob("*.md")):
        for module, names in imported(page.read_text("utf-8")):
            for name in names:
                if not inspect.ismodule(getattr(importlib.import_module(module), name, None)) or name == "audit":
                    found.setdefault(module, set()).add(name)
    exported = {name for package in PACKAGES for name in importlib.import_module(package).__all__}
    return {
        module: sorted(name for name in names if module in PACKAGES or name not in exported)
        for module, names in sorted(found.items(), key=lambda pair: (pair[0] not in PACKAGES, pair[0]))
        if any(module in PACKAGES or name not in exported for name in names)
    }


def imported(page: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what the Python examples of a page import from Holdfast."""
    for block in re.findall(r"^```python[^\n]*\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        for module, names in re.findall(r"^\s*from (holdfast[\w.]*) import ([\w, ]+)$", block, re.MULTILINE):
            yield module, [name.split(" as ")[0].strip() for name in names.split(",")]


def name_parts(module: str, name: str) -> Iterator[str]:
    """Yield the parts of one public name."""
    thing = getattr(importlib.import_module(module), name)
    if name == "audit":
        thing = importlib.import_module("holdfast.audit.verb").audit
    yield "### " + name.replace("__", r"\_\_")
    if isinstance(thing, str):
        yield f"`{module}.{name}` is text, such as {code(thing)}."
        return
    is_record = isinstance(thing, type) and issubclass(thing, BaseModel)
    if not is_record and not (isinstance(thing, type) and issubclass(thing, Exception)):
        yield fenced(f"{module}.{name}{signature(thing)}", "python")
    yield from documented(inspect.getdoc(thing) or "")
    if is_record:
        yield fields(thing)
    if isinstance(thing, type):
        rows = [(f"`{one}`", plain(first(inspect.getdoc(method)))) for one, method in methods(thing)]
        if rows:
            yield table(("member", "is"), rows)


def methods(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties that a class itself defines, as they are called."""
    for name, member in vars(kind).items():
        if name.startswith("_") or name == "model_config":
            continue
        if isinstance(member, property):
            yield name, member.fget
        elif isinstance(member, classmethod | staticmethod | types.FunctionType):
            function = member if isinstance(member, types.FunctionType) else member.__func__
            yield f"{name}{short(function)}", function


def short(function: Callable[..., Any]) -> str:
    """Return a signature without types and without its first parameter where that is self or cls."""
    names = [one.name for one in inspect.signature(function).parameters.values()]
    return f"({', '.join(name for name in names if name not in {'self', 'cls'})})"


def signature(thing: Any) -> str:
    """Return a signature, one parameter a line where it is long."""
    try:
        text = str(inspect.signature(thing))
    except (TypeError, ValueError):
        return ""
    text = re.sub(r"<[\w.]+\.(\w+)[^>]*>", r"\1", re.sub(r"(?:\w+\.)+(\w+)", r"\1", text.replace("'", "")))
    if len(text) <= 80:
        return text
    return "(\n    " + ",\n    ".join(split(text)) + f",\n){text[text.rindex(')') + 1 :]}"


def split(text: str) -> Iterator[str]:
    """Yield the parameters of a signature: what stands between commas outside brackets."""
    depth, part = 0, ""
    for letter in text[1 : text.rindex(")")]:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            yield part.strip()
            part = ""
        else:
            part += letter
    yield part.strip()
