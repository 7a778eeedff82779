"""Classes of texts, by an encoder of transformers with a head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.supervision import Ledger, Supervision
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.media import Media
from holdfast.core.random import Streams
from holdfast.finetune.answering import Answering, Asked, refuse_options
from holdfast.finetune.class_answers import NEW, Came, Classes, came, in_order, label_of, original_of, predicted
from holdfast.finetune.device import placed
from holdfast.finetune.last_layer import LastLayer
from holdfast.finetune.models.pretrained import config_of, model_of, save_pretrained, tokenizer_of
from holdfast.finetune.own_head import last_linear
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import members
from holdfast.finetune.tasks.definitions import Batch, Head, Kind, Module, Prepared

LENGTH = 128  # tokens; longer texts cost more and are rare in classification. `options.classify-text.length`
_FEWEST_WORDS = 3.0  # a value of fewer words is a name of something, not a text about it
_LIMIT = 100_000  # what tokenizers say when they know no limit is far above this


@dataclass(frozen=True)
class Texts:
    """Texts as token numbers."""

    ids: Mapping[str, Sequence[Sequence[int]]]
    pad: int

    def count(self, split: str) -> int:
        """Return how many examples a split has."""
        return len(self.ids.get(split, ()))

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return the tokens of each example."""
        return np.array([len(one) for one in self.ids.get(split, ())], dtype=np.int64)

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return `input_ids` and `attention_mask` (examples × tokens)."""
        import torch

        del rng
        chosen = [self.ids[split][row] for row in rows]
        width = max((len(one) for one in chosen), default=1)
        ids = np.full((len(chosen), width), self.pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for at, one in enumerate(chosen):
            ids[at, : len(one)] = one
            mask[at, : len(one)] = 1
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}


def prepare(dataset: Dataset, original: Dataset | None, recipe: Recipe) -> Prepared:
    """Return texts as tokens and an encoder with a head for their classes. Raises BadInput."""
    columns, label = _columns(dataset, recipe), label_of(dataset)
    config, tokenizer = config_of(recipe.model), tokenizer_of(recipe.model)
    limit = _length(recipe, config, tokenizer)
    task = _task(dataset, columns, label, tokenizer, limit)
    module, head = _module(recipe, label.classes, task.classes)
    before, note = None, ""
    if original is not None:
        then, n_outcomes = label_of(original), len(label.classes)
        task_then = _task(original, _columns(original, recipe), then, tokenizer, limit)
        place, own = last_linear(module, n_outcomes)[0], _came(recipe.model)
        before, note = original_of(task_then, then.classes, module, place, n_outcomes, own, Streams(recipe.seed))
    return Prepared(
        task=task,
        module=module,
        save=lambda one, folder: save_pretrained(one, tokenizer, folder),
        original=before,
        head=head,
        classes=label.classes,
        notes=(note,) if note else (),
    )


def _came(model: str) -> Came | None:
    """Return the head that a model came with; None where it came without."""
    module, loading = model_of(_sequence_models(), model, output_loading_info=True)
    if loading["missing_keys"]:
        return None
    return came(last_linear(module, module.config.num_labels)[1], module.config.label2id)


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


def _length(recipe: Recipe, config: Any, tokenizer: Any) -> int:
    most = min(getattr(config, "max_position_embeddings", _LIMIT), tokenizer.model_max_length, _LIMIT)
    wanted = recipe.of("classify-text").get("length", min(LENGTH, most))
    if not isinstance(wanted, int) or not 1 < wanted <= most:
        raise BadInput(f"options.classify-text.length is {wanted!r}; the model takes 2 to {most} tokens")
    return wanted


def _task(dataset: Dataset, columns: Sequence[str], label: Labels, tokenizer: Any, limit: int) -> Classes:
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
    return Classes(Texts(ids, _pad(tokenizer)), classes, _logits, Supervision("tokens", limit, ledgers, tuple(columns)))


def _texts(dataset: Dataset, columns: Sequence[str]) -> list[str]:
    return _joined([dataset.values(name).to_pylist() for name in columns])


def _joined(columns: Sequence[Sequence[Any]]) -> list[str]:
    """Return the texts of each row, one below the other; what is missing is empty."""
    return ["\n".join(one if isinstance(one, str) else "" for one in row) for row in zip(*columns, strict=True)]


def _sequence_models() -> Any:
    """Return transformers' class of models with one answer for a text."""
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification


def _module(recipe: Recipe, classes: Sequence[str], targets: Mapping[str, np.ndarray]) -> tuple[Module, Head | None]:
    import torch

    torch.manual_seed(Streams(recipe.seed).integer("head"))
    names = {"id2label": dict(enumerate(classes)), "label2id": {name: at for at, name in enumerate(classes)}}
    module, loading = model_of(
        _sequence_models(), recipe.model, num_labels=len(classes), ignore_mismatched_sizes=True,
        output_loading_info=True, **names,
    )  # fmt: skip
    new = {*loading["missing_keys"], *(key[0] for key in loading.get("mismatched_keys", ()))}
    if not new:  # it came with a head for as many classes
        place, layer = last_linear(module, len(classes))
        if not in_order(layer, config_of(recipe.model).label2id, classes):
            new = {f"{place}.{name}" for name, _ in layer.named_parameters()}
    return placed(module), LastLayer(tuple(sorted(new)), targets, len(classes), _logits) if new else None


def _logits(module: Module, batch: Batch) -> Any:
    return module(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits


def _suits(dataset: Dataset, recipe: Recipe) -> bool:
    if dataset.one("label") is None:
        return False
    return bool(recipe.inputs or texts_of(dataset))


kind = Kind("classify-text", "classes of texts", _suits, 5e-5, partial(prepare))


def predictor(asked: Asked) -> Answering:
    """Return what says the class of texts, and how probable each class is, by the tuned model."""
    refuse_options(asked, "classes")
    folder = str(asked.model)
    config, tokenizer = config_of(folder), tokenizer_of(folder)
    limit, module = _length(asked.recipe, config, tokenizer), placed(model_of(_sequence_models(), folder))
    names = [str(config.id2label[at]) for at in range(config.num_labels)]

    def answer(rows: pa.Table, media: Media) -> pa.Table:
        """Return `prediction` and, for each class, its probability as `p_` and its name."""
        del media
        texts = _joined([rows.column(name).to_pylist() for name in asked.columns])
        ids = tokenizer(texts, truncation=True, max_length=limit)["input_ids"] if texts else []
        return predicted(Texts({NEW: ids}, _pad(tokenizer)), module, _logits, names)

    return Answering(answer, needs=asked.columns)


def _pad(tokenizer: Any) -> int:
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
