"""Would a generator that nobody labelled be noticed, and how much of it counted? Each labelled one plays the stranger.

What it says holds for generators that differ from the labelled texts as the labelled ones differ from each other. Of
one that differs less, nobody can say anything from texts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.core.progress import Progress, track
from holdfast.core.random import Streams
from holdfast.data.screening.share.mixtures import habits_test
from holdfast.data.screening.share.shift import MOST
from holdfast.data.screening.text.crossfit import FOLDS, HELD, UNUSED
from holdfast.data.screening.text.detectors import DETECTORS
from holdfast.data.screening.text.features import Features
from holdfast.data.screening.text.prepared import HUMAN, MACHINE, Prepared

PARTS = (0.1, 0.25, 0.5)  # of a corpus that the stranger writes
REPEATS = 40  # corpora for each part: a rate of one half is known to ± 0.15
FEWEST, MOST_NAMES = 30, 6  # texts of a generator that plays the stranger; generators that do
_TOLD = 0.3  # flagged machines less flagged people, below which what is counted of a stranger is not told
_DRAWS = 2_000
_Rows = Float[np.ndarray, "texts columns"]


@dataclass(frozen=True)
class Stranger:
    """A labelled generator as if nobody had labelled it."""

    name: str
    texts: int
    size: int  # texts of the corpora that it was hidden in; 0 where the labelled texts do not suffice for 30
    noticed: tuple[int, ...]  # of REPEATS corpora, for each of PARTS, those that the test of habits refused
    counted: tuple[float, float, float] | None  # part of its texts that count as machines', with its 90% interval


def strangers(
    known: Prepared, fold: Int[np.ndarray, " texts"], makers: Sequence[str],
    habits: Callable[[np.ndarray], _Rows], made: Callable[[np.ndarray], Features], detector: str, asked: int,
    streams: Streams, progress: Progress,
) -> tuple[Stranger, ...]:  # fmt: skip
    """Return what is noticed and counted of each labelled generator when it is left out, the largest ones first.

    `makers` has the generator of each text, `habits` and `made` give rows and features of texts by their places, and
    `asked` is how many texts the corpus has, which those that a stranger is hidden in are no larger than.
    """
    machine = np.flatnonzero((known.origin == MACHINE) & (fold > UNUSED))
    human = np.flatnonzero((known.origin == HUMAN) & (fold > UNUSED))
    by = np.array(makers)[machine]
    names, counts = np.unique(by, return_counts=True)
    chosen = [str(names[at]) for at in np.argsort(-counts, kind="stable")[:MOST_NAMES] if counts[at] >= FEWEST]
    found = []
    with track(progress, "generators left out in turn", len(chosen), "generators") as advance:
        for name in chosen:
            rng = streams("screening", "stranger", name)
            own, others = machine[by == name], machine[by != name]
            rest = [machine[by == one] for one in names if one != name]
            sides = [human, own, *(side for side in rest if len(side) >= FEWEST)]
            people, theirs, *labelled = (habits(np.sort(rng.permutation(side)[:MOST])) for side in sides)
            size, noticed = _noticed(people, labelled, theirs, asked, rng)
            counted = None
            if len(others) >= FEWEST and detector in DETECTORS:
                counted = _counted(known, fold, human, others, own, made, detector, rng)
            found.append(Stranger(name, len(own), size, noticed, counted))
            advance(1)
    return tuple(found)


def _noticed(
    human: _Rows, others: Sequence[_Rows], own: _Rows, asked: int, rng: np.random.Generator
) -> tuple[int, tuple[int, ...]]:
    """Return the size of corpora that labelled texts can make, and how many were refused with the stranger in them.

    A corpus has people's texts beside the stranger's; the other half of people's texts, at least, stay labelled.
    """
    size = min(asked, len(human) // 2, int(len(own) / max(PARTS)))
    if size < FEWEST:
        return 0, ()
    found = []
    for part in PARTS:
        k, refused = round(part * size), 0
        for _ in range(REPEATS):
            order, theirs = rng.permutation(len(human)), rng.permutation(len(own))[:k]
            corpus = np.concatenate([own[theirs], human[order[: size - k]]])
            test, _ = habits_test([human[order[size - k :]], *others], corpus)
            refused += test.refuses
        found.append(refused)
    return size, tuple(found)


def _counted(
    known: Prepared, fold: Int[np.ndarray, " texts"], human: Int[np.ndarray, " human"],
    others: Int[np.ndarray, " others"], own: Int[np.ndarray, " own"], made: Callable[[np.ndarray], Features],
    detector: str, rng: np.random.Generator,
) -> tuple[float, float, float] | None:  # fmt: skip
    """Return (flagged of its texts − of people's) / (flagged of other machines' − of people's), cut to [0, 1].

    That is the part of its texts which the adjusted count (Forman, 2008) takes for machines'. One fold and the held
    texts are kept from learning, and texts of its own whose family was learnt from are left out.
    """
    kept = FOLDS - 1
    learnt = np.concatenate([side[(fold[side] != kept) & (fold[side] != HELD)] for side in (human, others)])
    is_machine = known.origin[learnt] == MACHINE
    own = own[~np.isin(known.family[own], known.family[learnt])]
    sides = [human[np.isin(fold[human], (kept, HELD))], others[np.isin(fold[others], (kept, HELD))], own]
    if min(is_machine.sum(), *(len(side) for side in sides)) < 10:
        return None
    taken = [[known.texts[one] for one in side] for side in (learnt, *sides)]
    score = DETECTORS[detector].fit(made(learnt), taken[0], is_machine, int(rng.integers(1 << 31)))
    flagged = [int((score(made(side), texts) > 0).sum()) for side, texts in zip(sides, taken[1:], strict=True)]
    sizes = [len(side) for side in sides]
    people, machines, strange = (k / n for k, n in zip(flagged, sizes, strict=True))
    if machines - people < _TOLD:
        return None
    # Half a text more in each cell (Jeffreys): no rate is known to be 0 or 1.
    drawn = [rng.beta(k + 0.5, n - k + 0.5, _DRAWS) for k, n in zip(flagged, sizes, strict=True)]
    counted = np.clip((drawn[2] - drawn[0]) / np.maximum(drawn[1] - drawn[0], 1e-9), 0, 1)
    low, high = np.quantile(counted, [0.05, 0.95])
    value = min(max((strange - people) / (machines - people), 0.0), 1.0)
    return value, min(value, float(low)), max(value, float(high))
