"""Answers are found by what the template writes before them, and where that cannot be, it is said."""

import numpy as np
import pytest

import small_models
from holdfast.core.errors import BadInput
from holdfast.finetune.chat.template import own_template, written
from holdfast.finetune.chat.tokens import tokenised

TALK = [
    {"role": "user", "content": "ba ke"},
    {"role": "assistant", "content": "warm"},
    {"role": "user", "content": "li mo"},
    {"role": "assistant", "content": "cold nu"},
]
BLOCK = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}si {% generation %}{{ m['content'] }} [EOS]"
    "{% endgeneration %}{% else %}to {{ m['content'] }}{% endif %} {% endfor %}"
    "{% if add_generation_prompt %}si {% endif %}"
)
PLAIN = BLOCK.replace("{% generation %}", "").replace("{% endgeneration %}", "")
FORGETFUL = (  # writes earlier answers otherwise, as templates do that leave out thoughts
    "{% for m in messages %}{% if m['role'] == 'assistant' %}si {% if loop.last %}{{ m['content'] }}{% else %}…"
    "{% endif %} [EOS]{% else %}to {{ m['content'] }}{% endif %} {% endfor %}"
    "{% if add_generation_prompt %}si {% endif %}"
)


@pytest.fixture
def tokenizer(tmp_path):
    return small_models.tokenizer(tmp_path)


def answers(one):
    return [one.text[start:stop] for start, stop in one.answers]


def test_a_template_without_a_generation_block_is_masked_as_one_that_has_it(tokenizer):
    tokenizer.chat_template = BLOCK
    theirs = tokenizer.apply_chat_template(TALK, return_assistant_tokens_mask=True, return_dict=True)
    tokenizer.chat_template = PLAIN
    assert not any(
        tokenizer.apply_chat_template(TALK, return_assistant_tokens_mask=True, return_dict=True)["assistant_masks"]
    )
    tokens, seams = tokenised(tokenizer, [written(tokenizer, TALK, 0)], specials=False, end=None)
    assert tokens.ids.tolist() == theirs["input_ids"]
    assert tokens.learnt.tolist() == [bool(one) for one in theirs["assistant_masks"]]
    assert tokens.learnt.sum() == 5
    assert not seams.any()


def test_only_the_last_answer_is_learnt_on_request(tokenizer):
    tokenizer.chat_template = PLAIN
    assert [one.strip() for one in answers(written(tokenizer, TALK, 0, "last-answer"))] == ["cold nu [EOS]"]


def test_a_template_that_writes_earlier_answers_otherwise_is_faulty(tokenizer):
    tokenizer.chat_template = FORGETFUL
    assert "once something follows" in written(tokenizer, TALK, 0).fault
    assert not written(tokenizer, TALK, 0, "last-answer").fault
    assert not written(tokenizer, TALK[:2], 0).fault


def test_a_prompt_that_is_no_beginning_is_faulty(tokenizer):
    tokenizer.chat_template = PLAIN.replace("{% if add_generation_prompt %}si {% endif %}",
                                            "{% if add_generation_prompt %}nu: {% endif %}")  # fmt: skip
    assert "prompted with" in written(tokenizer, TALK, 0).fault


def test_the_own_template_ends_every_answer_and_leaves_no_seam(tokenizer):
    tokenizer.chat_template = own_template(tokenizer)
    one = written(tokenizer, TALK, 0)
    assert one.text.startswith("User: ba ke\nAssistant: warm[EOS]\nUser: li mo\nAssistant:")
    assert answers(one) == [" warm[EOS]", " cold nu[EOS]"]
    assert not one.fault


def test_a_template_in_the_sandbox_reaches_nothing(tokenizer, tmp_path):
    tokenizer.chat_template = "{{ messages.__class__.__mro__[1].__subclasses__() }}"
    with pytest.raises(BadInput, match="refuses the conversation of row 7"):
        written(tokenizer, TALK, 7)


def test_a_role_that_the_template_refuses_is_told_with_its_row(tokenizer):
    tokenizer.chat_template = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    with pytest.raises(BadInput, match="row 3: no system"):
        written(tokenizer, [{"role": "system", "content": "x"}], 3)


def test_a_conversation_without_an_answer_has_none(tokenizer):
    tokenizer.chat_template = PLAIN
    tokens, _ = tokenised(tokenizer, [written(tokenizer, TALK[:1], 0)], specials=False, end=None)
    assert not tokens.learnt.any()
    assert np.diff(tokens.starts) > 0
