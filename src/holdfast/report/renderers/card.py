"""The run as a data card of the Hugging Face hub: YAML for its index, and a section on what an audit found."""

import json
from collections.abc import Iterator

from holdfast.core.record import Run
from holdfast.report.build import build
from holdfast.report.document import Document
from holdfast.report.renderers.markdown import code, escaped, prose
from holdfast.report.words import name, plural, sentence

SUFFIX = ".md"
MOST_FINDINGS = 50
_SIZES = (  # the hub's words for how many rows there are, each with the first number beyond it
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"), (10_000_000_000, "1B<n<10B"),
)  # fmt: skip


def render(run: Run) -> str:
    """Return the card; where there is one already, its section is to be pasted into it."""
    return "\n".join([*_front(run), "", *_body(run, build(run, MOST_FINDINGS))]) + "\n"


def _front(run: Run) -> Iterator[str]:
    """Yield the front matter. Every value is written as JSON, which YAML reads as it is, whatever it contains."""
    yield "---"
    yield f"pretty_name: {json.dumps(name(run.title) if run.title else 'data')}"
    if run.n_rows:
        size = next((word for most, word in _SIZES if run.n_rows < most), "n>10B")
        yield f"size_categories: {json.dumps([size])}"
    yield f"tags: {json.dumps(['holdfast'])}"
    yield "---"


def _body(run: Run, document: Document) -> Iterator[str]:
    yield "## Known pitfalls"
    yield f"\n{prose(document.verdict.sentence)}"
    if document.cards:
        yield "\n| | check | what was found | what to do |\n|:--|:--|:--|:--|"
    shown = 0
    for card in document.cards:
        for item in card.items[: MOST_FINDINGS - shown]:
            texts = (card.check.text, item.message, item.fix)  # code would let a bar of the data end its cell
            cells = (card.severity.value, *(escaped(one.replace("`", "")) for one in texts))
            yield f"| {' | '.join(one or ' ' for one in cells)} |"
            shown += 1
    left = sum(card.count for card in document.cards) - shown
    if left:
        yield f"\nand {plural(left, 'more finding')}"
    if run.splits:
        yield "\n### Splits\n\n| split | rows | label |\n|:--|--:|:--|"
    for split in run.splits[:20]:
        classes = ", ".join(f"{escaped(name(one.name))}: {one.rows:,}" for one in split.classes[:10])
        yield f"| {escaped(name(split.name))} | {split.rows:,} | {classes or ' '} |"
    version = code(sentence(run.environment.holdfast))
    yield f"\n{document.outcome.capitalize()}. Audited with Holdfast {version}, {run.started:%Y-%m-%d}."
