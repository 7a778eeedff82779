"""A text without its format: what line breaks, marks and look-alike letters say about a maker is no evidence.

Formats make detectors look perfect (people's texts of one collection hold no line break, machines' do) and fail where
the format is another. Look-alike letters are the cheapest way around a detector.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MOST_CHARACTERS = 20_000  # of a text; far more than the words that are looked at

# Cyrillic and Greek letters that are drawn like Latin ones (the confusables of Unicode TR 39, letters only).
_FROM = "АВЕЅІЈКМНОРСТХУаеѕіјорсхуһԁԛԝ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονιρα"
_TO = "ABESIJKMHOPCTXYaesijopcxyhdqw" + "ABEZHIKMNOPTYXovipa"
LOOK_ALIKES = str.maketrans(_FROM, _TO)
_LOOK_ALIKE = re.compile(f"[{_FROM}]")
_PUNCTUATION = str.maketrans({"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "`": "'",
                              "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "´": "'"})  # fmt: skip
# Invisible: soft hyphen, joiners, marks of direction, variation selectors, byte-order mark, tags.
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
                     "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]")  # fmt: skip
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
_LETTER = re.compile(r"[^\W\d_]")
_LINE_MARK = re.compile(r"(?m)^[ \t]*(?:[#>]+|[-*+•·]|\d{1,3}[.)])[ \t]+")
_EMPHASIS = re.compile(r"\*{1,3}(?=\S)|(?<=\S)\*{1,3}|__")
_BEFORE = re.compile(r" +([.,;:!?%)\]])")
_QUOTES = re.compile(r"\"\"+|''")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Texts without format, and in how many of them what was stripped."""

    texts: tuple[str, ...]
    stripped: tuple[tuple[str, int], ...]  # (what, texts)


def cleaned(texts: Sequence[str]) -> Cleaned:
    """Return the texts as words and punctuation with single spaces, and how many texts each step changed."""
    counts = dict.fromkeys(
        ("cut at 20,000 characters", "line breaks", "invisible characters", "look-alike letters",
         "marks of lists, headings or emphasis", "typographic quotes and dashes", "spaces"), 0
    )  # fmt: skip
    found = []
    for text in texts:
        one, changed = _one(text)
        for name in changed:
            counts[name] += 1
        found.append(one)
    return Cleaned(tuple(found), tuple((name, count) for name, count in counts.items() if count))


def _one(text: str) -> tuple[str, list[str]]:
    changed: list[str] = []

    def step(name: str, after: str, before: str) -> str:
        if after != before:
            changed.append(name)
        return after

    if len(text) > MOST_CHARACTERS:
        text = step("cut at 20,000 characters", text[:MOST_CHARACTERS], text)
    if "\n" in text or "\r" in text:
        changed.append("line breaks")
    text = step("invisible characters", _UNSEEN.sub("", text), text)
    text = step("marks of lists, headings or emphasis", _EMPHASIS.sub("", _LINE_MARK.sub("", text)), text)
    quoted = _QUOTES.sub('"', text.translate(_PUNCTUATION))
    text = step("typographic quotes and dashes", quoted, text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        if _mostly_latin(text):
            text = step("look-alike letters", text.translate(LOOK_ALIKES), text)
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if "  " in text or _BEFORE.search(words):
        changed.append("spaces")
    return _BEFORE.sub(r"\1", words), changed


def _mostly_latin(text: str) -> bool:
    """Return whether look-alikes stand in for Latin letters: real Cyrillic or Greek is left alone."""
    if _LOOK_ALIKE.search(text) is None:
        return False
    return 2 * len(_LATIN.findall(text)) > len(_LETTER.findall(text))
