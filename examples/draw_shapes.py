"""Draw pictures of coloured shapes on cluttered grounds, with their boxes, as Ultralytics stores them: a data.yaml.

    python draw_shapes.py shapes --train 240 --val 60 --test 100 --side 64 --seed 0
    python draw_shapes.py others --classes cross ring --train 60 --seed 1

Discs, squares and triangles (or crosses and rings) of any colour lie on a ground of two tones, among lines, dots and
noise that are no objects. Shapes overlap, lie partly behind lines, and some pictures hold none. The same seed draws the
same files.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("disc", "square", "triangle")
OTHERS = ("cross", "ring")
FACTOR = 4  # pictures are drawn larger and made smaller, so that edges are smooth


Box = tuple[int, float, float, float, float]  # class, centre, width and height as shares of the picture


def main() -> None:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", type=int, default=240)
    parser.add_argument("--val", type=int, default=60)
    parser.add_argument("--test", type=int, default=100)
    parser.add_argument("--side", type=int, default=64, help="pixels")
    parser.add_argument("--classes", nargs="+", choices=(*CLASSES, *OTHERS), default=CLASSES)
    parser.add_argument("--most", type=int, default=3, help="shapes in a picture")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    counts = {"train": given.train, "val": given.val, "test": given.test}
    draw_set(given.folder, counts, given.side, given.most, given.seed, tuple(given.classes))
    print(f"wrote {given.folder / 'data.yaml'}: {sum(counts.values()):,} pictures")


def draw_set(
    folder: Path, counts: dict[str, int], side: int = 64, most: int = 3, seed: int = 0,
    classes: tuple[str, ...] = CLASSES,
) -> Path:  # fmt: skip
    """Write pictures, their boxes and data.yaml; return its path."""
    for number, (split, count) in enumerate(counts.items()):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True, exist_ok=True)
        for at in range(count):
            picture, boxes = draw(np.random.default_rng([seed, number, at]), side, most, classes)
            picture.save(folder / "images" / split / f"{at:05}.png")
            lines = [f"{name} {x:.6f} {y:.6f} {wide:.6f} {high:.6f}\n" for name, x, y, wide, high in boxes]
            (folder / "labels" / split / f"{at:05}.txt").write_text("".join(lines))
    names = "".join(f"  {number}: {name}\n" for number, name in enumerate(classes))
    splits = "".join(f"{split}: images/{split}\n" for split in counts)
    described = folder / "data.yaml"
    described.write_text(f"path: .\n{splits}names:\n{names}")
    return described


def draw(rng: np.random.Generator, side: int, most: int, classes: tuple[str, ...]) -> tuple[Image.Image, list[Box]]:
    """Return a picture and its boxes."""
    big = side * FACTOR
    picture = ground(rng, big)
    pen = ImageDraw.Draw(picture)
    clutter(rng, pen, big, count=int(rng.integers(3, 8)))
    boxes: list[Box] = []
    for _ in range(int(rng.integers(0, most + 1)) if rng.random() < 0.2 else int(rng.integers(1, most + 1))):
        box = shape(rng, pen, big, boxes, classes)
        if box is not None:
            boxes.append(box)
    clutter(rng, pen, big, count=int(rng.integers(0, 3)))  # some of it lies over the shapes
    small = np.asarray(picture.resize((side, side), Image.Resampling.BOX), dtype=float)
    noisy = small + rng.normal(0.0, rng.uniform(2.0, 10.0), small.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8)), boxes


def ground(rng: np.random.Generator, big: int) -> Image.Image:
    """Return a ground that runs from one dull tone to another."""
    ends = rng.uniform(60, 200, (2, 1)) + rng.uniform(-25, 25, (2, 3))
    along = np.linspace(0.0, 1.0, big)[:, None, None]
    tones = np.broadcast_to((1 - along) * ends[0] + along * ends[1], (big, big, 3))
    return Image.fromarray((tones if rng.random() < 0.5 else tones.transpose(1, 0, 2)).clip(0, 255).astype(np.uint8))


def clutter(rng: np.random.Generator, pen: ImageDraw.ImageDraw, big: int, count: int) -> None:
    """Draw thin lines and dots, which are no objects."""
    for _ in range(count):
        ink = tuple(int(one) for one in rng.integers(0, 256, 3))
        if rng.random() < 0.6:
            pen.line([tuple(one) for one in rng.uniform(0, big, (2, 2)).tolist()], fill=ink, width=int(big * 0.012))
        else:
            x, y = rng.uniform(0, big, 2)
            size = rng.uniform(0.008, 0.025) * big
            pen.ellipse((x - size, y - size, x + size, y + size), fill=ink)


def shape(
    rng: np.random.Generator, pen: ImageDraw.ImageDraw, big: int, others: list[Box], classes: tuple[str, ...]
) -> Box | None:
    """Draw a shape where it does not hide another, and return its box; None where there was no room."""
    for _ in range(20):
        half = rng.uniform(0.09, 0.2)
        x, y = rng.uniform(half, 1 - half, 2)
        if all(max(abs(x - ox), abs(y - oy)) > 0.7 * (half + wide / 2) for _, ox, oy, wide, _ in others):
            break
    else:
        return None
    kind = int(rng.integers(len(classes)))
    ink = rng.permutation([rng.uniform(170, 255), rng.uniform(0, 90), rng.uniform(0, 255)])
    fill = tuple(int(one) for one in ink)
    left, top, right, bottom = ((x - half) * big, (y - half) * big, (x + half) * big, (y + half) * big)
    third = (right - left) / 3
    match classes[kind]:
        case "disc":
            pen.ellipse((left, top, right, bottom), fill=fill)
        case "square":
            pen.rectangle((left, top, right, bottom), fill=fill)
        case "triangle":
            pen.polygon([(left, bottom), (right, bottom), (x * big, top)], fill=fill)
        case "cross":
            pen.rectangle((left, top + third, right, bottom - third), fill=fill)
            pen.rectangle((left + third, top, right - third, bottom), fill=fill)
        case "ring":
            pen.ellipse((left, top, right, bottom), outline=fill, width=int(third * 0.6))
    return kind, float(x), float(y), float(2 * half), float(2 * half)


if __name__ == "__main__":
    main()
