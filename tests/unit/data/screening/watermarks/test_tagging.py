"""A mark is written by a function on scores: into arrays, tensors, and what the laboratory's own models write."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.screening.watermarks.detecting import detect
from holdfast.data.screening.watermarks.green import GreenList
from holdfast.data.screening.watermarks.tagging import processor
from holdfast.data.screening.watermarks.tokens import cutter, ragged, word_codes
from holdfast.data.screening.watermarks.tournament import Tournament

sys.path.insert(0, str(Path(__file__).parent))
from marking import KEY, OTHER, written

SCHEMES = (GreenList(), Tournament())
BOTH = pytest.mark.parametrize("scheme", SCHEMES, ids=["green", "synthid"])


@BOTH
def test_a_writer_and_a_reader_see_the_same(scheme):
    """Every list that the writer prefers is the one that the reader counts, for each way to choose it."""
    rng = np.random.default_rng(0)
    seedings = [scheme.model_copy(update={"seeding": one}) for one in ("left", "min", "self")]
    for one in seedings if isinstance(scheme, GreenList) else [scheme]:
        text = rng.integers(30, size=(1, 12)).astype(np.uint64)
        vocabulary = np.arange(30, dtype=np.uint64)
        moved = one.moved(KEY, text, vocabulary, np.zeros((1, 30)))[0]
        said = [one.scored(KEY, ragged([np.append(text[0, -one.context :], token)])).worth[0] for token in vocabulary]
        if isinstance(one, GreenList):
            assert (moved > 0).tolist() == [bool(worth) for worth in said]
        else:
            assert np.corrcoef(np.exp(moved), said)[0, 1] > 0.2


@BOTH
def test_arrays_and_tensors_are_moved_alike(scheme):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    ids, scores = rng.integers(50, size=(3, 9)), rng.normal(size=(3, 50)).astype(np.float32)
    move = processor(scheme, KEY)
    plain, tensor = move(ids, scores), move(torch.from_numpy(ids), torch.from_numpy(scores))
    assert tensor.dtype == torch.float32
    assert np.allclose(plain, tensor.numpy())
    half = move(torch.from_numpy(ids), torch.from_numpy(scores).to(torch.bfloat16))
    assert half.dtype == torch.bfloat16


@BOTH
def test_a_text_shorter_than_a_context_is_left_alone(scheme):
    scores = np.array([[0.5, 1.0, -1.0]])
    assert processor(scheme, KEY)(np.array([[1]]), scores).tolist() == scores.tolist()


def test_a_repeated_context_is_not_marked_again():
    ids, scores = np.array([[1, 2, 3, 4, 9, 1, 2, 3, 4]]), np.zeros((1, 20))
    assert processor(Tournament(), KEY)(ids, scores).tolist() == scores.tolist()
    assert processor(Tournament(), KEY)(ids[:, :5], scores).tolist() != scores.tolist()


def test_forbidden_tokens_stay_forbidden():
    scores = np.where(np.arange(20) < 15, -np.inf, 0.0)[None]
    for scheme in SCHEMES:
        moved = processor(scheme, KEY)(np.array([[1, 2, 3, 4, 5]]), scores)
        assert np.isneginf(moved[0, :15]).all()
        assert np.isfinite(moved[0, 15:]).any()


def test_scores_must_fit_the_vocabulary():
    with pytest.raises(BadInput, match="do not fit"):
        processor(GreenList(), KEY, word_codes(["a", "b"]))(np.array([[0, 1, 0]]), np.zeros((1, 3)))


@BOTH
def test_words_of_the_ngram_laboratory_from_its_model_to_a_column(scheme):
    """A bigram model of the laboratory's made text writes words; the reader gets nothing but texts."""
    from holdfast.collapse.learners.ngram import Ngram

    source = Ngram(types=200, length=20_000).source()
    counts = np.full((200, 200), 0.05)
    np.add.at(counts, (source.tokens[:-1], source.tokens[1:]), 1)
    language, rng = counts / counts.sum(axis=1, keepdims=True), np.random.default_rng(2)
    ids = written(scheme, KEY, language, 12, 120, rng, word_codes(source.vocabulary))
    plain = written(None, KEY, language, 12, 120, rng)
    texts = pa.chunked_array([pa.array([source.text(row) for row in (*ids, *plain)], pa.large_string())])
    flagged = detect(texts, cutter("words"), scheme, KEY).flagged(0.01, scheme)
    assert flagged[:12].sum() >= 11
    assert not flagged[12:].any()
    assert not detect(texts, cutter("words"), scheme, OTHER).flagged(0.01, scheme).any()


@BOTH
def test_the_transformer_laboratory_writes_what_its_key_finds(scheme):
    torch = pytest.importorskip("torch")
    from holdfast.collapse.learners.language.corpus import START
    from holdfast.collapse.learners.language.network import Size, fresh, scores, taken_apart

    size, rng = Size(vocabulary=100, layers=1, width=16, heads=2, context=64), np.random.default_rng(3)
    weights = taken_apart(size, torch.from_numpy(fresh(size, rng)))
    ids, move = torch.full((6, 1), START), processor(scheme, KEY)
    with torch.no_grad():
        for _ in range(100):
            chances = move(ids, scores(size, weights, ids[:, -size.context :])[:, -1]).softmax(dim=1)
            ids = torch.cat([ids, torch.from_numpy(np.array([[rng.choice(100, p=one / one.sum())] for one in chances.double().numpy()]))], dim=1)  # fmt: skip  # noqa: E501
    tokens = ragged(list(ids.numpy()[:, 1:]))
    texts = pa.chunked_array([pa.array([""] * 6, pa.large_string())])
    assert detect(texts, lambda _: tokens, scheme, KEY).flagged(0.01, scheme).sum() >= 5
    assert not detect(texts, lambda _: tokens, scheme, OTHER).flagged(0.01, scheme).any()
