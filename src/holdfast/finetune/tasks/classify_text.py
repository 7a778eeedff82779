"""Classes of texts, by an encoder of transformers with a head."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.facts.labels.labels import Labels, labels
from holdfast.audit.supervision import Ledger, Supervision
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.finetune.evaluation import by_size, quiet
from holdfast.finetune.last_layer import LastLayer
from holdfast.finetune.models.pretrained import config_of, model_of, save_pretrained, tokenizer_of
from holdfast.finetune.own_head import OwnHead, last_linear, layer_of, probed
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import members
from holdfast.finetune.tasks.definitions import Batch, Head, Judged, Kind, Module, Prepared

LENGTH = 128  # tokens; longer texts cost more and are rare in classification. `options.classify-text.length`
_MOST_SCORES = 100  # classes whose probabilities are written out; beyond that they are no table to look at
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


def prepare(dataset: Dataset, original: Dataset | None, recipe: Recipe) -> Prepared:
    """Return texts as tokens and an encoder with a head for their classes. Raises BadInput."""
    columns, label = _columns(dataset, recipe), _label(dataset)
    config, tokenizer = config_of(recipe.model), tokenizer_of(recipe.model)
    limit = _length(recipe, config, tokenizer)
    task = _task(dataset, columns, label, tokenizer, limit)
    module, head = _module(recipe, label.classes, task.classes)
    before, note = None, ""
    if original is not None:
        then = _label(original)
        task_then = _task(original, _columns(original, recipe), then, tokenizer, limit)
        before, note = _original(recipe, task_then, then.classes, module, len(label.classes))
    return Prepared(
        task=task,
        module=module,
        save=lambda one, folder: save_pretrained(one, tokenizer, folder),
        original=before,
        head=head,
        classes=label.classes,
        notes=(note,) if note else (),
    )


def _original(
    recipe: Recipe, task: TextClasses, classes: Sequence[str], module: Module, n_outcomes: int
) -> tuple[OwnHead, str]:
    """Return the original task with the head that the model came with, or with one fitted on it; and which it is."""
    place, _ = last_linear(module, n_outcomes)
    came, loading = model_of(_sequence_models(), recipe.model, output_loading_info=True)
    known = came.config.label2id
    if not loading["missing_keys"] and set(classes) <= set(known):
        layer = last_linear(came, came.config.num_labels)[1]
        rows = [known[name] for name in classes]
        biases = layer.bias.detach().numpy()[rows] if layer.bias is not None else np.zeros(len(rows), np.float32)
        return OwnHead(task, place, layer_of(layer.weight.detach().numpy()[rows], biases)), (
            "the original task is judged by the head that the model came with"
        )
    head = LastLayer((), task.classes, n_outcomes, _logits)
    layer, n = probed(task, module, head, len(classes), Streams(recipe.seed))
    return OwnHead(task, place, layer), (
        f"the original task is judged by a head that was fitted on {n:,} of its examples before tuning, "
        "as the model came without one for its classes"
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
    wanted = recipe.of("classify-text").get("length", min(LENGTH, most))
    if not isinstance(wanted, int) or not 1 < wanted <= most:
        raise BadInput(f"options.classify-text.length is {wanted!r}; the model takes 2 to {most} tokens")
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
    return TextClasses(ids, classes, pad, Supervision("tokens", limit, ledgers, tuple(columns)))


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
    if not new:
        new = _as_classes(module, config_of(recipe.model).label2id, classes)
    return module, LastLayer(tuple(sorted(new)), targets, len(classes), _logits) if new else None


def _as_classes(module: Module, known: Mapping[str, int], classes: Sequence[str]) -> set[str]:
    """Give the head that a model came with the order of the classes; return the names of its parameters if it is new.

    As many classes, but other ones, want a new head: what the old one knew of those is no knowledge of these.
    """
    import torch

    place, layer = last_linear(module, len(classes))
    if set(known) != set(classes):
        layer.reset_parameters()
        return {f"{place}.{name}" for name, _ in layer.named_parameters()}
    with torch.no_grad():
        for one in layer.parameters():
            one.copy_(one[[known[name] for name in classes]].clone())
    return set()


def _logits(module: Module, batch: Batch) -> Any:
    return module(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits


def _suits(dataset: Dataset, recipe: Recipe) -> bool:
    if dataset.one("label") is None:
        return False
    return bool(recipe.inputs or texts_of(dataset))


kind = Kind("classify-text", "classes of texts", _suits, 5e-5, partial(prepare))


def predictor(folder: Path, recipe: Recipe, columns: tuple[str, ...]) -> Callable[[pa.Table], pa.Table]:
    """Return what says the class of texts, and how probable each class is, by the tuned model in a folder."""
    config, tokenizer = config_of(str(folder)), tokenizer_of(str(folder))
    limit, module = _length(recipe, config, tokenizer), model_of(_sequence_models(), str(folder))
    names = [str(config.id2label[at]) for at in range(config.num_labels)]
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
    nothing = Supervision("tokens", limit, {}, columns)

    def predict(rows: pa.Table) -> pa.Table:
        """Return `prediction` and, for each class, its probability as `p_` and its name."""
        texts = _joined([rows.column(name).to_pylist() for name in columns])
        ids = tokenizer(texts, truncation=True, max_length=limit)["input_ids"] if texts else []
        task = TextClasses({"new": ids}, {"new": np.zeros(len(ids), np.int64)}, pad, nothing)
        found = np.zeros((len(ids), len(names)))
        with quiet(module):
            for at in by_size(task.sizes("new")):
                found[at] = task.log_probabilities(module, task.batch("new", at)).double().exp().numpy()
        classes = pa.array(names).take(pa.array(found.argmax(axis=1)))
        scores = {f"p_{name}": found[:, at] for at, name in enumerate(names)} if len(names) <= _MOST_SCORES else {}
        return pa.table({"prediction": classes, **scores})

    return predict
