"""The catalogue of a language: English sentences with holes, and what they are in that language.

    "{n:number} (row|rows) of `{column}` are empty" = "{n} (ligne|lignes) de `{column}` (est vide|sont vides)"

A hole `{x}` is text of the data and stays as it is; `{x:word}` is such text without a blank. `{x:number}` is written
the way of the language; `{x:own}` is looked up in its turn; `{x:list}` is names of the data, with the report's own
words between them, and `{x:names}` is names of checks. `(one|many)` is either of the two in English. In the other
language the number decides: the nearest one before it, or that of a hole, `(n:one|many)`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

FOLDER = files(__package__)  # of the languages
CELLS = "cells"  # the table of single words that stand in tables and charts
NUMBERS = "0"  # where the entries stand that begin with a number
RULES = "language.toml"  # how numbers and signs are written; every other file of the folder holds sentences
PREFIX = 6  # characters at the beginning by which a sentence finds the entries that may fit
NUMBER = r"[−+\-]?(?:\d+(?:,\d{3})*+(?:\.\d+)?+(?:e[−+\-]?\d+)?+%?|∞)"
_PIECE = re.compile(r"\{(\w+)(?::(number|own|list|names|word))?\}|\((?:(\w+):)?([^()|{}]*(?:\|[^()|{}]*)+)\)")
# A name between quotes holds no quote that ends a word, so that a hole never takes the beginning of another sentence.
_INSIDE = {"'": r"(?:[^']|'(?![ ,;:]))", "`": "[^`]"}
_SHORT = {"number": NUMBER, "word": r"[^\s]+?"}  # holes that hold no blank
_NARROW = "\u202f"  # no-break space, narrow


@dataclass(frozen=True)
class Hole:
    """A place that the data or the run fills."""

    name: str
    kind: str


@dataclass(frozen=True)
class Choice:
    """Words that depend on a number: on that of a hole, or on the nearest one before."""

    words: tuple[str, ...]
    hole: str = ""


Piece = str | Hole | Choice


@dataclass(frozen=True)
class Entry:
    """An English sentence and its translation, as they stand in the catalogue."""

    english: str
    other: str

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The English sentence as literals, holes and choices."""
        return split(self.english)

    @cached_property
    def rendered(self) -> tuple[Piece, ...]:
        """The translation as literals, holes and choices."""
        return split(self.other)

    @cached_property
    def weight(self) -> int:
        """How many characters of it are its own."""
        return sum(len(one) for one in self.pieces if isinstance(one, str))

    @cached_property
    def fixed(self) -> str:
        """The longest literal, which every sentence that fits contains."""
        return max((one for one in self.pieces if isinstance(one, str)), key=len, default="")

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What fits. A hole ends where what follows it first occurs, once and for all: the time taken is linear."""
        parts: list[str] = []
        waiting, following, before = "", "", ""
        for one in self.pieces:
            if isinstance(one, Hole) and one.kind not in _SHORT:
                assert following or not waiting, f"two holes without words between them: {self.english}"
                parts.append(f"(?>{waiting}{following})")
                waiting, following = f"(?P<{one.name}>{_INSIDE.get(before, '.')}+?)", ""
            else:
                following += _expression(one)
            before = one[-1] if isinstance(one, str) else ""
        end = following if not waiting or following else ""
        last = waiting if end else waiting.replace("+?)", "+)")
        return re.compile("".join(parts) + (f"(?>{last}{end}\\Z)" if end else last), re.DOTALL)


@dataclass(frozen=True)
class Catalogue:
    """All that a language can say: whole sentences, and sentences with holes by how they begin."""

    language: str
    decimal: str
    thousands: str
    many_from: float  # the least size of a number that takes the plural
    spaced: str  # signs that take a narrow no-break space before them
    between: str  # the word before the last of several names
    more: str  # after names, # for how many are not named
    exact: Mapping[str, str]
    cells: Mapping[str, str]  # single words that are the report's own in tables and charts as well
    holed: Mapping[str, tuple[Entry, ...]]

    def sign(self, sign: str) -> str:
        """Return a sign with the space that the language puts before it."""
        return _NARROW + sign if sign in self.spaced else sign

    def candidates(self, text: str) -> Iterator[Entry]:
        """Yield the entries that may fit: those that begin as the text does come first."""
        for length in range(min(PREFIX, len(text)), 0, -1):
            yield from self.holed.get(text[:length], ())
        if text[:1].isdecimal() or text[:1] in {"−", "-", "+", "∞"}:
            yield from self.holed.get(NUMBERS, ())
        yield from self.holed.get("", ())


def _expression(one: Piece) -> str:
    """Return what fits a literal, a number or a choice; none of them is tried twice at one place."""
    if isinstance(one, Hole):
        return f"(?P<{one.name}>{_SHORT[one.kind]})"
    if isinstance(one, Choice):
        return f"(?>{'|'.join(re.escape(word) for word in sorted(one.words, key=len, reverse=True))})"
    return re.escape(one)


def split(text: str) -> tuple[Piece, ...]:
    """Return a sentence of a catalogue as literals, holes and choices."""
    pieces: list[Piece] = []
    end = 0
    for found in _PIECE.finditer(text):
        if found.start() > end:
            pieces.append(text[end : found.start()])
        name, kind, counted, words = found.groups()
        pieces.append(Hole(name, kind or "") if name else Choice(tuple(words.split("|")), counted or ""))
        end = found.end()
    return (*pieces, *((text[end:],) if end < len(text) else ()))


def languages() -> tuple[str, ...]:
    """Return the languages that have a folder."""
    return tuple(sorted(one.name for one in FOLDER.iterdir() if (one / RULES).is_file()))


@cache
def catalogue(language: str) -> Catalogue:
    """Return the catalogue of a language, read once."""
    rules: dict[str, Any] = tomllib.loads((FOLDER / language / RULES).read_text("utf-8"))
    exact: dict[str, str] = {}
    cells: dict[str, str] = {}
    holed: dict[str, list[Entry]] = {}
    for table, english, other in entries(language):
        placed = _placed(other, rules["spaced"])
        if not _PIECE.search(english):
            (cells if table == CELLS else exact)[english] = placed
            continue
        first = split(english)[0]
        begins = (
            first[:PREFIX]
            if isinstance(first, str)
            else NUMBERS
            if isinstance(first, Hole) and first.kind == "number"
            else ""
        )
        holed.setdefault(begins, []).append(Entry(english, placed))
    # What says most in words of its own comes first, so that the more exact of two entries is taken.
    kept = {begins: tuple(sorted(several, key=lambda one: -one.weight)) for begins, several in holed.items()}
    return Catalogue(
        language=language,
        decimal=rules["decimal"],
        thousands=rules["thousands"],
        many_from=rules["many_from"],
        spaced=rules["spaced"],
        between=rules["and"],
        more=rules["more"],
        exact={**cells, **exact},
        cells=cells,
        holed=kept,
    )


def entries(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield (table, English, translation) of all files of a language, as they are written there."""
    for file in sorted((FOLDER / language).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml") and file.name != RULES:
            for name, table in tomllib.loads(file.read_text("utf-8")).items():
                yield from ((name, english, other) for english, other in table.items())


def _placed(text: str, signs: str) -> str:
    """Return a translation with narrow no-break spaces where its author typed plain ones before signs."""
    if signs:
        text = re.sub(rf" (?=[{re.escape(signs)}](?:[\s)\u202f]|$))", _NARROW, text)
    return text.replace("« ", f"«{_NARROW}").replace(" »", f"{_NARROW}»")
