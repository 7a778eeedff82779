import itertools
from collections import Counter

import numpy as np
import pytest

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.ngram import Ngram
from holdfast.collapse.ngrams.index import Writing, indexed, pieces_of
from holdfast.collapse.ngrams.walk import walked
from holdfast.collapse.regimes import Rule, Verifier
from holdfast.core.errors import BadInput

RNG = np.random.default_rng
NONE = np.empty((1, 0))


def circle_counts(tokens, order):
    n = len(tokens)
    return Counter(tuple(tokens[(i + j) % n] for j in range(order)) for i in range(n))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_what_is_written_has_the_conditional_frequencies_of_the_training_text(order):
    text = RNG(0).integers(0, 3, 40)
    model = indexed(text[None], order, NONE)
    written = walked(model, 400, 300, RNG(1), None)[0]
    grams, contexts = Counter(), Counter()
    for line in written:
        for i in range(len(line) - order + 1):
            gram = tuple(line[i : i + order])
            grams[gram] += 1
            contexts[gram[:-1]] += 1
    known = circle_counts(text.tolist(), order)
    totals = Counter()
    for gram, count in known.items():
        totals[gram[:-1]] += count
    assert set(grams) == set(known)  # nothing is said that was never read
    for gram, count in known.items():
        assert grams[gram] / contexts[gram[:-1]] == pytest.approx(count / totals[gram[:-1]], abs=0.02)


def test_each_replicate_copies_from_its_own_text():
    texts = np.array([[0, 1, 0, 1], [2, 3, 3, 2], [4, 4, 4, 4]])
    written = walked(indexed(texts, 2, np.empty((3, 0))), 5, 50, RNG(0), None)
    assert [set(part.ravel().tolist()) for part in written] == [{0, 1}, {2, 3}, {4}]


def test_many_types_are_sorted_as_well():
    text = RNG(0).integers(0, 200_000, (2, 500))
    written = walked(indexed(text, 2, np.empty((2, 0))), 3, 40, RNG(0), None)
    for row, own in zip(written, text, strict=True):
        pairs = set(circle_counts(own.tolist(), 2))
        assert {(a, b) for line in row.tolist() for a, b in itertools.pairwise(line)} <= pairs


def test_weights_decide_which_text_is_copied_from():
    learner = Ngram(order=2)
    parts = [Part(Writing(np.zeros((1, 30), dtype=int)), 0.2), Part(Writing(np.ones((1, 90), dtype=int)), 0.8)]
    model = learner.fit(parts, RNG(0), None)
    written = walked(model, 20_000, 1, RNG(1), None)
    assert written.mean() == pytest.approx(0.8, abs=0.015)


def test_real_batches_are_stretches_of_the_text():
    learner = Ngram(types=50, length=500, stretch=20)
    text = learner.source().tokens
    batch = learner.draw(learner.truth(3, RNG(0)), Draw(70), RNG(1))
    assert batch.tokens.shape == (3, 70)
    round_it = np.concatenate([text, text[:20]]).tolist()
    places = {tuple(round_it[i : i + 18]) for i in range(500)}
    assert all(tuple(row[:18].tolist()) in places for row in batch.tokens)


def test_low_temperature_says_what_is_most_likely():
    text = np.array([[0, 1, 0, 1, 0, 1, 0, 2]])
    learner = Ngram(order=2, types=3)
    model = indexed(text, 2, NONE)
    cold = learner.draw(model, Draw(4000, Rule(temperature=0.2)), RNG(0)).tokens
    assert (cold == 2).mean() == pytest.approx(0.5 / (1 + 3**5), abs=0.002)
    assert not (learner.draw(model, Draw(4000, Rule(top_p=0.7)), RNG(0)).tokens == 2).any()


