import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.core.errors import BadInput
from holdfast.report.checklist import reforms
from holdfast.report.checklist.answering import answer_item, with_answer
from holdfast.report.checklist.answers import questions, read
from holdfast.report.checklist.document import Answer

ITEMS = {one.id: one for module in reforms.MODULES for one in module.items if one.question or one.claim}
HARD = 'two\nlines "quoted" \\ back \\n tab\t three """ end "'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "reforms.toml"


@pytest.mark.parametrize("item", ITEMS)
def test_an_answer_is_read_back_and_taking_it_away_leaves_the_questions(path, item):
    answer = Answer(answer=HARD if ITEMS[item].question else "", holds=False if ITEMS[item].claim else None)
    answer_item(path, "reforms", item, answer)
    assert read(path).reforms[item] == answer
    answer_item(path, "reforms", item, Answer())
    assert path.read_text("utf-8") == questions()


@settings(max_examples=60)
@given(st.text(max_size=200), st.sampled_from([None, True, False]))
def test_whatever_is_typed_stands_there_as_it_was_typed(text, holds):
    if any(0xD800 <= ord(one) <= 0xDFFF for one in text):
        text = ""
    edited = with_answer(questions(), "reforms", ITEMS["6b"], Answer(answer=text, holds=holds))
    said = tomllib.loads(edited)["reforms"]["6b"]
    assert said.get("answer", "") == text
    assert said.get("holds") is holds


def test_everything_else_in_the_file_stays(path):
    path.write_text(
        '# mine\nstudy = "s"\n\n[reforms.1a]  # here\n'
        'answer = """\na\nb"""  # why\n# keep\n\n[reforms.1b]\nanswer = "b"\n'
    )
    answer_item(path, "reforms", "1a", Answer(answer="new"))
    text = path.read_text("utf-8")
    assert text == '# mine\nstudy = "s"\n\n[reforms.1a]  # here\nanswer = "new"\n# keep\n\n[reforms.1b]\nanswer = "b"\n'
    answer_item(path, "reforms", "1c", Answer(answer="c"))
    assert path.read_text("utf-8").startswith(text.rstrip("\n"))
    assert read(path).reforms["1c"].answer == "c"


@pytest.mark.parametrize(
    "text", ['reforms = {1a = {answer = "x"}}\n', 'reforms.1a.answer = "x"\n', '[reforms]\n1a.answer = "x"\n']
)
def test_a_file_laid_out_otherwise_is_left_alone(path, text):
    path.write_text(text)
    with pytest.raises(BadInput, match=r"cannot be edited here|not valid TOML"):
        answer_item(path, "reforms", "1a", Answer(answer="y"))
    assert path.read_text() == text


def test_what_somebody_else_wrote_meanwhile_is_not_written_over(path):
    answer_item(path, "reforms", "1a", Answer(answer="mine"), before=Answer())
    with pytest.raises(BadInput, match=r"changed .* meanwhile"):
        answer_item(path, "reforms", "1a", Answer(answer="theirs"), before=Answer())
    assert read(path).reforms["1a"].answer == "mine"


def test_unknown_items_and_long_answers_are_refused_before_a_file_is_made(path):
    with pytest.raises(BadInput, match="no item '99'"):
        answer_item(path, "reforms", "99", Answer(answer="x"))
    with pytest.raises(BadInput, match="more than a page"):
        answer_item(path, "reforms", "1a", Answer(answer="x" * 5001))
    assert not path.exists()
