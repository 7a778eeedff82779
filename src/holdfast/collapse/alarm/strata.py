"""The strata of real data that generations are watched in: two tails of each number, clusters, rare types.

They are made of reference items; other real items say how often they occur.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.collapse.alarm.coverage import NAMES, strata_of
from holdfast.collapse.alarm.lens import Lens, Seen

CLUSTERS = 12
_FEWEST = 100  # reference items a cluster has on average
_WIDEST, _NARROWEST = 0.3, 0.005  # of a tail: ties may make it wider or narrower than asked for
_MOST_CLUSTERED = 5_000


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


def strata_from(reference: Seen, lens: Lens, share: float, m: int, seed: int) -> Strata:
    """Return the strata of reference items: tails that hold `share` each; types judged for samples of m items."""
    tails, names, columns = [], [], []
    for j, name in enumerate(lens.names):
        values = reference.numbers[:, j]
        for left in (True, False):
            cut = float(np.quantile(values, share if left else 1 - share, method="lower" if left else "higher"))
            holds = float((values <= cut).mean() if left else (values >= cut).mean())
            if _NARROWEST <= holds <= _WIDEST:
                tails.append(Tail(j, cut, left))
                names.append(f"{'left' if left else 'right'} tail of {name}")
                columns.append(lens.columns[j])
    centres = _centres(reference.places, seed)
    if centres is not None:
        names += [f"cluster {i + 1}" for i in range(len(centres))]
        columns += [""] * len(centres)
    types = None
    if reference.documents is not None and lens.vocabulary is not None:
        types = strata_of(reference.documents, len(lens.vocabulary), m)
    return Strata(tuple(tails), centres, types, tuple(names), tuple(columns))


TYPE_NAMES = NAMES


def _centres(places: np.ndarray | None, seed: int) -> np.ndarray | None:
    if places is None:
        return None
    k = min(CLUSTERS, len(places) // _FEWEST)
    different = len(np.unique(places[:_MOST_CLUSTERED].round(9), axis=0))
    if min(k, different) < 2:  # one cluster is everything
        return None
    from sklearn.cluster import KMeans

    made = KMeans(min(k, different), n_init=3, random_state=seed).fit(places[:_MOST_CLUSTERED])
    return np.asarray(made.cluster_centers_)


def nearest(
    places: Float[np.ndarray, "items directions"], centres: Float[np.ndarray, "clusters directions"]
) -> Int[np.ndarray, " items"]:
    """Return the nearest centre of each place."""
    apart = (centres**2).sum(axis=1) - 2.0 * places @ centres.T
    return np.asarray(apart.argmin(axis=1))
