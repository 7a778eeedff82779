"""Self-BLEU, MTLD, compression, patterns and surprise."""

import zlib
from collections import Counter
from math import exp, log

import numpy as np
import pytest

from holdfast.collapse.measures.compression import compression_ratio
from holdfast.collapse.measures.mtld import mtld
from holdfast.collapse.measures.self_bleu import bleu_of_each, self_bleu
from holdfast.collapse.measures.surprise import _surprise, surprise_of_real, surprise_of_sample
from holdfast.collapse.measures.templates import pattern_diversity
from holdfast.collapse.measures.words import Words, found
from holdfast.collapse.samples import Texts
from holdfast.core.errors import NotApplicable


def runs(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def bleu_by_definition(texts, i):
    """BLEU of one text against all the others, reference by reference."""
    own, others = texts[i].split(), [text.split() for j, text in enumerate(texts) if j != i]
    logs = 0.0
    for n in (1, 2, 3, 4):
        mine = runs(own, n)
        hits = sum(min(times, max(runs(other, n)[run] for other in others)) for run, times in mine.items())
        if n == 1 and hits == 0:
            return 0.0
        logs += log((hits or 0.1) / max(1, sum(mine.values()))) / 4
    nearest = min((len(other) for other in others), key=lambda length: (abs(length - len(own)), length))
    return exp(logs) * min(1.0, exp(1 - nearest / len(own)))


@pytest.mark.parametrize("seed", range(6))
def test_self_bleu_is_what_its_definition_gives(seed):
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(list("abcdefgh")[: 3 + seed], size=rng.integers(1, 14))) for _ in range(25)]
    expected = [bleu_by_definition(texts, i) for i in range(len(texts))]
    assert bleu_of_each(found(texts)) == pytest.approx(expected, abs=1e-14)
    assert self_bleu.run(Texts(texts)) == pytest.approx(np.mean(expected), abs=1e-14)


def test_copies_have_a_self_bleu_of_one():
    assert self_bleu.run(Texts(["the same five words here"] * 3)) == pytest.approx(1.0)


def test_a_document_that_shares_no_word_has_none():
    assert bleu_of_each(found(["a b c d", "e f g h", "a b c d"])).tolist() == pytest.approx([1.0, 0.0, 1.0])


def test_an_empty_document_has_none():
    assert bleu_of_each(found(["", "a b c d e", "a b c d e"])).tolist() == pytest.approx([0.0, 1.0, 1.0])


def mtld_one_way(words, threshold):
    factors, seen, count, share = 0.0, set(), 0, 1.0
    for word in words:
        count += 1
        seen.add(word)
        share = len(seen) / count
        if share <= threshold:
            factors, seen, count, share = factors + 1, set(), 0, 1.0
    return factors + (1 - share) / (1 - threshold)


@pytest.mark.parametrize("threshold", [0.5, 0.72, 0.9])
def test_mtld_is_words_by_factors_over_all_documents(threshold):
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(list("abcdefghijklmnop"), size=n)) for n in (40, 3, 90, 1)]
    total = sum(len(text.split()) for text in texts)
    forwards = total / sum(mtld_one_way(text.split(), threshold) for text in texts)
    backwards = total / sum(mtld_one_way(text.split()[::-1], threshold) for text in texts)
    assert mtld.run(Texts(texts), threshold=threshold) == pytest.approx((forwards + backwards) / 2)


def test_mtld_without_any_repetition_says_so():
    with pytest.raises(NotApplicable, match="no word is repeated"):
        mtld.run(Texts(["a b c", "d e f"]))


def test_compression_is_before_by_after():
    text = "abc " * 100
    assert compression_ratio.run(Texts([text])) == len(text) / len(zlib.compress(text.encode(), 6))
    assert compression_ratio.run(Texts([text]), draws=50) == 50 / len(zlib.compress(text.encode()[:50], 6))


def test_copies_are_found_however_far_apart_they_stood():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz "), size=2000)) for _ in range(40)]
    assert compression_ratio.run(Texts(texts + texts)) > 1.8 * compression_ratio.run(Texts(texts))


def test_patterns_are_the_same_where_only_rare_words_differ():
    rng = np.random.default_rng(0)
    common = [f"f{i}" for i in range(100)]
    real = Texts([" ".join(rng.choice(common, size=60)) for _ in range(60)])
    framed = Texts([f"f1 f2 {rng.integers(10**9)} f4 f5 f6" for _ in range(50)])
    free = Texts([" ".join(rng.choice(common, size=6)) for _ in range(50)])
    assert pattern_diversity.run(framed, real) == pytest.approx(2 / 100)
    assert pattern_diversity.run(free, real) > 0.9


@pytest.mark.parametrize("before", ["a", "b", "new"])
def test_the_small_language_model_is_a_distribution(before):
    texts = ["a b a c a b", "c c"]
    read = found(texts)
    vocabulary = [*read.vocabulary, "new"]
    read = Words(read.codes, read.starts, vocabulary)
    chances = []
    for i in range(len(vocabulary)):
        codes = np.array([vocabulary.index(before), i])
        both = 2 * _surprise(read, Words(codes, np.array([0, 2]), vocabulary))
        first = _surprise(read, Words(codes[:1], np.array([0, 1]), vocabulary))
        chances.append(exp(first - both))
    # One more word stands for all that neither sample holds: a fifth of the share that is spread evenly.
    follows = sum(word == before for text in texts for word in text.split()[:-1])
    rest = 20 / (follows + 20) * (100 / 5) / (8 + 100)
    assert sum(chances) + rest == pytest.approx(1.0)


def test_what_is_left_after_a_loss_is_less_surprising_and_real_text_more_so():
    rng = np.random.default_rng(0)
    names = [f"w{i}" for i in range(500)]
    weight = 1 / np.arange(1, 501)

    def texts(law):
        return Texts([" ".join(rng.choice(names, size=40, p=law / law.sum())) for _ in range(100)])

    real, other = texts(weight), texts(weight)
    lost = texts(np.where(np.arange(500) < 50, weight, 0))
    assert surprise_of_sample.run(lost, real) < surprise_of_sample.run(other, real) - 0.5
    assert surprise_of_real.run(lost, real) > surprise_of_real.run(other, real) + 0.2
