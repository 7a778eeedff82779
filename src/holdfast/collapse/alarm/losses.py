"""Layer A on sample sets: count each generation's items in the strata of real data, and bet on their loss.

What is decided about a generation depends on the real data and on the generations up to it, never on later ones: the
evidence after five generations is the same whether five or fifty have been looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.audit.generations import Alarm, Part, threshold
from holdfast.collapse.alarm.combining import averaged
from holdfast.collapse.alarm.coverage import NAMES, coverage_floor, drawn_types, hits_of, present
from holdfast.collapse.alarm.lens import Lens, Seen
from holdfast.collapse.alarm.parts import Parts, shuffled
from holdfast.collapse.alarm.strata import Strata, strata_from
from holdfast.collapse.alarm.stream import loss_detector
from holdfast.collapse.alarm.tails import floors, loss_paths
from holdfast.collapse.reading.sets import SampleItems
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams
from holdfast.core.text import one_line

_TAILS = ((1_000, 0.05), (300, 0.10), (0, 0.20))  # items a generation has at least → share of a tail
FEWEST = 20  # items of a generation
_SCALES = 2.0 ** (np.arange(1, 41) / 2)  # that are tried when telling how many items are needed


@dataclass(frozen=True)
class Ground:
    """What real data say before any generation is looked at."""

    lens: Lens
    strata: Strata
    held: Seen
    m: int  # items of a generation that rare types are looked for in
    planned: int  # generations that held-out documents are shared out among
    rates: Float[np.ndarray, " strata"]
    floor: Float[np.ndarray, " strata"]
    weights: Float[np.ndarray, " strata"]
    spent: float

    @property
    def names(self) -> tuple[str, ...]:
        """The strata: tails, clusters, then rare types."""
        return (*self.strata.names, *(NAMES if self.strata.types is not None else ()))

    @property
    def used(self) -> Bool[np.ndarray, " strata"]:
        """Which strata can say anything: those that real data surely fill."""
        return self.weights > 0


def ground_of(parts: Parts, lens: Lens, first: int, planned: int, alpha: float, streams: Streams) -> Ground:
    """Return the strata, how often real items are in them, and how they are weighed; `first` is a generation's size."""
    share = next(share for least, share in _TAILS if first >= least)
    m = min(first, len(parts.partner))
    reference, held = lens.see(parts.reference), lens.see(parts.held)
    strata = strata_from(reference, lens, share, m, streams("clusters"), parts.reference)
    spent = alpha / 2
    n_types = len(NAMES) if strata.types is not None else 0
    n = strata.n_regions + n_types
    partner = lens.see(parts.partner)
    hits = strata.inside(held).sum(axis=0) + strata.inside(partner).sum(axis=0)
    rates, floor = hits / parts.pool, floors(hits, parts.pool, spent * strata.n_regions / max(1, n))
    if strata.types is not None:
        asked, trials, bounds = _partner_coverage(partner, strata, held, m, spent / n, streams)
        rates = np.concatenate([rates, asked / np.maximum(trials, 1)])
        floor = np.concatenate([floor, bounds])
    kinds = np.array([*strata.kinds, *["types"] * n_types])
    weights = np.zeros(n)
    counted = [kind for kind in dict.fromkeys(kinds.tolist()) if (floor[kinds == kind] > 0).any()]
    for kind in counted:  # each kind of stratum has the same say, however many there are of it
        here = (kinds == kind) & (floor > 0)
        weights[here] = 1.0 / (len(counted) * here.sum())
    return Ground(lens, strata, held, m, planned, rates, floor, weights, spent)


