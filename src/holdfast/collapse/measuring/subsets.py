"""Parts of sample sets, chosen at random by what the items are and never by where they stand."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

import numpy as np
from jaxtyping import Int

from holdfast.collapse.measures.sound import documents
from holdfast.collapse.measures.words import Tokenised
from holdfast.collapse.samples import Counts, Images, Points, SampleSet, Texts
from holdfast.core.errors import NotApplicable

# One sample set as different measures see it, by the name of the view; "" is the set itself.
Faces = Mapping[str, SampleSet]
_MOST_COUNTED = 10**9  # numpy's limit for drawing from counts without replacement


def by_content(sample: SampleSet) -> Int[np.ndarray, " items"]:
    """Return the places of the items in an order that depends on what they are alone. Raises BadInput."""
    if isinstance(sample, Texts):
        digests = [_digest(text.encode("utf-8", "surrogatepass")) for text in documents(sample, 0)]
    elif isinstance(sample, Points | Images):
        array = np.ascontiguousarray(sample.points if isinstance(sample, Points) else sample.pixels)
        digests = [_digest(row.tobytes()) for row in array]
    else:
        raise TypeError("counts have no items that stand in an order")
    return np.array(sorted(range(len(digests)), key=digests.__getitem__), dtype=np.int64)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=8).digest()


def part(sample: SampleSet, rows: Int[np.ndarray, " some"]) -> SampleSet:
    """Return some items of a sample set."""
    if isinstance(sample, Texts):
        texts = sample.texts
        return Texts(texts.take(rows) if isinstance(texts, Tokenised) else [texts[i] for i in rows.tolist()])
    if isinstance(sample, Points):
        return Points(sample.points[rows])
    if isinstance(sample, Images):
        return Images(sample.pixels[rows])
    raise TypeError("counts have no items that stand in an order")


def parts(faces: Faces, sizes: Sequence[int], rng: np.random.Generator) -> list[Faces]:
    """Return parts of these sizes that share no item, chosen at random without replacement. Raises NotApplicable."""
    whole, wanted = faces[""], sum(sizes)
    if len(whole) < wanted:
        raise NotApplicable(f"{len(whole):,} items are fewer than {wanted:,}")
    if isinstance(whole, Counts):
        return [{"": one} for one in _counts(whole, sizes, rng)]
    rows = by_content(whole)[rng.permutation(len(whole))[:wanted]]
    places = np.split(rows, np.cumsum(sizes)[:-1])
    return [{name: part(face, some) for name, face in faces.items()} for some in places]


def _counts(whole: Counts, sizes: Sequence[int], rng: np.random.Generator) -> list[Counts]:
    if len(whole) >= _MOST_COUNTED:
        raise NotApplicable(f"{len(whole):,} counted items are more than {_MOST_COUNTED:,}; divide the counts by ten")
    left, found = np.asarray(whole.counts, dtype=np.int64), []
    for size in sizes:
        some = rng.multivariate_hypergeometric(left, size, method="marginals")
        found.append(Counts(some))
        left = left - some
    return found


def without_each(faces: Faces, groups: int, rng: np.random.Generator) -> Iterator[Faces]:
    """Yield the sample set without its first, second, … of so many random groups of nearly equal size."""
    whole = faces[""]
    sizes = [len(whole) // groups + (i < len(whole) % groups) for i in range(groups)]
    if isinstance(whole, Counts):
        total = np.asarray(whole.counts, dtype=np.int64)
        for one in _counts(whole, sizes, rng):
            yield {"": Counts(total - one.counts)}
        return
    places = np.split(by_content(whole)[rng.permutation(len(whole))], np.cumsum(sizes)[:-1])
    for i in range(groups):
        some = np.concatenate([*places[:i], *places[i + 1 :]])
        yield {name: part(face, some) for name, face in faces.items()}
