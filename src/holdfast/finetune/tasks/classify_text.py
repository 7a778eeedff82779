"""Classes of texts, by an encoder of transformers with a head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.facts.labels.labels import Labels, labels
from holdfast.audit.supervision import Ledger, Supervision
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.finetune.models.pretrained import config_of, model_of, save_pretrained, tokenizer_of
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import members
from holdfast.finetune.tasks.definitions import Batch, Head, Judged, Kind, Module, Prepared

LENGTH = 128  # tokens; longer texts cost more and are rare in classification. `options.classify-text.length`
_FEWEST_WORDS = 3.0  # a value of fewer words is a name of something, not a text about it
_LIMIT = 100_000  # what tokenizers say when they know no limit is far above this


@dataclass(frozen=True)
class TextClasses:
    """Texts as token numbers, and the class of each."""

    ids: Mapping[str, Sequence[Sequence[int]]]
    classes: Mapping[str, Int[np.ndarray, " examples"]]
    pad: int
    supervision: Supervision
    metric: str = field(default="accuracy", init=False)

    def count(self, split: str) -> int:
        """Return how many examples a split has."""
        return len(self.ids.get(split, ()))

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return the tokens of each example."""
        return np.array([len(one) for one in self.ids.get(split, ())], dtype=np.int64)

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return `input_ids` and `attention_mask` (examples × tokens) and `labels` (examples)."""
        import torch

        del rng
        chosen = [self.ids[split][row] for row in rows]
        width = max((len(one) for one in chosen), default=1)
        ids = np.full((len(chosen), width), self.pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for at, one in enumerate(chosen):
            ids[at, : len(one)] = one
            mask[at, : len(one)] = 1
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask),
            "labels": torch.from_numpy(self.classes[split][rows]),
        }

    def weight(self, batch: Batch) -> float:
        """Return the number of examples: each has one class."""
        return float(len(batch["labels"]))

    def loss(self, module: Module, batch: Batch) -> Any:
        """Return the summed cross-entropy, nats."""
        from torch.nn.functional import cross_entropy

        return cross_entropy(_logits(module, batch), batch["labels"], reduction="sum")

    def judge(self, module: Module, batch: Batch) -> Judged:
        """Return whether each is right, and its cross-entropy."""
        from torch.nn.functional import cross_entropy

        logits = _logits(module, batch)
        losses = cross_entropy(logits, batch["labels"], reduction="none").double().numpy()
        right = (logits.argmax(-1) == batch["labels"]).double().numpy()
        return Judged(right, losses, np.ones(len(losses)))

    def log_probabilities(self, module: Module, batch: Batch) -> Any:
        """Return log p of each class (examples × classes)."""
        return _logits(module, batch).log_softmax(-1)


@dataclass(frozen=True)
class SequenceHead:
    """The classifier on top of an encoder, which transformers calls `classifier` or `score`."""

    names: tuple[str, ...]
    classes: Mapping[str, Int[np.ndarray, " examples"]]

    def features(self, module: Module, batch: Batch) -> Any:
        """Return what the last linear layer of the head is given (examples × width)."""
        caught: list[Any] = []
        handle = last_linear(module, self.names).register_forward_pre_hook(lambda _, given: caught.append(given[0]))
        try:
            _logits(module, batch)
        finally:
            handle.remove()
        return caught[0]

    def targets(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return the class of each example."""
        return self.classes[split]

    def place(self, module: Module, weights: np.ndarray, biases: np.ndarray) -> None:
        """Set the last linear layer."""
        import torch

        layer = last_linear(module, self.names)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights))
            if layer.bias is not None:
                layer.bias.copy_(torch.from_numpy(biases))


def last_linear(module: Module, names: Sequence[str]) -> Any:
    """Return the last linear layer among the new parameters of a model."""
    import torch

    owners = {name.rpartition(".")[0] for name in names}
    layers = [one for name, one in module.named_modules() if name in owners and isinstance(one, torch.nn.Linear)]
    return layers[-1]


def prepare(dataset: Dataset, original: Dataset | None, recipe: Recipe) -> Prepared:
    """Return texts as tokens and an encoder with a head for their classes. Raises BadInput."""
    columns, label = _columns(dataset, recipe), _label(dataset)
    config, tokenizer = config_of(recipe.model), tokenizer_of(recipe.model)
    limit = _length(recipe, config, tokenizer)
    task = _task(dataset, columns, label, tokenizer, limit)
    module, head = _module(recipe, label.classes, task.classes)
    del original  # TODO
    return Prepared(
        task=task,
        module=module,
        save=lambda one, folder: save_pretrained(one, tokenizer, folder),
        head=head,
        classes=label.classes,
    )


