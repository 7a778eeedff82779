"""Texts that are nearly equal: the same words but for small changes, or one text standing in another."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.near import NearPairs
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.facts.texts.forms import Forms, forms_of
from holdfast.audit.facts.texts.overlap import overlap
from holdfast.audit.facts.texts.shingles import FEWEST_WORDS, Sketches, candidates, sketches
from holdfast.audit.facts.texts.weights import Weights, weights_of
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.progress import Progress, track
from holdfast.core.record import Sampled

MOST_TEXTS = 4_000_000
FEWEST_TEXTS = 20
LEAST_OF_A_HALF = 0.4  # share of the pairs of words of each half that must stand in the other text
EQUAL_BITS = 1.25  # the same for texts that are equal but for case and punctuation
BITS = 2.0  # what texts share must be so many times rarer (in bits) than the rarest thing among all pairs of texts
_WORDS_A_COLUMN = 2.0  # words of a text against other feature columns: below it, the columns make the row
_LONG_WORD = 12.0  # characters
_MOST_SIDES = 4  # splits, the largest
_RULE_OF_THREE = 3.0  # more half-alike pairs than seen: the 95% bound for a count of none


@fact(costly=True)
def text_pairs(dataset: Dataset, row_groups: RowGroups, progress: Progress) -> tuple[NearPairs, ...]:
    """Pairs of rows whose texts are nearly equal, whatever their other columns hold.

    Case, punctuation and spaces do not count. Two texts are near where, of each half of the shorter one, two fifths of
    the pairs of neighbouring words or more stand in the longer one, and what they share is too rare to be shared by
    chance: in bits, twice the logarithm of the number of pairs of texts. So a letterhead, or the same question before
    other answers, is not near (one half), and neither is "ok lar" (too common). Where rows have several texts, all
    must be near. Candidates come from sketches (see `shingles`), and are compared word by word.

    Chance is learnt from halves: were texts alike by chance, their halves would be so independently, and there would be
    many pairs alike in one half only.
    """
    columns = _columns(dataset)
    rows, sampled = _rows(dataset, row_groups)
    if len(rows) < FEWEST_TEXTS:
        raise NotApplicable(f"{len(rows)} different rows; near-copies of texts need {FEWEST_TEXTS} to compare with")
    texts = {column.name: dataset.values(column.name) for column in columns}
    place = rows  # of each record in `texts`: they are copied only where most of them are not needed
    if len(rows) < len(dataset) / 2:
        texts = {name: values.take(pa.array(rows)) for name, values in texts.items()}
        place = np.arange(len(rows))
    main = max(texts, key=lambda name: texts[name].nbytes)
    with track(progress, "reading texts", len(texts[main]), "texts") as advance:
        sketch = sketches(texts[main], advance)
    normals = {name: (sketch.normal if name == main else _normals(values))[place] for name, values in texts.items()}
    forms = forms_of(tuple(normals.values()), _sides(dataset, row_groups, rows))
    first = place[forms.first]
    compared = np.flatnonzero(sketch.n_words[first] >= FEWEST_WORDS)
    a, b = _candidates(sketch, forms, compared, first[compared])
    same = compared[forms.size[compared] > 1]
    a, b = np.concatenate([a, same]), np.concatenate([b, same])
    weights = weights_of(texts[main], first, sketch.normal, sketch.n_words)
    with track(progress, "comparing texts", len(a), "pairs") as advance:
        seen = overlap(texts[main], weights, first[a], first[b], advance)
    n_pairs = len(forms.first) * (len(forms.first) - 1) / 2
    alike = seen.halves >= LEAST_OF_A_HALF
    rare = BITS * np.log2(max(n_pairs, 2.0))
    near = alike.all(axis=1) & (seen.bits >= np.where(a == b, rare * EQUAL_BITS / BITS, rare))
    for name, values in texts.items():
        if name != main:
            equal = normals[name][forms.first[a[near]]] == normals[name][forms.first[b[near]]]
            near[near] = equal | _alike(values, weights, first[a[near]], first[b[near]])
    half = ~alike.all(axis=1) & (seen.bits >= rare / 2)
    n_half = (half[:, None] & alike).sum(axis=0) + _RULE_OF_THREE
    left, right, distance = forms.linked(a[near], b[near], 1.0 - seen.likeness[near])
    group = row_groups.group[rows]
    return (
        NearPairs(
            what="texts",
            columns=tuple(texts),
            left=group[left],
            right=group[right],
            distance=distance,
            nearness="the same words but for small changes, or one text stands in the other",
            expected=float(n_half[0] * n_half[1] / max(n_pairs, 1)),
            sampled=sampled,
        ),
    )


def _candidates(
    sketch: Sketches, forms: Forms, compared: np.ndarray, texts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of forms that may be alike, of those `compared`, which stand at `texts`."""
    form = np.full(len(sketch.n_words), -1, dtype=np.int64)
    form[texts] = compared
    kept = form[sketch.text] >= 0
    return candidates(sketch.hashes[kept], form[sketch.text[kept]], len(forms.first), forms.held)


