"""Images that are copies of one another: resized, re-compressed, cropped, mirrored, turned, made brighter."""

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.images.alignment import Aligned, aligned
from holdfast.audit.facts.images.candidates import CROPS, Candidates, candidates
from holdfast.audit.facts.images.images import Images
from holdfast.audit.facts.images.properties import LUMA, TURNS, turned_pixels
from holdfast.audit.facts.images.strangers import Strangers, sine, strangers, with_plain_images
from holdfast.audit.facts.rows.near import NearPairs
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams

FEWEST_IMAGES = 10
LEAST_CONTRAST = 4.0  # standard deviation of brightness, of 255: below, there is nothing to compare but noise
LEAST_CORRELATION = 0.8
MOST_COLOUR_APART = 20.0  # difference of colour, of 255, between pictures in colour; twice that in a sixteenth of them
_COLOURLESS = 4.0  # of 255
_MOST_REFERENCES = 2_000
_MOST_PRODUCTS = 50_000_000  # of images with references
_NEARER = 0.75  # than strangers are, before aligning: a copy between two places of the grid of crops is
_MOST_GROUPS = 4  # records of one picture that are paired with those of another
_BY_CHANCE = 0.01  # of the pairs: precision at least 0.99


@fact(costly=True)
def image_pairs(images: Images, row_groups: RowGroups, dataset: Dataset, streams: Streams) -> tuple[NearPairs, ...]:
    """Pairs of near-equal images: aligned, they agree better than chance brings strangers to agree.

    Perceptual hashes of turned and cropped versions give candidates, which are aligned and compared at 32 × 32. What
    chance does is learnt around each image: from the distance of its nearest strangers, and from how fast their
    number grows with distance (Levina & Bickel, 2004). So digits of one kind, which all resemble one another, are no
    copies, and photographs that agree as well are. The pairs believed are those of a false discovery rate of 1%.
    """
    if dataset[images.column].role != "feature":
        raise NotApplicable(f"the image column {images.column!r} is no feature")
    usable, pairs, fit, expected = _copies(images, streams)
    left, right, distance = _of_groups(
        images, row_groups, usable[pairs.left], usable[pairs.right], np.sqrt(np.maximum(0.0, 2 - 2 * fit.correlation))
    )
    return (
        NearPairs(
            what="images",
            columns=(images.column,),
            left=left,
            right=right,
            distance=distance,
            nearness=_nearness(pairs, fit),
            expected=expected,
            sampled=images.sampled,
        ),
    )


def _copies(images: Images, streams: Streams) -> tuple[np.ndarray, Candidates, Aligned, float]:
    """Return the images that can be compared, the pairs that are believed, and how many pairs chance may bring."""
    from threadpoolctl import threadpool_limits

    squares = images.small.astype(np.float32) @ LUMA
    usable = np.flatnonzero(images.ok & (squares.std(axis=(1, 2)) >= LEAST_CONTRAST))
    if len(usable) < FEWEST_IMAGES:
        raise NotApplicable(f"{len(usable)} images with something in them; near-copies need {FEWEST_IMAGES}")
    squares = squares[usable]
    with threadpool_limits(limits=1, user_api="blas"):  # matrices are small; threads would wait by spinning
        chance = strangers(squares, _references(len(squares), streams))
        pairs = candidates(squares, images.hashes[usable], streams)
        near = _NEARER * np.minimum(chance.radius[pairs.left], chance.radius[pairs.right])
        fit = aligned(squares, pairs, np.sqrt(1.0 - near**2))
    alike = (fit.correlation >= LEAST_CORRELATION) & _alike_in_colour(images, usable, pairs)
    pairs, fit = _kept(pairs, fit, alike)
    chance = with_plain_images(chance, squares, np.unique(np.concatenate([pairs.left, pairs.right])))
    believed, total = _believed(_expected(chance, pairs, fit), len(usable))
    return usable, *_kept(pairs, fit, believed), total


def _kept(pairs: Candidates, fit: Aligned, mask: np.ndarray) -> tuple[Candidates, Aligned]:
    taken = Candidates(*(values[mask] for values in (pairs.left, pairs.right, pairs.turn, pairs.crop, pairs.apart)))
    return taken, Aligned(fit.correlation[mask], fit.cut[mask])


