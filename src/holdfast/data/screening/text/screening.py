"""One screening: from texts with and without a known origin to scores, p-values, shares, and what is not estimable."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from pydantic import BaseModel, Field

from holdfast.core.errors import BadInput, unknown
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, listening, track
from holdfast.core.random import Streams
from holdfast.data.screening.share.estimate import (
    FEWEST,
    WIDEST,
    Calibrated,
    Share,
    calibrated,
    shared_fit,
    whichever,
)
from holdfast.data.screening.share.histograms import rows_of
from holdfast.data.screening.share.mixtures import habits_test, one_each
from holdfast.data.screening.share.shift import MOST, Test, classifier_test
from holdfast.data.screening.text.conformal import Rate, p_values, rates
from holdfast.data.screening.text.crossfit import (
    FEWEST_MACHINE,
    HELD,
    UNUSED,
    Scores,
    as_scores,
    auroc,
    folds_of,
    maker,
    scored,
)
from holdfast.data.screening.text.detectors import DETECTORS, TOGETHER
from holdfast.data.screening.text.features import Features
from holdfast.data.screening.text.prepared import ASKED, HUMAN, MACHINE, Prepared, prepared
from holdfast.data.screening.text.strangers import Stranger, strangers

UNLIKE = (
    "the corpus is no mixture of texts like the labelled ones, so people write otherwise in it or a generator that "
    "nobody labelled does"
)
Maker = Callable[[np.ndarray], Features]
Kinds = Sequence[Int[np.ndarray, " machines"]]  # places of each generator's texts among the machines'
Reader = Callable[[Sequence[str], Progress], Float[np.ndarray, " texts"]]


class ScreenSettings(BaseModel):
    """How a corpus is screened."""

    model_config = FROZEN
    detector: str = Field(TOGETHER, description="detector that gives scores, p-values and the share")
    alpha: float = Field(0.05, gt=0, lt=0.5, description="share of people's texts that may be flagged for review")
    coverage: float = Field(0.9, gt=0.5, lt=1, description="coverage of the intervals of shares")
    by: tuple[str, ...] = Field((), description="columns whose groups get a share of their own")
    compare: bool = Field(
        default=True, description="measure the other detectors, and labelled generators left out in turn"
    )
    text: str | None = Field(None, description="column that holds the texts")
    seed: int = Field(0, ge=0, description="seed of everything random")


@dataclass(frozen=True, slots=True)
class Separation:
    """How well a detector tells labelled texts apart that it did not learn from."""

    detector: str
    against: str  # a generator, or all
    texts: int
    area: float
    low: float
    high: float


@dataclass(frozen=True)
class Screened:
    """What a screening came to; arrays have an entry per row, NaN where nothing can be said."""

    prepared: Prepared
    score: Float[np.ndarray, " rows"]
    p: Float[np.ndarray, " rows"]
    flagged: Int[np.ndarray, " flagged"]  # rows for review, most striking first
    rates: tuple[Rate, ...]
    separations: tuple[Separation, ...]
    length_area: tuple[float, float, float]  # of the number of words alone, on labelled texts
    share: Share
    groups: tuple[Share, ...]
    strangers: tuple[Stranger, ...]  # labelled generators, each as if nobody had labelled it
    held: int  # people's texts that calibrate p-values
    refused: str  # why records have no p-values; empty where they have


def screen(
    texts: Sequence[str],
    origin: Int[np.ndarray, " rows"],
    settings: ScreenSettings | None = None,
    *,
    generators: Sequence[str | None] | None = None,
    groups: Mapping[str, Int[np.ndarray, " rows"]] | None = None,
    readers: Mapping[str, Reader] | None = None,
    progress: Progress | None = None,
) -> Screened:
    """Return the screening of the rows whose origin is ASKED (−1), by those that are HUMAN (0) or MACHINE (1).

    `generators` names the maker of each row where known; `groups` are sets of rows with a share of their own; `readers`
    are scores of language models, by name. Raises BadInput where too little is labelled.
    """
    settings, progress = settings or ScreenSettings(), listening(progress)
    names = [*DETECTORS, *(readers or {})]
    if settings.detector not in names:
        raise unknown("detector", settings.detector, names)
    streams = Streams(settings.seed)
    if not (origin == ASKED).any():
        raise BadInput("the origin of every record is known already, so there is nothing to screen")
    known = prepared(texts, origin, progress)
    fold = folds_of(known, streams)
    ask = known.of(ASKED)
    if not len(ask):
        raise BadInput(
            f"no record can be judged: {known.short:,} have fewer than half of {known.words} words, "
            f"{known.empty:,} are empty, and {known.known:,} are copies of texts whose origin is known"
        )
    read = {name: reader(known.texts, progress) for name, reader in (readers or {}).items()}
    made = maker(known, np.column_stack(list(read.values())) if read else None)
    if settings.detector in read:
        scores = as_scores(known, fold, read[settings.detector])
    else:
        scores = scored(known, fold, settings.detector, made, ask, streams, progress)
    human, machine = (np.flatnonzero((known.origin == kind) & (fold > UNUSED)) for kind in (HUMAN, MACHINE))
    basis = calibrated(scores.by_fold[human], scores.by_fold[machine], known.family[human], known.family[machine])
    makers = _makers(known, generators)
    kinds = _kinds(np.array(makers)[machine])
    share = _share("all records", known, scores, basis, kinds, np.arange(len(texts)), settings, streams, progress, made)
    held = np.flatnonzero((fold == HELD) & (known.origin == HUMAN))
    strata = _strata(known, held, settings.alpha)
    p = np.full(len(known.texts), np.nan)
    shifted = _shifted(share.tests)
    if not shifted:
        mean = scores.mean
        p[ask] = p_values(mean[ask], strata[ask], mean[held], strata[held])
    at, asked = known.text_of, origin == ASKED
    by_row = np.where((at >= 0) & asked, p[at], np.nan)
    score = np.where((at >= 0) & asked, scores.mean[at], np.nan)
    flagged = np.flatnonzero(by_row <= settings.alpha)
    return Screened(
        prepared=known, score=score, p=by_row, flagged=flagged[np.lexsort((flagged, -score[flagged]))],
        rates=rates(scores.mean[held], strata[held], settings.alpha),
        separations=_separations(known, fold, scores, made, settings, streams, progress, makers, read),
        length_area=_length(known, human, machine), share=share,
        groups=tuple(
            _share(name, known, scores, basis, kinds, rows, settings, streams, progress, made)
            for name, rows in (groups or {}).items()
        ),
        strangers=strangers(
            known, fold, makers, lambda places: _habits(known, places, made(places)), made, settings.detector, len(ask),
            streams, progress,
        ) if settings.compare else (),
        held=len(held), refused=shifted,
    )  # fmt: skip


def _share(
    name: str, known: Prepared, scores: Scores, basis: Calibrated, kinds: Kinds, rows: Int[np.ndarray, " rows"],
    settings: ScreenSettings, streams: Streams, progress: Progress, made: Maker,
) -> Share:  # fmt: skip
    """Return the share of machine text among some rows; each row counts, and copies are redrawn together."""
    places = known.text_of[rows]
    places = places[(places >= 0) & (known.origin[np.maximum(places, 0)] == ASKED)]
    if len(places) < FEWEST:
        few = f"{len(places)} texts can be judged, and at least {FEWEST} are needed"
        return Share(name, len(places), settings.coverage, (), (), few)
    asked = rows_of(scores.by_fold[places], basis.edges)
    estimates = whichever(basis, kinds, asked, known.family[places], settings.coverage, streams)
    share = Share(name, len(places), settings.coverage, estimates, (), "")
    shift = _shift(known, scores, kinds, places, share.best.value, streams, progress, made)
    tests = (shared_fit(basis, kinds, asked), *shift)
    low, high = share.best.low, share.best.high
    refused = _shifted(tests)
    if not refused and high - low > WIDEST:
        refused = (
            f"the interval would run from {low:.0%} to {high:.0%}: the detector hardly tells the labelled kinds apart, "
            "or there are too few texts"
        )
    return Share(name, len(places), settings.coverage, estimates, tests, refused)


def _strata(known: Prepared, held: Int[np.ndarray, " held"], level: float) -> Int[np.ndarray, " texts"]:
    """Return shorter texts (0) and full ones (1) apart, or all as one (2) where either kind calibrates badly.

    Twice as many texts as make a level reachable are asked for.
    """
    full = known.full.astype(int)
    if np.bincount(full[held], minlength=2).min() < 2 / level:
        return np.full(len(full), 2)
    return full


def _shifted(tests: Sequence[Test]) -> str:
    bad = [one for one in tests if one.refuses]
    if not bad:
        return ""
    said = "; ".join(f"{one.says} (p {_small(one.p_value)})" for one in bad)
    return f"{UNLIKE}: {said}"


def _small(p: float) -> str:
    return "< 0.0001" if p < 1e-4 else f"= {p:.4f}"


def _shift(
    known: Prepared, scores: Scores, kinds: Kinds, places: Int[np.ndarray, " asked"], share: float, streams: Streams,
    progress: Progress, made: Maker,
) -> tuple[Test, Test]:  # fmt: skip
    rng = streams("screening", "classifier test")
    human, machine = (np.flatnonzero((known.origin == kind) & (scores.fold > UNUSED)) for kind in (HUMAN, MACHINE))
    sides = (human, *(machine[kind] for kind in kinds), np.unique(places))
    picked = [np.sort(rng.permutation(side)[:MOST]) for side in sides]
    given = [made(side) for side in picked]
    *rows, asked = (_habits(known, *one) for one in zip(picked, given, strict=True))
    habits, shares = habits_test(rows, asked)
    # One generator's share is known best from its scores; of several, habits say which.
    mixed = [1 - share, share] if len(kinds) == 1 else [float(one) for one in shares]
    families = known.family[np.concatenate(picked)]
    with track(progress, "test of shift", 5, "folds") as advance:
        return habits, classifier_test(given[:-1], given[-1], mixed, families, rng, advance=advance)


def _habits(known: Prepared, places: Int[np.ndarray, " some"], found: Features) -> Float[np.ndarray, "texts columns"]:
    """Return habits of writing, one row per family, of texts of full length: shorter ones have other habits."""
    full = known.full[places]
    kept = full if full.sum() >= FEWEST else np.ones_like(full)
    return one_each(found.dense[kept], known.family[places][kept])


def _separations(
    known: Prepared, fold: np.ndarray, scores: Scores, made: Maker, settings: ScreenSettings, streams: Streams,
    progress: Progress, makers: Sequence[str], read: Mapping[str, np.ndarray],
) -> tuple[Separation, ...]:  # fmt: skip
    """Return how well each detector separates labelled texts, and the chosen one by generator."""
    usable = np.flatnonzero(fold > UNUSED)
    is_machine = known.origin[usable] == MACHINE
    found = []
    for name in (*DETECTORS, *read):
        if name == settings.detector:
            by = scores.mean[usable]
        elif name in read:
            by = read[name][usable]
        elif settings.compare:
            by = scored(known, fold, name, made, np.arange(0), streams, progress).mean[usable]
        else:
            continue
        kept = np.isfinite(by)
        found.append(Separation(name, "all", int((kept & is_machine).sum()), *auroc(by[kept], is_machine[kept])))
    names = np.array(makers)[usable]
    mean = scores.mean[usable]
    for name in np.unique(names[is_machine]):
        own = (is_machine & (names == name)) | ~is_machine
        if name and (own & is_machine).sum() >= 10:
            found.append(Separation(settings.detector, str(name), int((own & is_machine).sum()),
                                    *auroc(mean[own], is_machine[own])))  # fmt: skip
    return tuple(found)


def _makers(known: Prepared, generators: Sequence[str | None] | None) -> list[str]:
    """Return the generator of each text, empty where nobody named one."""
    found = [""] * len(known.texts)
    if generators is None:
        return found
    for at, said in zip(known.text_of, generators, strict=True):
        if at >= 0 and said and not found[at]:
            found[at] = str(said)
    return found


def _kinds(names: np.ndarray) -> Kinds:
    """Return the places of each generator among the machines' texts; those with few texts are one kind together."""
    makers, member, counts = np.unique(names, return_inverse=True, return_counts=True)
    large = [at for at in range(len(makers)) if counts[at] >= FEWEST_MACHINE]
    rest = np.flatnonzero(~np.isin(member, large))
    found = [np.flatnonzero(member == at) for at in large]
    if len(rest) >= FEWEST_MACHINE or not found:
        return [*found, rest]
    found[0] = np.sort(np.concatenate([found[0], rest]))
    return found


def _length(known: Prepared, human: np.ndarray, machine: np.ndarray) -> tuple[float, float, float]:
    both = np.concatenate([human, machine])
    words = np.array([known.texts[int(one)].count(" ") + 1.0 for one in both])
    return auroc(words, np.repeat([False, True], [len(human), len(machine)]))