def _alike(values: pa.ChunkedArray, weights: Weights, a: np.ndarray, b: np.ndarray) -> Bool[np.ndarray, " pairs"]:
    """Return which pairs are alike in both halves of another text column."""
    seen = overlap(values, weights, a, b, lambda _: None)
    return np.asarray((seen.halves >= LEAST_OF_A_HALF).all(axis=1))


def _normals(values: pa.ChunkedArray) -> np.ndarray:
    return sketches(values, lambda _: None).normal


def _rows(dataset: Dataset, row_groups: RowGroups) -> tuple[Int[np.ndarray, " texts"], Sampled | None]:
    """Return one row of each group of equal rows, in the order of the table."""
    rows = np.sort(row_groups.first(np.ones(len(dataset), dtype=bool)))
    if len(rows) <= MOST_TEXTS:
        return rows, None
    sampled = Sampled(what="texts compared for near-copies", rows=MOST_TEXTS, of=len(rows))
    return rows[row_groups.group[rows] < MOST_TEXTS], sampled  # groups are numbered by their hash: at random


def _sides(dataset: Dataset, row_groups: RowGroups, rows: np.ndarray) -> tuple[Bool[np.ndarray, " texts"], ...]:
    """Return for each split, the largest first, which of `rows` stand in it, or have an equal row that does."""
    column = dataset.one("split")
    if column is None:
        return (np.ones(len(rows), dtype=bool),)
    codes, _ = dataset.codes(column.name)
    sizes = np.bincount(codes[codes >= 0])
    sides = []
    for code in np.argsort(-sizes, kind="stable")[:_MOST_SIDES]:
        held = np.zeros(len(row_groups.size), dtype=bool)
        held[row_groups.group[codes == code]] = True
        sides.append(held[row_groups.group[rows]])
    return tuple(sides)


def _columns(dataset: Dataset) -> tuple[Column, ...]:
    """Return the text columns. Raises NotApplicable where there is none, or other columns make the row."""
    columns = dataset.of(role="feature", kind="text")
    if not columns:
        raise NotApplicable("no feature column of texts")
    if len(dataset) < FEWEST_TEXTS:
        raise NotApplicable(f"{len(dataset)} rows; near-copies of texts need {FEWEST_TEXTS} to compare with")
    n_others = len(dataset.of(role="feature")) - len(columns)
    some = pa.array(np.linspace(0, len(dataset) - 1, min(len(dataset), 2000)).astype(np.int64))
    n_words = sum(_typical_words(dataset.values(column.name).take(some)) for column in columns)
    if n_words < _WORDS_A_COLUMN * n_others:
        raise NotApplicable(
            f"texts of about {n_words:.0f} words beside {n_others:,} other columns: like texts do not make like rows"
        )
    return columns


def _typical_words(values: pa.ChunkedArray) -> float:
    """Return the median number of words, by spaces, or by length where a script writes none."""
    values = values.drop_null()
    if not len(values):
        return 0.0
    words = pc.count_substring(values, " ").to_numpy() + 1.0
    return float(np.median(np.maximum(words, pc.utf8_length(values).to_numpy() / _LONG_WORD)))
