from collections import Counter
from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases.images import drawing, encoded, picture_set
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import cell, percent
from holdfast.audit.facts.images.files import file_names, mismatched
from holdfast.audit.facts.images.images import Images
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.parts import parts
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.text import one_line

_WORDS = {
    "absent": "not there",
    "unreadable": "not readable",
    "empty": "empty files",
    "no image": "no images",
    "truncated": "cut short",
    "broken": "broken",
    "giant": "too large to decode",
}
_MOST_SHOWN = 10
_LEAST_CONTRAST = 0.5  # standard deviation of brightness, of 255: not even noise
_TIMES = 2.0  # more often than elsewhere, before a class is worth naming


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Northcutt, Athalye & Mueller (2021), Pervasive label errors in test sets destabilize machine learning "
            "benchmarks, NeurIPS Datasets and Benchmarks",
            "https://arxiv.org/abs/2103.14749",
        ),
        Reference("ITU-T T.81 (1992), the JPEG standard", "https://www.w3.org/Graphics/JPEG/itu-t81.pdf"),
    ),
)
def corrupt_files(
    dataset: Dataset, images: Images, labels: Labels | None, *, max_share: float = 0.0, alpha: float = 0.001
) -> Iterator[Finding]:
    """Image files that are missing, broken, cut short, giant, blank, animated, or of another format.

    ## Why it matters
    A loader that skips what it cannot read changes the data set behind your back, and one that fills with grey or
    zeros trains on nothing. If one class has more broken files than the others (one hospital's scanner, one bad
    download), skipping them changes the balance, and grey bars tell the label.

    ## How it works
    Every distinct file is opened and decoded once, with its size checked in the header first, so that a
    decompression bomb is told and not opened. Files of more than 100 million pixels are giant. Classes and splits
    are compared by an exact (hypergeometric) test, `alpha` divided by their number. The format is read from the
    content and held against the ending of the file's name.

    ## Limits
    Damage that still decodes (a stripe of wrong colours in a JPEG) is not seen. More than 200,000 images are sampled.

    ## Fix
    Fetch the files again from their source, or leave these rows out on purpose, and say so. Convert animated images
    to the frame you mean, and rename files to what they are.
    """
    known = images.place >= 0
    if not known.any():
        return
    problem = np.array([*images.problem, ""], dtype=object)[images.place]
    bad = np.flatnonzero(known & (problem != ""))
    if len(bad) / int(known.sum()) > max_share:
        yield _unreadable(dataset, images, bad, problem, int(known.sum()))
        yield from _uneven(dataset, labels, known, bad, alpha)
    yield from _oddities(dataset, images)


def _unreadable(dataset: Dataset, images: Images, bad: np.ndarray, problem: np.ndarray, n: int) -> Finding:
    counts = Counter(problem[bad].tolist())
    listed = ", ".join(f"{counts[name]:,} {words}" for name, words in _WORDS.items() if counts[name])
    share = len(bad) / n
    return Finding(
        message=f"{len(bad):,} of {n:,} images ({percent(share)}) cannot be read: {listed}",
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=bad, columns=(images.column,)),),
        evidence=(
            Measure(name="share of images that cannot be read", value=share, threshold=0.0, unit="share"),
            _table(dataset, images, bad, "Images that cannot be read"),
        ),
        fix="Fetch these files again, or leave their rows out on purpose, and say so.",
    )


def _uneven(
    dataset: Dataset, labels: Labels | None, known: np.ndarray, bad: np.ndarray, alpha: float
) -> Iterator[Finding]:
    """Yield a finding for the class, and the split, whose images are broken more often than chance has it."""
    from scipy.stats import hypergeom

    is_bad = np.zeros(len(known), dtype=bool)
    is_bad[bad] = True
    kinds = {"split": [(str(name), part) for name, part in parts(dataset) if name is not None]}
    if labels is not None and labels.is_classes:
        kinds["class"] = [(name, labels.codes == code) for code, name in enumerate(labels.classes)]
    for what, sides in kinds.items():
        if len(sides) < 2:
            continue
        best: tuple[float, float, float, str, np.ndarray] | None = None
        for name, side in sides:
            n, n_side = int(known.sum()), int((known & side).sum())
            hits = int((is_bad & side).sum())
            if not hits or n_side in {0, n}:
                continue
            share, other = hits / n_side, (len(bad) - hits) / (n - n_side)
            p_value = float(hypergeom.sf(hits - 1, n, len(bad), n_side)) * len(sides) * len(kinds)
            if share >= _TIMES * other and p_value <= alpha and (best is None or p_value < best[0]):
                best = (p_value, share, other, name, np.flatnonzero(is_bad & side))
        if best is not None:
            yield _worse(what, *best)


