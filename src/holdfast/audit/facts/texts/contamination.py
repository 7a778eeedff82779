"""How much of the texts of a benchmark stands, word for word, in the training texts."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int, UInt64

from holdfast.audit.definitions import fact
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.progress import Advance, Progress, track
from holdfast.data.bulk.words import Words, blocks_of, words_of

RUN = 13  # words; a run of 13 hardly recurs unless it was copied (Brown et al., 2020)
SHORT_RUN = 8  # for texts of fewer than 13 words, as in PaLM and later reports
_MOST_OFTEN = 10  # training texts that hold a run: more often, it is a saying or a form (Brown et al., 2020)
_FORM = 0.01  # share of the benchmark's texts that hold a run: more, and it is the benchmark's own form
_TABLE_BITS = 24


@dataclass(frozen=True)
class Contamination:
    """For each text of the benchmark: the share of its words in runs that a training text holds, and which text.

    `rows` are rows of the benchmark that are long enough to be judged; `covered` is the share of the words of each,
    `source` the training row that holds most of it, or -1; `start` and `stop` bound the longest passage, in words.
    """

    column: str
    benchmark: str
    against: tuple[str, ...]
    rows: Int[np.ndarray, " texts"]
    covered: Float[np.ndarray, " texts"]
    source: Int[np.ndarray, " texts"]
    start: Int[np.ndarray, " texts"]
    stop: Int[np.ndarray, " texts"]


@dataclass(frozen=True)
class Contaminations:
    """One for each benchmark and text column."""

    each: tuple[Contamination, ...]


@fact()
def text_contamination(dataset: Dataset, progress: Progress) -> Contaminations:
    """How much of each benchmark's texts stands in the training texts: runs of 13 words, in linear time."""
    column = dataset.one("split")
    names = [] if column is None else [str(name) for name in dataset.codes(column.name)[1]]
    benchmarks = sorted(name for name in names if name.lower().startswith("benchmark"))
    if not benchmarks or column is None:
        raise NotApplicable("no benchmark: give it as --split benchmark=FILE")
    texts = dataset.of(role="feature", kind="text")
    if not texts:
        raise NotApplicable("no feature column of texts")
    codes, values = dataset.codes(column.name)
    against = tuple(name for name in map(str, values) if name in {"train", "valid", "all"})
    train = np.isin(codes, [place for place, name in enumerate(values) if str(name) in against])
    if not train.any():
        raise NotApplicable("no training texts to look through")
    found = []
    for name in benchmarks:
        rows = np.flatnonzero(codes == [str(value) for value in values].index(name))
        with track(progress, f"looking for {name}", int(train.sum()) * len(texts), "texts") as advance:
            found += [
                _looked_for(dataset, text.name, name, against, rows, np.flatnonzero(train), advance) for text in texts
            ]
    return Contaminations(tuple(found))


@dataclass(frozen=True)
class _Runs:
    """Runs of words of the benchmark: where each stands, and the same as a sorted array with a table before it."""

    length: int
    hashes: UInt64[np.ndarray, " runs"]
    text: Int[np.ndarray, " runs"]
    at: Int[np.ndarray, " runs"]
    known: UInt64[np.ndarray, " different"]
    table: Bool[np.ndarray, " table"]


def _looked_for(
    dataset: Dataset,
    column: str,
    name: str,
    against: tuple[str, ...],
    rows: np.ndarray,
    train: np.ndarray,
    advance: Advance,
) -> Contamination:
    values = dataset.values(column)
    n_words, kinds = _runs_of(values, rows)
    begins = np.concatenate(([0], np.cumsum(n_words)))
    covered = np.zeros(begins[-1], dtype=bool)
    votes: list[tuple[np.ndarray, np.ndarray]] = []
    for runs, (place, train_row) in zip(kinds, _hits(values, train, kinds, advance), strict=True):
        often = np.bincount(place, minlength=len(runs.known))
        form = (often > _MOST_OFTEN) | (_held_by(runs) > max(_MOST_OFTEN, _FORM * len(rows)))
        first = np.full(len(runs.known), -1, dtype=np.int64)
        first[place[::-1]] = train_row[::-1]
        number = np.searchsorted(runs.known, runs.hashes)
        at = begins[runs.text] + runs.at
        in_form = np.concatenate(([0], np.cumsum(_spans(at[form[number]], runs.length, len(covered)))))
        own = runs.length - (in_form[at + runs.length] - in_form[at])  # words that are no part of a form
        used = (often > 0)[number] & ~form[number] & (2 * own >= runs.length)
        covered |= _spans(at[used], runs.length, len(covered))
        votes.append((runs.text[used], first[number[used]]))
    source = _most_voted(votes, len(rows))
    so_far = np.concatenate(([0], np.cumsum(covered)))
    shares = np.diff(so_far[begins]) / np.maximum(n_words, 1)
    bounds = np.zeros((len(rows), 2), dtype=np.int64)
    for text in np.flatnonzero(shares > 0).tolist():
        bounds[text] = _longest(covered[begins[text] : begins[text + 1]])
    judged = n_words >= SHORT_RUN
    return Contamination(
        column=column,
        benchmark=name,
        against=against,
        rows=rows[judged],
        covered=shares[judged],
        source=source[judged],
        start=bounds[judged, 0],
        stop=bounds[judged, 1],
    )