def _partner_coverage(
    partner: Seen, strata: Strata, held: Seen, m: int, level: float, streams: Streams
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return hits, trials and floors of rare types when real items stand in the generation's place."""
    assert strata.types is not None
    some = partner.documents
    assert some is not None
    assert held.documents is not None
    found = present(some.take(np.arange(m)), len(strata.types))
    hits, trials, bounds = [], [], []
    for j in range(len(NAMES)):
        drawn = drawn_types(held.documents, strata.types, j, streams("coverage", "real", j))
        hits.append(int(found[drawn].sum()))
        trials.append(len(drawn))
        bounds.append(coverage_floor(hits[-1], drawn, level) if len(drawn) else 0.0)
    return np.array(hits), np.array(trials), np.array(bounds)


def losses(ground: Ground, sets: Sequence[SampleItems], eps: float, streams: Streams, *, endless: bool) -> Alarm:
    """Return the alarm of layer A over all generations."""
    counted = [_counts(ground, t, one, streams) for t, one in enumerate(sets, start=1)]
    hits, trials = np.array([one for one, _ in counted]), np.array([one for _, one in counted])
    used = ground.used
    path = loss_detector if endless else loss_paths
    logs = path(hits[:, used], trials[:, used], ground.floor[used], eps)
    seen = np.where(trials > 0, hits / np.maximum(trials, 1), np.nan)
    places = np.flatnonzero(used)
    columns = (*ground.strata.columns, *[""] * len(NAMES))
    parts = tuple(
        Part(
            name=ground.names[j],
            logs=logs[:, i],
            weight=float(ground.weights[j]),
            seen=seen[:, j],
            real=float(ground.rates[j]),
            least=float((1 - eps) * ground.floor[j]),
            trials=tuple(trials[:, j].tolist()),
            column=columns[j],
        )
        for i, j in enumerate(places.tolist())
    )
    return Alarm(
        layer="tails",
        logs=averaged(logs, ground.weights[used]),
        parts=parts,
        names=tuple(one.name for one in sets),
        against="real items that were held out",
        spent=ground.spent,
        endless=endless,
    )


def _counts(
    ground: Ground, t: int, items: SampleItems, streams: Streams
) -> tuple[Int[np.ndarray, " strata"], Int[np.ndarray, " strata"]]:
    """Return hits and trials of each stratum in generation t."""
    seen = ground.lens.see(items)
    hits = ground.strata.inside(seen).sum(axis=0)
    trials = np.full(len(hits), len(items))
    if ground.strata.types is None:
        return hits, trials
    more = np.zeros(len(NAMES), dtype=np.int64)
    asked = np.zeros(len(NAMES), dtype=np.int64)
    # A smaller generation holds fewer types by its size alone, and real documents are asked once only.
    if t <= ground.planned and len(items) >= ground.m:
        some = np.sort(shuffled(items, streams, t)[: ground.m])
        assert seen.documents is not None
        assert ground.held.documents is not None
        held = present(seen.documents.take(some), len(ground.strata.types))
        chunk = np.array_split(np.arange(len(ground.held.documents)), ground.planned)[t - 1]
        found, asked = hits_of(
            ground.held.documents.take(chunk), held, ground.strata.types, streams("coverage", "asked", t)
        )
        more = found.astype(np.int64)
    return np.concatenate([hits, more]), np.concatenate([trials, asked])


def soonest(ground: Ground, items: int, eps: float, alpha: float, scale: float = 1.0) -> int | None:
    """Return after how many generations a loss of everything rare would be noticed; None if not within the plan.

    `scale` asks what it would be with so many times as many items, real ones and generated ones.
    """
    used = ground.used
    if not used.any():
        return None
    n_types = len(NAMES) if ground.strata.types is not None else 0
    per_type = _documents_asked(ground)
    trials = np.concatenate([np.full(ground.strata.n_regions, items), per_type[:n_types]]) * scale
    all_trials = np.tile(np.round(trials[used]).astype(np.int64), (ground.planned, 1))
    logs = loss_paths(np.zeros_like(all_trials), all_trials, ground.floor[used], eps)
    reached = np.flatnonzero(averaged(logs, ground.weights[used]) >= np.log(threshold(alpha, ground.spent)))
    return int(reached[0]) + 1 if len(reached) else None


def _documents_asked(ground: Ground) -> np.ndarray:
    """Return how many trials of each group of rare types a generation has, about."""
    held = ground.held.documents
    if ground.strata.types is None or held is None or not len(held):
        return np.zeros(len(NAMES))
    owner = np.repeat(np.arange(len(held)), np.diff(held.starts))
    stratum = ground.strata.types[held.types]
    return np.array([len(np.unique(owner[stratum == j])) / ground.planned for j in range(len(NAMES))])


def refuse_hopeless(ground: Ground, parts: Parts, first: int, eps: float, alpha: float) -> int:
    """Return after how many generations the loss of everything rare would be noticed at the soonest.

    Raises BadInput, with how many items would be enough, where it would not be within the generations planned.
    """
    found = soonest(ground, first, eps, alpha)
    if found is not None:
        return found
    real = len(parts.reference) + parts.pool
    if not len(ground.names):
        raise BadInput(
            f"{one_line(parts.held.name)} holds nothing that tails, clusters or rare types could be made of: its items "
            "are all alike"
        )
    enough = next((one for one in _SCALES if soonest(ground, first, eps, alpha, float(one)) is not None), None)
    hint = "give more real data, so that it is known what is rare in them"
    if enough is not None:
        hint = (
            f"about {int(np.ceil(first * enough)):,} items a generation and {int(np.ceil(real * enough)):,} real ones "
            "would be enough"
        )
    raise BadInput(
        f"{first:,} items a generation and {real:,} real ones are too few for an alpha of {alpha:g}: not even the "
        f"complete loss of everything rare would be noticed within {ground.planned} generations; {hint}"
    )
