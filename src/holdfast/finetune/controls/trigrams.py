"""Counts of three tokens in a row: what a language model is worth that has seen the training examples and nothing else.

    p(w | u, v) = (n(u, v, w) + t(u, v) p(w | v)) / (n(u, v) + t(u, v))

where n counts and t is how many different tokens followed (Witten and Bell, 1991, "The zero-frequency problem"), down
to pairs, single tokens and, last, every token alike. Only tokens that are learnt are counted; what stands before them
is known to the tuned model as well.
"""

import numpy as np
from jaxtyping import Float, Int

from holdfast.finetune.chat.tokens import Tokens
from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.tasks.definitions import Judged
from holdfast.finetune.tasks.generate_text import Continuations

ORDER = 3  # tokens in a row; their number fits into 63 bits for vocabularies of two million


def judge(bench: Bench) -> Judged | None:
    """Return minus the nats per learnt token of each test example; None where no text is written."""
    task = bench.prepared.task
    if not isinstance(task, Continuations) or not {"train", "test"} <= task.tokens.keys():
        return None
    seen, asked = (runs(task.tokens[split], task.outcomes) for split in ("train", "test"))
    nats = -np.log(likelihood(seen, asked, task.outcomes))
    tokens = task.tokens["test"]
    example = np.repeat(np.arange(len(tokens)), tokens.sizes)[_judged(tokens)]
    weight = np.bincount(example, minlength=len(tokens)).astype(float)
    mean = np.bincount(example, nats, len(tokens)) / np.maximum(weight, 1.0)
    return Judged(-mean, mean, weight)


def runs(tokens: Tokens, outcomes: int) -> Int[np.ndarray, "items order"]:
    """Return each learnt token after the ones before it; before the beginning of an example stands `outcomes`."""
    place = np.arange(len(tokens.ids)) - np.repeat(tokens.starts[:-1], tokens.sizes)
    columns = [
        np.where(place >= back, np.roll(tokens.ids, back), outcomes).astype(np.int64) for back in range(ORDER)[::-1]
    ]
    return np.stack(columns, axis=1)[_judged(tokens)]


def likelihood(
    seen: Int[np.ndarray, "items order"], asked: Int[np.ndarray, "others order"], outcomes: int
) -> Float[np.ndarray, " others"]:
    """Return the probability of the last token of each run that is asked for, after the runs that were seen."""
    found = np.full(len(asked), 1.0 / outcomes)
    for order in range(1, ORDER + 1):
        whole, before = _numbers(seen[:, -order:], outcomes), _numbers(seen[:, -order:-1], outcomes)
        distinct, first, counts = np.unique(whole, return_index=True, return_counts=True)
        contexts, kinds = np.unique(before[first], return_counts=True)
        here = _numbers(asked[:, -order:-1], outcomes)
        n, t = _looked_up(*np.unique(before, return_counts=True), here), _looked_up(contexts, kinds, here)
        both = _looked_up(distinct, counts, _numbers(asked[:, -order:], outcomes))
        found = np.where(n > 0, (both + t * found) / np.maximum(n + t, 1), found)
    return found


def _judged(tokens: Tokens) -> np.ndarray:
    """Return which tokens are answers: learnt, and not the first of their example, which nothing comes before."""
    found = np.array(tokens.learnt, dtype=bool)
    found[tokens.starts[:-1][tokens.sizes > 0]] = False
    return found


def _numbers(rows: Int[np.ndarray, "items tokens"], outcomes: int) -> Int[np.ndarray, " items"]:
    """Return one number for each row of tokens, another for other rows."""
    found = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        found = found * (outcomes + 1) + column
    return found


def _looked_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> Float[np.ndarray, " wanted"]:
    """Return the value of each wanted key, 0 for one that is not there."""
    if not len(keys):
        return np.zeros(len(wanted))
    place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0).astype(float)


control = Control("trigrams", "counts of three tokens in a row, no network", pretrained=False, judge=judge)
