"""Diversity of sentence structure, found by a parser that the person names."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.rarefaction import expected_types
from holdfast.collapse.measures.sound import documents, drawn
from holdfast.collapse.samples import Texts
from holdfast.core.errors import BadInput, MissingExtra, NotApplicable

_ROUNDS = 3  # of Weisfeiler–Lehman relabelling
_PATTERN = 5  # parts of speech in a row


class Tree(NamedTuple):
    """A sentence as its parser sees it: of each word the relation to its head, the head's place, the part of speech."""

    relations: tuple[str, ...]
    heads: tuple[int, ...]  # the root is its own head
    speech: tuple[str, ...]


@measure(good="high", unit="1 − similarity")
def syntax_diversity(sample: Texts, *, parser: str = "") -> float:
    """Syntax: mean distance between the dependency trees of two sentences.

    Trees are compared by the Weisfeiler–Lehman kernel with three rounds, normalised; the mean over all pairs comes from
    the sum of the unit feature vectors, without going through the pairs. It is reported to fall above all in language
    models that are trained on their own output.

    Formula: 1 − (|Σ φᵢ|² − n)/(n(n − 1)), φᵢ the counts of subtree labels of sentence i at length 1.

    Caveat: needs a spaCy model, named in the option `parser`, and trusts it: on the text of a broken model a parser
    sees structure of its own. Short sentences are all alike.

    Source: Guo et al. 2023, The curious decline of linguistic diversity; kernel by Shervashidze et al. 2011.
    """
    return 1.0 - mean_similarity(_trees(sample, parser))


@measure(good="high", unit="types per pattern")
def speech_patterns(sample: Texts, *, parser: str = "", draws: int | None = None) -> float:
    """Parts of speech: different runs of five among equally many, as a share.

    Formula: (1/m) Σᵢ [1 − C(N − cᵢ, m)/C(N, m)] over runs within sentences.

    Caveat: needs a spaCy model, named in the option `parser`. With about 17 parts of speech most short runs are common
    to all texts.

    Source: Shaib et al. 2024, Detection and measurement of syntactic templates in generated text.
    """
    runs = Counter(
        tree.speech[i : i + _PATTERN] for tree in _trees(sample, parser) for i in range(len(tree.speech) - _PATTERN + 1)
    )
    counts = np.array(sorted(runs.values()), dtype=np.int64)
    m = drawn(draws, int(counts.sum()), f"runs of {_PATTERN} words")
    return expected_types(counts, m) / m


def mean_similarity(trees: Sequence[Tree]) -> float:
    """Return the mean normalised Weisfeiler–Lehman kernel over all pairs of different trees.

    Raises NotApplicable for fewer than two trees.
    """
    n = len(trees)
    if n < 2:
        raise NotApplicable(f"{n} sentences are fewer than 2")
    total: defaultdict[Any, float] = defaultdict(float)
    for one in trees:
        for label, value in _unit(one):
            total[label] += value
    return (sum(value * value for value in total.values()) - n) / (n * (n - 1))


@lru_cache(maxsize=50_000)
def _unit(tree: Tree) -> tuple[tuple[Any, float], ...]:
    """Return the features of a tree at length 1; kept, as the same sentence stands in many parts of a sample."""
    counts = features(tree)
    length = float(np.sqrt(sum(times * times for times in counts.values())))
    return tuple((label, times / length) for label, times in counts.items())


def features(tree: Tree) -> Counter[Any]:
    """Return how often each label stands in a tree, over all rounds of relabelling a word by its neighbours."""
    beside: list[list[int]] = [[] for _ in tree.heads]
    for place, head in enumerate(tree.heads):
        if head != place:
            beside[place].append(head)
            beside[head].append(place)
    labels: list[Any] = list(tree.relations)
    found = Counter(labels)
    for _ in range(_ROUNDS):
        # Hashes keep labels short; equal labels of one process have equal hashes, and those of Python are 64 bits.
        labels = [
            hash((labels[i], tuple(sorted(map(hash, (labels[j] for j in near)))))) for i, near in enumerate(beside)
        ]
        found.update(labels)
    return found


def _trees(sample: Texts, parser: str) -> list[Tree]:
    texts = documents(sample)
    if not parser:
        raise NotApplicable("no parser is named; name a spaCy model in the measure's option `parser`")
    return [tree for text in texts for tree in _parsed(parser, text)]


@lru_cache(maxsize=50_000)
def _parsed(parser: str, text: str) -> tuple[Tree, ...]:
    """Return the sentences of a text; kept, as the same document stands in many parts of a sample."""
    return tuple(tree(sentence) for sentence in _model(parser)(text).sents)


def tree(sentence: Iterable[Any]) -> Tree:
    """Return a sentence of spaCy's as a tree."""
    words = list(sentence)
    first = words[0].i
    return Tree(
        tuple(word.dep_ for word in words),
        tuple(word.head.i - first for word in words),
        tuple(word.pos_ for word in words),
    )


@lru_cache(maxsize=2)
def _model(parser: str) -> Any:
    try:
        spacy = import_module("spacy")
    except ImportError:
        raise MissingExtra.for_package("spaCy", "syntax", "the diversity of sentence structure") from None
    try:
        return spacy.load(parser)
    except OSError:
        raise BadInput(f"there is no spaCy model {parser!r} here; try: python -m spacy download {parser}") from None
