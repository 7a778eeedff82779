"""Examples as another trainer shows them to its model: collated by its own function, judged one by one."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from holdfast.audit.supervision import Ledger, Supervision
from holdfast.core.dataset import Dataset, Kind, Role
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Sampled
from holdfast.data.inference import describe
from holdfast.finetune.device import numbers
from holdfast.finetune.evaluation import BATCH, by_size, quiet
from holdfast.finetune.tasks.definitions import Judged, Module

UNLEARNT = -100  # PyTorch's cross_entropy leaves these out, and collators write it
MOST_ROWS = 5_000  # of a split that are collated to be counted; more change no share by more than a point
_AT_ONCE = 32
_SMALL = 8  # texts judged at once, whose answers are as many numbers as there are tokens, at each place
_MOST_OUTCOMES = 1 << 19  # log-probabilities of one example that the drift meter keeps: 2 MiB
_PILE = 0.01  # of the examples at the greatest length, and twice as many as at any other: they were cut there


@dataclass(frozen=True)
class Reading:
    """How a batch is read. `answers` runs the model; the others look at the batch only."""

    answers: Callable[[Module, Any], Any]  # logits: examples × outcomes, or examples × places × outcomes
    targets: Callable[[Any], Any]  # examples, or examples × places
    tokens: Callable[[Any], tuple[Any, Any] | None]  # token numbers and mask, None where a batch has none
    shifted: Callable[[Module], bool]  # whether a place answers for the next one
    decode: Callable[[Sequence[int]], str] | None = None
    ends: frozenset[int] = frozenset()
    pad_is_end: bool = False


@dataclass(frozen=True)
class Collated:
    """A task over the data of another trainer: the splits `train` and `valid`, and `original` where it is given."""

    data: Mapping[str, Any]
    collate: Callable[[list[Any]], Any]
    reading: Reading
    shift: bool
    metric: str
    supervision: Supervision
    chosen: Mapping[str, Int[np.ndarray, " examples"]]  # rows that are looked at
    lengths: Mapping[str, Int[np.ndarray, " examples"]]  # of those
    dataset: Dataset  # what the model is shown, as text, for checks of overlap

    def count(self, split: str) -> int:
        """Return how many examples of a split are looked at."""
        return len(self.chosen.get(split, ()))

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return the tokens of each example."""
        return self.lengths.get(split, np.zeros(0, np.int64))

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Any:
        """Return examples as the trainer's own function collates them."""
        del rng
        data, places = self.data[split], self.chosen[split]
        return self.collate([data[int(places[row])] for row in rows])

    def weight(self, batch: Any) -> float:
        """Return the number of supervised items."""
        return float((_targets(self.reading, batch, shift=self.shift) != UNLEARNT).sum())

    def loss(self, module: Module, batch: Any) -> Any:
        """Return the summed cross-entropy, nats."""
        nats, _, _ = self._nats(module, batch)
        return nats.sum()

    def judged(self, module: Module, split: str, most: int | None = None) -> Judged:
        """Return what the model makes of the first `most` examples of a split that are looked at, few at a time."""
        n = self.count(split) if most is None else min(most, self.count(split))
        found = np.zeros((3, n))
        with quiet(module):
            for at in by_size(self.sizes(split)[:n], _SMALL if self.shift else BATCH):
                found[:, at] = np.stack(self.judge(module, self.batch(split, at)))
        return Judged(*found)

    def judge(self, module: Module, batch: Any) -> Judged:
        """Return whether each class is right, or minus the nats per learnt token; the loss; and learnt items."""
        nats, right, known = self._nats(module, batch)
        weight = numbers(known.sum(1))
        mean = numbers(nats.sum(1)) / np.maximum(weight, 1.0)
        score = numbers(right[:, 0]) if nats.shape[1] == 1 and not self.shift else -mean
        return Judged(score, mean, weight)

    def log_probabilities(self, module: Module, batch: Any) -> Any:
        """Return log p of every outcome at learnt places, some evenly spaced ones of each example."""
        import torch

        logits, targets = self._answered(module, batch)
        most, found = max(1, _MOST_OUTCOMES // logits.shape[-1]), []
        for one, known in zip(logits, targets != UNLEARNT, strict=True):
            places = known.nonzero()[:, 0]
            taken = np.unique(np.linspace(0, len(places) - 1, min(most, len(places))).round().astype(int))
            found.append(one[places[taken]].float().log_softmax(-1).cpu())
        return torch.cat(found)

    def _answered(self, module: Module, batch: Any) -> tuple[Any, Any]:
        """Return logits (examples × places × outcomes) and what they should have been (examples × places)."""
        logits = self.reading.answers(module, batch)
        logits = logits[:, None] if logits.ndim == 2 else logits
        logits = logits[:, :-1] if self.shift else logits
        return logits, _targets(self.reading, batch, shift=self.shift).to(logits.device)

    def _nats(self, module: Module, batch: Any) -> tuple[Any, Any, Any]:
        from torch.nn.functional import cross_entropy

        logits, targets = self._answered(module, batch)
        flat = cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), ignore_index=UNLEARNT, reduction="none")
        return flat.view(targets.shape), logits.argmax(-1) == targets, targets != UNLEARNT