def _alike_in_colour(images: Images, usable: np.ndarray, pairs: Candidates) -> Bool[np.ndarray, " pairs"]:
    """Return where the colours agree, on the whole, or one picture is grey."""
    small = images.small[usable]
    cells = small.reshape(len(small), 4, 8, 4, 8, 3).mean(axis=(2, 4), dtype=np.float32)
    tint = cells - cells.mean(axis=3, keepdims=True)
    coloured = np.abs(tint).max(axis=(1, 2, 3)) > _COLOURLESS
    apart = np.zeros(len(pairs.left))
    for turn in range(len(TURNS)):
        chosen = np.flatnonzero(pairs.turn == turn)
        difference = turned_pixels(tint[pairs.left[chosen]], turn) - tint[pairs.right[chosen]]
        whole = np.abs(difference.mean(axis=(1, 2))).max(axis=1)
        parts = np.abs(difference).max(axis=(1, 2, 3)) / 2
        apart[chosen] = np.where(pairs.crop[chosen] == 0, np.maximum(whole, parts), whole)
    return np.asarray((apart <= MOST_COLOUR_APART) | ~(coloured[pairs.left] & coloured[pairs.right]))


def _references(n: int, streams: Streams) -> Int[np.ndarray, " references"]:
    """Return images that stand for strangers; fewer where there are many to compare with them."""
    most = int(np.clip(_MOST_PRODUCTS // n, 500, _MOST_REFERENCES))
    return np.sort(streams("image_pairs").permutation(n)[:most])


def _expected(chance: Strangers, pairs: Candidates, fit: Aligned) -> Float[np.ndarray, " pairs"]:
    """Return how many strangers of an image are expected to fit it as well as its partner does."""
    distance = sine(fit.correlation)
    versions = np.where(fit.cut > 0, 2.0 * len(CROPS), np.where(pairs.turn > 0, float(len(TURNS)), 1.0))
    share = np.maximum(chance.expected(pairs.left, distance), chance.expected(pairs.right, distance))
    return np.asarray(len(chance.radius) * versions * share)


def _believed(expected: np.ndarray, n: int) -> tuple[Bool[np.ndarray, " pairs"], float]:
    """Return the pairs that chance explains 1% of at most (Benjamini & Hochberg, 1995), and how many it may bring."""
    order = np.argsort(expected, kind="stable")
    allowed = _BY_CHANCE * np.arange(1, len(order) + 1) / n
    good = np.flatnonzero(expected[order] <= allowed)
    believed = np.zeros(len(expected), dtype=bool)
    if not len(good):
        return believed, 0.0
    limit = expected[order[good[-1]]]
    believed = expected <= limit
    return believed, float(n * limit)


def _of_groups(
    images: Images, row_groups: RowGroups, left: np.ndarray, right: np.ndarray, distance: np.ndarray
) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return pairs of records for pairs of images; records with the same image, and other features, are pairs too."""
    rows = np.flatnonzero(images.place >= 0)
    both = np.unique(np.stack([images.place[rows], row_groups.group[rows]], axis=1), axis=0)
    start = np.searchsorted(both[:, 0], np.arange(len(images.values) + 1))
    size = np.minimum(np.diff(start), _MOST_GROUPS)
    group = both[:, 1]
    found = []
    for one in range(_MOST_GROUPS):
        for other in range(_MOST_GROUPS):
            there = (size[left] > one) & (size[right] > other)
            a, b = left[there], right[there]
            found.append((group[start[a] + one], group[start[b] + other], distance[there]))
    same = np.flatnonzero(np.diff(both[:, 0]) == 0)
    same = same[images.ok[both[same, 0]]]
    found.append((group[same], group[same + 1], np.zeros(len(same))))
    a, b, apart = (np.concatenate(values) for values in zip(*found, strict=True))
    other = a != b
    return a[other], b[other], apart[other]


def _nearness(pairs: Candidates, fit: Aligned) -> str:
    if not len(fit.correlation):
        return "the same picture"
    said = f"the same picture (aligned, they correlate by {fit.correlation.min():.3f} or more)"
    n_cut, n_turned = int((fit.cut > 0).sum()), int((pairs.turn > 0).sum())
    extra = [f"{n:,} {how}" for n, how in ((n_cut, "cropped"), (n_turned, "mirrored or turned")) if n]
    return said + (f"; of {len(fit.correlation):,} pairs, {' and '.join(extra)}" if extra else "")
