"""Rows of a split as examples: written, tokenised, cut to the model's length, and everything that is lost counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Int

from holdfast.audit.supervision import Fault, Ledger
from holdfast.core.dataset import Dataset
from holdfast.finetune.chat.reading import Columns, conversations, messages_in, texts
from holdfast.finetune.chat.template import Learnt, Written, written
from holdfast.finetune.chat.tokens import Tokens, tokenised


@dataclass(frozen=True)
class Split:
    """The examples of a split, what became of each, and what learning and use would see differently."""

    tokens: Tokens
    ledger: Ledger
    faults: tuple[Fault, ...]


def examples_of(
    dataset: Dataset,
    rows: Int[np.ndarray, " rows"],
    split: str,
    columns: Columns,
    tokenizer: Any,
    *,
    stops: frozenset[int],
    limit: int,
    end: int | None,
    cut: Literal["end", "start"],
    learnt: Learnt,
) -> Split:
    """Return the rows of a split as examples. Plain texts that are too long become several. Raises BadInput."""
    read = list(_written(dataset, rows, columns, tokenizer, learnt))
    whole, seams = tokenised(tokenizer, read, specials=columns.form != "messages", end=end)
    _unlearn_first(whole)
    first, stop = whole.starts[:-1], whole.starts[1:]
    faults = tuple(_faults(read, rows, split, seams))
    if columns.form == "text":
        tokens, source, inner = _in_windows(whole, limit)
        sizes, should = tokens.sizes, tokens.learnt_in()
    else:
        tokens = whole.windows(first, np.minimum(stop, first + limit)) if cut == "end" else whole.windows(
            np.maximum(first, stop - limit), stop)  # fmt: skip
        _unlearn_first(tokens)
        source, inner = np.arange(len(rows)), np.zeros(len(rows), dtype=bool)
        sizes, should = whole.sizes, whole.learnt_in()
    supervised = tokens.learnt_in()
    ledger = Ledger(
        rows=rows[source],
        whole=sizes,
        kept=tokens.sizes,
        supervised=supervised,
        lost=should - supervised,
        ends=_ends(tokens, stops) | inner | (supervised == 0),
    )
    return Split(tokens, ledger, faults)


def _written(dataset: Dataset, rows: np.ndarray, columns: Columns, tokenizer: Any, learnt: Learnt) -> Iterator[Written]:
    if columns.form == "messages":
        for row, one in zip(rows.tolist(), conversations(dataset, columns.names[0], rows), strict=True):
            yield written(tokenizer, one, row, learnt)
    elif columns.form == "text":
        for text in texts(dataset, columns.names[0], rows):
            yield Written(text, ((0, len(text)),) if text.strip() else ())
    else:
        prompts, answers = (texts(dataset, name, rows) for name in columns.names)
        for row, prompt, answer in zip(rows.tolist(), prompts, answers, strict=True):
            before, after = messages_in(prompt), messages_in(answer)
            if before is not None and after is not None and tokenizer.chat_template:
                yield written(tokenizer, [*before, *after], row, "last-answer")
            else:
                spoken = ((len(prompt), len(prompt) + len(answer)),) if answer.strip() else ()
                yield Written(prompt + answer, spoken)


def _faults(read: list[Written], rows: np.ndarray, split: str, seams: np.ndarray) -> Iterator[Fault]:
    for says in dict.fromkeys(one.fault for one in read if one.fault):
        faulty = rows[[one.fault == says for one in read]]
        yield Fault(says, split, faulty, len(rows))
    clean = np.array([not one.fault for one in read], dtype=bool)
    if (seams & clean).any():
        says = "a token would span the end of the prompt and the beginning of the answer"
        yield Fault(says, split, rows[seams & clean], len(rows), mended=True)


def _in_windows(whole: Tokens, limit: int) -> tuple[Tokens, np.ndarray, np.ndarray]:
    """Return texts in windows of at most `limit` tokens, the example of each, and whether its text goes on behind it.

    A window begins with the last token of the one before, so that every token but the first is learnt once.
    """
    sizes, step = whole.sizes, limit - 1
    n = np.maximum(1, -(-(sizes - 1) // step))
    source = np.repeat(np.arange(len(sizes)), n)
    number = np.arange(len(source)) - np.repeat(np.cumsum(n) - n, n)
    first = whole.starts[:-1][source] + number * step
    stop = np.minimum(first + limit, whole.starts[1:][source])
    tokens = whole.windows(first, stop)
    _unlearn_first(tokens)
    return tokens, source, number < n[source] - 1


def _unlearn_first(tokens: Tokens) -> None:
    """Nothing stands before a first token that it could be learnt from."""
    tokens.learnt[tokens.starts[:-1][tokens.sizes > 0]] = False


def _ends(tokens: Tokens, stops: frozenset[int]) -> Bool[np.ndarray, " examples"]:
    """Return whether a token that generation stops at is among what is learnt of each example."""
    found = tokens.learnt & np.isin(tokens.ids, sorted(stops))
    sums = np.concatenate([[0], np.cumsum(found)])
    return np.asarray(sums[tokens.starts[1:]] > sums[tokens.starts[:-1]])
