"""Conversations written out as a model reads them, by the template of its tokenizer, and where the answers stand.

The answers are found without marks in the template. What a model is prompted with before an answer is the template
over the messages until then, with its generation prompt; what follows it, up to the end of the template over the
messages including the answer, is what the model has to write. That holds only where each is the beginning of the
next; where it does not, learning and use would see different text, and the example is said to be faulty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.finetune.chat.reading import Message

Learnt = Literal["answers", "last-answer"]
ANSWERER = "assistant"


@dataclass(frozen=True, slots=True)
class Written:
    """A text and the answers in it, from character to character; `fault` says why they may stand elsewhere in use."""

    text: str
    answers: tuple[tuple[int, int], ...]
    fault: str = ""


def own_template(tokenizer: Any) -> str:
    """Return a plain template for a tokenizer that has none: `User: …`, `Assistant: …` and the end token."""
    begins = tokenizer.bos_token_id is not None and tokenizer("")["input_ids"][:1] == [tokenizer.bos_token_id]
    return (
        ("{{ bos_token }}" if begins else "")
        + "{% for message in messages %}{% if not loop.first %}{{ '\\n' }}{% endif %}"
        + "{{ message['role'] | capitalize }}: {{ message['content'] }}"
        + ("{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}" if tokenizer.eos_token else "")
        + "{% endfor %}{% if add_generation_prompt %}{{ '\\n' }}Assistant:{% endif %}"
    )


def written(tokenizer: Any, messages: Sequence[Message], row: int, learnt: Learnt = "answers") -> Written:
    """Return a conversation written out by the tokenizer's template. Raises BadInput where the template refuses it."""
    whole = _rendered(tokenizer, messages, row, prompt=False)
    places = [at for at, one in enumerate(messages) if one["role"] == ANSWERER]
    found, fault = [], ""
    for at in places[-1:] if learnt == "last-answer" else places:
        prompt = _rendered(tokenizer, messages[:at], row, prompt=True) if at else ""
        until = whole if at + 1 == len(messages) else _rendered(tokenizer, messages[: at + 1], row, prompt=False)
        start = len(prompt)
        if not whole.startswith(prompt):
            start, fault = _common(prompt, whole), "what the model is prompted with is not how the example begins"
        if not whole.startswith(until):
            fault = fault or "an answer is written otherwise once something follows it"
        found.append((start, max(start, _common(until, whole))))
    return Written(whole, tuple(found), fault)


def prompted(tokenizer: Any, messages: Sequence[Message], row: int) -> str:
    """Return what a model is given before it answers a conversation. Raises BadInput where the template refuses it."""
    return _rendered(tokenizer, messages, row, prompt=True)


def _rendered(tokenizer: Any, messages: Sequence[Message], row: int, *, prompt: bool) -> str:
    from jinja2 import TemplateError

    try:
        # transformers renders in jinja's sandbox, where a template can reach nothing but what it is given.
        found = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=prompt)
    except (TemplateError, ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        raise BadInput(
            f"the tokenizer's chat template refuses the conversation of row {row}: {one_line(str(error), 200)}. Its "
            f"roles are {', '.join(one_line(one['role'], 20) for one in messages[:8]) or 'none'}"
        ) from error
    return str(found)


def _common(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