def _worse(what: str, p_value: float, share: float, other: float, name: str, rows: np.ndarray) -> Finding:
    return Finding(
        message=(
            f"In the {what} {one_line(name, 60)!r}, {percent(share)} of the images cannot be read, elsewhere "
            f"{percent(other)}"
        ),
        confidence=Confidence.HIGH,
        locations=(Location(rows=rows, split=name if what == "split" else None),),
        evidence=(
            Measure(
                name=f"unreadable share in the {what}, against elsewhere",
                value=share,
                threshold=_TIMES * other,
                p_value=p_value,
                unit="share",
            ),
        ),
        fix=f"Find out what happened to these files: skipping them changes the balance of the {what}, filling them "
        "marks it.",
    )


def _oddities(dataset: Dataset, images: Images) -> Iterator[Finding]:
    blank = images.ok & (images.contrast < _LEAST_CONTRAST)
    for chosen, what, fix in (
        (blank, "are blank: all of one colour", "Look at them; leave them out if nothing was recorded."),
        (
            images.ok & images.animated,
            "hold several frames, of which most loaders see the first only",
            "Convert them to the frame that is meant.",
        ),
        (
            mismatched(dataset, images),
            "are of another format than the ending of their name says",
            "Rename or convert them, so that a loader that goes by names does not skip or misread them.",
        ),
    ):
        held = np.append(chosen, False)[images.place]  # for rows without an image
        rows = np.flatnonzero(held)
        if not len(rows):
            continue
        n = int((images.place >= 0).sum())
        yield Finding(
            message=f"{len(rows):,} of {n:,} images ({percent(len(rows) / n)}) {what}",
            severity=Severity.NOTE,
            confidence=Confidence.CERTAIN,
            locations=(Location(rows=rows, columns=(images.column,)),),
            evidence=(
                Measure(name="such images", value=len(rows), threshold=0, unit="rows"),
                _table(dataset, images, rows, f"Images that {what}"),
            ),
            fix=fix,
        )


def _table(dataset: Dataset, images: Images, rows: np.ndarray, caption: str) -> Examples:
    shown = rows[:_MOST_SHOWN]
    names = file_names(dataset, images.column)
    split, label = dataset.one("split"), dataset.one("label")
    others = [column.name for column in (label, split) if column is not None]
    lines = []
    for row in shown.tolist():
        place = int(images.place[row])
        size = f"{images.width[place]} × {images.height[place]}" if images.width[place] else ""
        said = images.detail[place] or (_WORDS.get(images.problem[place]) or images.format[place])
        value = dataset.values(names)[row].as_py() if names else images.values[place]
        lines.append((cell(value), said, size, *(cell(dataset.values(name)[row].as_py()) for name in others)))
    return Examples(
        caption=caption,
        columns=("file", "what is known", "pixels", *others),
        cells=tuple(lines),
        rows=tuple(shown.tolist()),
    )


@planted(at=Location(rows=(3, 4, 5, 6), columns=("image",)))
def damaged(rng: np.random.Generator) -> Dataset:
    """One file is empty, one is text, one JPEG and one PNG end too early."""
    jpeg, png = encoded(drawing(rng), "JPEG"), encoded(drawing(rng))
    return picture_set(rng, 40, changes={3: b"", 4: b"<html>404</html>", 5: jpeg[: len(jpeg) // 2], 6: png[:900]})


@planted(at=Location(rows=tuple(range(12))))
def one_class_is_damaged(rng: np.random.Generator) -> Dataset:
    """All damaged files are of one class."""
    data = encoded(drawing(rng), "JPEG")
    y = ["cat"] * 30 + ["dog"] * 30
    return picture_set(rng, 60, test=0, columns={"y": y}, changes={row: data[: 300 + row] for row in range(12)})


@planted(at=Location(rows=(2,), columns=("image",)))
def bomb(rng: np.random.Generator) -> Dataset:
    """A PNG of a few bytes says that it has 40,000 × 40,000 pixels."""
    import struct
    from zlib import crc32

    data = bytearray(encoded(np.zeros((8, 8), dtype=np.uint8)))
    data[16:24] = struct.pack(">II", 40_000, 40_000)
    data[29:33] = struct.pack(">I", crc32(bytes(data[12:29])))
    return picture_set(rng, 30, changes={2: bytes(data)})


@planted(at=Location(rows=(7,), columns=("image",)))
def named_for_another_format(rng: np.random.Generator) -> Dataset:
    """A PNG is called .jpg."""
    return picture_set(rng, 30, changes={7: encoded(drawing(rng))})


@clean
def sound(rng: np.random.Generator) -> Dataset:
    """Nothing is wrong with thirty JPEGs."""
    return picture_set(rng, 30)


@clean
def dark_and_grey(rng: np.random.Generator) -> Dataset:
    """A nearly black picture and one without colour are still pictures."""
    dark = (drawing(rng) // 20).astype(np.uint8)
    grey = np.repeat(drawing(rng).mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    return picture_set(rng, 30, changes={4: encoded(dark, "JPEG"), 9: encoded(grey, "JPEG")})
