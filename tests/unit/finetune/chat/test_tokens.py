"""Prompts are tokenised as in use: no token spans the seam, and what is learnt is the answer and its end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.finetune.chat.template import Written
from holdfast.finetune.chat.tokens import tokenised


@pytest.fixture(scope="module")
def bytewise():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<end>"],
    )  # fmt: skip
    made.train_from_iterator(["the question is yes", "answer yes: no", "A: yes", "what is this yesno"] * 20, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<end>")


def one(tokenizer, prompt, answer):
    written = Written(prompt + answer, ((len(prompt), len(prompt) + len(answer)),))
    tokens, seams = tokenised(tokenizer, [written], specials=True, end=tokenizer.eos_token_id)
    return tokens, bool(seams[0])


def test_a_token_that_would_span_the_seam_is_cut_there_as_in_use(bytewise):
    tokens, seam = one(bytewise, "A: ", "yes")
    assert seam
    n = len(bytewise("A: ")["input_ids"])
    assert tokens.ids[:n].tolist() == bytewise("A: ")["input_ids"]
    assert tokens.learnt.tolist() == [False] * n + [True] * (len(tokens.ids) - n)
    assert not one(bytewise, "A:", " yes")[1]


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(words, words, words, words)
def test_whatever_the_text_prompts_are_as_in_use_and_nothing_is_lost(bytewise, first, answer, second, other):
    text = first + answer + second + other
    spans = ((len(first), len(first + answer)), (len(first + answer + second), len(text)))
    tokens, _ = tokenised(bytewise, [Written(text, spans)], specials=True, end=bytewise.eos_token_id)
    prompt = bytewise(first)["input_ids"]
    assert tokens.ids[: len(prompt)].tolist() == prompt
    assert bytewise.decode(tokens.ids[:-1].tolist()) == text
    assert not tokens.learnt[: len(prompt)].any()
    assert tokens.ids[-1] == bytewise.eos_token_id
    assert tokens.learnt[-1]


def test_windows_of_tokens(bytewise):
    tokens, _ = one(bytewise, "A:", " yes no yes no")
    pair = tokens.windows(tokens.starts[:-1], tokens.starts[:-1] + 2)
    assert len(pair) == 1
    assert pair.ids.tolist() == tokens.ids[:2].tolist()
    assert tokens.learnt_in().tolist() == [int(tokens.learnt.sum())]
