"""A sentence of the report in another language."""

import re
import unicodedata
from functools import lru_cache

from holdfast.core.errors import unknown
from holdfast.report.languages.catalogue import NUMBER, Catalogue, Choice, Entry, Hole, catalogue, languages

ENGLISH = "en"
_DEEPEST = 3  # sentences inside sentences inside sentences
_CUTS = ((re.compile(r"(?<=\.) (?=[A-Z`'\d])"), " "), (re.compile("; "), "\u202f; "))
_NUMBER = re.compile(NUMBER)
_RANGE = re.compile(rf"({NUMBER}) to ({NUMBER})( \({NUMBER}\))?")
_MORE = re.compile(r"(?<=.) and ([\d,]+) more$")
_AND = re.compile(r" and ")
_QUOTED_AND = re.compile(r"(?<=['`]) and (?=['`])")


def known() -> tuple[str, ...]:
    """Return the languages that a report can be written in."""
    return (ENGLISH, *languages())


def refuse_unknown(language: str) -> None:
    """Raise BadInput for a language that is not there."""
    if language not in known():
        raise unknown("language", language, known())


def said(text: str, language: str = ENGLISH) -> str:
    """Return a text of the report in a language; what it has no words for stays English."""
    return text if language == ENGLISH or not text else _looked_up(text, language, 0)


def figure(text: str, language: str = ENGLISH) -> str:
    """Return a number or an interval of the report's own, written the way of the language; else as `said`."""
    if language == ENGLISH:
        return text
    words = catalogue(language)
    if _NUMBER.fullmatch(text):
        return _number(text, words)
    return _RANGE.sub(lambda found: _interval(found, words), text) if _RANGE.search(text) else said(text, language)


def named(text: str, language: str = ENGLISH) -> str:
    """Return a title that may be a name of the data as well: a single word stays as it is."""
    return said(text, language) if " " in text else text


def plain(text: str) -> str:
    """Return text for a terminal without Unicode: letters without their accents, ordinary spaces."""
    apart = unicodedata.normalize("NFKD", text.replace("«\u202f", '"').replace("\u202f»", '"').replace("’", "'"))
    return "".join(one for one in apart if not unicodedata.combining(one))


@lru_cache(maxsize=8192)
def _looked_up(text: str, language: str, depth: int) -> str:
    """Return the text in the language, or as it is: sentence by sentence where each has an entry, else whole.

    The smallest pieces come first: an entry for a part could otherwise take the rest for a name of the data.
    """
    words = catalogue(language)
    if text in words.exact:
        return words.exact[text]
    for cut, joint in _CUTS:
        pieces = cut.split(text)
        several = [_looked_up(one, language, depth) for one in pieces] if len(pieces) > 1 else pieces
        if not any(other == one and one not in words.exact for one, other in zip(pieces, several, strict=True)):
            return joint.join(several)
    whole = _fitting(text, words, depth)
    return text if whole is None else whole


def _fitting(text: str, words: Catalogue, depth: int) -> str | None:
    for entry in words.candidates(text):
        if entry.fixed in text:
            found = entry.pattern.fullmatch(text)
            if found:
                return _filled(entry, found, words, depth)
    return None


def _filled(entry: Entry, found: re.Match[str], words: Catalogue, depth: int) -> str:
    """Return the translation with its holes filled."""
    given = found.groupdict()
    kinds = {one.name: one.kind for one in entry.pieces if isinstance(one, Hole)}
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    nearest = given[numbers[0]] if numbers else ""
    parts = []
    for one in entry.rendered:
        if isinstance(one, Hole):
            kind = kinds[one.name]
            nearest = given[one.name] if kind == "number" else nearest
            parts.append(_hole(given[one.name], kind, words, depth))
        elif isinstance(one, Choice):
            parts.append(one.words[-1] if _many(given.get(one.hole, nearest), words) else one.words[0])
        else:
            parts.append(one)
    return "".join(parts)


def _hole(text: str, kind: str, words: Catalogue, depth: int) -> str:
    if kind == "number":
        return _number(text, words)
    if kind == "own":
        return _inner(text, words, depth + 1) if depth < _DEEPEST else text
    return _listed(text, words, ours=kind == "names") if kind in {"list", "names"} else text


def _inner(text: str, words: Catalogue, depth: int) -> str:
    """Return a sentence inside another one, which may have lost its capital and its full stop."""
    if _NUMBER.fullmatch(text):
        return _number(text, words)
    bare, stop = (text[:-1], ".") if text.endswith(".") and not text.endswith("..") else (text, "")
    for begin in (bare[:1], bare[:1].upper()):
        for end in (stop, "" if stop else "."):
            whole = begin + bare[1:] + end
            other = _looked_up(whole, words.language, depth)
            if other != whole or whole in words.exact:
                other = (other[:-1] if end and other.endswith(end) else other) + stop
                return other[:1].lower() + other[1:] if begin != bare[:1] else other
    return text


def _listed(text: str, words: Catalogue, *, ours: bool) -> str:
    """Return a list of names; of the data's, only what stands between quoted ones or counts the rest is translated."""
    text = _MORE.sub(lambda found: words.more.replace("#", _number(found[1], words)), text)
    return (_AND if ours else _QUOTED_AND).sub(f" {words.between} ", text)


def _interval(found: re.Match[str], words: Catalogue) -> str:
    level = found[3] or ""
    shown = f" ({_number(level[2:-1], words)})" if level else ""
    return words.range.replace("#", _number(found[1], words)).replace("@", _number(found[2], words)) + shown


def _number(text: str, words: Catalogue) -> str:
    whole, point, rest = text.partition(".")
    return (whole.replace(",", words.thousands) + (words.decimal if point else "") + rest).replace("%", "\u202f%")


def _many(text: str, words: Catalogue) -> bool:
    digits = re.sub(r"[^\d.]", "", text)
    return "%" in text or not digits or float(digits) >= words.many_from
