"""Text that goes on: conversations, prompts with answers, or plain texts, by a causal language model."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from jaxtyping import Int
from pydantic import BaseModel, Field

from holdfast.audit.supervision import Supervision
from holdfast.core.config import checked
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.media import Media
from holdfast.data.canonical import STRING
from holdfast.data.origin import EVIDENCED, GENERATION, GENERATOR, ORIGIN, PARENTS, RECORD
from holdfast.finetune.answering import Answering, Asked
from holdfast.finetune.chat.examples import Split, examples_of
from holdfast.finetune.chat.going_on import Writing, gone_on
from holdfast.finetune.chat.packing import bins, positions, sees
from holdfast.finetune.chat.prompts import behind, prompts_of
from holdfast.finetune.chat.reading import Columns, columns_of
from holdfast.finetune.chat.template import Learnt, own_template
from holdfast.finetune.chat.tokens import Tokens
from holdfast.finetune.device import beside, placed
from holdfast.finetune.lineage import generation_after
from holdfast.finetune.models.causal import causal_model, mixes, save_causal, stops_of
from holdfast.finetune.models.factory import CARD, card_of
from holdfast.finetune.models.pretrained import config_of, tokenizer_of
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import members
from holdfast.finetune.tasks.definitions import Batch, Judged, Kind, Module, Prepared

LENGTH = 512  # tokens; what is longer is cut, and counted
_LIMIT = 100_000  # what tokenizers say when they know no limit is far above this
_UNLEARNT = -100  # PyTorch's cross_entropy leaves these out
_MOST_LOGITS = 1 << 26  # computed at once where nothing is learnt: 256 MiB
_MOST_OUTCOMES = 1 << 19  # log-probabilities of one example that the drift meter keeps: 2 MiB


class Options(BaseModel):
    """Options of `generate-text`."""

    model_config = FROZEN
    length: int | None = Field(None, ge=2, description="tokens of an example that the model is shown")
    packing: bool = Field(default=False, description="several examples in one row of a batch, apart from one another")
    cut: Literal["end", "start"] = Field("end", description="which side of what is too long is cut off")
    learn: Learnt = Field("answers", description="every answer of a conversation, or the last one")
    append_end: bool = Field(
        default=False, description="put the end token behind conversations whose template does not"
    )


@dataclass(frozen=True)
class Continuations:
    """Examples as tokens, of which some are learnt."""

    tokens: Mapping[str, Tokens]
    limit: int
    pad: int
    outcomes: int
    supervision: Supervision
    packing: bool = False
    metric: str = field(default="minus nats per token", init=False)

    def count(self, split: str) -> int:
        """Return how many examples a split has."""
        return len(self.tokens[split]) if split in self.tokens else 0

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return the tokens of each example."""
        return self.tokens[split].sizes if split in self.tokens else np.zeros(0, np.int64)

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return `input_ids`, `attention_mask` and `labels` (examples × tokens).

        Where examples are packed to be learnt from, a row holds several: `position_ids` begin anew with each, the mask
        (rows × 1 × tokens × tokens) keeps them apart, and `owner` says which example a token is of, -1 for none.
        """
        sizes = self.sizes(split)[rows]
        packed = self.packing and rng is not None
        return self._laid(split, rows, bins(sizes, self.limit) if packed else [[at] for at in range(len(rows))], packed)

    def _laid(self, split: str, rows: np.ndarray, places: Sequence[Sequence[int]], packed: bool) -> Batch:  # noqa: FBT001
        import torch

        tokens = self.tokens[split]
        sizes = tokens.sizes[rows]
        width = max((int(sizes[list(one)].sum()) for one in places), default=1)
        ids = np.full((len(places), max(width, 1)), self.pad, dtype=np.int64)
        labels, owner = np.full_like(ids, _UNLEARNT), np.full_like(ids, -1)
        for row, one in enumerate(places):
            at = 0
            for example in one:
                first, stop = tokens.starts[rows[example]], tokens.starts[rows[example] + 1]
                here = slice(at, at + int(stop - first))
                ids[row, here] = tokens.ids[first:stop]
                labels[row, here] = np.where(tokens.learnt[first:stop], tokens.ids[first:stop], _UNLEARNT)
                owner[row, here] = example
                at = here.stop
        batch = {"input_ids": ids, "labels": labels}
        if packed:
            batch |= {"attention_mask": sees(owner), "position_ids": positions(owner), "owner": owner}
        else:
            batch["attention_mask"] = (owner >= 0).astype(np.int64)
        return {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in batch.items()}

    def weight(self, batch: Batch) -> float:
        """Return the number of tokens that are learnt."""
        return float((batch["labels"] != _UNLEARNT).sum())

    def loss(self, module: Module, batch: Batch) -> Any:
        """Return the summed cross-entropy of the tokens that are learnt, nats."""
        return _nats(module, batch).sum()

    def judge(self, module: Module, batch: Batch) -> Judged:
        """Return minus the nats per learnt token of each example, its loss, and how many tokens those are."""
        import torch

        labels = batch["labels"].cpu()
        owner = batch["owner"].cpu() if "owner" in batch else torch.arange(len(labels))[:, None].expand_as(labels)
        n = int(owner.max()) + 1
        place = owner[:, 1:].clamp(min=0).reshape(-1)
        nats = torch.cat([_nats(module, part) for part in self._parts(batch)]).cpu()
        learnt = (labels[:, 1:] != _UNLEARNT).double().reshape(-1)
        total = torch.zeros(n, dtype=torch.double).index_add_(0, place, nats.double().reshape(-1)).numpy()
        weight = torch.zeros(n, dtype=torch.double).index_add_(0, place, learnt).numpy()
        mean = total / np.maximum(weight, 1.0)
        return Judged(-mean, mean, weight)

    def log_probabilities(self, module: Module, batch: Batch) -> Any:
        """Return log p of every token at learnt places, some evenly spaced ones of each example (items × outcomes)."""
        import torch

        most, found = max(1, _MOST_OUTCOMES // self.outcomes), []
        for part in self._parts(batch):
            logits = _logits(module, part)[:, :-1]
            for one, labels in zip(logits, part["labels"][:, 1:], strict=True):
                places = (labels != _UNLEARNT).nonzero()[:, 0]
                taken = np.unique(np.linspace(0, len(places) - 1, min(most, len(places))).round().astype(int))
                found.append(one[places[taken]].float().log_softmax(-1))
        return torch.cat(found)

    def _parts(self, batch: Batch) -> list[Batch]:
        """Return a batch in parts that are small enough to be looked at."""
        n, width = batch["labels"].shape
        size = max(1, _MOST_LOGITS // (width * self.outcomes))
        return [{name: one[at : at + size] for name, one in batch.items()} for at in range(0, n, size)]


def _logits(module: Module, batch: Batch) -> Any:
    given = {name: batch[name] for name in ("input_ids", "attention_mask", "position_ids") if name in batch}
    return module(**given, use_cache=False).logits


def _nats(module: Module, batch: Batch) -> Any:
    """Return the cross-entropy of each token but the first of a row, 0 where it is not learnt (rows × tokens − 1)."""
    from torch.nn.functional import cross_entropy

    logits, labels = _logits(module, batch)[:, :-1].float(), batch["labels"][:, 1:]
    nats = cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=_UNLEARNT, reduction="none")
    return nats.view(labels.shape)


def prepare(dataset: Dataset, original: Dataset | None, recipe: Recipe) -> Prepared:
    """Return examples as tokens, and the model that is to go on with them. Raises BadInput."""
    options = checked(Options, recipe.of("generate-text"), table="options.generate-text")
    config, tokenizer = config_of(recipe.model), tokenizer_of(recipe.model)
    limit = _length(options, config, tokenizer)
    module = placed(causal_model(recipe.model, len(tokenizer)))
    make = partial(_task, tokenizer=tokenizer, stops=stops_of(module, tokenizer), limit=limit, options=options,
                   outcomes=config.get_text_config().vocab_size)  # fmt: skip
    task = make(dataset, _columns(dataset, recipe.inputs))
    before = None
    if original is not None:
        before = make(original, columns_of(original) or _columns(original, recipe.inputs))
    if options.packing:
        _refuse_mixing(task, module, recipe.model)
    return Prepared(
        task=task,
        module=module,
        save=_saving(tokenizer, _generation(dataset, original, recipe)),
        original=before,
        notes=task.supervision.notes,
    )


def _saving(tokenizer: Any, generation: int | None) -> Callable[[Module, Path], None]:
    def save(module: Module, folder: Path) -> None:
        save_causal(module, tokenizer, folder)
        (folder / CARD).write_text(json.dumps({GENERATION: generation}), "utf-8")

    return save


def _generation(dataset: Dataset, original: Dataset | None, recipe: Recipe) -> int | None:
    """Return the generation of what the tuned model will write; None where that is not known."""
    replayed = original is not None and "replay" in recipe.kept_by
    learnt = [(one, members(one)["train"]) for one in (dataset, original if replayed else None) if one is not None]
    found = [generation_after(one, rows) for one, rows in learnt]
    return None if None in found else max(one for one in found if one is not None)


def _columns(dataset: Dataset, wanted: Sequence[str]) -> Columns:
    label = dataset.one("label")
    if label is not None:
        raise BadInput(
            f"generate-text learns answers, and has no label; leave label {label.name!r} out, or name prompt and "
            f'answer: inputs = ["…", "{label.name}"]'
        )
    found = columns_of(dataset, wanted)
    if found is None:
        known = ", ".join(column.name for column in dataset.of(role="feature")) or "none"
        raise BadInput(
            f"{dataset.name} has no column that a language model learns from: messages, prompt and completion, or "
            f'text. Name one or two: inputs = ["…"]. Its features are {known}'
        )
    return found


def _most(config: Any, tokenizer: Any) -> int:
    return int(min(getattr(config, "max_position_embeddings", None) or _LIMIT, tokenizer.model_max_length, _LIMIT))


def _length(options: Options, config: Any, tokenizer: Any) -> int:
    most = _most(config, tokenizer)
    wanted = options.length or min(LENGTH, most)
    if wanted > most:
        raise BadInput(f"options.generate-text.length is {wanted}; the model takes 2 to {most} tokens")
    return wanted


def _task(dataset: Dataset, columns: Columns, tokenizer: Any, stops: frozenset[int], limit: int, options: Options,
          outcomes: int) -> Continuations:  # fmt: skip
    notes: list[str] = []
    template = ""
    if columns.form == "messages":
        template = "the tokenizer's chat template"
        if not tokenizer.chat_template:
            tokenizer.chat_template = own_template(tokenizer)
            notes.append("the tokenizer has no chat template: a plain one was given to it (User: …, Assistant: …)")
        if tokenizer.chat_template == own_template(tokenizer):
            template = "a plain template"
    end = tokenizer.eos_token_id if columns.form != "messages" or options.append_end else None
    read: dict[str, Split] = {
        split: examples_of(dataset, rows, split, columns, tokenizer, stops=stops, limit=limit, end=end,
                           cut=options.cut, learnt=options.learn)
        for split, rows in members(dataset).items() if len(rows)
    }  # fmt: skip
    pad_is_end = tokenizer.pad_token_id is not None and tokenizer.pad_token_id in stops
    if pad_is_end:
        notes.append(
            f"padding and end share the token {tokenizer.pad_token!r}; padding is masked by its place here, so that "
            "ends are learnt. Trainers that mask by token would lose them"
        )
    supervision = Supervision(
        unit="tokens",
        limit=limit,
        ledgers={split: one.ledger for split, one in read.items()},
        columns=columns.names,
        end=", ".join(sorted(str(tokenizer.convert_ids_to_tokens(one)) for one in stops)),
        pad_is_end=pad_is_end,
        template=template,
        template_faults=tuple(fault for one in read.values() for fault in one.faults),
        notes=tuple(notes),
    )
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
    tokens = {split: one.tokens for split, one in read.items()}
    return Continuations(tokens, limit, pad, outcomes, supervision, options.packing)


def _refuse_mixing(task: Continuations, module: Module, name: str) -> None:
    """Raise BadInput where the loss of an example changes with what else is in its row."""
    split = next(iter(task.tokens))
    rows = np.argsort(task.sizes(split), kind="stable")[:2]
    if len(rows) < 2 or task.sizes(split)[rows].sum() > task.limit:
        return
    alone, together = task.batch(split, rows), task._laid(split, rows, [[0, 1]], packed=True)  # noqa: SLF001 its own file
    if mixes(lambda batch: task.judge(module, beside(module, batch)).loss, module, alone, together):
        raise BadInput(
            f"model {name} does not keep packed examples apart: their loss changes with their neighbours. Leave "
            "options.generate-text.packing out"
        )


def _suits(dataset: Dataset, recipe: Recipe) -> bool:
    if dataset.one("label") is not None or dataset.of(kind="image"):
        return False
    return columns_of(dataset, recipe.inputs) is not None


kind = Kind("generate-text", "text that goes on, by a language model", _suits, 5e-5, partial(prepare), budget=0.1)


def predictor(asked: Asked) -> Answering:
    """Return what goes on behind prompts, conversations or texts by the tuned model, and says that a model wrote it."""
    writing = checked(Writing, dict(asked.options), table="what to write")
    name = str(asked.model)
    tokenizer, config = tokenizer_of(name), config_of(name)
    module = placed(causal_model(name, len(tokenizer)))
    stops, most = stops_of(module, tokenizer), _most(config, tokenizer)
    if "tokens" not in asked.options:
        writing = writing.model_copy(update={"tokens": min(writing.tokens, most // 2)})
    if writing.tokens >= most:
        raise BadInput(f"--tokens is {writing.tokens:,}; the model takes {most:,} tokens, and the prompt is among them")
    begin = next((one for one in (tokenizer.bos_token_id, tokenizer.eos_token_id) if one is not None), None)
    pad = next((one for one in (tokenizer.pad_token_id, begin) if one is not None), 0)
    generator = f"{Path(asked.recipe.model).name} tuned in Holdfast run {asked.run}"
    generation = card_of(name).get(GENERATION)
    first, met = asked.columns[0], Counter[str]()

    def answer(rows: pa.Table, media: Media) -> pa.Table:
        """Return `completion`, its `tokens`, whether the model `ended` it by itself, and its provenance."""
        del media
        cells = rows.column(first).to_pylist()
        prompts = [
            one[-(most - writing.tokens) :] for one in prompts_of(tokenizer, cells, paired=len(asked.columns) > 1)
        ]
        prompts = [
            one or ([] if cell is None or begin is None else [begin]) for one, cell in zip(prompts, cells, strict=True)
        ]
        asking = [at for at, one in enumerate(prompts) if one]
        found = gone_on(module, [prompts[at] for at in asking], writing, stops, pad, met)
        texts = [behind(tokenizer, prompts[at], one.ids) for at, one in zip(asking, found, strict=True)]
        n = len(asking)
        table = pa.table({
            "completion": pa.array(texts, STRING),
            "tokens": pa.array([len(one.ids) for one in found], pa.int64()),
            "ended": pa.array([one.ended for one in found], pa.bool_()),
            ORIGIN: pa.array(["synthetic"] * n, STRING),
            EVIDENCED: pa.array(["declared"] * n, STRING),
            GENERATOR: pa.array([generator] * n, STRING),
            GENERATION: pa.array([generation if isinstance(generation, int) else None] * n, pa.int64()),
        })  # fmt: skip
        place = {at: place for place, at in enumerate(asking)}
        table = table.take(pa.array([place.get(at) for at in range(len(cells))], pa.int64()))
        return table.append_column(PARENTS, rows.column(RECORD)) if RECORD in rows.column_names else table

    return Answering(answer, needs=(first,), uses=(RECORD,), at_once=16 * writing.batch, silent="they hold no prompt")
