"""Copies of pictures with a planted change: recall and precision per change and dose, written to docs.

    python benchmarks/detection/images.py                  1,500 pictures and 40 copies per change
    python benchmarks/detection/images.py --check          fails below the targets

Pictures are blends of drawings and photographs (see `image_sets.py`). The second table says what happens where there
are no copies: sets in which pictures resemble one another.
"""

import argparse
import gzip
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from image_sets import CHANGES, Source, jpeg

PAGE = Path(__file__).parents[2] / "docs" / "detection-images.md"
LEAST_RECALL = 0.95  # of every change but the last crops and the box
LEAST_PRECISION = 0.99
HARD = ("cropped by 20%", "cropped by 25%", "a box over 5%")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=1500)
    parser.add_argument("--copies", type=int, default=40, help="of each change")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mnist", type=Path, default=None, help="t10k-images-idx3-ubyte.gz, if it is there")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--out", type=Path, default=PAGE)
    arguments = parser.parse_args()
    lines, good = planted(arguments.pictures, arguments.copies, arguments.seed)
    rows, silent = without_copies(arguments.seed, arguments.mnist)
    text = "\n".join([*head(arguments), *lines, "", *rows, ""])
    arguments.out.write_text(text, encoding="utf-8")
    print(text)
    return int(arguments.check and not (good and silent))


def head(arguments: argparse.Namespace) -> list[str]:
    return [
        "# Copies of pictures: what is found",
        "",
        (
            f"Written by `python benchmarks/detection/images.py` ({arguments.pictures:,} pictures of 200 × 150, "
            f"{arguments.copies} copies of each change, seed {arguments.seed}). A copy counts as found where it "
            "is paired with its source; precision is the share of all pairs that were planted."
        ),
        "",
    ]


def planted(n: int, n_copies: int, seed: int) -> tuple[list[str], bool]:
    rng = np.random.default_rng(seed)
    source = Source(rng)
    pictures = [source.picture() for _ in range(n)]
    data = [jpeg(one, int(rng.integers(75, 95))) for one in pictures]
    truth: dict[tuple[int, int], str] = {}
    for how, (change, quality) in CHANGES.items():
        for original in rng.choice(n, size=n_copies, replace=False).tolist():
            truth[original, len(data)] = how
            data.append(jpeg(change(rng, pictures[original]), quality))
    found, seconds, correlation = pairs_of(data)
    origin = {copy: original for original, copy in truth}
    of, hit, false = Counter(truth.values()), Counter[str](), 0
    for a, b in found:
        if (a, b) in truth:
            hit[truth[a, b]] += 1
        elif origin.get(a, a) != origin.get(b, b):  # two copies of one picture are copies of each other
            false += 1
    precision = 1 - false / max(1, len(found))
    lines = ["| change | recall |", "|---|---|", *(f"| {how} | {hit[how] / of[how]:.2f} |" for how in CHANGES), ""]
    lines.append(
        f"{len(found):,} pairs, {false} of them wrong: precision {precision:.4f}. {correlation} {seconds:.1f} "
        f"CPU-seconds for {len(data):,} pictures."
    )
    easy = min(hit[how] / of[how] for how in CHANGES if how not in HARD)
    return lines, precision >= LEAST_PRECISION and easy >= LEAST_RECALL


def without_copies(seed: int, mnist: Path | None) -> tuple[list[str], bool]:
    lines = ["| set without copies | pictures | pairs said to be copies |", "|---|---|---|"]
    total = 0
    for name, data in sets(np.random.default_rng(seed + 1), mnist):
        found, _, _ = pairs_of(data)
        total += len(found)
        lines.append(f"| {name} | {len(data):,} | {len(found)} |")
    return lines, total == 0


def sets(rng: np.random.Generator, mnist: Path | None):
    from PIL import Image, ImageDraw
    from sklearn.datasets import load_digits

    from holdfast.audit.cases.images import drawing, encoded

    yield "handwritten digits, 8 × 8", [encoded((one * 15).astype(np.uint8)) for one in load_digits().images]
    if mnist is not None:
        digits = np.frombuffer(gzip.decompress(mnist.read_bytes()), np.uint8)[16:].reshape(-1, 28, 28)
        yield "handwritten digits, 28 × 28 (MNIST test)", [encoded(one) for one in digits]
    yield "drawings", [encoded(drawing(rng, 64, 64)) for _ in range(1000)]
    yield "noise", [encoded(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)) for _ in range(1000)]
    squares, discs, pages = [], [], []
    y, x = np.mgrid[0:64, 0:64]
    for _ in range(1000):
        for kind in (squares, discs):
            pixels = np.full((64, 64, 3), rng.integers(200, 256), dtype=np.uint8)
            row, column, half = rng.integers(18, 46), rng.integers(18, 46), rng.integers(6, 18)
            inside = (
                (abs(y - row) < half) & (abs(x - column) < half)
                if kind is squares
                else (y - row) ** 2 + (x - column) ** 2 < half**2
            )
            pixels[inside] = rng.integers(0, 180, size=3)
            kind.append(encoded(pixels))
    yield "one square on a plain ground", squares
    yield "one disc on a plain ground", discs
    for _ in range(300):
        page = Image.new("L", (300, 400), 255)
        for line in range(25):
            words = "".join(rng.choice(list("abcdefghij klm nop "), rng.integers(20, 48)))
            ImageDraw.Draw(page).text((10, 10 + 15 * line), words, fill=0)
        pages.append(encoded(np.asarray(page)))
    yield "pages of text", pages


def pairs_of(data: list[bytes]) -> tuple[set[tuple[int, int]], float, str]:
    from holdfast.audit.cases.images import picture_data
    from holdfast.audit.runner import Facts

    facts = Facts({"dataset": picture_data(data)})
    started = time.process_time()
    (pairs,) = facts["image_pairs"]
    seconds = time.process_time() - started
    row = {int(group): number for number, group in reversed(list(enumerate(facts["row_groups"].group)))}
    found = {tuple(sorted((row[a], row[b]))) for a, b in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)}
    return found, seconds, f"Pairs agree: {pairs.nearness.partition('(')[2].partition(')')[0]}."


if __name__ == "__main__":
    sys.exit(main())
