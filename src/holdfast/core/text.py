"""Text that came from data, made safe to show: control, ANSI and bidi characters become visible marks."""

import unicodedata
from collections.abc import Sequence

_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_KEPT = "\n\t"
_UNSEEN = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, surrogates, unassigned, separators of lines and paragraphs


def visible(text: str, most: int | None = None) -> str:
    """Return `text` with control and direction characters shown as `␛`, `⟨U+202E⟩` and the like.

    `most` cuts it to that many characters, with an ellipsis.
    """
    if most is not None and len(text) > most:
        text = text[: most - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(_mark(character) for character in text)


def one_line(text: str, most: int | None = None) -> str:
    """Return `text` as `visible` does, with line breaks and tabs shown too."""
    return visible(text, most).replace("\n", "⏎").replace("\t", "⇥")


def and_more(names: Sequence[str], most: int) -> str:
    """Return the first names with commas between, and how many more there are: `a, b and 12 more`."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left:,} more" if left > 0 else "")


def _mark(character: str) -> str:
    code = ord(character)
    if character in _KEPT:
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code in _BIDI or unicodedata.category(character) in _UNSEEN or 0xE0000 <= code <= 0xE007F:
        return f"⟨U+{code:04X}⟩"
    return character
