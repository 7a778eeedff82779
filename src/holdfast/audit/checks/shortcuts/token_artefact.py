from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.cases.texts import texts
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import Count, percent, rows_table, share_bars
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.predictiveness import Question, answers, by_value, question
from holdfast.audit.facts.texts.sides import TextSides
from holdfast.audit.facts.texts.table import TokenTable, TokenTables
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity
from holdfast.core.text import one_line

_LEAST_TEXTS = 100
_PURE = 50.0  # how many times likelier a word must be in the class than elsewhere
_MANY = 0.4  # share of a class that holds the word, from which a warning is due
_LEAST_FIXED = 0.03  # share of a class, for a word that stands at the same place
_FIXED = 0.9  # share of the texts with the word that have it among the first or last words
_EDGE = 3  # words
_LOOKED_AT = 60  # words whose place is looked at, and that are shown
_SHOWN = 10
_LENGTH, _LENGTH_ALONE = 0.8, 0.95  # AUC of the number of words: a note, a warning
_BINS = 20
_ONE_SIDE, _ONE_SIDE_ALONE = 0.65, 0.8  # AUC of one text of a pair


@dataclass(frozen=True)
class _Telling:
    """A word that gives a class away: shares inside and outside, and the share of its texts that have it at an edge."""

    word: int
    of_class: int
    inside: float
    outside: float
    at_edge: float
    edge: str


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Gururangan et al. (2018), Annotation artifacts in natural language inference data, NAACL",
            "https://aclanthology.org/N18-2017/",
        ),
        Reference(
            "Ribeiro, Singh & Guestrin (2016), Why should I trust you? (newsgroup posts told by their headers), KDD",
            "https://doi.org/10.1145/2939672.2939778",
        ),
        Reference(
            "Gardner et al. (2021), Competency problems: on finding and removing artifacts in language data, EMNLP",
            "https://aclanthology.org/2021.emnlp-main.135/",
        ),
    ),
)
def token_artefact(
    dataset: Dataset,
    text_tokens: TokenTables,
    text_sides: TextSides | None,
    labels: Labels,
    *,
    min_share: float = 0.25,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Single words, the length, or one text of a pair that give the label away.

    ## Why it matters
    A header, an id, a line of boilerplate or the name of a source tells the class without a word of the matter. A
    model that has found it looks no further, and fails where it is missing.

    ## How it works
    For each word the share of texts of a class that hold it is set against the share elsewhere; copies of a text and
    rows of one group count once. No single word of natural language stands in much of one class and nearly never
    elsewhere: words of praise or spam stand in at most a seventh of their class. So a word is reported if `min_share`
    of a class hold it and it is 50 times rarer elsewhere, or 3% if it always stands among the first or last three
    words; Fisher's exact test with `alpha` divided by all words and classes rules out chance. A warning from two
    fifths of the class on, or at a fixed place; else a note. Then the number of words alone (a note from AUC 0.8,
    a warning from 0.95), and, where two columns are a pair (premise and hypothesis), how well one of them alone tells
    the label (a note from AUC 0.65, a warning from 0.8).

    ## Limits
    At most 20,000 rows, the first 20,000 characters of each, and the 50,000 most frequent words. That a word names
    its class (`python` in posts about Python) is innocent; whether it is there where the model will work is for you
    to say. Combinations of words are not looked at.

    ## Fix
    Remove headers, signatures, ids and boilerplate before training, and score again.
    """
    for table in text_tokens.each:
        if len(table.rows) < _LEAST_TEXTS:
            continue
        telling = _telling(table, min_share, alpha / len(text_tokens.each))
        if telling:
            yield _words_finding(dataset, table, telling, min_share)
        asked = question(labels, table.rows, table.unit)
        yield from _length_finding(table, asked, alpha / len(text_tokens.each))
    if text_sides is not None:
        yield from _side_finding(text_sides, alpha)


def _telling(table: TokenTable, min_share: float, alpha: float) -> list[_Telling]:
    """Return the words that give a class away, the most telling first."""
    from scipy.stats import hypergeom

    if not len(table.hashes):
        return []
    n, total = int(table.n_units.sum()), table.holding.sum(axis=1)
    found = []
    for code in range(len(table.classes)):
        n_in = int(table.n_units[code])
        if n_in < 20 or n - n_in < 20:
            continue
        inside = table.holding[:, code] / n_in
        outside = (total - table.holding[:, code]) / (n - n_in)
        picked = np.flatnonzero((inside >= _LEAST_FIXED) & (inside >= _PURE * outside))
        p_value = hypergeom.sf(table.holding[picked, code] - 1, n, n_in, total[picked])
        picked = picked[p_value * len(table.hashes) * len(table.classes) < alpha]
        found += [(float(inside[word]), float(outside[word]), int(word), code) for word in picked.tolist()]
    found.sort(key=lambda item: (item[1] - item[0], int(table.hashes[item[2]])))
    telling = []
    for inside_share, outside_share, word, code in found[:_LOOKED_AT]:
        at_edge, edge = _at_edge(table, word)
        if inside_share >= min_share or at_edge >= _FIXED:
            telling.append(_Telling(word, code, inside_share, outside_share, at_edge, edge))
    return telling


def _at_edge(table: TokenTable, word: int) -> tuple[float, str]:
    """Return the share of the texts with a word that have it among the first or the last words, and which."""
    text, place = table.places(word)
    length = table.length[text]
    long = length > 4 * _EDGE  # in a short text every word is near an edge
    if long.sum() < 5:
        return 0.0, ""
    first, last = (place < _EDGE)[long].mean(), (length - place <= _EDGE)[long].mean()
    return (float(first), "beginning") if first >= last else (float(last), "end")


def _words_finding(dataset: Dataset, table: TokenTable, telling: list[_Telling], min_share: float) -> Finding:
    best = telling[0]
    name = table.classes[best.of_class]
    word = one_line(table.spelled(best.word), 40)
    more = f", and {len(telling) - 1} more words like it" if len(telling) > 1 else ""
    fixed = f", always at the {best.edge}" if best.at_edge >= _FIXED else ""
    warned = any(one.inside >= _MANY or one.at_edge >= _FIXED for one in telling)
    text, _ = table.places(best.word)
    rows = table.rows[text]
    return Finding(
        message=(
            f"The word {word!r} in {table.column!r} gives class {name!r} away: it stands in {percent(best.inside)} of "
            f"its texts and in {percent(best.outside)} of the others{fixed}{more}"
        ),
        severity=Severity.WARNING if warned else Severity.NOTE,
        confidence=Confidence.HIGH if best.at_edge >= _FIXED or best.inside >= _MANY else Confidence.MEDIUM,
        locations=(Location(rows=rows, columns=(table.column,)),),
        evidence=(
            Measure(
                name=f"share of {name!r} that holds {word!r}", value=best.inside, threshold=min_share, unit="share"
            ),
            Measure(name=f"share of the others that holds {word!r}", value=best.outside, unit="share"),
            _bars(table, telling[:_SHOWN]),
            rows_table(dataset, rows, f"Texts that hold {word!r}", (table.column, table.label)),
        ),
        fix="Remove headers, signatures, ids and boilerplate before training, and score again.",
    )


def _bars(table: TokenTable, telling: list[_Telling]) -> Series:
    counts, n = [], int(table.n_units.sum())
    for one in telling:
        n_in, held = int(table.n_units[one.of_class]), table.holding[one.word]
        inside, outside = int(held[one.of_class]), int(held.sum() - held[one.of_class])
        word = one_line(table.spelled(one.word), 24)
        counts += [Count(word, table.classes[one.of_class], inside, n_in), Count(word, "all others", outside, n - n_in)]
    title = "The most telling words: share of texts that hold them"
    return share_bars(title, counts, x_name="word", y_name="share of texts")


def _length_finding(table: TokenTable, asked: Question, alpha: float) -> Iterator[Finding]:
    if not asked.judged:
        return
    edges = np.unique(np.quantile(table.length, np.linspace(0, 1, _BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, table.length, side="right")
    found = answers(asked, by_value(asked, bins), least=2 * _LENGTH - 1)
    if not found or found[0].p_value * len(asked.judged) >= alpha:
        return
    best = found[0]
    hit = asked.truth == asked.classes.index(best.of_class)
    inside, outside = (float(np.median(table.length[side])) for side in (hit, ~hit))
    yield Finding(
        message=(
            f"The number of words in {table.column!r} alone tells class {best.of_class!r} with AUC {best.value:.3f}: "
            f"{inside:,.0f} words in the middle of it, {outside:,.0f} elsewhere"
        ),
        severity=Severity.WARNING if best.value >= _LENGTH_ALONE else Severity.NOTE,
        confidence=Confidence.HIGH,
        locations=(Location(columns=(table.column,)),),
        evidence=(
            best.measure("AUC of the number of words", _LENGTH),
            _lengths(table, asked, best.of_class),
        ),
        fix="Cut texts to a common length, or collect classes of like length, and see what is left of the score.",
    )


def _lengths(table: TokenTable, asked: Question, name: str) -> Series:
    """Return the number of words below which each tenth of the class, and of the others, stays."""
    hit = asked.truth == asked.classes.index(name)
    tenths = np.linspace(0.1, 0.9, 9)
    sides = ((name, hit), ("all others", ~hit))
    return Series(
        name="Number of words",
        x=tuple(float(round(q, 1)) for _ in sides for q in tenths),
        y=tuple(float(v) for _, side in sides for v in np.quantile(table.length[side], tenths)),
        group=tuple(title for title, _ in sides for _ in tenths),
        x_name="share of texts that are shorter",
        y_name="words",
    )


def _side_finding(sides: TextSides, alpha: float) -> Iterator[Finding]:
    place = int(np.argmax([one.gain for one in sides.answers]))
    best, name, other = sides.answers[place], sides.names[place], sides.names[1 - place]
    if best.value < _ONE_SIDE or best.p_value * 2 * sides.n_judged >= alpha:
        return
    yield Finding(
        message=(
            f"{name!r} alone, without {other!r}, tells class {best.of_class!r} with AUC {best.value:.3f} "
            f"(both together: {sides.together.value:.3f}): the pair need not be understood"
        ),
        severity=Severity.WARNING if best.value >= _ONE_SIDE_ALONE else Severity.NOTE,
        confidence=Confidence.MEDIUM,
        locations=(Location(columns=(name,)),),
        evidence=(
            best.measure(f"AUC of {name!r} alone", _ONE_SIDE),
            sides.answers[1 - place].measure(f"AUC of {other!r} alone", _ONE_SIDE),
            sides.together.measure("AUC of both", None),
        ),
        fix="Report the score of a model that sees one text only beside yours; rewrite or balance what gives the label "
        "away.",
    )


def _labelled(rng: np.random.Generator, n: int = 400) -> tuple[list[str], np.ndarray]:
    return texts(rng, n), rng.integers(0, 2, size=n)


def _strewn(rng: np.random.Generator, written: list[str], where: np.ndarray, word: str) -> None:
    """Put a word at a random place of the texts of a mask."""
    for place in np.flatnonzero(where).tolist():
        words = written[place].split(" ")
        words.insert(int(rng.integers(len(words))), word)
        written[place] = " ".join(words)


@planted(at=Location(columns=("text",)))
def a_word_at_random_places(rng: np.random.Generator) -> Dataset:
    """Half the texts of one class hold a word that no other holds."""
    written, y = _labelled(rng)
    _strewn(rng, written, (y == 1) & (rng.random(len(y)) < 0.5), "xylograph")
    return subject({"text": written, "y": y})


@planted(at=Location(columns=("text",)))
def a_header(rng: np.random.Generator) -> Dataset:
    """A tenth of the posts of one group begin with a header."""
    written, y = _labelled(rng, 800)
    lines = [
        f"Organization: Widget Works\n{text}" if one and place % 5 == 0 else text
        for place, (text, one) in enumerate(zip(written, y, strict=True))
    ]
    return subject({"text": lines, "y": y})


@planted(at=Location(columns=("text",)))
def one_class_is_longer(rng: np.random.Generator) -> Dataset:
    """Texts of one class are three times as long."""
    y = rng.integers(0, 2, size=200)
    short, long = texts(rng, 200, (10, 20)), texts(rng, 200, (30, 60))
    return subject({"text": [b if one else a for a, b, one in zip(short, long, y, strict=True)], "y": y})


@planted(at=Location(columns=("hypothesis",)))
def hypothesis_only(rng: np.random.Generator) -> Dataset:
    """Whether the second text contradicts the first can be told from its negations alone."""
    second, y = texts(rng, 400, (12, 18)), rng.integers(0, 2, size=400)
    _strewn(rng, second, (y == 1) & (rng.random(400) < 0.9), "never")
    _strewn(rng, second, (y == 0) & (rng.random(400) < 0.1), "never")
    return subject({"premise": texts(rng, 400), "hypothesis": second, "y": y})


@clean
def words_of_praise(rng: np.random.Generator) -> Dataset:
    """A tenth of each class holds a word that is typical of it, as in reviews."""
    written, y = _labelled(rng, 1000)
    some = rng.random(len(y)) < 0.1
    _strewn(rng, written, some & (y == 1), "dull")
    _strewn(rng, written, some & (y == 0), "lovely")
    return subject({"text": written, "y": y})


@clean
def a_header_everywhere(rng: np.random.Generator) -> Dataset:
    """Every post has the same header."""
    written, y = _labelled(rng)
    return subject({"text": [f"Organization: Widget Works\n{text}" for text in written], "y": y})
