"""The strata of real data that generations are watched in: two tails of each number, clusters, rare types.

They are made of reference items; other real items say how often they occur.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.collapse.alarm.coverage import strata_of
from holdfast.collapse.alarm.lens import Lens, Seen
from holdfast.collapse.reading.sets import SampleItems
from holdfast.core.text import one_line

CLUSTERS = 12
_FEWEST = 100  # reference items a cluster has on average
_WIDEST, _NARROWEST = 0.5, 0.005  # of a tail: ties make it wider than asked for
_MOST_CLUSTERED = 5_000
_FEW_COLUMNS = 3
_ROUNDS = 30  # of Lloyd's algorithm; strata need not be the best ones


@dataclass(frozen=True)
class Tail:
    """The items at or beyond a cut in one number."""

    number: int
    cut: float
    left: bool


@dataclass(frozen=True)
class Strata:
    """Regions that items fall into or do not, and groups of rare types."""

    tails: tuple[Tail, ...]
    centres: Float[np.ndarray, "clusters directions"] | None
    types: Int[np.ndarray, " types"] | None  # stratum of each type, −1 for none
    names: tuple[str, ...]  # of tails, then clusters
    columns: tuple[str, ...]

    @property
    def n_regions(self) -> int:
        """How many tails and clusters there are."""
        return len(self.tails) + (0 if self.centres is None else len(self.centres))

    def inside(self, seen: Seen) -> Bool[np.ndarray, "items regions"]:
        """Return which items are in which tail or cluster."""
        parts = [np.empty((len(seen.numbers), 0), dtype=bool)]
        for tail in self.tails:
            values = seen.numbers[:, tail.number]
            parts.append((values <= tail.cut if tail.left else values >= tail.cut)[:, None])
        if self.centres is not None and seen.places is not None:
            parts.append(nearest(seen.places, self.centres)[:, None] == np.arange(len(self.centres)))
        return np.concatenate(parts, axis=1)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of each region, what it is; rare types come after them."""
        clusters = 0 if self.centres is None else len(self.centres)
        return ("tail",) * len(self.tails) + ("cluster",) * clusters


def strata_from(
    reference: Seen, lens: Lens, share: float, m: int, rng: np.random.Generator, items: SampleItems
) -> Strata:
    """Return the strata of reference items, as the lens sees them and as they are.

    Tails hold `share` each; types are judged for samples of m items.
    """
    tails, names, columns = [], [], []
    for j, name in enumerate(lens.names):
        values = reference.numbers[:, j]
        for left in (True, False):
            cut = float(np.quantile(values, share if left else 1 - share, method="lower" if left else "higher"))
            holds = float((values <= cut).mean() if left else (values >= cut).mean())
            if _NARROWEST <= holds <= _WIDEST:
                tails.append(Tail(j, cut, left))
                side = f"left tail of {name} (up to {cut:.3g})" if left else f"right tail of {name} (from {cut:.3g})"
                names.append(side)
                columns.append(lens.columns[j])
    centres = _centres(reference.places, rng)
    if centres is not None:
        names += [f"cluster {i + 1}{_such_as(items, reference.places, one)}" for i, one in enumerate(centres)]
        columns += [""] * len(centres)
    types = None
    if reference.documents is not None and lens.vocabulary is not None:
        types = strata_of(reference.documents, len(lens.vocabulary), m)
    return Strata(tuple(tails), centres, types, tuple(names), tuple(columns))


def _centres(places: np.ndarray | None, rng: np.random.Generator) -> np.ndarray | None:
    """Return the centres of clusters; None where there is too little for two."""
    if places is None:
        return None
    some = places[:_MOST_CLUSTERED]
    k = min(CLUSTERS, len(places) // _FEWEST, len(np.unique(some.round(9), axis=0)))
    if k < 2:  # one cluster is everything
        return None
    centres = some[rng.integers(len(some))][None]
    for _ in range(k - 1):  # k-means++ (Arthur & Vassilvitskii, 2007): the next centre lies far from all others
        far = np.min([((some - one) ** 2).sum(axis=1) for one in centres], axis=0)
        centres = np.concatenate([centres, some[rng.choice(len(some), p=far / far.sum())][None]])
    for _ in range(_ROUNDS):
        own = nearest(some, centres) == np.arange(k)[:, None]
        centres = np.where(own.any(axis=1)[:, None], own @ some / np.maximum(own.sum(axis=1), 1)[:, None], centres)
    return np.asarray(centres)


def _such_as(items: SampleItems, places: np.ndarray | None, centre: np.ndarray) -> str:
    """Return what lies in the middle of a cluster: the nearest document, or the values of a few numbers."""
    if places is None:
        return ""
    at = int(((places - centre) ** 2).sum(axis=1).argmin())
    if items.texts is not None:
        return f" (such as '{one_line(items.texts[at], 50)}')"
    if items.points is None or len(items.columns) > _FEW_COLUMNS:
        return ""
    values = zip(items.columns, items.points[at], strict=True)
    return f" (near {', '.join(f'{one_line(name, 20)} {value:.2g}' for name, value in values)})"


def nearest(
    places: Float[np.ndarray, "items directions"], centres: Float[np.ndarray, "clusters directions"]
) -> Int[np.ndarray, " items"]:
    """Return the nearest centre of each place."""
    apart = (centres**2).sum(axis=1) - 2.0 * places @ centres.T
    return np.asarray(apart.argmin(axis=1))
