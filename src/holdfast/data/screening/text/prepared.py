"""Texts made ready for detectors: without format, without what they share, each once, and of one length."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, listening, track
from holdfast.data.screening.text.cleaning import cleaned
from holdfast.data.screening.text.shared import unshared

HUMAN, MACHINE, ASKED = 0, 1, -1  # what is known of a text
LONGEST, SHORTEST = 300, 20  # words looked at, at most; and below which nothing is said of a text
_BLOCK = 4096


@dataclass(frozen=True)
class Prepared:
    """Distinct texts, and which of them each row holds (−1: none that can be judged)."""

    texts: tuple[str, ...]
    origin: Int[np.ndarray, " texts"]  # HUMAN, MACHINE or ASKED
    family: Int[np.ndarray, " texts"]  # equal where texts had an opening in common
    full: Bool[np.ndarray, " texts"]  # has as many words as are looked at
    text_of: Int[np.ndarray, " rows"]
    words: int  # of a text that are looked at
    stripped: tuple[tuple[str, int], ...]
    examples: tuple[tuple[str, str, int], ...]
    empty: int  # rows asked about without a text
    short: int  # rows asked about with fewer words than are judged
    known: int  # rows asked about whose text has a known origin: copies
    contradicted: int  # distinct texts labelled as both, left out

    def of(self, origin: int) -> Int[np.ndarray, " found"]:
        """Return the places of the texts with this origin."""
        return np.flatnonzero(self.origin == origin)


def prepared(texts: Sequence[str], origin: Int[np.ndarray, " rows"], progress: Progress | None = None) -> Prepared:
    """Return what detectors may see of the texts, labelled ones and those that are asked about together.

    Raises BadInput where no text is left.
    """
    plain: list[str] = []
    counts: dict[str, int] = {}
    with track(listening(progress), "texts", len(texts), "rows") as advance:
        for start in range(0, len(texts), _BLOCK):
            block = cleaned(texts[start : start + _BLOCK])
            plain += block.texts
            for name, count in block.stripped:
                counts[name] = counts.get(name, 0) + count
            advance(len(block.texts))
    distinct = sorted({*plain} - {""})  # sorted, so that nothing that follows depends on the order of rows
    if not distinct:
        raise BadInput("every text is empty")
    places = {text: place for place, text in enumerate(distinct)}
    of_row = np.array([places.get(text, -1) for text in plain], dtype=np.int64)
    empty = int(((of_row < 0) & (origin == ASKED)).sum())
    says, contradicted, known = _said(of_row, origin, len(places))
    bare = unshared(distinct)
    sizes = np.array([len(text.split()) for text in bare.texts], dtype=np.int64)
    words = _words(sizes, says)
    least = max(SHORTEST, words // 2)
    judged = (sizes >= least) & (says > -2)
    renumbered = np.where(judged, np.cumsum(judged) - 1, -1)
    kept = np.flatnonzero(judged)
    of_text = np.where(of_row >= 0, renumbered[of_row], -1)
    stripped = {**counts, "shared openings": bare.openings, "shared endings": bare.endings,
                "boilerplate": bare.boilerplate}  # fmt: skip
    return Prepared(
        texts=tuple(" ".join(bare.texts[one].split()[:words]) for one in kept),
        origin=says[kept], family=bare.family[kept], full=sizes[kept] >= words, text_of=of_text, words=words,
        stripped=tuple((name, count) for name, count in stripped.items() if count), examples=bare.examples,
        empty=empty, short=int((sizes < least)[of_row[(of_row >= 0) & (origin == ASKED)]].sum()),
        known=known, contradicted=contradicted,
    )  # fmt: skip


def _said(
    of_row: Int[np.ndarray, " rows"], origin: Int[np.ndarray, " rows"], n: int
) -> tuple[Int[np.ndarray, " texts"], int, int]:
    """Return what is known of each text (−2: labelled as both), how many are both, and asked rows that are copies."""
    held = of_row >= 0
    is_human, is_machine = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    is_human[of_row[held & (origin == HUMAN)]] = True
    is_machine[of_row[held & (origin == MACHINE)]] = True
    says = np.select([is_human & is_machine, is_human, is_machine], [-2, HUMAN, MACHINE], ASKED)
    copies = held & (origin == ASKED) & (says[np.maximum(of_row, 0)] != ASKED)
    return says, int((is_human & is_machine).sum()), int(copies.sum())


def _words(sizes: Int[np.ndarray, " texts"], says: Int[np.ndarray, " texts"]) -> int:
    """Return how many words are looked at: the lower quartile of the kind with the shorter texts.

    Three quarters of every kind then have exactly this length, so that length tells little.
    """
    quartiles = [np.quantile(sizes[says == kind], 0.25) for kind in (HUMAN, MACHINE, ASKED) if (says == kind).any()]
    return int(np.clip(min(quartiles, default=SHORTEST), SHORTEST, LONGEST))
