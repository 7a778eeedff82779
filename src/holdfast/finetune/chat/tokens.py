"""Written examples as tokens, with those that are learnt marked; each prompt is tokenised just as in use.

A token may span the seam of prompt and answer (`:` + `yes` as one). In use the prompt is tokenised by itself, so that
the model would never see that token; such examples are tokenised in pieces, as in use, and counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from holdfast.finetune.chat.template import Written

_BLOCK = 4096  # examples tokenised at once; keeps the lists of Python small


@dataclass(frozen=True)
class Tokens:
    """Token numbers of all examples one after the other. Example i is `ids[starts[i]:starts[i + 1]]`."""

    ids: Int[np.ndarray, " tokens"]
    learnt: Bool[np.ndarray, " tokens"]  # whether the model learns to write this token
    starts: Int[np.ndarray, " examples_and_one"]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> Int[np.ndarray, " examples"]:
        """Tokens of each example."""
        return np.diff(self.starts)

    def learnt_in(self) -> Int[np.ndarray, " examples"]:
        """Return how many tokens of each example are learnt."""
        sums = np.concatenate([[0], np.cumsum(self.learnt)])
        return np.asarray(sums[self.starts[1:]] - sums[self.starts[:-1]])

    def windows(self, first: Int[np.ndarray, " n"], stop: Int[np.ndarray, " n"]) -> "Tokens":
        """Return the tokens from `first` to `stop`, each pair an example."""
        sizes = stop - first
        starts = np.concatenate([[0], np.cumsum(sizes)])
        at = np.arange(starts[-1]) + np.repeat(first - starts[:-1], sizes)
        return Tokens(self.ids[at], self.learnt[at], starts)


def tokenised(
    tokenizer: Any, examples: Sequence[Written], *, specials: bool, end: int | None
) -> tuple[Tokens, Bool[np.ndarray, " examples"]]:
    """Return examples as tokens, and for each whether a token would have spanned a seam.

    `specials` lets the tokenizer add what it puts around a text by itself; `end` is appended where an example does not
    end with it.
    """
    ids, learnt, sizes, seams = [], [], [], []
    for start in range(0, len(examples), _BLOCK):
        for one, marks, seam in _block(tokenizer, examples[start : start + _BLOCK], specials=specials, end=end):
            ids.append(one)
            learnt.append(marks)
            sizes.append(len(one))
            seams.append(seam)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    empty = np.empty(0, np.int32), np.empty(0, bool)
    return (
        Tokens(np.concatenate(ids or [empty[0]]), np.concatenate(learnt or [empty[1]]), starts),
        np.array(seams, dtype=bool),
    )


def _block(
    tokenizer: Any, examples: Sequence[Written], *, specials: bool, end: int | None
) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    whole = tokenizer(
        [one.text for one in examples], add_special_tokens=specials, return_offsets_mapping=True, verbose=False,
        return_attention_mask=False,
    )  # fmt: skip
    ends = [tokenizer.eos_token_id] if specials and tokenizer.eos_token_id is not None else []
    before = [one.text[:start] for one in examples for start, _ in one.answers]
    prompts = iter(_ids(tokenizer, before, specials=specials, less=ends))
    for at, one in enumerate(examples):
        ids, offsets = whole["input_ids"][at], whole["offset_mapping"][at]
        begins = [next(prompts) for _ in one.answers]
        seam = any(ids[: len(prompt)] != prompt for prompt in begins)
        if seam:
            ids, marks = _in_pieces(tokenizer, one, ends, specials=specials)
        else:
            marks = np.zeros(len(ids), dtype=bool)
            for prompt, (_, stop) in zip(begins, one.answers, strict=True):
                last = len(ids) if stop == len(one.text) else _first_from(offsets, stop, len(prompt))
                marks[len(prompt) : last] = True
        if end is not None and (not ids or ids[-1] != end):
            ids = [*ids, end]
            marks = np.append(marks, bool(one.answers) and one.answers[-1][1] == len(one.text))
        yield np.array(ids, dtype=np.int32), marks, seam


def _in_pieces(tokenizer: Any, one: Written, ends: list[int], *, specials: bool) -> tuple[list[int], np.ndarray]:
    """Return prompt, answer, next prompt, next answer, each tokenised by itself."""
    cuts = [0, *(place for answer in one.answers for place in answer), len(one.text)]
    pieces = [one.text[first:stop] for first, stop in pairwise(cuts)]
    found = [
        _ids(tokenizer, [piece], specials=specials and not at, less=ends if not at else [])[0]
        if piece or not at
        else []
        for at, piece in enumerate(pieces)
    ]
    marks = [np.full(len(ids), at % 2 == 1) for at, ids in enumerate(found)]
    return [token for ids in found for token in ids], np.concatenate(marks)


def prompt_ids(tokenizer: Any, texts: list[str], *, specials: bool) -> list[list[int]]:
    """Return the tokens of prompts as in training: without an end that the tokenizer puts behind every text."""
    ends = [tokenizer.eos_token_id] if specials and tokenizer.eos_token_id is not None else []
    return _ids(tokenizer, texts, specials=specials, less=ends)


def _ids(tokenizer: Any, texts: list[str], *, specials: bool, less: list[int]) -> list[list[int]]:
    """Return the tokens of prompts, without an end that the tokenizer puts behind every text."""
    if not texts:
        return []
    found = tokenizer(texts, add_special_tokens=specials, verbose=False, return_attention_mask=False)["input_ids"]
    return [ids[:-1] if less and ids[-1:] == less else ids for ids in found]


def _first_from(offsets: Sequence[tuple[int, int]], place: int, at: int) -> int:
    """Return the first token, from token `at` on, that begins at a character or behind it."""
    while at < len(offsets) and offsets[at][0] < place:
        at += 1
    return at
