from collections import Counter

import numpy as np
import pytest

from holdfast.collapse.measures import ngrams as m
from holdfast.collapse.ngrams.index import Writing, as_it_stands, indexed, joined
from holdfast.collapse.ngrams.surprise import book, law_of, surprises, surprises_of_grams

TEXT = np.array([0, 1, 0, 1, 0, 2, 2, 2])
NONE = np.empty((1, 0))
HELD = np.array([0, 1, 0, 2, 2, 2, 3])
TRUTH = as_it_stands(TEXT.astype(np.int32), HELD, 2, 2)
MODEL = indexed(np.array([[0, 1, 0, 1], [0, 0, 0, 0]]), 2, np.empty((2, 0)))


def test_what_can_be_said():
    assert m.types_spoken.run(TRUTH).tolist() == [3, 3]
    assert m.types_spoken.run(MODEL).tolist() == [2, 1]
    assert m.token_heterozygosity.run(MODEL).tolist() == [0.5, 0]
    assert m.commonest_token_share.run(MODEL, TRUTH).tolist() == [0.5, 1]
    assert m.ngrams_met.run(MODEL) == pytest.approx([2, 1])
    assert m.ngrams_met.run(MODEL, draws=1) == pytest.approx([1, 1])


def test_entropy_rate_is_that_of_the_next_token():
    assert m.entropy_rate.run(MODEL) == pytest.approx([0, 0], abs=1e-12)
    # After 0: 1, 1, 2; after 1: 0, 0; after 2: 2, 2, 0.
    expected = 2 * (3 / 8) * -(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3))
    assert m.entropy_rate.run(TRUTH) == pytest.approx([expected] * 2)


def naive(text, order, types, context, token):
    """Return Witten–Bell's probability as it is written down."""
    if order == 0:
        return 1 / types
    lower = naive(text, order - 1, types, context, token)
    back = tuple(context[len(context) - order + 1 :]) if order > 1 else ()
    n = len(text)
    after = Counter(text[i] for i in range(n) if tuple(text[(i - order + 1 + j) % n] for j in range(order - 1)) == back)
    seen = sum(after.values())
    return (after[token] + len(after) * lower) / (seen + len(after)) if seen else lower


@pytest.mark.parametrize("order", [1, 2, 3])
def test_surprise_is_that_of_witten_and_bell(order):
    rng = np.random.default_rng(order)
    texts, read = rng.integers(0, 4, (2, 15)), rng.integers(0, 5, 12)
    found = surprises(texts, np.empty((2, 0)), order, 6, read)
    for row in range(2):
        for place in range(12):
            reach = min(order, place + 1)
            context = read[max(0, place - order + 1) : place].tolist()
            expected = naive(texts[row].tolist(), reach, 6, context, read[place])
            assert found[row, place] == pytest.approx(-np.log(expected))


def test_all_probabilities_sum_to_one():
    for context in ([0, 1], [2, 2], [4, 4]):
        p = [np.exp(-surprises(TEXT[None], NONE, 3, 5, np.array([*context, token]))[0, -1]) for token in range(5)]
        assert sum(p) == pytest.approx(1)


def test_perplexities():
    real = m.ngram_perplexity_of_real.run(MODEL, TRUTH)
    assert real.shape == (2,)
    assert (real > m.ngram_perplexity_of_real.run(TRUTH, TRUTH)).all()
    generated = m.ngram_perplexity_of_generated.run(MODEL, TRUTH)
    own = m.ngram_perplexity_of_generated.run(TRUTH, TRUTH)
    # 0 1 0 1 … is likelier than the text as a whole, 0 0 0 … was never read.
    assert generated[0] < own[0] < generated[1]


def test_weights_count():
    model = joined([(Writing(np.zeros((1, 5), dtype=int)), 0.9), (Writing(np.ones((1, 5), dtype=int)), 0.1)], 1)
    truth = as_it_stands(np.array([0, 1], dtype=np.int32), np.array([0]), 1, 1)
    assert m.commonest_token_share.run(model, truth) == pytest.approx([0.9])
    assert m.token_heterozygosity.run(model) == pytest.approx([0.18])
    assert m.entropy_rate.run(model) == pytest.approx([-(0.9 * np.log(0.9) + 0.1 * np.log(0.1))])


def test_long_grams_of_many_types_are_counted_as_well():
    rng = np.random.default_rng(0)
    texts = rng.choice([0, 7, 49_999], (2, 200))  # 50,000⁵ is more than 64 bits hold
    far, near = law_of(texts, np.empty((2, 0)), 5), law_of(np.searchsorted([0, 7, 49_999], texts), np.empty((2, 0)), 5)
    assert sorted(zip(far.row, far.share, strict=True)) == sorted(zip(near.row, near.share, strict=True))
    assert {tuple(gram) for gram in far.grams[far.row == 1].tolist()} == {
        tuple(np.roll(texts[1], -i)[:5].tolist()) for i in range(200)
    }


@pytest.mark.parametrize("types", [3, 3_000_000])
def test_both_ways_to_read_agree(types):
    rng = np.random.default_rng(1)
    some = np.array([0, 1, types - 1])
    texts, read = some[rng.integers(0, 3, (2, 60))], some[rng.integers(0, 3, 40)]
    weight = rng.random((2, 60))
    weight = weight / weight.mean(axis=1, keepdims=True)
    for each in (np.empty((2, 0)), weight):
        one_text = surprises(texts, each, 4, types, read)[:, 3:]
        grams = np.stack([read[i : i + 37] for i in range(4)], axis=1)
        for row in range(2):
            found = surprises_of_grams(book(texts, each, 4, types), grams, np.full(37, row))
            assert found == pytest.approx(one_text[row])


def test_a_text_shorter_than_a_context_can_be_read():
    assert surprises(TEXT[None], NONE, 4, 3, np.array([2, 2])).shape == (1, 2)
