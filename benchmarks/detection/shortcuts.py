"""Shortcuts planted in pictures: what the checks find per dose, and what they say where nothing is planted.

    python benchmarks/detection/shortcuts.py                       20 replicates of every dose, a table
    python benchmarks/detection/shortcuts.py --replicates 3 --only mark
    python benchmarks/detection/shortcuts.py --markdown docs/detection-shortcuts.md

Pictures are crops of the two photographs that scikit-learn ships, at any size, mirrored and re-coloured, with a
hand-written digit of any colour, size and place laid over the middle; the class is whether it is even. A dose of 95%
means: what is planted agrees with the class in 95 of 100 pictures. At 50% there is nothing to find: those rows are
the false alarms.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from holdfast.audit import catalogue
from holdfast.audit.cases.images import encoded, picture_data
from holdfast.audit.runner import Facts, run_check
from holdfast.core.dataset import Dataset
from holdfast.core.random import Streams
from holdfast.core.record import Status

SIDE = 64
PICTURES = 400
DOSES = (0.95, 0.8, 0.65, 0.5)
CHECKS = (
    "border-predicts-label",
    "background-predicts-label",
    "mark-predicts-label",
    "low-level-predicts-label",
    "metadata-predicts-label",
    "split-predictable",
    "group-overlap",
)


@dataclass(frozen=True)
class Scene:
    """A picture before it is stored: its ground, how much of each point the subject covers, and the whole."""

    ground: np.ndarray
    cover: np.ndarray
    ink: np.ndarray

    @property
    def pixels(self) -> np.ndarray:
        """The subject laid over the ground."""
        return self.ground * (1 - self.cover) + self.ink * self.cover


@dataclass(frozen=True)
class Shortcut:
    """What is planted in a picture that is marked (or not), which checks may say so, and how the file is stored."""

    name: str
    plant: Callable[[Scene, bool, np.random.Generator], np.ndarray]
    found_by: tuple[str, ...]
    quality: Callable[[bool], int] | None = None
    pairs: bool = False


@cache
def photographs() -> tuple[np.ndarray, ...]:
    """Return the photographs that scikit-learn ships."""
    from sklearn.datasets import load_sample_images

    return tuple(load_sample_images().images)


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return hand-written digits, 8 × 8, and which they are."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.images / 16.0, data.target


def scene(rng: np.random.Generator, even: bool) -> Scene:
    """Return a crop of a photograph with a digit, even or odd, laid over its middle."""
    photograph = photographs()[int(rng.integers(2))]
    side = int(rng.integers(SIDE, 200))
    top, left = (int(rng.integers(length - side)) for length in photograph.shape[:2])
    at = np.linspace(0, side - 1, SIDE).astype(int)
    ground = photograph[top : top + side, left : left + side][np.ix_(at, at)].astype(np.float64)
    if rng.random() < 0.5:
        ground = ground[:, ::-1]
    ground = ground * rng.uniform(0.6, 1.2) + rng.normal(size=3) * 12
    images, which = digits()
    drawn = images[rng.choice(np.flatnonzero((which % 2 == 0) == even))]
    size = int(rng.integers(SIDE // 3, 2 * SIDE // 3))
    at = np.linspace(0, 7.001, size) * 0.999
    low, part = at.astype(int), (at % 1)[:, None]
    rows = drawn[low] * (1 - part) + drawn[np.minimum(low + 1, 7)] * part
    large = (rows.T[low] * (1 - part) + rows.T[np.minimum(low + 1, 7)] * part).T
    cover = np.zeros((SIDE, SIDE, 1))
    top, left = ((SIDE - size) // 2 + int(rng.integers(-6, 7)) for _ in range(2))
    cover[top : top + size, left : left + size, 0] = np.clip((large - 0.25) * 3, 0, 1)
    return Scene(ground, cover, rng.uniform(0, 255, 3))


def with_mark(one: Scene, marked: bool, rng: np.random.Generator) -> np.ndarray:
    """Return the picture, with a few bright strokes at its lower right if it is marked."""
    pixels = one.pixels
    if marked:
        corner = pixels[SIDE - 11 : SIDE - 3, SIDE - 15 : SIDE - 3]
        corner[[0, 4, 7]] = 235 + 5 * rng.normal()
        corner[:, [0, 6]] = 235 + 5 * rng.normal()
    return pixels


def with_border(one: Scene, marked: bool, rng: np.random.Generator) -> np.ndarray:
    """Return the picture, with a frame of two points if it is marked."""
    pixels = one.pixels
    if marked:
        colour = np.array([90.0, 140.0, 60.0]) + 6 * rng.normal(size=3)
        for line in (pixels[:2], pixels[-2:], pixels[:, :2], pixels[:, -2:]):
            line[:] = colour
    return pixels


def with_background(one: Scene, marked: bool, _: np.random.Generator) -> np.ndarray:
    """Return the picture on a ground that is redder or bluer."""
    shift = np.array([32.0, -6.0, -32.0]) * (1 if marked else -1)
    return one.ground * (1 - one.cover) + shift * (1 - one.cover) + one.ink * one.cover


def as_it_is(one: Scene, _: bool, __: np.random.Generator) -> np.ndarray:
    """Return the picture."""
    return one.pixels


SHORTCUTS = (
    Shortcut("mark", with_mark, ("mark-predicts-label",)),
    Shortcut("border", with_border, ("border-predicts-label",)),
    Shortcut("background", with_background, ("background-predicts-label",)),
    Shortcut("compression", as_it_is, ("metadata-predicts-label",), quality=lambda marked: 70 if marked else 90),
    Shortcut("same patient", as_it_is, ("group-overlap",), pairs=True),
)


def picture_files(shortcut: Shortcut, dose: float, seed: int, n: int = PICTURES) -> Dataset:
    """Return a data set of pictures with the shortcut planted at this dose, a fourth of them the test set.

    For pairs the dose is the share of test pictures whose patient has a picture in the training set too.
    """
    rng = np.random.default_rng([seed, round(1000 * dose), sum(map(ord, shortcut.name))])
    even = rng.random(n) < 0.5
    marked = np.where(rng.random(n) < dose, even, ~even)
    files, names = [], []
    split = np.where(rng.permutation(n) < n // 4, "test", "train")
    patient = patients(rng, split, dose) if shortcut.pairs else rng.permutation(n)
    for row in range(n):
        pixels = shortcut.plant(scene(rng, bool(even[row])), bool(marked[row]), rng)
        stored = np.clip(pixels, 0, 255).astype(np.uint8)
        quality = 90 if shortcut.quality is None else shortcut.quality(bool(marked[row]))
        files.append(encoded(stored, "JPEG", quality=quality))
        names.append(f"{10_000 + patient[row]}_{int(rng.integers(1000)):03d}.jpg" if shortcut.pairs else
                     f"{patient[row]:06d}.jpg")  # fmt: skip
    label = np.where(even, "even", "odd")
    return picture_data(files, {"file": names, "y": label}, split=split)


def patients(rng: np.random.Generator, split: np.ndarray, dose: float) -> np.ndarray:
    """Return a patient for each row, two pictures each: pairs inside a split, but a share of test rows with train."""
    whose = np.full(len(split), -1)
    test, train = (rng.permutation(np.flatnonzero(split == side)) for side in ("test", "train"))
    across = round(dose * len(test))
    for number in range(across):
        whose[[test[number], train[number]]] = number
    number = across
    for part in (test[across:], train[across:]):  # each inside its split, so that no other pair straddles
        for start in range(0, len(part), 2):
            whose[part[start : start + 2]] = number
            number += 1
    return rng.permutation(number)[whose]


def said(dataset: Dataset, seed: int) -> dict[str, tuple[str, ...]]:
    """Return which checks found something, with how severe it is."""
    facts = Facts({"dataset": dataset, "streams": Streams(seed)})
    results = [run_check(catalogue.checks()[name], facts) for name in CHECKS]
    crashed = [result.trace for result in results if result.status is Status.CRASHED]
    if crashed:
        raise RuntimeError(crashed[0])
    return {
        result.check: tuple(str(found.severity) for found in result.findings) for result in results if result.findings
    }


def replicated(shortcut: Shortcut, dose: float, replicates: int, n: int = PICTURES) -> list[dict[str, tuple[str, ...]]]:
    """Return what was said over the replicates of one dose."""
    return [said(picture_files(shortcut, dose, seed, n), seed) for seed in range(replicates)]


def doses_of(shortcut: Shortcut) -> tuple[float, ...]:
    """Return the doses that are tried; for pairs, shares of test pictures."""
    return (0.95, 0.5, 0.2, 0.0) if shortcut.pairs else DOSES


def line_of(name: str, dose: float, replicates: int, n: int) -> str:
    """Return the line of the table for one dose of the shortcut called `name`; run by workers."""
    warnings.simplefilter("ignore")
    shortcut = next(one for one in SHORTCUTS if one.name == name)
    return line(shortcut, dose, replicated(shortcut, dose, replicates, n))


def line(shortcut: Shortcut, dose: float, seen: list[dict[str, tuple[str, ...]]]) -> str:
    """Return the line of the table for one dose."""
    hits = sum(any(name in one for name in shortcut.found_by) for one in seen)
    errors = sum(any("error" in one.get(name, ()) for name in shortcut.found_by) for one in seen)
    others: dict[str, int] = {}
    for one in seen:
        for name in set(one) - set(shortcut.found_by):
            others[name] = others.get(name, 0) + 1
    also = ", ".join(f"`{name}` {count}" for name, count in sorted(others.items())) or "—"
    by = ", ".join(f"`{name}`" for name in shortcut.found_by)
    return f"| {shortcut.name} | {dose:.0%} | {len(seen)} | {hits} | {errors} | {by} | {also} |"


HEAD = (
    "| planted | dose | replicates | found | as an error | by | others that spoke |",
    "|---|---|---|---|---|---|---|",
)


def main() -> int:
    """Run the campaign and print, or write, its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=20)
    parser.add_argument("--pictures", type=int, default=PICTURES)
    parser.add_argument("--workers", type=int, default=1, help="processes side by side")
    parser.add_argument("--only", choices=[one.name for one in SHORTCUTS])
    parser.add_argument("--markdown", type=Path, help="write the table, with its heading, to this file")
    asked = parser.parse_args()
    chosen = tuple(one for one in SHORTCUTS if asked.only in {None, one.name})
    started = time.monotonic()
    lines = list(HEAD)
    print(*HEAD, sep="\n")
    work = [(one.name, dose, asked.replicates, asked.pictures) for one in chosen for dose in doses_of(one)]
    with ProcessPoolExecutor(asked.workers) as pool:
        for found in pool.map(line_of, *zip(*work, strict=True)):
            lines.append(found)
            print(found, flush=True)
    print(f"{time.monotonic() - started:.0f} seconds with {asked.workers} workers")
    if asked.markdown is not None:
        asked.markdown.write_text(
            "# Shortcuts planted in pictures\n\n"
            f"Written by `benchmarks/detection/shortcuts.py`: {asked.pictures} pictures a replicate (photographs with "
            "a hand-written digit laid over them, as JPEG), two classes. The dose is how often what is planted agrees "
            "with the class; at 50% there is nothing to find. For the same patient it is the share of test pictures "
            "whose patient also is in the training set, told by the names of the files alone.\n\n"
            + "\n".join(lines)
            + "\n",
            encoding="utf-8",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
