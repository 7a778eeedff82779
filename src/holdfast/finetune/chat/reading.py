"""Which columns a language model learns from, and what stands in them: conversations, prompts with answers, texts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line

Form = Literal["messages", "completion", "text"]
Message = dict[str, str]  # role, content

_MESSAGES = ("messages", "conversations", "conversation")
_PAIRS = (("prompt", "completion"), ("prompt", "response"), ("instruction", "output"), ("question", "answer"))
_TEXTS = ("text", "content")
# ShareGPT writes `from` and `value`, and its own names for the two sides.
_ROLES = {"human": "user", "gpt": "assistant", "bing": "assistant", "chatgpt": "assistant"}
_TRIED = 50  # cells that tell what a column holds
_SHOWN = 5  # rows named in a message


@dataclass(frozen=True, slots=True)
class Columns:
    """Where conversations, prompts and answers, or texts stand."""

    form: Form
    names: tuple[str, ...]


def columns_of(dataset: Dataset, wanted: Sequence[str] = ()) -> Columns | None:
    """Return the columns to learn from: those that are wanted, or those with the usual names; None without any.

    Raises BadInput for a column that is not there, or for more than two.
    """
    if wanted:
        for name in wanted:
            dataset[name]
        if len(wanted) > 2:
            raise BadInput(
                f"inputs names {len(wanted)} columns; a language model learns from one (conversations or texts) or two "
                "(prompt and answer)"
            )
        if len(wanted) == 2:
            return Columns("completion", tuple(wanted))
        return Columns("messages" if _holds_messages(dataset, wanted[0]) else "text", tuple(wanted))
    names = {column.name for column in dataset.columns if column.role == "feature"}
    for name in _MESSAGES:
        if name in names and _holds_messages(dataset, name):
            return Columns("messages", (name,))
    for pair in _PAIRS:
        if names.issuperset(pair):
            return Columns("completion", pair)
    found = next((name for name in _TEXTS if name in names and _is_text(dataset, name)), None)
    texts = [column.name for column in dataset.of(role="feature", kind="text")]
    if found is None and len(texts) == 1:
        found = texts[0]
    return None if found is None else Columns("text", (found,))


def texts(dataset: Dataset, name: str, rows: Int[np.ndarray, " rows"]) -> list[str]:
    """Return cells as texts; a missing one is empty."""
    return [one if isinstance(one, str) else "" if one is None else str(one) for one in _cells(dataset, name, rows)]


def conversations(dataset: Dataset, name: str, rows: Int[np.ndarray, " rows"]) -> list[list[Message]]:
    """Return the messages of each row. Raises BadInput, naming rows that hold something else."""
    found, wrong = [], []
    for row, value in zip(rows.tolist(), _cells(dataset, name, rows), strict=True):
        one = messages_in(value)
        if one is None:
            wrong.append(row)
        found.append(one or [])
    if wrong:
        shown = ", ".join(str(row) for row in wrong[:_SHOWN])
        more = f" and {len(wrong) - _SHOWN:,} more" if len(wrong) > _SHOWN else ""
        raise BadInput(
            f"column {one_line(name, 60)!r} of {dataset.name} holds no conversation in rows {shown}{more}. Wanted a "
            'list of messages, such as [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]'
        )
    return found


def messages_in(value: Any) -> list[Message] | None:
    """Return the messages that a cell holds, as JSON text or as a list; None where it holds something else."""
    if isinstance(value, str):
        if not value.lstrip().startswith("["):
            return None
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, list):
        return None
    found = [_message(one) for one in value]
    return None if any(one is None for one in found) else [one for one in found if one is not None]


def readable(dataset: Dataset, name: str) -> pa.ChunkedArray | None:
    """Return a column of conversations as what is said in them, line by line; None for any other column."""
    if not _holds_messages(dataset, name):
        return None
    said = (messages_in(value) for value in _cells(dataset, name, np.arange(len(dataset))))
    lines = [None if one is None else "\n".join(message["content"] for message in one) for one in said]
    return pa.chunked_array([pa.array(lines, pa.large_string())])


def _message(value: Any) -> Message | None:
    if not isinstance(value, Mapping):
        return None
    role, content = value.get("role", value.get("from")), value.get("content", value.get("value"))
    if isinstance(content, list):  # parts, of which only texts can be learnt here
        parts = [one["text"] for one in content if isinstance(one, Mapping) and isinstance(one.get("text"), str)]
        content = "".join(parts) if len(parts) == len(content) else None
    if not isinstance(role, str) or not isinstance(content, str):
        return None
    return {"role": _ROLES.get(role, role), "content": content}


def _holds_messages(dataset: Dataset, name: str) -> bool:
    """Return whether the first cells that are not empty hold conversations."""
    first = [value for value in _cells(dataset, name, np.arange(min(len(dataset), _TRIED))) if value is not None]
    return bool(first) and sum(messages_in(value) is not None for value in first) * 2 > len(first)


def _is_text(dataset: Dataset, name: str) -> bool:
    return bool(pa.types.is_large_string(dataset.values(name).type))


def _cells(dataset: Dataset, name: str, rows: Int[np.ndarray, " rows"]) -> Iterator[Any]:
    taken = dataset.values(name).take(pa.array(rows))
    for chunk in taken.chunks:
        yield from chunk.to_pylist()
