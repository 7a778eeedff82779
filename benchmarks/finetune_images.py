"""Digits of MNIST's test file, learnt by a small network beside its controls: what docs/finetune-images.md says.

    python benchmarks/finetune_images.py FOLDER [OPTIONS of holdfast finetune]

FOLDER has t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz. About a minute of processor time.
"""

import gzip
import re
import resource
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

PAGE = Path(__file__).parents[1] / "docs" / "finetune-images.md"
PARTS = {"train": slice(0, 1500), "t10k": slice(8000, 8500)}  # the loader calls what begins with t10k the test
OPTIONS = ("--rate", "0.002", "--epochs", "12", "--set", "options.classify-image.shift=2", "--fail-on", "never")


def cut(source: Path, folder: Path) -> None:
    """Write two parts of the test file, as IDX again."""
    folder.mkdir()
    pictures = np.frombuffer(
        gzip.decompress((source / "t10k-images-idx3-ubyte.gz").read_bytes())[16:], np.uint8
    ).reshape(-1, 28, 28)
    labels = np.frombuffer(gzip.decompress((source / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:], np.uint8)
    for name, part in PARTS.items():
        n = len(labels[part])
        head = struct.pack(">IIII", 0x803, n, 28, 28)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(head + pictures[part].tobytes())
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, n) + labels[part].tobytes())


def main() -> None:
    """Cut, tune, and say what it took."""
    source, more = Path(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as place:
        cut(source, Path(place) / "mnist")
        code = re.search(r"^```python file=cnn.py\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        (Path(place) / "cnn.py").write_text(code[1])
        command = Path(sys.executable).with_name("holdfast")
        subprocess.run([command, "finetune", "cnn.py:cnn", "mnist", *OPTIONS, *more], cwd=place, check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{used.ru_utime + used.ru_stime:.0f} seconds of processor time")


if __name__ == "__main__":
    main()
