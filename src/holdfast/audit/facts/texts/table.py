"""Which words how many texts of each class hold: the table from which words that give the label away are read."""

import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int, UInt64

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.predictiveness import units
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowGroups, RowKeys
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled
from holdfast.data.bulk.words import blocks_of, words_of

MOST_ROWS = 20_000
MOST_CHARACTERS = 20_000  # of one text that are read
MOST_WORDS = 50_000  # the most frequent ones
_FEWEST_TEXTS = 20
_FEWEST_HOLDING = 5  # units; rarer words say nothing about a class
_A_WORD = re.compile(r"[^\W_]+(?:['’‘][^\W_]+)*")


@dataclass(frozen=True)
class TokenTable:
    """Words of a text column. `holding` counts, for each word and class, the units that hold it, of `n_units`.

    A unit is a group, or the copies of a text: what is independent. `row` is the place in `rows` of one text that
    holds the word; `length` is the number of words of each of `rows`.
    """

    column: str
    label: str  # name of its column
    classes: tuple[str, ...]
    rows: Int[np.ndarray, " sample"]
    unit: Int[np.ndarray, " sample"]
    codes: Int[np.ndarray, " sample"]
    length: Int[np.ndarray, " sample"]
    hashes: UInt64[np.ndarray, " words"]
    holding: Int[np.ndarray, "words classes"]
    n_units: Int[np.ndarray, " classes"]
    row: Int[np.ndarray, " words"]
    texts: pa.LargeStringArray = field(repr=False, compare=False)

    @property
    def share(self) -> Float[np.ndarray, "words classes"]:
        """Share of the units of each class that hold a word."""
        return np.asarray(self.holding / np.maximum(self.n_units, 1))

    def spelled(self, word: int) -> str:
        """Return a word as it stands in a text that holds it."""
        text = self.texts[int(self.row[word])].as_py()
        found = list(dict.fromkeys(_A_WORD.findall(text)))
        if found:
            tried = words_of(pa.array(found, pa.large_string()))
            for place in np.flatnonzero(tried.counts == 1).tolist():
                if tried.hashes[tried.starts[place]] == self.hashes[word]:
                    return found[place]
        return "?"

    def places(self, word: int) -> tuple[Int[np.ndarray, " texts"], Int[np.ndarray, " texts"]]:
        """Return the texts that hold a word (places in `rows`), and at which word it first stands in each."""
        texts, at = [], []
        for start, block in blocks_of(pa.chunked_array([self.texts])):
            words = words_of(block)
            hit = np.flatnonzero(words.hashes == self.hashes[word])
            text = np.searchsorted(words.starts, hit, side="right") - 1
            first = np.concatenate(([True], text[1:] != text[:-1])) if len(text) else np.zeros(0, dtype=bool)
            texts.append(text[first] + start)
            at.append((hit - words.starts[text])[first])
        return np.concatenate([np.empty(0, np.int64), *texts]), np.concatenate([np.empty(0, np.int64), *at])


@dataclass(frozen=True)
class TokenTables:
    """The table of each text column."""

    each: tuple[TokenTable, ...]
    sampled: Sampled | None = None


@fact()
def text_tokens(
    dataset: Dataset, labels: Labels, groups: Groups | None, row_groups: RowGroups, row_keys: RowKeys
) -> TokenTables:
    """Which words how many texts of each class hold, in up to 20,000 rows that have a class."""
    columns = dataset.of(role="feature", kind="text")
    if not columns:
        raise NotApplicable("no feature column of texts")
    if not labels.is_classes:
        raise NotApplicable(f"the label {labels.column!r} is a number; words are counted by class")
    n_known = int(labels.known.sum())
    if n_known < _FEWEST_TEXTS:
        raise NotApplicable(f"{n_known} rows with a label; at least {_FEWEST_TEXTS} are needed")
    rows = row_keys.sample(labels.known, MOST_ROWS)
    unit = units(rows, groups, row_groups)
    tables = tuple(_table(dataset, column.name, labels, rows, unit) for column in columns)
    sampled = Sampled(what="texts whose words were counted", rows=len(rows), of=n_known)
    return TokenTables(tables, sampled if len(rows) < n_known else None)


def _table(dataset: Dataset, column: str, labels: Labels, rows: np.ndarray, unit: np.ndarray) -> TokenTable:
    texts = pc.utf8_slice_codeunits(
        pc.fill_null(dataset.values(column).take(pa.array(rows)), "").combine_chunks(), 0, MOST_CHARACTERS
    )
    codes = labels.codes[rows]
    hashes, owners, length = [], [], np.zeros(len(rows), dtype=np.int64)
    for at, block in blocks_of(pa.chunked_array([texts])):
        words = words_of(block)
        length[at : at + len(block)] = words.counts
        order = np.lexsort((words.hashes, words.text))
        held, text = words.hashes[order], words.text[order]
        once = np.ones(len(held), dtype=bool)
        once[1:] = (held[1:] != held[:-1]) | (text[1:] != text[:-1])
        hashes.append(held[once])
        owners.append(text[once] + at)
    every, owner = np.concatenate([np.empty(0, np.uint64), *hashes]), np.concatenate([np.empty(0, np.int64), *owners])
    word, number = np.unique(every, return_inverse=True)
    number = number.reshape(-1)
    # Of copies, and of what belongs to one group, one counts; a group of several classes counts in each.
    keys = (number * (int(unit.max(initial=0)) + 1) + unit[owner]) * len(labels.classes) + codes[owner]
    _, first = np.unique(keys, return_index=True)
    cells = number[first] * len(labels.classes) + codes[owner[first]]
    holding = np.bincount(cells, minlength=len(word) * len(labels.classes)).reshape(-1, len(labels.classes))
    total = holding.sum(axis=1)
    kept = np.flatnonzero(total >= _FEWEST_HOLDING)
    kept = np.sort(kept[np.argsort(-total[kept], kind="stable")[:MOST_WORDS]])
    row = np.zeros(len(word), dtype=np.int64)
    row[number[::-1]] = owner[::-1]
    n_units = np.array([len(np.unique(unit[codes == code])) for code in range(len(labels.classes))])
    return TokenTable(
        column,
        labels.column,
        labels.classes,
        rows,
        unit,
        codes,
        length,
        word[kept],
        holding[kept],
        n_units,
        row[kept],
        texts,
    )
