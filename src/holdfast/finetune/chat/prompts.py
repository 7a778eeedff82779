"""What a model is given to go on from, written and tokenised just as what stood before an answer in training."""

from collections.abc import Sequence
from typing import Any

from holdfast.finetune.chat.reading import messages_in
from holdfast.finetune.chat.template import ANSWERER, prompted
from holdfast.finetune.chat.tokens import prompt_ids


def prompts_of(tokenizer: Any, cells: Sequence[Any], *, paired: bool) -> list[list[int]]:
    """Return the tokens of each prompt, none for a cell that is empty. Raises BadInput where a template refuses one.

    A conversation that ends with an answer is asked again without it. `paired`: the model learnt prompts with answers,
    in two columns, where the tokenizer puts what it always puts around a text around conversations as well.
    """
    read = [messages_in(cell) if tokenizer.chat_template else None for cell in cells]
    talks = [at for at, one in enumerate(read) if one]
    others = [at for at, cell in enumerate(cells) if not read[at] and cell is not None]
    found: list[list[int]] = [[] for _ in cells]
    for places, texts, specials in (
        (talks, [prompted(tokenizer, _asked(read[at] or []), at) for at in talks], paired),
        (others, [cells[at] if isinstance(cells[at], str) else str(cells[at]) for at in others], True),
    ):
        for at, ids in zip(places, prompt_ids(tokenizer, texts, specials=specials), strict=True):
            found[at] = ids
    return found


def behind(tokenizer: Any, prompt: Sequence[int], ids: Sequence[int]) -> str:
    """Return the text of tokens that were written behind a prompt, as it stands there."""
    before = tokenizer.decode(list(prompt), skip_special_tokens=True)
    whole = tokenizer.decode([*prompt, *ids], skip_special_tokens=True)
    # A tokenizer that begins a text without its first space would lose one that stands between the two.
    return whole[len(before) :] if whole.startswith(before) else tokenizer.decode(list(ids), skip_special_tokens=True)


def _asked(messages: Sequence[dict[str, str]]) -> Sequence[dict[str, str]]:
    return messages[:-1] if len(messages) > 1 and messages[-1]["role"] == ANSWERER else messages
