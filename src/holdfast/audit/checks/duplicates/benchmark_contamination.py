from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.cases.texts import texts
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import MOST_CHARACTERS, percent
from holdfast.audit.facts.texts.contamination import RUN, SHORT_RUN, Contamination, Contaminations
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Series, Severity
from holdfast.core.text import one_line

_SHOWN = 5
_COVERED = (0.2, 0.4, 0.6, 0.8)  # bounds of the bars


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Brown et al. (2020), Language models are few-shot learners, NeurIPS, appendix C (runs of 13 words)",
            "https://arxiv.org/abs/2005.14165",
        ),
        Reference(
            "Touvron et al. (2023), Llama 2, appendix A.6 (share of the words of a sample that is contaminated)",
            "https://arxiv.org/abs/2307.09288",
        ),
        Reference(
            "Singh et al. (2024), Evaluation data contamination in LLMs: how do we measure it and does it matter?",
            "https://arxiv.org/abs/2411.03923",
        ),
    ),
)
def benchmark_contamination(
    dataset: Dataset, text_contamination: Contaminations, *, min_covered: float = 0.7
) -> Iterator[Finding]:
    """Texts of a benchmark that stand, word for word, in the training texts.

    ## Why it matters
    A model that has read the questions of a test can answer them from memory. Texts gathered from the web hold many
    public benchmarks; the score then says what was read, not what was understood.

    ## How it works
    A split called `benchmark` (`--split benchmark=FILE`) is cut into runs of 13 words (8 where a text is shorter), case
    and punctuation aside; the training texts are read once, and each run of theirs is looked up. A text of which
    `min_covered` or more of the words stand in such runs is contaminated (an error); where only a part does, it is a
    warning. Runs that stand in more than ten training texts, or in 1% of the benchmark, are sayings or forms and do
    not count.

    ## Limits
    Translations and free paraphrases are not found, nor texts of fewer than 8 words. A quotation that the benchmark
    and the training texts share, such as an article that a question is about, counts as covered.

    ## Fix
    Drop the contaminated texts from the benchmark (or from the training texts, and train again); report both scores.
    """
    for seen in text_contamination.each:
        whole = seen.covered >= min_covered
        part = (seen.covered > 0) & ~whole
        if whole.any():
            yield _finding(dataset, seen, whole, min_covered, Severity.ERROR)
        if part.any():
            yield _finding(dataset, seen, part, min_covered, Severity.WARNING)


def _finding(dataset: Dataset, seen: Contamination, which: np.ndarray, least: float, severity: Severity) -> Finding:
    n, total = int(which.sum()), len(seen.rows)
    share = n / total
    where = " and ".join(seen.against)
    if severity is Severity.ERROR:
        said = f"stand in the {where} texts, to {percent(float(seen.covered[which].mean()))} of their words"
    else:
        said = f"have a passage of {SHORT_RUN if not _long(seen, which) else RUN} or more words in the {where} texts"
    order = np.flatnonzero(which)[np.argsort(-seen.covered[which], kind="stable")]
    return Finding(
        message=f"{n:,} of {total:,} texts of {seen.benchmark!r} ({percent(share)}) {said}",
        severity=severity,
        confidence=Confidence.CERTAIN if severity is Severity.ERROR else Confidence.MEDIUM,
        locations=(Location(rows=seen.rows[which], columns=(seen.column,), split=seen.benchmark),),
        evidence=(
            Measure(name="share of the benchmark's texts", value=share, threshold=0.0, unit="share"),
            Measure(
                name="largest share of the words of one text",
                value=float(seen.covered[which].max()),
                threshold=least if severity is Severity.ERROR else None,
                unit="share",
            ),
            _bars(seen),
            _passages(dataset, seen, order[:_SHOWN]),
        ),
        fix="Drop these texts from the benchmark, or from the training texts and train again; report both scores.",
    )


def _long(seen: Contamination, which: np.ndarray) -> bool:
    return bool((seen.stop - seen.start)[which].min() >= RUN)


def _bars(seen: Contamination) -> Series:
    edges = (0.0, *_COVERED, 1.0)
    counts = [int(((seen.covered > a) & (seen.covered <= b)).sum()) for a, b in pairwise(edges)]
    return Series(
        name="Texts of the benchmark by how much of them stands in the training texts",
        x=("none", *(f"up to {100 * top:.0f}%" for top in edges[1:])),
        y=(int((seen.covered == 0).sum()), *counts),
        x_name="share of the words",
        y_name="texts",
        shape="bar",
    )


def _passages(dataset: Dataset, seen: Contamination, places: np.ndarray) -> Examples:
    values = dataset.values(seen.column)
    cells, rows = [], []
    for place in places.tolist():
        row, source = int(seen.rows[place]), int(seen.source[place])
        passage = _words_between(values[row].as_py(), int(seen.start[place]), int(seen.stop[place]))
        cells.append((f"{100 * seen.covered[place]:.0f}%", passage, _around(values[source].as_py(), passage)))
        rows.append(row)
    return Examples(
        caption="Longest passages in common, and the training text around them",
        columns=("covered", "of the benchmark", "of the training text"),
        cells=tuple(cells),
        rows=tuple(rows),
    )


def _words_between(text: str, start: int, stop: int) -> str:
    """Return about the words `start` to `stop` of a text, as it is written."""
    words = text.split()
    return one_line(" ".join(words[start:stop] or words), MOST_CHARACTERS)


def _around(text: str, passage: str) -> str:
    """Return the training text from where the passage begins."""
    low = text.lower()
    beginnings = (" ".join(passage.lower().split()[:size]) for size in (6, 4, 2))
    at = next((found for begin in beginnings if begin and (found := low.find(begin)) >= 0), 0)
    return one_line(("…" if at else "") + text[at : at + MOST_CHARACTERS], MOST_CHARACTERS)


def _with_benchmark(rng: np.random.Generator, copied: dict[int, str]) -> Dataset:
    """Return 200 training texts and 50 of a benchmark, of which some are given."""
    train, other = texts(rng, 200, (60, 120)), texts(rng, 50, (15, 30))
    for place, text in copied.items():
        other[place] = text
    y = rng.choice(["a", "b"], size=250)
    return subject({"text": [*train, *other], "y": y}, split=["train"] * 200 + ["benchmark"] * 50)


@planted(at=Location(rows=(200, 201, 202), columns=("text",), split="benchmark"))
def questions_in_the_training_texts(rng: np.random.Generator) -> Dataset:
    """Three questions of the benchmark were copied into training texts, in capitals."""
    questions = texts(rng, 3, (20, 25))
    dataset = _with_benchmark(rng, dict(enumerate(questions)))
    column = dataset.values("text").to_pylist()
    for place, question in enumerate(questions):
        column[10 * place] += " " + question.upper()
    return subject({"text": column, "y": dataset.values("y").to_pylist()}, split=dataset.values("split").to_pylist())


@clean
def unrelated(rng: np.random.Generator) -> Dataset:
    """The benchmark has nothing to do with the training texts."""
    return _with_benchmark(rng, {})


@clean
def the_same_instruction(rng: np.random.Generator) -> Dataset:
    """Every text of both begins with the same instruction."""
    instruction = "Read the following text with care and say in one word of which of the two kinds it is. "
    dataset = _with_benchmark(rng, {})
    column = [instruction + text for text in dataset.values("text").to_pylist()]
    return subject({"text": column, "y": dataset.values("y").to_pylist()}, split=dataset.values("split").to_pylist())
