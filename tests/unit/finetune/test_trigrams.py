"""Counts of three tokens in a row, as a control of language models."""

from types import SimpleNamespace

import numpy as np
import pytest

from holdfast.finetune.chat.tokens import Tokens
from holdfast.finetune.controls.trigrams import judge, likelihood
from holdfast.finetune.tasks.generate_text import Continuations

SEEN = np.array([[9, 1, 2], [1, 2, 3], [1, 2, 4], [2, 3, 1], [3, 1, 2], [1, 2, 3]])


def tokens(*examples, learnt=None):
    ids = np.concatenate(examples)
    starts = np.cumsum([0, *map(len, examples)])
    return Tokens(ids, np.ones(len(ids), bool) if learnt is None else np.array(learnt), starts)


def bench(**splits):
    task = Continuations(splits, limit=32, pad=0, outcomes=9, supervision=None)
    return SimpleNamespace(prepared=SimpleNamespace(task=task))


@pytest.mark.parametrize("context", [(1, 2), (5, 2), (5, 6)])  # known, known in part, unknown
def test_probabilities_add_up_to_one(context):
    asked = np.array([[*context, one] for one in range(10)])
    assert likelihood(SEEN, asked, 10).sum() == pytest.approx(1.0)


def test_a_probability_is_the_one_of_the_formula():
    one = (2 + 4 * 0.1) / (6 + 4)  # of 3, alone: 2 of 6, four kinds of token, ten in the vocabulary
    pair = (2 + 2 * one) / (3 + 2)  # after 2, thrice, two kinds
    assert likelihood(SEEN, np.array([[1, 2, 3]]), 10)[0] == pytest.approx((2 + 2 * pair) / (3 + 2))


def test_what_always_follows_is_learnt_and_examples_do_not_touch():
    always = tokens(*[[1, 2, 3, 4]] * 40)
    found = judge(bench(train=always, test=tokens([1, 2, 3, 4], [1, 2, 4, 3], [7])))
    assert found.weight.tolist() == [3.0, 3.0, 0.0]
    assert found.loss[0] < 0.1
    assert found.loss[1] > 2.0
    assert all(one == -other for one, other in zip(found.score, found.loss, strict=True))


def test_only_what_is_learnt_counts_and_prompts_are_known():
    answers = tokens(*[[1, 5, 2], [3, 5, 4]] * 20, learnt=[False, False, True] * 40)
    found = judge(bench(train=answers, test=tokens([3, 5, 4], learnt=[False, False, True])))
    assert found.weight.tolist() == [1.0]
    assert found.loss[0] < 0.1


def test_nothing_to_write_or_to_learn_from_is_no_control():
    assert judge(bench(test=tokens([1, 2]))) is None
    assert judge(SimpleNamespace(prepared=SimpleNamespace(task=object()))) is None
