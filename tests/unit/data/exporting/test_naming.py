"""Names from data never lead out of a folder, never meet, and are names on every system."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from holdfast.data.exporting.naming import Names, safe_name, safe_path


@given(st.text(max_size=300))
@example("../../etc/passwd")
@example("CON.txt")
@example("a\x00b")
@example("...")
@example("a" * 300 + ".png")
@example("\ud800")
@example("x\u202egpj.exe")
@example(".holdfast")
@example("trailing. . ")
def test_a_safe_name_is_a_name(text):
    name = safe_name(text)
    assert name
    assert not set(name) & set('<>:"/\\|?*\0')
    assert name not in {".", ".."}
    assert not name.startswith((".", "_", "~", "-.")) or name == text
    assert not name.endswith((".", " "))
    assert len(name.encode()) < 250
    assert name.partition(".")[0].casefold() not in {"con", "nul", "aux", "prn", "com1", "lpt9"}
    assert not any(unicodedata.category(one) in {"Cc", "Cf", "Cs"} for one in name)


@given(st.lists(st.text(max_size=30), max_size=30, unique=True))
def test_different_texts_get_different_places(texts):
    names = Names()
    found = [names.free(safe_name(text)) for text in texts]
    keys = {unicodedata.normalize("NFC", one).casefold() for one in found}
    assert len(keys) == len(texts)


@given(st.text(alphabet="./\\ab", max_size=40))
def test_a_path_stays_inside(text):
    parts = safe_path(text).split("/")
    assert all(part not in {"", ".", ".."} for part in parts)


@pytest.mark.parametrize("name", ["cat", "cat 1.png", "Größe.txt", "a.tar.gz", "日本語.jpg"])
def test_good_names_stay_as_they_are(name):
    assert safe_name(name) == name
