"""What NumPy reads from records, block by block: fingerprints, keys of bands, runs of words. Pure functions."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from holdfast.data.bulk.bits import GOLDEN
from holdfast.data.bulk.engine import parquet_files
from holdfast.data.bulk.hashes import hashes_of, stirred
from holdfast.data.bulk.minhash import BANDS, band_keys
from holdfast.data.bulk.records import Unit, blocks
from holdfast.data.bulk.words import Words, blocks_of, words_of
from holdfast.data.canonical import STRING

RUN = 3  # words of a run: what two texts are compared by
SAMPLED_RUNS = 8192  # of a text with twice as many different ones or more; others are compared by all of them
_WHOLE = (1 << 64) - 1
_LIMITS = np.array([min(_WHOLE, int(_WHOLE * (2 * SAMPLED_RUNS / 2**size))) for size in range(64)], dtype=np.uint64)

_LONG, _INT = pa.int64(), pa.int32()
DOCS = pa.schema(
    [("doc", _LONG), ("part", _INT), ("hash", _LONG), ("same", _LONG), ("words", _INT)]
    + [(f"k{band}", _LONG) for band in range(BANDS)]
)
GRAMS = pa.schema([("doc", _LONG), ("runs", _LONG), ("grams", pa.list_(_LONG))])


def documents(unit: Unit, columns: Sequence[str], text: str | None, run: int = RUN) -> Iterator[pa.RecordBatch]:
    """Yield, as DOCS, for each record its hash over `columns`, and what its `text` is found by, where it has one.

    `same` is a hash of the words in their order, missing where there are none; keys are missing for texts of less than
    `run` words.
    """
    names = [*columns, *([text] if text is not None and text not in columns else [])]
    for first, block in blocks(unit, names):
        n = len(block)
        hashes = hashes_of([[block.column(name)] for name in columns], n).view(np.int64)
        arrays = [
            pa.array(np.arange(first, first + n)),
            pa.repeat(pa.scalar(unit.part, _INT), n),
            pa.array(hashes),
            *(_of_texts(_strings(block.column(text)), run) if text is not None else _no_texts(n)),
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=DOCS)


def grams(unit: Unit, text: str, wanted: Path, run: int = RUN) -> Iterator[pa.RecordBatch]:
    """Yield, as GRAMS, the different runs of words of those texts of a unit whose numbers stand in the table `wanted`.

    Of a very long text those runs are kept whose hash is small, which depends on nothing but their number.
    """
    numbers = _between(wanted, unit.first, unit.first + unit.rows)
    if not len(numbers):
        return
    for first, block in blocks(unit, [text]):
        here = numbers[(numbers >= first) & (numbers < first + len(block))]
        if len(here):
            yield from _grams(_strings(block.column(0)).take(pa.array(here - first)), here, run)


def _grams(texts: pa.Array, numbers: np.ndarray, run: int) -> Iterator[pa.RecordBatch]:
    for at, few in blocks_of(pa.chunked_array([texts])):
        runs, starts = words_of(few).runs(run)
        text = np.repeat(np.arange(len(few)), np.diff(starts))
        order = np.lexsort((runs, text))
        runs, text = runs[order], text[order]
        new = np.ones(len(runs), dtype=bool)
        new[1:] = (runs[1:] != runs[:-1]) | (text[1:] != text[:-1])
        runs, text = runs[new], text[new]
        counts = np.bincount(text, minlength=len(few))
        keep = runs <= limit(counts)[text]
        runs, text = runs[keep], text[keep]
        offsets = np.searchsorted(text, np.arange(len(few) + 1)).astype(np.int32)
        arrays = [
            pa.array(numbers[at : at + len(few)]),
            pa.array(counts),
            pa.ListArray.from_arrays(pa.array(offsets), pa.array(runs.view(np.int64))),
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=GRAMS)


def limit(counts: np.ndarray) -> np.ndarray:
    """Return the largest hash that is kept of texts of so many different runs."""
    return _LIMITS[np.frexp(np.maximum(counts, 1).astype(np.float64))[1]]


def _of_texts(texts: pa.Array, run: int) -> Iterator[pa.Array]:
    same, words, keys, some = [], [], [], []
    for _, few in blocks_of(pa.chunked_array([texts])):
        of = words_of(few)
        runs, starts = of.runs(run)
        same.append(ordered(of))
        words.append(of.counts)
        keys.append(band_keys(runs, starts))
        some.append(np.diff(starts) > 0)
    if not same:
        return _no_texts(len(texts))
    none = np.concatenate(words) == 0
    short = ~np.concatenate(some)
    matrix = np.concatenate(keys)
    return iter(
        [
            pa.array(np.concatenate(same).view(np.int64), mask=none),
            pa.array(np.concatenate(words).astype(np.int32)),
            *(pa.array(np.ascontiguousarray(matrix[:, band]), mask=short) for band in range(BANDS)),
        ]
    )


def ordered(words: Words) -> np.ndarray:
    """Return a hash of the words of each text in their order; case, punctuation and spaces do not count."""
    place = np.arange(len(words.hashes)) - np.repeat(words.starts[:-1], words.counts)
    with np.errstate(over="ignore"):
        mixed = stirred(words.hashes ^ ((place.astype(np.uint64) + np.uint64(1)) * GOLDEN))
        sums = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(mixed)))
        return stirred(np.diff(sums[words.starts]))


def _no_texts(n: int) -> Iterator[pa.Array]:
    return iter([pa.nulls(n, _LONG), pa.array(np.zeros(n, np.int32)), *(pa.nulls(n, _LONG) for _ in range(BANDS))])


def _strings(values: pa.Array) -> pa.LargeStringArray:
    return values if values.type == STRING else pc.cast(values, STRING)


def _between(table: Path, low: int, high: int) -> np.ndarray:
    """Return the numbers `doc` from `low` to below `high`, in order: few row groups are read of a sorted table."""
    here = (pc.field("doc") >= low) & (pc.field("doc") < high)
    found = _dataset(table).to_table(columns=["doc"], filter=here)["doc"].to_numpy()
    return np.sort(found)


@lru_cache(maxsize=4)
def _dataset(table: Path) -> pyarrow.dataset.Dataset:
    return pyarrow.dataset.dataset(parquet_files(table))
