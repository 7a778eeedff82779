"""Damage images and what describes them (YAML, COCO JSON, IDX, lists of paths, cells of Parquet), byte by byte.

    python benchmarks/faults/fuzz_media.py --inputs 20000

Every outcome must be a decoded or told-off image, a loaded data set or a HoldfastError of one paragraph, within 10
seconds of CPU and a bounded growth of memory, with nothing written outside of the output folder. Zip-slip paths,
links that lead out, alias bombs and decompression bombs are among the inputs. As in `fuzz.py`, the work is done in a
child process, so that a crash below Python or a hang is seen, blamed on its input and survived.
"""

import argparse
import gzip
import io
import json
import os
import random
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent))

from fuzz import SHOWN, ended, mutated, watched

Way = Callable[[random.Random, int], str]  # what is done with an input, by its number; returns how that ended

WHOLE_EVERY = 25  # every so many inputs go through all checks on images
HOSTILE = (
    b"../../../../../../etc/passwd.png", b"/etc/passwd", b"/dev/zero", b"/dev/stdin", b"..", b"&a [*a, *a]", b"*a",
    b"!!python/object/apply:os.system ['touch outside']", b"<<: *a", b"\x00", b"%00", b"~/x.png", b"outside.png",
    b"file:///etc/passwd", b"\xff\xfe", b"1e999", b"NaN", b"9" * 5000, b"[" * 3000, b"{" * 3000, b'"' * 99, b"- " * 999,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        work(Path(arguments.child[0]), range(int(arguments.child[1]), arguments.inputs), arguments.seed)
        return 0
    with TemporaryDirectory() as folder:
        counts, faults = campaign(Path(folder), arguments.inputs, arguments.seed)
    for outcome, n in counts.most_common():
        print(f"{n:7,}  {outcome}")
    print("\n\n".join(faults[:SHOWN]) or "no fault")
    return int(bool(faults))


def campaign(folder: Path, inputs: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Return how many inputs ended how, and what went wrong."""
    write_sound_set(folder / "set")
    (folder / "outside.png").write_bytes(image("PNG"))
    (folder / "set" / "train" / "cat" / "link.png").symlink_to(folder / "outside.png")
    log = folder / "log.jsonl"
    log.touch()
    begin = 0
    while begin < inputs:
        command = [sys.executable, __file__, "--inputs", str(inputs), "--seed", str(seed), "--child", str(folder)]
        begin = watched([*command, str(begin)], folder, begin, inputs, name_of=partial(name_of, folder / "set"))
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    faults = [f"input {entry['number']} ({entry['name']}): {entry['fault']}" for entry in entries if entry["fault"]]
    return Counter(f"{entry['name']}: {entry['outcome']}" for entry in entries), faults


def work(folder: Path, numbers: range, seed: int) -> None:
    """Put damaged inputs through loading, decoding and checks, and write how each of them ended."""
    import faulthandler

    faulthandler.enable()
    os.chdir(folder / "set")
    every = ways(folder / "set")
    before = listing(folder)
    log = (folder / "log.jsonl").open("a")
    for number in numbers:
        (folder / "at-hand").write_text(str(number))
        name, way = every[number % len(every)]
        outcome, fault = ended(partial(told, way, random.Random(f"{seed}-{number}"), number))
        if not fault and (changed := listing(folder) ^ before):
            fault = f"files changed: {sorted(map(str, changed))[:5]}"
        log.write(json.dumps({"number": number, "name": name, "outcome": outcome, "fault": fault}) + "\n")
        log.flush()


def ways(folder: Path) -> list[tuple[str, Way]]:
    """Return what is damaged, by name, and what is done with it beside the sound set in `folder`."""
    return [
        *[(f"image {form}", decode_one(data)) for form, data in originals()],
        *[(name, describe_one(folder, name, data)) for name, data in descriptions()],
    ]


def name_of(folder: Path, number: int) -> str:
    """Return the name of what input `number` was made from."""
    every = ways(folder)
    return every[number % len(every)][0]


def told(way: Way, rng: random.Random, number: int) -> tuple[str, str]:
    """Return how an input ended, and the same again where a check crashed or a file outside was opened."""
    outcome = way(rng, number)
    return outcome, outcome if outcome.startswith("crashed") else ""


def decode_one(data: bytes) -> Way:
    """Return how a damaged image is put through the decoder, or through a whole audit beside sound ones."""
    every = [other for _, other in originals()]

    def way(rng: random.Random, number: int) -> str:
        from holdfast.audit.cases.images import picture_data
        from holdfast.audit.evidence.images import thumbnail
        from holdfast.audit.facts.images.decoding import decoded, quiet

        content = damaged(data, rng, every)
        if number % WHOLE_EVERY == 0:
            files = [f"{'ab'[row % 2]}/{row}.jpg" for row in range(24)]
            y = ["a", "b"] * 12
            pictures = [content, *(image("JPEG", seed) for seed in range(23))]
            split = ["train"] * 12 + ["test"] * 12
            return audited(picture_data(pictures, {"y": y, "file": files}, split=split), "duplicates", "corrupt-files")
        with quiet():
            result = decoded(content)
        picture = thumbnail(picture_data([content]), 0)
        if result.problem:
            return result.problem
        return "decoded" if picture is not None else "decoded, not shown"

    return way


def describe_one(folder: Path, name: str, data: bytes) -> Way:
    """Return how a damaged description is loaded, with its images beside it."""
    every = [other for _, other in descriptions()]

    def way(rng: random.Random, number: int) -> str:
        from holdfast.data.loading import load

        path = folder / name
        try:
            path.write_bytes(damaged(data, rng, every))
            dataset = load({"all": path})
            outside = [place for place in dataset.media.places.values() if isinstance(place, Path)]
            if any(not os.path.realpath(place).startswith(f"{folder}{os.sep}") for place in outside):
                return f"crashed: opens {outside}"
            if number % 5 == 0 and dataset.of(kind="image"):
                return audited(dataset, "duplicates", "corrupt-files")
            return "loaded" if dataset.of(kind="image") else "loaded without images"
        finally:
            path.unlink(missing_ok=True)

    return way


def audited(dataset, *select: str) -> str:
    from holdfast.audit.settings import AuditSettings
    from holdfast.audit.verb import audit_dataset
    from holdfast.core.record import Status

    run = audit_dataset(dataset, AuditSettings(select=select, honest={"enabled": False}))
    run.model_dump_json()
    crashed = [result for result in run.results if result.status is Status.CRASHED]
    return "".join(f"crashed {result.check}: {result.trace}" for result in crashed) or "audited"


def damaged(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    content = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8, 30))):
        if rng.random() < 0.15:
            at = rng.randrange(len(content) + 1)
            content[at:at] = rng.choice(HOSTILE)
        else:
            content = mutated(content, rng, [Bytes(other) for other in others])  # type: ignore[list-item]
    return bytes(content)


class Bytes:
    """Bytes that `mutated` reads as it reads files."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_bytes(self) -> bytes:
        """Return them."""
        return self._data


def listing(folder: Path) -> set[tuple[str, int]]:
    """Return names and sizes of what lies in the folder and in the one above, but for the campaign's own notes."""
    own = {"log.jsonl", "at-hand", "errors.txt"}
    found = {(str(path), path.lstat().st_size) for path in folder.rglob("*") if path.is_file() and path.name not in own}
    return found


def image(form: str, seed: int = 0, mode: str = "RGB", side: int = 48, **options: object) -> bytes:
    """Return a small sound image."""
    import numpy as np
    from PIL import Image

    from holdfast.audit.cases.images import drawing

    pixels = Image.fromarray(drawing(np.random.default_rng(seed), side, side))
    if mode == "I;16":
        pixels = Image.fromarray(np.asarray(pixels.convert("L")).astype(np.uint16) * 200)
    elif mode != "RGB":
        pixels = pixels.convert(mode)
    buffer = io.BytesIO()
    pixels.save(buffer, form, **options)
    return buffer.getvalue()


def originals() -> Iterator[tuple[str, bytes]]:
    """Yield sound images in every format and mode that is decoded, and some that are hostile from the start."""
    from PIL import Image, features

    frames = [Image.open(io.BytesIO(image("PNG", seed))).convert("RGB") for seed in range(4)]
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    exif.get_ifd(0x8825)[1] = "N"
    yield "JPEG", image("JPEG")
    yield "JPEG progressive", image("JPEG", progressive=True, quality=30)
    yield "JPEG CMYK", image("JPEG", mode="CMYK")
    yield "JPEG grey EXIF", image("JPEG", mode="L", exif=exif, comment="a comment")
    yield "JPEG large", image("JPEG", side=600)
    yield "PNG", image("PNG")
    yield "PNG palette", image("PNG", mode="P", transparency=3)
    yield "PNG 16", image("PNG", mode="I;16")
    yield "PNG RGBA", image("PNG", mode="RGBA")
    yield "GIF", image("GIF", mode="P")
    yield "GIF animated", image("GIF", save_all=True, append_images=frames)
    yield "PNG animated", image("PNG", save_all=True, append_images=frames)
    yield "BMP", image("BMP")
    yield "TIFF", image("TIFF")
    yield "TIFF LZW", image("TIFF", compression="tiff_lzw")
    yield "TIFF 16", image("TIFF", mode="I;16")
    yield "TIFF pages", image("TIFF", save_all=True, append_images=frames)
    yield "PPM", image("PPM")
    yield "ICO", image("ICO")
    for form, module in (("WEBP", "webp"), ("AVIF", "avif"), ("JPEG2000", "jpg_2000")):
        if features.check(module):
            yield form, image(form)
    huge = bytearray(image("PNG", mode="L"))
    huge[16:24] = struct.pack(">II", 60_000, 60_000)
    yield "PNG bomb", bytes(huge)


def descriptions() -> Iterator[tuple[str, bytes]]:
    """Yield sound descriptions of the sound set, by the name under which they are found."""
    yield "data.yaml", b"path: .\ntrain: train\nval: test\nnames:\n  0: cat\n  1: dog\nlr: 1e-4\nnc: 2\n"
    yield "lists.yaml", b"train: list.txt\nval: [test/cat, test/dog]\nnames: [cat, dog]\n"
    images = [{"id": i, "file_name": f"train/cat/{i}.png", "width": 48, "height": 48} for i in range(4)]
    boxes = [{"image_id": i % 4, "category_id": i % 2, "bbox": [1, 2, 10 + i, 20]} for i in range(9)]
    names = [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}]
    coco = {"info": {}, "images": images, "annotations": boxes, "categories": names}
    yield "coco.json", json.dumps(coco).encode()
    block = struct.pack(">IIII", 0x803, 30, 8, 8) + bytes(range(240)) * 8
    yield "some-images-idx3-ubyte", block
    yield "some-images-idx3-ubyte.gz", gzip.compress(block, mtime=0)
    lines = "".join(f"train/cat/{i % 4}.png,{i},{'ab'[i % 2]}\n" for i in range(20))
    yield "paths.csv", f"path,age,y\n{lines}../../outside.png,3,a\n/etc/passwd.png,4,b\n".encode()
    yield (
        "metadata.jsonl",
        b"".join(json.dumps({"file_name": f"train/dog/{i % 4}.png", "n": i}).encode() + b"\n" for i in range(12)),
    )
    import pyarrow as pa
    import pyarrow.parquet

    typed = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    cells = [{"bytes": image("JPEG", seed), "path": f"{seed}.jpg"} for seed in range(8)]
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(pa.table({"image": pa.array([*cells, None], typed), "label": list(range(9))}), sink)
    yield "cells.parquet", sink.getvalue().to_pybytes()


def write_sound_set(folder: Path) -> None:
    """Write a folder of splits and classes, with boxes, that descriptions speak of."""
    for split in ("train", "test"):
        for number, label in enumerate(("cat", "dog")):
            place = folder / split / label
            place.mkdir(parents=True)
            for i in range(4):
                (place / f"{i}.png").write_bytes(image("PNG", 10 * number + i + 50 * (split == "test")))
                (place / f"{i}.txt").write_text(f"{number} 0.5 0.5 0.2 0.2\n")
    (folder / "list.txt").write_text("train/cat/0.png\n../outside.png\n/etc/passwd\ntrain/dog/1.png\n")


if __name__ == "__main__":
    sys.exit(main())