def collated(
    data: Mapping[str, Any], collate: Callable[[list[Any]], Any], reading: Reading, module: Module, seed: int
) -> Collated:
    """Return the task that data of another trainer are, counted. Raises NotApplicable where there is nothing to read.

    A part of a split is looked at where it has more than 5,000 examples.
    """
    shift, chosen = reading.shifted(module), {}
    for split, one in data.items():
        if not hasattr(one, "__len__") or not hasattr(one, "__getitem__"):
            raise NotApplicable(f"the {split} data are a stream, which cannot be looked at without being used up")
        chosen[split] = Streams(seed)("collated", split).permutation(len(one))[:MOST_ROWS]  # any first part is a sample
    ledgers, texts, classes, notes = {}, {}, {}, []
    for split, rows in chosen.items():
        seen = list(_read(data[split], rows, collate, reading, shift=shift))
        kept = np.array([one.kept for one in seen], dtype=np.int64)
        windows = len(np.unique(kept)) == 1  # of running text, which ends where a document does
        ends = np.array([one.ends for one in seen], dtype=bool) if shift and reading.ends and not windows else None
        supervised = np.array([one.supervised for one in seen], dtype=np.int64)
        ledgers[split] = Ledger(rows, kept, kept, supervised, np.zeros_like(kept), ends)
        texts[split], classes[split] = [one.text for one in seen], [one.target for one in seen]
        most = int(kept.max(initial=0))
        if _piled(kept):
            notes.append(
                f"{int((kept == most).sum()):,} of {len(kept):,} {split} examples have exactly {most:,} tokens, the "
                "most there are: windows of a longer text, or cut before the trainer had them"
            )
    limits = [Sampled(what=f"{one} examples", rows=len(rows), of=len(data[one])) for one, rows in chosen.items()
              if len(rows) < len(data[one])]  # fmt: skip
    supervision = Supervision(
        unit="tokens", limit=None, ledgers=ledgers, pad_is_end=reading.pad_is_end, notes=tuple(notes),
        end=reading.decode(sorted(reading.ends)) if reading.decode and reading.ends else "",
        sampled=limits[0] if limits else None,
    )  # fmt: skip
    single = all(one is not None for part in classes.values() for one in part)
    return Collated(
        data, collate, reading, shift, "accuracy" if single else "minus nats per token", supervision, chosen,
        {split: one.kept for split, one in ledgers.items()}, _as_dataset(texts, classes if single else None),
    )  # fmt: skip


def _piled(kept: np.ndarray) -> bool:
    """Return whether far more examples have the greatest length than any other, as where they were cut to it."""
    counts = np.bincount(kept) if len(kept) else np.zeros(1, int)
    return len(counts) > 2 and counts[-1] > max(2, _PILE * len(kept), 2 * int(counts[:-1].max()))


@dataclass(frozen=True, slots=True)
class _Seen:
    kept: int
    supervised: int
    ends: bool
    text: str
    target: int | None  # of examples with one class


def _read(
    data: Any, rows: np.ndarray, collate: Callable[[list[Any]], Any], reading: Reading, *, shift: bool
) -> Iterator[_Seen]:
    for start in range(0, len(rows), _AT_ONCE):
        batch = collate([data[int(row)] for row in rows[start : start + _AT_ONCE]])
        targets = _targets(reading, batch, shift=shift).cpu()
        if targets.is_floating_point():
            raise NotApplicable("targets are numbers, not classes or tokens")
        tokens = reading.tokens(batch)
        for at, one in enumerate(targets):
            known = one[one != UNLEARNT]
            ends = bool(reading.ends & set(known.tolist()))
            target = int(one[0]) if len(one) == 1 and not shift else None
            if tokens is None:
                shown = _digest(_input(batch)[at])
                yield _Seen(1, len(known), ends, shown, target)
                continue
            ids = tokens[0][at][tokens[1][at].bool()].tolist()
            text = reading.decode(ids) if reading.decode else " ".join(map(str, ids))
            yield _Seen(len(ids), len(known), ends, text, target)


def _digest(tensor: Any) -> str:
    return hashlib.blake2b(tensor.contiguous().cpu().numpy().tobytes(), digest_size=16).hexdigest()


def _targets(reading: Reading, batch: Any, *, shift: bool) -> Any:
    """Return what answers should be (examples × places)."""
    found = reading.targets(batch)
    if found is None:
        raise NotApplicable("batches have no labels")
    found = found.long() if not found.is_floating_point() else found
    found = found[:, None] if found.ndim == 1 else found.flatten(1)
    return found[:, 1:] if shift else found


def _input(batch: Any) -> Any:
    """Return the tensor of a batch that the model is shown, where it is not made of tokens."""
    if isinstance(batch, Mapping):
        return next(one for name, one in batch.items() if name != "labels" and hasattr(one, "ndim"))
    return batch[0]


def _as_dataset(texts: Mapping[str, list[str]], classes: Mapping[str, list[int | None]] | None) -> Dataset:
    """Return what the model is shown with validation as the test, which is how checks compare splits."""
    names = {"train": "train", "valid": "test"}
    table = {
        "shown": [text for split in names for text in texts.get(split, ())],
        "split": [name for split, name in names.items() for _ in texts.get(split, ())],
    }
    roles: dict[str, Role] = {"split": "split"}
    kinds: dict[str, Kind] = {"shown": "text", "split": "category"}
    if classes is not None:
        table["class"] = [str(one) for split in names for one in classes.get(split, ())]
        roles["class"], kinds["class"] = "label", "category"
    return describe("what the model is shown", pa.table(table), roles=roles, kinds=kinds)
