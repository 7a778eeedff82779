from hypothesis import given
from hypothesis import strategies as st

from holdfast.core.text import one_line, visible


@given(st.text(alphabet=st.characters(), max_size=200))
def test_nothing_that_steers_a_terminal_or_a_page_remains(text):
    shown = one_line(text)
    assert all(ord(c) >= 0x20 and not 0x7F <= ord(c) <= 0x9F for c in shown)
    assert not any(0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069 for c in shown)
    shown.encode("utf-8")


def test_marks_are_readable():
    assert visible("a\x1b[31mb\x00") == "a␛[31mb␀"
    assert visible("abc\u202edef") == "abc⟨U+202E⟩def"
    assert one_line("a\nb\tc") == "a⏎b⇥c"


def test_ordinary_text_is_left_alone():
    assert visible("Größe, 身長 – naïve 👍") == "Größe, 身長 – naïve 👍"


def test_cut():
    assert visible("abcdef", most=4) == "abc…"
