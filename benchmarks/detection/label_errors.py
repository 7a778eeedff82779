"""Where real label errors stand among the rows that the model behind `label-errors` contradicts: MNIST's test set.

    python benchmarks/detection/label_errors.py FOLDER

FOLDER holds MNIST's `t10k-images-idx3-ubyte.gz` and `t10k-labels-idx1-ubyte.gz`, and `mnist_mturk.json`, five people's
votes on each of 100 candidates (Northcutt, Athalye & Mueller, 2021; github.com/cleanlab/label-errors). An error is what
fewer than three of the five called by the given label: 15 of 10,000. Rows that nobody voted on count as right, so that
the precision is a lower bound. Prints how many of them stand among the first rows of three rankings. 12 CPU-s.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from holdfast.audit.runner import Facts
from holdfast.core.random import Streams
from holdfast.data.intervals import wilson
from holdfast.data.loading import load

FIRST = (10, 16, 30, 50, 100, 200, 300)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if not (folder / "mnist_mturk.json").is_file():
        print(f"SKIPPED: no mnist_mturk.json in {folder}; nothing was measured")
        return 0
    voted = json.loads((folder / "mnist_mturk.json").read_text(encoding="utf-8"))
    errors = [one["id"] for one in voted if one["mturk"]["given"] < 3]
    with TemporaryDirectory() as temporary:  # a folder of nothing but the pictures and their labels
        for file in folder.glob("t10k-*"):
            shutil.copy(file, temporary)
        facts = Facts({"dataset": load({"all": Path(temporary)}), "streams": Streams(0)})
        said, labels, noise = facts["probabilities"], facts["labels"], facts["label_noise"]
    own = said.probabilities[np.arange(len(said.rows)), labels.codes[said.rows]]
    sure = said.probabilities.max(axis=1)
    against = said.probabilities.argmax(axis=1) != labels.codes[said.rows]
    print(f"{len(errors)} errors among {len(said.rows):,} rows; the model contradicts {against.sum():,} rows")
    print(f"contradicted, from the twentieth it is surest of: {', '.join(f'{x:.3f}' for x in noise.contradicted)}")
    print(f"label-errors: {'rate ' + str(noise.rate) if noise.rate is not None else 'silent'} {noise.reason}")
    rankings = {
        "surest contradiction (label-errors)": np.where(against, sure, -1.0),
        "surest by margin": np.where(against, sure - own, -1.0),
        "least probable label": -own,
    }
    print(f"{'errors among the first':36}" + "".join(f"{n:>24}" for n in FIRST))
    for name, score in rankings.items():
        first = said.rows[np.argsort(-score, kind="stable")]
        cells = []
        for n in FIRST:
            hits = int(np.isin(first[:n], errors).sum())
            share = wilson(hits, n)
            cells.append(f"{hits} ({share.value:.2f}: {share.low:.2f} to {share.high:.2f})")
        print(f"{name:36}" + "".join(f"{cell:>24}" for cell in cells))
    return 0


if __name__ == "__main__":
    sys.exit(main())
