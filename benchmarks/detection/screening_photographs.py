"""Screening of pictures on real photographs: how often it shows real ones as made, or refuses.

    python benchmarks/detection/screening_photographs.py FILE-OR-FOLDER …    JPEG and PNG photographs, a dozen or more
    python benchmarks/detection/screening_photographs.py …/mate-backgrounds/nature …/skimage/data/rocket.jpg

Photographs are cut into tiles of 256 pixels, kept without loss. Half of the photographs are labelled: every other tile
stays real, the others are halved and enlarged again, which leaves the trace of a decoder that upsamples; no generator
of photographs is at hand, so that what is measured is false alarms, not how well generators are found. The tiles of the
other half have no origin: all real, or three tenths made. So what is asked about comes from photographs, and mostly
cameras, that nothing was learnt from. Tags are read from the original files.
"""

import argparse
import io
import re
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from holdfast.audit.cases.images import encoded, picture_data
from holdfast.core.dataset import Dataset
from holdfast.core.record import Section
from holdfast.data.intervals import wilson
from holdfast.data.screening.images.scanning import scan_images
from holdfast.data.screening.tags.reading import claim_of

TILE, MOST_TILES = 256, 24  # pixels; of one photograph
SEED = 20261122


def main() -> int:
    """Print the figures; the exit code is 1 where a share of nothing lies outside its 90% interval too often."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--repeats", type=int, default=30)
    told = parser.parse_args()
    files = sorted(file for one in told.photographs for file in ([one] if one.is_file() else one.rglob("*")))
    files = [file for file in files if file.suffix.lower() in {".jpg", ".jpeg", ".png"}]
    tiles = [cut for file in files if (cut := tiles_of(file))]
    print(
        f"{len(files)} photographs, {len(tiles)} large enough: {sum(map(len, tiles))} tiles of {TILE} pixels",
        flush=True,
    )
    claimed = [claim for file in files if (claim := claim_of(file.read_bytes())).origin == "synthetic"]
    print(f"files whose tags say that a model made them: {len(claimed)} {[one.why for one in claimed]}")
    good = True
    for share in (0.0, 0.3):
        refused = shown = asked = inside = 0
        for i in range(told.repeats):
            sections, n = one(np.random.default_rng([SEED, i]), tiles, share)
            if sections[-1].title.endswith("not estimable"):
                refused += 1
                continue
            estimate = sections[-1].evidence[0]
            found = re.match(r"([\d,]+) are unlike", sections[-1].says[1])
            shown += int(found[1].replace(",", "")) if found else 0
            asked += n
            inside += estimate.low <= share <= estimate.high
        answered = told.repeats - refused
        said = wilson(inside, answered) if answered else None
        good &= said is None or said.high >= 0.9
        print(
            f"{share:.0%} made: refused {refused} of {told.repeats}; else {shown} of {asked} tiles shown as unlike "
            f"real ones, the 90% interval of the share held it {inside} times of {answered}", flush=True,
        )  # fmt: skip
    return 0 if good else 1


def one(rng: np.random.Generator, tiles: list[list[np.ndarray]], share: float) -> tuple[tuple[Section, ...], int]:
    """Return what screening says where half of the photographs are labelled, and how many tiles were asked about."""
    order = rng.permutation(len(tiles))
    pictures: list[bytes] = []
    origins: list[str | None] = []
    for place, number in enumerate(order):
        for tile in tiles[number]:
            is_known = place < len(order) // 2
            is_made = rng.random() < (0.5 if is_known else share)
            pictures.append(encoded(enlarged(tile) if is_made else tile, "PNG"))
            origins.append(("synthetic" if is_made else "human") if is_known else None)
    dataset: Dataset = picture_data(pictures, {"_origin": np.array(origins, dtype=object)})
    return scan_images(dataset), origins.count(None)


def enlarged(tile: np.ndarray) -> np.ndarray:
    """Return a tile as one that was made at half its size, and doubled."""
    small = Image.fromarray(tile).resize((TILE // 2, TILE // 2), Image.Resampling.LANCZOS)
    return np.asarray(small.resize((TILE, TILE), Image.Resampling.BICUBIC))


def tiles_of(file: Path) -> list[np.ndarray]:
    """Return tiles of a photograph, spread over it; those that are flat (a sky, a wall) are left out."""
    with Image.open(io.BytesIO(file.read_bytes())) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    rows, columns = pixels.shape[0] // TILE, pixels.shape[1] // TILE
    cut = [pixels[TILE * r : TILE * (r + 1), TILE * c : TILE * (c + 1)] for r in range(rows) for c in range(columns)]
    cut = [tile for tile in cut if tile.std() > 5]
    return [cut[i] for i in np.unique(np.linspace(0, len(cut) - 1, min(MOST_TILES, len(cut))).astype(int))]


if __name__ == "__main__":
    sys.exit(main())
