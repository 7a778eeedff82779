"""The file of answers: written once, read with care, never changed."""

import tomllib

import pytest

from holdfast.core.errors import BadInput
from holdfast.report.checklist import lones, reforms
from holdfast.report.checklist.answers import MOST_CHARACTERS, questions, read, write_questions


def test_the_file_asks_for_all_that_people_must_say():
    asked = tomllib.loads(questions())
    people = [item.id for module in reforms.MODULES for item in module.items if item.filled_by != "run"]
    assert [one for one, section in asked["reforms"].items() if "answer" in section] == people
    assert set(asked["lones"]) == {"2.6", "2.7", "3.4", "5.6"}


def test_a_fresh_file_answers_nothing(tmp_path):
    path = tmp_path / "reforms.toml"
    assert write_questions(path)
    found = read(path)
    assert found.study == ""
    assert all(not one.answer and one.holds is None for one in (*found.reforms.values(), *found.lones.values()))


def test_the_claims_stand_in_the_file_to_be_uncommented():
    marked = questions().replace("# holds = true", "holds = true")
    claims = [item.id for module in reforms.MODULES for item in module.items if item.claim]
    assert [one for one, section in tomllib.loads(marked)["reforms"].items() if section.get("holds")] == claims


def test_a_file_that_is_there_is_never_touched(tmp_path):
    path = tmp_path / "reforms.toml"
    path.write_bytes(b"# mine\r\n[reforms.1a]\r\nanswer = 'x'\r\n")
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert not write_questions(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert read(path).reforms["1a"].answer == "x"


def test_a_folder_is_made_for_it(tmp_path):
    assert write_questions(tmp_path / "a" / "b" / "reforms.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[reforms.6x]\nanswer = ''", "no item '6x' in reforms"),
        ("[reforms.6b]\nanser = ''", "Did you mean 'answer'?"),
        ("[reforms.6b]\nholds = 3.5", ":2 reforms.6b.holds: got 3.5"),
        ("[lones.'9.9']\nanswer = ''", "no item '9.9' in lones"),
        ("[reform.6b]\nanswer = ''", "Did you mean 'reforms'?"),
        ("reforms = 3", "reforms: got 3"),
        ("[reforms]\n1a = 'x'", "reforms.1a: got 'x'"),
        ("study = ", "not valid TOML"),
        (f"[reforms.1a]\nanswer = '{'x' * (MOST_CHARACTERS + 1)}'", "more than a page"),
    ],
)
def test_mistakes_are_named(tmp_path, text, said):
    path = tmp_path / "reforms.toml"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        read(path)
    assert said in str(caught.value)


def test_bytes_that_are_not_text_are_refused(tmp_path):
    (tmp_path / "reforms.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="not valid TOML"):
        read(tmp_path / "reforms.toml")


def test_a_folder_in_its_place_is_refused(tmp_path):
    with pytest.raises(BadInput, match="not a file"):
        write_questions(tmp_path)


def test_every_item_has_an_id_that_toml_reads_back():
    ids = {item.id for listed in (reforms, lones) for module in listed.MODULES for item in module.items}
    text = "\n".join(f'[t."{one}"]' for one in ids)
    assert set(tomllib.loads(text)["t"]) == ids
