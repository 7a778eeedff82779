"""A sentence of the report in another language."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from holdfast.core.errors import unknown
from holdfast.report.languages.catalogue import NUMBER, Catalogue, Choice, Entry, Hole, catalogue, languages

ENGLISH = "en"
_DEEPEST = 6  # sentences inside sentences inside sentences
_OWN = 6  # characters of its own that a sentence needs to be said with a gap in it
_CUTS = ((re.compile(r"(?<=\.) (?=[A-Z`'\d])"), ""), (re.compile("; "), ";"))  # and the sign that stood there
_NUMBER = re.compile(NUMBER)
_NAME = re.compile(r"[^\s]*[-_./@\d][^\s]*|[^\W_]?|[^a-zA-Z]*")  # of a file, a column, a check, or no words at all
_MORE = re.compile(r"(?<=.) and ([\d,]+) more$")
_AND = re.compile(r" and ")
_QUOTED_AND = re.compile(r"(?<=['`]) and (?=['`])")


@dataclass(frozen=True, slots=True)
class _Said:
    """A text in the language, and those of its parts for which the catalogue has no words."""

    text: str
    gaps: tuple[str, ...] = ()


def known() -> tuple[str, ...]:
    """Return the languages that a report can be written in."""
    return (ENGLISH, *languages())


def refuse_unknown(language: str, where: str = "") -> None:
    """Raise BadInput for a language that is not there; `where` is the file that asks for it."""
    if language not in known():
        raise unknown("language", language, known(), where=where)


def said(text: str, language: str = ENGLISH) -> str:
    """Return a text of the report in a language; what it has no words for stays English."""
    return text if language == ENGLISH or not text else _looked_up(text, language, 0).text


def gaps(text: str, language: str) -> tuple[str, ...]:
    """Return the parts of a text for which a language has no words; a name inside a sentence needs none."""
    return _looked_up(text, language, 0).gaps if text else ()


def in_table(text: str, language: str = ENGLISH, *, is_head: bool = False) -> str:
    """Return a cell of a table, or a name in a chart: a single word is the data's unless it stands among `[cells]`.

    The head of a column may be any word that the report knows.
    """
    if language == ENGLISH:
        return text
    words = catalogue(language).cells
    if text in words:
        return words[text]
    return said(text, language) if is_head or " " in text or _NUMBER.fullmatch(text) else text


def listed(text: str, language: str = ENGLISH) -> str:
    """Return names of the data in a row, as they are, with the report's own words between the last two of them."""
    if language == ENGLISH:
        return text
    words = catalogue(language)
    counted = _listed(text, words, ours=False)
    return counted if counted != text else f" {words.between} ".join(text.rsplit(" and ", 1))


def plain(text: str) -> str:
    """Return text for a terminal without Unicode: letters without their accents, ordinary spaces."""
    apart = unicodedata.normalize("NFKD", text.replace("«\u202f", '"').replace("\u202f»", '"').replace("’", "'"))
    return "".join(one for one in apart if not unicodedata.combining(one))


@lru_cache(maxsize=8192)
def _looked_up(text: str, language: str, depth: int) -> _Said:
    """Return the text in the language, or as it is; inside others a sentence may have lost capital and full stop."""
    best = _Said(text, () if _NAME.fullmatch(text) else (text,))
    words = catalogue(language)
    bare, stop = (text[:-1], ".") if text.endswith(".") and not text.endswith("..") else (text, "")
    for end in ("", "."):  # a hole at the end of an entry must not take the stop
        for begin in dict.fromkeys((bare[:1], bare[:1].upper(), bare[:1].lower())):
            found = _as_written(begin + bare[1:] + end, words, depth)
            if found is not None and (not found.gaps or _missing(found) < _missing(best)):
                shown = found.text if end == stop else found.text + stop if stop else found.text.removesuffix(end)
                best = _Said(shown if begin == bare[:1] else _begun(shown, like=bare), found.gaps)
                if not best.gaps:
                    return best
    return best


def _missing(one: _Said) -> int:
    return sum(map(len, one.gaps))


def _as_written(text: str, words: Catalogue, depth: int) -> _Said | None:
    """Return the text in the language, sentence by sentence where each has an entry, else whole; else None.

    The smallest pieces come first: an entry for a part could otherwise take the rest for a name of the data.
    """
    if text in words.exact:
        return _Said(words.exact[text])
    if _NUMBER.fullmatch(text):
        return _Said(_number(text, words))
    for cut, sign in _CUTS:
        pieces = cut.split(text)
        several = [_looked_up(one, words.language, depth) for one in pieces] if len(pieces) > 1 else []
        if several and not any(one in found.gaps for one, found in zip(pieces, several, strict=True)):
            joint = f"{words.sign(sign)} " if sign else " "
            return _Said(joint.join(one.text for one in several), tuple(gap for one in several for gap in one.gaps))
    return _fitting(text, words, depth)


def _fitting(text: str, words: Catalogue, depth: int) -> _Said | None:
    """Return what the first entry says that leaves no gap, else what the first one says at all."""
    best = None
    for entry in words.candidates(text):
        if entry.fixed in text:
            found = entry.pattern.fullmatch(text)
            if found:
                filled = _filled(entry, found, words, depth)
                if not filled.gaps:
                    return filled
                best = best or (filled if entry.weight >= _OWN else None)
    return best


def _filled(entry: Entry, found: re.Match[str], words: Catalogue, depth: int) -> _Said:
    """Return the translation with its holes filled."""
    given = found.groupdict()
    kinds = {one.name: one.kind for one in entry.pieces if isinstance(one, Hole)}
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    nearest = given[numbers[0]] if numbers else ""
    parts: list[str] = []
    gaps: tuple[str, ...] = ()
    for one in entry.rendered:
        if isinstance(one, Hole):
            kind = kinds[one.name]
            nearest = given[one.name] if kind == "number" else nearest
            filled = _hole(given[one.name], kind, words, depth)
            parts.append(filled.text)
            gaps += filled.gaps
        elif isinstance(one, Choice):
            parts.append(one.words[-1] if _many(given.get(one.hole, nearest), words) else one.words[0])
        else:
            parts.append(one)
    return _Said("".join(parts), gaps)


def _hole(text: str, kind: str, words: Catalogue, depth: int) -> _Said:
    if kind == "number":
        return _Said(_number(text, words))
    if kind == "own":
        inner = _looked_up(text, words.language, depth + 1) if depth < _DEEPEST else _Said(text, (text,))
        return inner if " " in text else _Said(inner.text)  # a single word is a name where it has no entry
    return _Said(_listed(text, words, ours=kind == "names") if kind in {"list", "names"} else text)


def _begun(text: str, like: str) -> str:
    """Return a text that begins with a capital as another does."""
    first = text[:1].upper() if like[:1].isupper() else text[:1].lower()
    return first + text[1:]


def _listed(text: str, words: Catalogue, *, ours: bool) -> str:
    """Return a list of names; of the data's, only what stands between quoted ones or counts the rest is translated."""
    text = _MORE.sub(lambda found: words.more.replace("#", _number(found[1], words)), text)
    return (_AND if ours else _QUOTED_AND).sub(f" {words.between} ", text)


def _number(text: str, words: Catalogue) -> str:
    whole, point, rest = text.partition(".")
    return (whole.replace(",", words.thousands) + (words.decimal if point else "") + rest).replace("%", words.sign("%"))


def _many(text: str, words: Catalogue) -> bool:
    digits = re.sub(r"[^\d.]", "", text)
    return "%" in text or not digits or float(digits) >= words.many_from
