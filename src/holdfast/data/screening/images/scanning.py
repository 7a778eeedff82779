"""Screening of the pictures of a data set: shortcuts told and taken away, scores that are no verdicts, a share."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.finding import Examples, Measure
from holdfast.core.media import ABSENT
from holdfast.core.progress import Progress, listening, track
from holdfast.core.random import Streams
from holdfast.core.record import Section
from holdfast.data.origin import ORIGIN
from holdfast.data.screening.images import judging
from holdfast.data.screening.images.features import NAMES, features
from holdfast.data.screening.images.pixels import QUALITY, SIDES, Shape, decoded, shape_of, square

TITLE = "Pictures"
_SHOWN = 8
_MOST = 20_000  # pictures that are looked at
_SHIFTED = 0.01  # p-value below which nothing is estimated
_USEFUL = 0.6  # lower end of the area under the curve, below which scores say nothing


@dataclass(frozen=True)
class Looked:
    """Pictures that could be read, in the order of their hashes. `kind`: 0 real, 1 made, −1 nobody knows."""

    shapes: tuple[Shape, ...]
    rows: Float[np.ndarray, "pictures features"]
    kind: Int[np.ndarray, " pictures"]
    first: Int[np.ndarray, " pictures"]  # row of the data set where it stands first
    learn: Bool[np.ndarray, " pictures"]
    unread: int
    small: int
    of: int
    side: int


def scan_images(
    dataset: Dataset, *, origin: str = ORIGIN, alpha: float = 0.05, seed: int = 0, progress: Progress | None = None
) -> tuple[Section, ...]:
    """Return what can be said of the pictures whose origin nobody knows, by those whose origin is known.

    `origin` is the column that tells human, human-verified or synthetic. `alpha` bounds the expected share of false
    ones among the pictures that are shown as unlike real ones. Raises BadInput without a column of images.
    """
    images = dataset.of(kind="image")
    if not images:
        raise BadInput(f"{dataset.name} has no column of images")
    looked = _looked(dataset, images[0].name, origin, Streams(seed), listening(progress))
    known = [int((looked.kind == kind).sum()) for kind in (0, 1)]
    if min(known) < judging.FEWEST:
        return (*_shortcuts(looked), _not(
            f"{known[0]:,} pictures are known to be real and {known[1]:,} to be made; {judging.FEWEST} of each are the "
            f"least to learn from. Record their origin in {origin!r}."))  # fmt: skip
    kept = _comparable(looked)
    left = [int((kept & (looked.kind == kind)).sum()) for kind in (0, 1)]
    told = _shortcuts(looked)
    if min(left) < judging.FEWEST:
        return (*told, _not(
            f"only {left[0]:,} real and {left[1]:,} made pictures share format, compression and size with one of the "
            "other kind. The file alone tells them apart, so that no score could show how they were made. Add pictures "
            "of both kinds that went through the same steps."))  # fmt: skip
    return (*told, *_judged(looked, kept, alpha, Streams(seed)))


def _looked(dataset: Dataset, column: str, origin: str, streams: Streams, progress: Progress) -> Looked:
    codes, values = dataset.codes(column)
    order = sorted(range(len(values)), key=lambda code: str(values[code]))
    if len(order) > _MOST:
        order = [order[i] for i in np.sort(streams("pictures").permutation(len(order))[:_MOST])]
    first = np.full(len(values), -1)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    names = dataset.table.column(origin).to_pylist() if origin in dataset.table.column_names else [None] * len(dataset)
    kinds = {"human": 0, "human-verified": 0, "synthetic": 1}
    shapes: list[Shape] = []
    found, rows, kind, unread, small = [], [], [], 0, 0
    with track(progress, "looking at pictures", 2 * len(order), "images") as advance:
        for code in order:
            shape = shape_of(_read(dataset, str(values[code])))
            unread += shape is None
            if shape is not None and min(shape.width, shape.height) >= SIDES[-1]:
                found.append((code, shape))
            small += shape is not None and min(shape.width, shape.height) < SIDES[-1]
            advance(1)
        smallest = min((min(shape.width, shape.height) for _, shape in found), default=0)
        side = next((one for one in SIDES if one <= smallest), SIDES[-1])
        kept = []
        for code, shape in found:
            image = decoded(_read(dataset, str(values[code])))
            unread += image is None
            if image is not None:
                kept.append(code)
                shapes.append(shape)
                rows.append(features(square(image, side)))
                kind.append(kinds.get(names[first[code]], -1))
            advance(1)
    places = first[np.array(kept, dtype=np.int64)]
    # By content: every second digest, so that neither rows nor their order choose what is learnt from.
    learn = np.array([int(str(values[code])[-4:], 16) % 2 == 0 for code in kept], dtype=bool)
    return Looked(tuple(shapes), np.array(rows).reshape(len(rows), len(NAMES)), np.array(kind, dtype=np.int64), places,
                  learn, unread, small, len(values), side)  # fmt: skip


def _read(dataset: Dataset, value: str) -> bytes | memoryview:
    """Return the bytes of a picture; none where it is not there."""
    try:
        return b"" if value.startswith(ABSENT) else dataset.media.read(value)
    except OSError:
        return b""


def _comparable(looked: Looked) -> Bool[np.ndarray, " pictures"]:
    """Return pictures whose format, compression and size occur among real and among made ones."""
    strata = [shape.stratum for shape in looked.shapes]
    both = {s for s, k in zip(strata, looked.kind, strict=True) if k == 0} & {
        s for s, k in zip(strata, looked.kind, strict=True) if k == 1
    }
    return np.array([stratum in both for stratum in strata], dtype=bool)


def _shortcuts(looked: Looked) -> tuple[Section, ...]:
    """Return a table of what files are, by kind: what must not be taken for a trace of making."""
    names = {0: "real", 1: "made", -1: "unknown"}
    counts = Counter(
        (shape.format, f"{shape.width} × {shape.height}", shape.quality or None, names[int(kind)])
        for shape, kind in zip(looked.shapes, looked.kind, strict=True)
    )
    alike = (
        "Format, size and compression are no traces of how a picture was made. Pictures are compared where both kinds "
        f"share them, by their middle {looked.side} × {looked.side} pixels, all compressed anew at quality {QUALITY}."
    )
    says = [alike]
    if looked.unread or looked.small:
        says.append(f"{looked.unread:,} pictures cannot be read, {looked.small:,} are smaller than {SIDES[-1]} pixels.")
    table = Examples(
        caption="What files are",
        columns=("pictures", "format", "size", "quality", "kind"),
        cells=tuple((n, *one) for one, n in counts.most_common(_SHOWN)),
    )
    return (Section(title=f"{TITLE}: files", says=tuple(says), evidence=(table,) if counts else ()),)


def _judged(looked: Looked, kept: np.ndarray, alpha: float, streams: Streams) -> tuple[Section, ...]:
    from scipy.stats import false_discovery_control

    known = kept & (looked.kind >= 0)
    learn, made = looked.learn[known], looked.kind[known] == 1
    if min(int((learn & (made == k)).sum()) for k in (0, 1)) < 10 or min(
        int((~learn & (made == k)).sum()) for k in (0, 1)
    ) < 10:  # fmt: skip
        return (_not("too few pictures of one kind are left to learn from or to hold out"),)
    judge = judging.fitted(looked.rows[known], made, learn)
    area, low, high = judging.auroc(judge)
    measure = Measure(name="area under the curve, held-out pictures", value=round(area, 4), low=round(low, 4),
                      high=round(high, 4), level=0.95)  # fmt: skip
    told = (
        f"On {len(judge.real):,} real and {len(judge.made):,} made pictures that were held out, a made one scores "
        f"higher than a real one with chance {area:.3f} [{low:.3f}, {high:.3f}]. This holds for pictures and "
        "generators like these, and for no others."
    )
    first = Section(title=f"{TITLE}: how well they can be told apart", says=(told,), evidence=(measure,))
    asked = looked.kind < 0
    if not asked.any():
        return (first,)
    if low < _USEFUL:
        return first, _not("real and made pictures can hardly be told apart")
    if not kept[asked].all():
        outside = int((~kept[asked]).sum())
        return first, _not(f"{outside:,} of {int(asked.sum()):,} pictures have a format, compression or size that not "
                           "both kinds of labelled ones have")  # fmt: skip
    novel, p = judging.shift(judge, looked.rows[asked])
    if p <= _SHIFTED:
        return first, _not(
            f"{novel:.0%} of the pictures are unlike both kinds of labelled ones, where chance gives 10% at most "
            f"(p = {p:.2g}): they come from elsewhere"
        )
    found = judging.scores(judge, looked.rows[asked])
    value, at_least, at_most = judging.share(judge, found, streams("share"))
    chances = judging.p_real(judge, found)
    # Conformal p-values depend positively, under which Benjamini–Hochberg holds (Bates et al. 2023, Ann. Statist. 51).
    flagged = false_discovery_control(chances, method="bh") <= alpha
    order = np.lexsort((-found, chances))[:_SHOWN]
    rows = looked.first[asked][order]
    table = Examples(
        caption="Pictures most unlike the real ones",
        columns=("score", "p against real ones", "shown as unlike"),
        cells=tuple((round(float(found[i]), 3), round(float(chances[i]), 4), bool(flagged[i])) for i in order),
        rows=tuple(int(row) for row in rows),
    )
    share = Measure(name="share of made pictures", value=round(value, 3), low=round(at_least, 3),
                    high=round(at_most, 3), level=0.9, unit="share")  # fmt: skip
    mixed = (
        f"Of {int(asked.sum()):,} pictures of unknown origin {value:.0%} [{at_least:.0%}, {at_most:.0%}] are made, if "
        "they are a mixture of the two kinds."
    )
    unlike = (
        f"{int(flagged.sum()):,} are unlike real ones; among them at most {alpha:.0%} are expected to be real. That is "
        "no verdict on any one of them: look before you record an origin."
    )
    if not flagged.any() and 1 / (1 + len(judge.real)) > alpha / len(found):
        unlike += (
            f" With {len(judge.real):,} real ones held out, no p-value can be below {1 / (1 + len(judge.real)):.2g}."
        )
    return first, Section(title=f"{TITLE}: those of unknown origin", says=(mixed, unlike), evidence=(share, table))


def _not(reason: str) -> Section:
    return Section(title=f"{TITLE}: not estimable", says=(f"Not estimable: {reason.rstrip('.')}.",))
