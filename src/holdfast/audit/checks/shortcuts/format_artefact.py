from collections.abc import Iterator
from functools import partial

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.cases.texts import texts
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import MOST_CHARACTERS, Count, percent, share_bars
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.predictiveness import (
    Answer,
    Question,
    answers,
    area,
    best_of_shuffles,
    by_model,
    halves,
    units,
)
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.facts.texts.format import TextFormat
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Series, Severity
from holdfast.core.random import Streams
from holdfast.core.text import one_line

_LEAST_ROWS = 100
_SHUFFLES = 5
_SHOWN = 6
_WARNING = 0.9  # AUC from which the way of writing nearly gives the label away
_LEAST_OF_A_MARK = 0.52  # AUC of a mark alone, to be worth showing


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Gururangan et al. (2018), Annotation artifacts in natural language inference data, NAACL",
            "https://aclanthology.org/N18-2017/",
        ),
        Reference(
            "Dugan et al. (2024), RAID: a shared benchmark for robust evaluation of machine-generated text detectors, "
            "ACL",
            "https://aclanthology.org/2024.acl-long.674/",
        ),
    ),
)
def format_artefact(
    dataset: Dataset,
    text_format: TextFormat,
    labels: Labels,
    groups: Groups | None,
    row_groups: RowGroups,
    streams: Streams,
    *,
    min_auc: float = 0.7,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """The way texts are written tells the label: line breaks, blanks, quotes, case, traces of an encoding.

    ## Why it matters
    Classes that were collected by different people or programs differ in how their files are written. A model learns
    that machines break lines and humans do not, or that one source writes curly quotes, and fails on texts from
    anywhere else.

    ## How it works
    About twenty marks are counted in each text, none of them a word: line breaks, blanks at the end, doubled blanks,
    capital letters, quotes straight and curly, HTML, Markdown, damaged characters, a length at which texts are cut.
    A small boosting model predicts the label from them for rows it has not learned from; equal rows and rows of one
    group stay together. It is reported from AUC `min_auc` on, and only when no shuffle of the label reaches as much.
    From AUC 0.9 on it is a warning, below a note: writers of some classes do differ (spam shouts).

    ## Limits
    At most 20,000 rows. Whether a mark belongs to the matter (verse breaks its lines) is for you to say. Number of
    words and single words are the business of `token-artefact`.

    ## Fix
    Write all texts in one way before training (blanks, line ends, quotes, case), and score again.
    """
    rows = text_format.rows
    asked = halves(labels, rows, units(rows, groups, row_groups))
    if len(rows) < _LEAST_ROWS or not asked.judged:
        return
    limit = alpha / (len(text_format.counts) * len(asked.judged))
    for column, counts in text_format.counts.items():
        varies = np.flatnonzero(counts.std(axis=0) > 0)
        if not len(varies):
            continue
        marks = counts[:, varies]
        found = [one for one in answers(asked, by_model(asked, marks), least=2 * min_auc - 1) if one.p_value < limit]
        if not found:
            continue
        rng = streams("format_artefact", column)
        null = best_of_shuffles(asked, found[0].of_class, partial(by_model, matrix=marks), rng, _SHUFFLES)
        if found[0].value > null:
            names = [text_format.names[place] for place in varies]
            yield _finding(dataset, column, asked, found[0], null, names, marks, min_auc)


def _finding(
    dataset: Dataset,
    column: str,
    asked: Question,
    answer: Answer,
    null: float,
    names: list[str],
    marks: np.ndarray,
    min_auc: float,
) -> Finding:
    hit = asked.truth == asked.classes.index(answer.of_class)
    areas = np.array([area(asked, marks[:, place], hit) for place in range(len(names))])
    order = np.argsort(-np.abs(areas - 0.5), kind="stable")
    order = order[np.abs(areas[order] - 0.5) >= _LEAST_OF_A_MARK - 0.5][:_SHOWN]
    if not len(order):
        order = np.argsort(-np.abs(areas - 0.5), kind="stable")[:1]
    best = int(order[0])
    inside, outside = (float((marks[side, best] > 0).mean()) for side in (hit, ~hit))
    if abs(inside - outside) >= 0.05:
        how = f"{percent(inside)} of its texts and {percent(outside)} of the others have {names[best]}"
    else:
        more = "more" if areas[best] > 0.5 else "fewer"
        how = f"its texts have {more} {names[best]} (AUC {max(areas[best], 1 - areas[best]):.3f} alone)"
    return Finding(
        message=(
            f"How texts in {column!r} are written tells class {answer.of_class!r} with AUC {answer.value:.3f}, "
            f"no word being read: {how}"
        ),
        severity=Severity.WARNING if answer.value >= _WARNING else Severity.NOTE,
        confidence=Confidence.HIGH,
        locations=(Location(columns=(column,)),),
        evidence=(
            answer.measure("AUC of the way of writing", min_auc),
            Measure(name="the same with the label shuffled, the best of five", value=null, unit="score"),
            _bars(asked, answer, [names[place] for place in order], marks[:, order] > 0),
            _written(dataset, column, asked, hit, marks[:, best]),
        ),
        fix="Write all texts in one way before training (line ends, blanks, quotes, case), and score again.",
    )


def _bars(asked: Question, answer: Answer, names: list[str], present: np.ndarray) -> Series:
    """Return the share of texts with each mark, in the class and in all others."""
    hit = asked.truth == asked.classes.index(answer.of_class)
    others = next((name for name in asked.classes if name != answer.of_class), "") if len(asked.classes) == 2 else ""
    sides = ((hit, answer.of_class), (~hit, others or "all others"))
    counts = (
        Count(name, title, int(present[side, place].sum()), int(side.sum()))
        for place, name in enumerate(names)
        for side, title in sides
    )
    return share_bars("Share of texts that have it", counts, x_name="mark", y_name="share of texts")


def _written(dataset: Dataset, column: str, asked: Question, hit: np.ndarray, mark: np.ndarray) -> Examples:
    """Return a few texts of the class and of others, with line ends and blanks made visible."""
    cells, rows = [], []
    for side in (hit, ~hit):
        with_mark = mark[side] > 0
        places = np.flatnonzero(side)[np.argsort(with_mark != (with_mark.mean() > 0.5), kind="stable")][:3]
        for place in places.tolist():
            row = int(asked.rows[place])
            text = dataset.values(column)[row].as_py() or ""
            rows.append(row)
            cells.append((asked.classes[int(asked.truth[place])], one_line(text, MOST_CHARACTERS)))
    return Examples(
        caption="Texts of the class, then of others, as they are written",
        columns=("class", column),
        cells=tuple(cells),
        rows=tuple(rows),
    )


@planted(at=Location(columns=("text",)))
def line_breaks(rng: np.random.Generator) -> Dataset:
    """One source breaks its lines after each sentence, in nearly all of its texts."""
    written = texts(rng, 300)
    y = rng.integers(0, 2, size=300)
    broken = (y == 1) & (rng.random(300) < 0.9)
    lines = [text.replace(". ", ".\n") if new else text for text, new in zip(written, broken, strict=True)]
    return subject({"text": lines, "y": np.where(y == 1, "machine", "human")})


@planted(at=Location(columns=("text",)))
def blanks_at_the_end(rng: np.random.Generator) -> Dataset:
    """Texts of one class end in a blank, as an export left them."""
    written = texts(rng, 300)
    y = rng.integers(0, 2, size=300)
    return subject({"text": [text + " " * int(one) for text, one in zip(written, y, strict=True)], "y": y})


@clean
def written_alike(rng: np.random.Generator) -> Dataset:
    """Both classes are written in the same way; every third text breaks its lines."""
    written = texts(rng, 300)
    lines = [text.replace(". ", ".\n") if place % 3 == 0 else text for place, text in enumerate(written)]
    return subject({"text": lines, "y": rng.choice(["yes", "no"], size=300)})


@clean
def words_tell(rng: np.random.Generator) -> Dataset:
    """What the texts say tells the label, as it should; how they are written does not."""
    y = rng.integers(0, 2, size=300)
    written = [
        text.replace(" the ", " good " if one else " bad ") for text, one in zip(texts(rng, 300), y, strict=True)
    ]
    return subject({"text": written, "y": y})