def test_a_verifier_changes_what_follows_and_refuses_not_everything():
    learner = Ngram(order=2, types=30, length=3000)
    truth = learner.truth(1, RNG(0))
    model = learner.fit([Part(learner.draw(truth, Draw(2000), RNG(0)), 1.0)], RNG(0), None)
    plain = learner.draw(model, Draw(2000), RNG(1)).tokens.mean()
    rare = learner.draw(model, Draw(2000, verifier=Verifier(kind="biased", centre=2.0, width=1.0)), RNG(1)).tokens
    assert rare.mean() > plain + 1
    far = Draw(100, verifier=Verifier(kind="biased", centre=500.0, width=0.001))
    assert learner.draw(model, far, RNG(1)).tokens.shape == (1, 100)


def test_pieces_are_drawn_without_replacement():
    writing = Writing(np.arange(103)[None].repeat(3, axis=0))
    chosen = pieces_of(writing, 50, 4, RNG(0)).tokens
    assert all(len(set(row)) == 50 for row in chosen.tolist())
    assert len({tuple(row) for row in chosen.tolist()}) == 3
    assert pieces_of(writing, 200, 4, RNG(0)) is writing


def test_samples_are_documents_of_words():
    learner = Ngram(types=20, length=300, document=10)
    texts = learner.samples(learner.truth(2, RNG(0)), 35, RNG(0))
    assert [len(one) for one in texts] == [3, 3]
    assert all(len(text.split()) == 10 for one in texts for text in one.texts)


def test_a_file_of_characters_comes_back_as_characters(tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("abc " * 100)
    learner = Ngram(file=str(file), unit="characters", held_out=20, order=3, document=8)
    model = learner.fit([Part(learner.draw(learner.truth(1, RNG(0)), Draw(60), RNG(0)), 1.0)], RNG(0), None)
    assert all(len(text) == 8 for text in learner.samples(model, 24, RNG(0))[0].texts)
    assert set("".join(learner.samples(model, 24, RNG(0))[0].texts)) <= set("abc ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is not there"),
        (b"", "has 0 words"),
        (b"too few words", "has 3 words"),
        (bytes(range(32)) * 50, "not text"),
    ],
)
def test_files_that_cannot_be_learnt_from(tmp_path, content, said):
    file = tmp_path / "text.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        Ngram(file=str(file)).truth(1, RNG(0))


def test_a_folder_is_no_text(tmp_path):
    with pytest.raises(BadInput, match="is a folder"):
        Ngram(file=str(tmp_path)).truth(1, RNG(0))


def test_the_most_surprising_documents_are_chosen_by_the_model_before():
    learner = Ngram(types=20, length=2000, document=10)
    text = learner.source().tokens
    usual = text[:100].reshape(10, 10)
    strange = np.roll(text[100:130][::-1], 1).reshape(3, 10)  # backwards: pairs that are seldom or never there
    places = [1, 4, 8]
    mixed = np.insert(usual, places, strange, axis=0)
    model = learner.fit([Part(Writing(text[None]), 1.0)], RNG(0), None)
    where = np.isin(np.arange(13), np.array(places) + np.arange(3))
    assert (mixed[where] == strange).all()
    batch = Writing(np.stack([mixed.ravel(), np.append(mixed.ravel()[10:], mixed.ravel()[:10])]))
    both = model._replace(tokens=np.repeat(model.tokens, 2, axis=0))
    kept = learner.most_surprising(batch, 30, both).tokens
    for row in kept:
        assert sorted(row.reshape(3, 10).tolist()) == sorted(strange.tolist())


@pytest.mark.parametrize("size", [1, 17, 25, 29, 40])
def test_as_many_surprising_tokens_as_wanted_are_chosen_and_none_twice(size):
    learner = Ngram(types=200, length=2000, document=10, order=3)
    model = learner.fit([Part(Writing(learner.source().tokens[None] % 7), 1.0)], RNG(0), None)
    for there in (29, 9):  # two documents and a rest, or not even one
        kept = learner.most_surprising(Writing(RNG(1).permutation(there)[None]), size, model).tokens[0]
        assert len(kept) == min(size, there)
        assert len(set(kept.tolist())) == len(kept)
