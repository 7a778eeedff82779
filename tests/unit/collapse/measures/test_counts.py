"""The real tail, divergences, sentence structure and pictures."""

from itertools import combinations

import numpy as np
import pytest

from holdfast.collapse.measures import syntax
from holdfast.collapse.measures.divergence import sampled_divergence, sampled_js_divergence
from holdfast.collapse.measures.pixels import pixel_variance, roughness
from holdfast.collapse.measures.real_tail import (
    lost_words,
    sampled_lost_mass,
    sampled_tail_coverage,
    word_tail_coverage,
)
from holdfast.collapse.measures.syntax import Tree, features, mean_similarity, speech_patterns, syntax_diversity
from holdfast.collapse.samples import Counts, Images, Texts
from holdfast.core.errors import BadInput, MissingExtra, NotApplicable

REAL = Counts(np.array([70, 20, 4, 3, 2, 1]))


def test_the_tail_are_the_rarest_types_of_a_tenth():
    kept = Counts(np.array([1, 0, 0, 5, 0, 5]))
    assert sampled_tail_coverage.run(kept, REAL) == pytest.approx(4 / 10)
    assert sampled_lost_mass.run(kept, REAL) == pytest.approx(26 / 100)


def test_the_same_counts_lose_nothing():
    assert sampled_tail_coverage.run(REAL, REAL) == pytest.approx(1.0)
    assert sampled_lost_mass.run(REAL, REAL) == pytest.approx(0.0)


def test_fewer_draws_hold_less_of_the_tail():
    items = np.repeat(np.arange(6), [3, 2, 1, 1, 0, 1])
    drawn = [set(items[list(some)].tolist()) for some in combinations(range(8), 3)]
    expected = np.mean([sum(w for i, w in ((2, 4), (3, 3), (4, 2), (5, 1)) if i in one) / 10 for one in drawn])
    assert sampled_tail_coverage.run(Counts(np.bincount(items)), REAL, draws=3) == pytest.approx(expected)


def test_one_type_has_no_tail():
    with pytest.raises(NotApplicable, match="no real tail"):
        sampled_tail_coverage.run(Counts(np.array([5, 0])), Counts(np.array([9, 0])))


def test_words_are_counted_as_types_are():
    real = Texts(["common " * 90, "rare odd " * 5])
    assert word_tail_coverage.run(Texts(["common rare"]), real) == pytest.approx(0.5)
    assert lost_words.run(Texts(["common rare"]), real) == pytest.approx(0.05)


def test_divergences_of_equal_counts_are_nought():
    assert sampled_divergence.run(REAL, REAL) == pytest.approx(0.0)
    assert sampled_js_divergence.run(REAL, REAL) == pytest.approx(0.0)


def test_divergence_is_smoothed_by_half_an_item_over_the_types_seen():
    one, two = Counts(np.array([3, 0, 0])), Counts(np.array([1, 2, 0]))
    p, q = np.array([1.5, 2.5]) / 4, np.array([3.5, 0.5]) / 4
    assert sampled_divergence.run(one, two) == pytest.approx((p * np.log(p / q)).sum())


def test_samples_that_never_meet_are_ln_2_apart():
    assert sampled_js_divergence.run(Counts(np.array([5, 0])), Counts(np.array([0, 3]))) == pytest.approx(np.log(2))


# "the cat sleeps", "a dog eats", "the cat sees the dog" as a dependency parser writes them.
TREES = [
    Tree(("det", "nsubj", "root"), (1, 2, 2), ("DET", "NOUN", "VERB")),
    Tree(("det", "nsubj", "root"), (1, 2, 2), ("DET", "NOUN", "VERB")),
    Tree(("det", "nsubj", "root", "det", "obj"), (1, 2, 2, 4, 2), ("DET", "NOUN", "VERB", "DET", "NOUN")),
    Tree(("root",), (0,), ("INTJ",)),
]


def similarity(one, two):
    a, b = features(one), features(two)
    inner = sum(times * b[label] for label, times in a.items())
    return inner / np.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))


def test_the_mean_similarity_is_that_of_all_pairs():
    pairs = [similarity(one, two) for one, two in combinations(TREES, 2)]
    assert mean_similarity(TREES) == pytest.approx(np.mean(pairs), abs=1e-14)


def test_trees_of_one_shape_are_the_same_and_others_partly():
    assert similarity(TREES[0], TREES[1]) == pytest.approx(1.0)
    assert 0 < similarity(TREES[0], TREES[2]) < 1


def test_features_count_labels_and_their_neighbourhoods():
    found = features(TREES[2])
    assert (found["det"], found["nsubj"], found["obj"]) == (2, 1, 1)
    assert sum(found.values()) == 5 * 4  # five words in the first round and three more
    # In the first round both articles have the same label, in the second their nouns tell them apart.
    assert sorted(found.values()) == [1] * 18 + [2]


class Word:
    def __init__(self, i, dep, head, pos):
        self.i, self.dep_, self.pos_, self._head = i, dep, pos, head

    @property
    def head(self):
        return Word(self._head, "", 0, "")


class Library:
    """What spaCy is asked for: each text is one sentence whose words hang on the first."""

    @staticmethod
    def load(name):
        if name != "known":
            raise OSError(name)

        def read(text):
            words = [Word(i, word, 0, word[0]) for i, word in enumerate(text.split())]
            return type("Document", (), {"sents": [words]})

        return read


@pytest.fixture
def spacy(monkeypatch):
    syntax._parsed.cache_clear()
    syntax._model.cache_clear()
    monkeypatch.setattr(syntax, "import_module", lambda _name: Library)
    yield
    syntax._parsed.cache_clear()
    syntax._model.cache_clear()


def test_a_named_parser_reads_the_texts(spacy):
    texts = Texts(["a b", "a b", "a b c d e f"])
    trees = [Tree(("a", "b"), (0, 0), ("a", "b"))] * 2 + [Tree(tuple("abcdef"), (0,) * 6, tuple("abcdef"))]
    assert syntax_diversity.run(texts, parser="known") == pytest.approx(1 - mean_similarity(trees))
    assert speech_patterns.run(texts, parser="known") == pytest.approx(1.0)  # abcde and bcdef


def test_a_parser_that_is_not_there_is_named(spacy):
    with pytest.raises(BadInput, match="python -m spacy download other"):
        syntax_diversity.run(Texts(["a b"]), parser="other")


def test_without_a_parser_named_there_is_nothing_to_measure():
    with pytest.raises(NotApplicable, match="no parser is named"):
        syntax_diversity.run(Texts(["a b"]))


def test_without_the_library_the_extra_is_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    syntax._model.cache_clear()
    syntax._parsed.cache_clear()
    monkeypatch.setattr(syntax, "import_module", missing)
    with pytest.raises(MissingExtra, match=r"pip install 'holdfast\[syntax\]'"):
        syntax_diversity.run(Texts(["a b"]), parser="known")


def test_pictures_that_fade_to_their_mean_vary_less_and_are_less_rough():
    real = np.random.default_rng(0).random((40, 8, 8, 3))
    faded = 0.5 * real + 0.5 * real.mean(axis=0)
    assert pixel_variance.run(Images(faded), Images(real)) == pytest.approx(0.25)
    assert roughness.run(Images(np.full_like(real, 0.5)), Images(real)) == 0.0
    assert roughness.run(Images(0.5 * real), Images(real)) == pytest.approx(0.5)