def _columns(dataset: Dataset, recipe: Recipe) -> tuple[str, ...]:
    found = recipe.inputs or texts_of(dataset)
    for name in found:
        dataset[name]
    if not found:
        known = ", ".join(column.name for column in dataset.of(role="feature")) or "none"
        raise BadInput(f'{dataset.name} has no column of texts; name it: inputs = ["…"]. Its features are {known}')
    return found


def texts_of(dataset: Dataset) -> tuple[str, ...]:
    """Return the feature columns that hold texts; also where they recur."""
    found = tuple(column.name for column in dataset.of(role="feature", kind="text"))
    if found:
        return found
    names = (column.name for column in dataset.of(role="feature", kind="category"))
    return tuple(name for name in names if _words(dataset, name) >= _FEWEST_WORDS)


def _words(dataset: Dataset, name: str) -> float:
    """Return how many words a value has on average, among the first of them; 0 for what is no string."""
    values = dataset.values(name).slice(0, 1000)
    if not pa.types.is_large_string(values.type) or values.null_count == len(values):
        return 0.0
    return float(pc.mean(pc.count_substring(values, " ")).as_py()) + 1.0


def _label(dataset: Dataset) -> Labels:
    try:
        found = labels.run(dataset, task="classification")
    except NotApplicable as error:
        raise BadInput(f"{dataset.name}: {error}") from error
    if len(found.classes) < 2:
        raise BadInput(f"the label {found.column!r} has one class, {found.classes[0]!r}: there is nothing to learn")
    return found


def _length(recipe: Recipe, config: Any, tokenizer: Any) -> int:
    most = min(getattr(config, "max_position_embeddings", _LIMIT), tokenizer.model_max_length, _LIMIT)
    wanted = int(recipe.of("classify-text").get("length", min(LENGTH, most)))
    if not 1 < wanted <= most:
        raise BadInput(f"options.classify-text.length is {wanted}; the model takes 2 to {most} tokens")
    return wanted


def _task(dataset: Dataset, columns: Sequence[str], label: Labels, tokenizer: Any, limit: int) -> TextClasses:
    texts = _texts(dataset, columns)
    ids, classes, ledgers = {}, {}, {}
    for split, every in members(dataset).items():
        rows = every[label.codes[every] >= 0]
        if not len(rows):
            continue
        whole = tokenizer([texts[row] for row in rows], truncation=False, verbose=False)["input_ids"]
        kept = tokenizer([texts[row] for row in rows], truncation=True, max_length=limit)["input_ids"]
        ids[split], classes[split] = kept, label.codes[rows]
        lengths, shown = np.array([len(one) for one in whole]), np.array([len(one) for one in kept])
        ledgers[split] = Ledger(rows, lengths, shown, np.ones(len(rows), np.int64), np.zeros(len(rows), np.int64))
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
    return TextClasses(ids, classes, pad, Supervision("tokens", limit, ledgers))


def _texts(dataset: Dataset, columns: Sequence[str]) -> list[str]:
    parts = [
        [value if isinstance(value, str) else "" for value in dataset.values(name).to_pylist()] for name in columns
    ]
    return ["\n".join(row) for row in zip(*parts, strict=True)]


def _module(recipe: Recipe, classes: Sequence[str], targets: Mapping[str, np.ndarray]) -> tuple[Module, Head | None]:
    import torch
    from transformers import AutoModelForSequenceClassification

    from holdfast.core.random import Streams

    torch.manual_seed(Streams(recipe.seed).integer("head"))
    names = {"id2label": dict(enumerate(classes)), "label2id": {name: at for at, name in enumerate(classes)}}
    module, loading = model_of(
        AutoModelForSequenceClassification, recipe.model, num_labels=len(classes), ignore_mismatched_sizes=True,
        output_loading_info=True, **names,
    )  # fmt: skip
    new = tuple(sorted({*loading["missing_keys"], *(key[0] for key in loading.get("mismatched_keys", ()))}))
    return module, SequenceHead(new, targets) if new else None


def _logits(module: Module, batch: Batch) -> Any:
    return module(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits


def _suits(dataset: Dataset, recipe: Recipe) -> bool:
    if dataset.one("label") is None:
        return False
    return bool(recipe.inputs or texts_of(dataset))


kind = Kind("classify-text", "classes of texts", _suits, 5e-5, partial(prepare))
