from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.text import one_line

# UTF-8 read as Latin-1 or Windows-1252 turns a letter into Ã or Â and a mark that no word has there, and quotes and
# dashes into â€ and a mark. Each pattern with what a person would call it, and how bad it is.
_MOJIBAKE = (
    r"Ã[\x{80}-\x{BF}ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ€]|Â[\x{80}-\x{BF}]"
    r"|â€[\x{80}-\x{BF}œ˜™¦“”¢\x{9D}]|Ã\x{83}|ï»¿|Ð[\x{80}-\x{BF}][ÐÑ]"
)
_ENTITY = r"&(amp|lt|gt|quot|nbsp|apos|[a-z]{1,5}(acute|grave|uml|circ|tilde|cedil)|#\d{2,5}|#x[0-9a-fA-F]{2,5});"
_SIGNS: tuple[tuple[str, str, Severity], ...] = (
    ("UTF-8 that was read as another encoding", _MOJIBAKE, Severity.WARNING),
    ("replacement characters (U+FFFD), where letters were lost", r"\x{FFFD}", Severity.WARNING),
    ("byte order marks inside the data", r"\x{FEFF}", Severity.NOTE),
    ("HTML entities", _ENTITY, Severity.NOTE),
)


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Speer (2019), ftfy: fixes text for you: how mojibake comes about and is recognised",
            "https://doi.org/10.5281/zenodo.2591652",
        ),
        Reference("The Unicode Standard, chapter 23.8: specials", "https://www.unicode.org/versions/latest/"),
    ),
)
def encoding_damage(dataset: Dataset, *, max_share: float = 0.0) -> Iterator[Finding]:
    """Text that was decoded wrongly or escaped: `Ã©` for `é`, U+FFFD, `&amp;`, stray byte order marks.

    ## Why it matters
    Damaged words are other words: `MÃ¼nchen` and `München` become two categories, and tokens no model has seen. If
    the damage came with one of several sources, it also says where a row is from.

    ## How it works
    Distinct strings (and column names) are searched for sequences that arise when UTF-8 is read as Latin-1 or
    Windows-1252, for the replacement character, for byte order marks, and for HTML entities. Rows are counted.

    ## Limits
    Text about encodings, and web pages kept as they are, hold such sequences rightly. Damage in alphabets without
    Latin letters is found only in part.

    ## Fix
    Read the file again with its true encoding (`UTF-8` in most cases), and unescape entities; a lost letter
    (U+FFFD) can only come from the source.
    """
    columns = [
        column
        for column in dataset.columns
        if column.role != "split" and pa.types.is_large_string(dataset.table.column(column.name).type)
    ]
    if not columns and not len(dataset.columns):
        raise NotApplicable("no columns")
    found: dict[int, list[tuple[str, np.ndarray]]] = {}
    for column in columns:
        values = dataset.table.column(column.name)
        # One pass over all signs; most columns are clean and cost no more.
        suspect = pc.fill_null(pc.match_substring_regex(values, "|".join(sign[1] for sign in _SIGNS)), False)  # noqa: FBT003
        at = np.flatnonzero(suspect.to_numpy(zero_copy_only=False))
        if not len(at):
            continue
        picked = values.take(pa.array(at))
        for number, (_, pattern, _) in enumerate(_SIGNS):
            hit = pc.match_substring_regex(picked, pattern).to_numpy(zero_copy_only=False)
            if hit.any():
                found.setdefault(number, []).append((column.name, at[hit]))
    for number, places in sorted(found.items()):
        rows = np.unique(np.concatenate([rows for _, rows in places]))
        if len(rows) / max(len(dataset), 1) <= max_share:
            continue
        names = tuple(name for name, _ in places)
        what, _, severity = _SIGNS[number]
        shown = ", ".join(repr(one_line(name, 60)) for name in names[:5]) + (" and more" if len(names) > 5 else "")
        yield Finding(
            message=f"{shown}: {what} in {len(rows):,} of {len(dataset):,} rows",
            severity=severity,
            confidence=Confidence.HIGH,
            locations=(Location(rows=rows, columns=names),),
            evidence=(
                Measure(name="rows with damaged text", value=len(rows), threshold=0, unit="rows"),
                rows_table(dataset, rows, "Rows with damaged text", names[:5]),
            ),
            fix="Read the file again with its true encoding, and unescape entities.",
        )
    yield from _names(dataset)


def _names(dataset: Dataset) -> Iterator[Finding]:
    """Yield a finding on column names that are damaged."""
    names = pa.array([column.name for column in dataset.columns], pa.large_string())
    damaged = pc.match_substring_regex(names, "|".join(sign[1] for sign in _SIGNS[:3]))
    hit = tuple(names.filter(damaged).to_pylist())
    if hit:
        yield Finding(
            message=f"{len(hit):,} column names hold damaged text: {', '.join(one_line(name, 60) for name in hit[:5])}",
            confidence=Confidence.HIGH,
            locations=(Location(columns=hit),),
            evidence=(
                Measure(name="damaged column names", value=len(hit), threshold=0, unit="columns"),
                Examples(caption="Names", columns=("column",), cells=tuple((name[:200],) for name in hit[:10])),
            ),
            fix="Read the file again with its true encoding (a byte order mark calls for utf-8-sig).",
        )


def _cities(rng: np.random.Generator, n: int = 60) -> list[str]:
    return list(rng.choice(["München", "Zürich", "Århus", "São Paulo", "Kraków", "ÂGE"], size=n))


@planted(at=Location(rows=(5, 9), columns=("city",)))
def read_as_latin_1(rng: np.random.Generator) -> Dataset:
    """Two rows came through a program that took UTF-8 for Latin-1."""
    city = _cities(rng)
    for row, word in ((5, "München"), (9, "Århus")):
        city[row] = word.encode().decode("latin-1")
    return subject({"city": city, "a": rng.normal(size=60)})


@planted(at=Location(rows=(7,), columns=("city",)))
def lost_letters(rng: np.random.Generator) -> Dataset:
    """A letter was replaced by U+FFFD."""
    city = _cities(rng)
    city[7] = "M\ufffdnchen"
    return subject({"city": city, "a": rng.normal(size=60)})


@planted(at=Location(rows=(3,), columns=("title",)))
def escaped(rng: np.random.Generator) -> Dataset:
    """A title with an HTML entity."""
    title = ["plain"] * 60
    title[3] = "Salt &amp; Pepper"
    return subject({"title": title, "a": rng.normal(size=60)})


@clean
def accents(rng: np.random.Generator) -> Dataset:
    """Letters with accents, an ampersand, and a capital A with a circumflex."""
    return subject({"city": _cities(rng), "firm": ["A & B; C"] * 30 + ["D&E"] * 30})