def _runs_of(values: pa.ChunkedArray, rows: np.ndarray) -> tuple[np.ndarray, tuple[_Runs, _Runs]]:
    """Return the number of words of each text, and its runs: of 13 words, or of 8 where it is shorter."""
    n_words = np.zeros(len(rows), dtype=np.int64)
    parts: dict[int, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {RUN: [], SHORT_RUN: []}
    for start, block in blocks_of(values, rows):
        words = words_of(block)
        counts = words.counts
        n_words[start : start + len(block)] = counts
        for length, found in parts.items():
            hashes, text, at = _placed(words, length)
            wanted = (counts >= RUN)[text] == (length == RUN)
            found.append((hashes[wanted], text[wanted] + start, at[wanted]))
    kinds = []
    for length, found in parts.items():
        hashes, text, at = (np.concatenate(each) for each in zip(*found, strict=True))
        known = np.unique(hashes)
        table = np.zeros(1 << _TABLE_BITS, dtype=bool)
        table[known >> np.uint64(64 - _TABLE_BITS)] = True
        kinds.append(_Runs(length, hashes, text, at, known, table))
    return n_words, (kinds[0], kinds[1])


def _placed(words: Words, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the hash of each run, its text, and at which word of the text it begins."""
    hashes, starts = words.runs(length)
    text = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    return hashes, text, np.arange(len(hashes)) - starts[text]


def _hits(
    values: pa.ChunkedArray, train: np.ndarray, kinds: tuple[_Runs, ...], advance: Advance
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return, for each length of run, (place among the known ones, training row), once for each text."""
    found: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in kinds]
    for start, block in blocks_of(values, train):
        words = words_of(block)
        for runs, hits in zip(kinds, found, strict=True):
            if not len(runs.known):
                continue
            hashes, starts = words.runs(runs.length)
            maybe = np.flatnonzero(runs.table[hashes >> np.uint64(64 - _TABLE_BITS)])
            place = np.minimum(np.searchsorted(runs.known, hashes[maybe]), len(runs.known) - 1)
            sure = runs.known[place] == hashes[maybe]
            text = np.searchsorted(starts, maybe[sure], side="right") - 1
            pairs = np.unique(np.stack([place[sure], train[start + text]]), axis=1)
            hits.append((pairs[0], pairs[1]))
        advance(len(block))
    empty = np.empty(0, dtype=np.int64)
    return [
        (np.concatenate([empty, *(a for a, _ in hits)]), np.concatenate([empty, *(b for _, b in hits)]))
        for hits in found
    ]


def _spans(starts: np.ndarray, length: int, n: int) -> np.ndarray:
    """Return which of `n` words are among the `length` words from one of `starts` on."""
    steps = np.bincount(starts, minlength=n + 1) - np.bincount(starts + length, minlength=n + 1)
    return np.cumsum(steps[:n]) > 0


def _held_by(runs: _Runs) -> np.ndarray:
    """Return how many texts of the benchmark hold each known run."""
    number = np.searchsorted(runs.known, runs.hashes)
    pairs = np.unique(np.stack([number, runs.text]), axis=1)
    return np.bincount(pairs[0].astype(np.int64), minlength=len(runs.known))


def _most_voted(votes: list[tuple[np.ndarray, np.ndarray]], n: int) -> np.ndarray:
    """Return for each text the training row that holds most of its runs, or -1."""
    text = np.concatenate([text for text, _ in votes]).astype(np.int64)
    row = np.concatenate([row for _, row in votes])
    source = np.full(n, -1, dtype=np.int64)
    if len(text):
        pairs, counts = np.unique(np.stack([text, row]), axis=1, return_counts=True)
        order = np.lexsort((-pairs[1], counts))
        source[pairs[0][order]] = pairs[1][order]
    return source


def _longest(mask: np.ndarray) -> tuple[int, int]:
    """Return where the longest run of True begins and ends; (0, 0) where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    best = int(np.argmax(stops - starts))
    return int(starts[best]), int(stops[best])
