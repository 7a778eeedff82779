"""Kill -9 a laboratory run at random moments, go on with it, and see that its record is that of an unbroken run.

    python benchmarks/faults/kill_collapse.py --forked                   # 100 kills of each learner
    python benchmarks/faults/kill_collapse.py --kills 20 transformer mine

A run is killed when it has used a random amount of processor time, resumed, often killed again, and so on until it
ends. Then its record, less times, and every array of its values must be identical bit for bit to those of a run that
nobody disturbed.

`--forked` imports the libraries once and forks, in place of starting the command anew, and keeps what was reached
every 20 ms instead of every second: runs of a few seconds are gone on with from their middle as well.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from holdfast.audit.catalogue import checks, facts
from holdfast.collapse import catalogue
from holdfast.core.store import RunStore

sys.path.insert(0, str(Path(__file__).resolve().parent))
from started import Call, Started, command, forked

MODULES = ("holdfast.cli.main", "holdfast.cli.collapse", "holdfast.collapse.lab.verb", "holdfast.report.render",
           "holdfast.report.build", "holdfast.cli.output",
           "holdfast.cli.progress", "scipy.stats", "torch", "torch._dynamo")  # fmt: skip
OFTEN = 0.02  # seconds between two moments that are kept
LAST = 0.2  # share of starts that are let come to their end


def settings(said: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for one in said for part in ("--set", one))


TINY_LANGUAGE = ("options.layers=1", "options.width=16", "options.heads=2", "options.length=16", "options.steps=15")
TINY_PICTURES = ("options.side=8", "options.hidden=16", "options.steps=30")
COSTLY = ("--samples", "40", "--replicates", "2", "--set", "measure_size=30", "--generations")
# Sizes with which a run takes about a second of the processor, most of them in generations; a learner that is not
# named gets the common ones.
SIZES: dict[str, tuple[str, ...]] = {
    "gaussian": ("--samples", "100", "--generations", "300", "--replicates", "12000", "--set", "at=[150, 300]"),
    "gaussian-nd": ("--samples", "50", "--generations", "40", "--replicates", "600"),
    "categorical": ("--samples", "200", "--generations", "30", "--replicates", "600"),
    "linear-regression": ("--samples", "50", "--generations", "200", "--replicates", "1500"),
    "logistic-regression": ("--samples", "100", "--generations", "30", "--replicates", "150"),
    "contexts": ("--samples", "100", "--generations", "60", "--replicates", "400"),
    "kde": ("--samples", "100", "--generations", "40", "--replicates", "400"),
    "ngram": ("--samples", "100", "--generations", "20", "--replicates", "30", "--set", "measure_size=80"),
    "transformer": (*COSTLY, "5", *settings(TINY_LANGUAGE), "--measures", "perplexity-of-real"),
    "vae": (*COSTLY, "5", *settings(TINY_PICTURES), "--measures", "pixel-variance"),
    "flow": (*COSTLY, "5", *settings(TINY_PICTURES), "--measures", "pixel-variance"),
    "mine": (*COSTLY, "20", "--measures", "sliced-wasserstein"),
}
COMMON = ("--samples", "100", "--generations", "12", "--replicates", "24", "--set", "measure_size=80")
TIMES = ("id", "started", "seconds", "command")
MINE = '''
import numpy as np
class Box:
    """A uniform distribution that draws from NumPy's shared random numbers."""
    def fit(self, x):
        self.low, self.high = x.min(axis=0), x.max(axis=0)
    def sample(self, n):
        return np.random.uniform(self.low, self.high, (n, len(self.low)))
    def real(self, n):
        return np.random.uniform(size=(n, 3))
'''


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "learners", nargs="*", help="all of the package, and one of a person's own called mine, if none"
    )
    parser.add_argument("--kills", type=int, default=100, help="of each learner")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--forked", action="store_true", help="import once and fork")
    arguments = parser.parse_args()
    faults = []
    for name in arguments.learners or [*catalogue.learners(), "mine"]:
        with TemporaryDirectory() as folder:
            faults += campaign(Path(folder), name, arguments.kills, arguments.seed, fork=arguments.forked)
    print("\n".join(faults) or "no fault")
    return int(bool(faults))


def campaign(
    folder: Path, name: str, kills: int, seed: int, *, fork: bool = False, sizes: Sequence[str] | None = None
) -> list[str]:
    """Return what went wrong over `kills` kills of runs of one learner."""
    (folder / "mine.py").write_text(MINE)
    start = prepared() if fork else command
    rng = random.Random(seed)
    store = RunStore(folder / ".holdfast")
    anew = ["collapse", "run", "mine:Box" if name == "mine" else name, "--regimes", "replace,accumulate"]
    anew += sizes if sizes is not None else SIZES.get(name, COMMON)
    first = start(anew, folder)
    first.wait(3600)
    if first.code:
        return [f"{name}: the unbroken run ends with {first.code}: {said(first)}"]
    expected = conclusions(store, store.ids()[0])
    counts = Counter({"killed": 0, "with a moment kept": 0, "inside a write": 0, "ends compared": 0})
    faults: list[str] = []
    while counts["killed"] < kills:
        run, fault = one_run(anew, start, folder, store, rng, first.used, counts)
        if fault:
            faults.append(f"{name}: {fault}")
            continue
        counts["ends compared"] += 1
        faults += [f"{name}: {run}, {what}" for what in differences(expected, conclusions(store, run))]
        print(f"{name}: a run of {first.used:.1f} CPU-s, {dict(counts)}, {len(faults)} faults", flush=True)
    return faults


def prepared() -> Call:
    """Return how to start a fork, once what it needs is imported."""
    for module in MODULES:
        import_module(module)
    import_module("torch").set_num_threads(1)  # threads do not live on in a fork
    import_module("holdfast.collapse.lab.work")._KEEP_EVERY = OFTEN  # noqa: SLF001
    for parts in (catalogue.measures, catalogue.theories, checks, facts):
        parts()
    return forked


def one_run(
    anew: Sequence[str], start: Call, folder: Path, store: RunStore, rng: random.Random, whole: float,
    counts: Counter[str],
) -> tuple[str, str]:  # fmt: skip
    """Start a run, kill it, go on, kill it again, until it ends; return its name, and what went wrong if anything."""
    known = set(store.ids())
    process = start(anew, folder)
    process.wait(600, lambda: set(store.ids()) != known)
    run = min(set(store.ids()) - known, default="")
    if not run:
        return run, f"no run began; exit code {process.code}: {said(process)}"
    while True:
        moment = rng.uniform(0.0, 0.9) * whole if rng.random() > LAST else float("inf")
        moment += 0.0 if process.over() else process.spent()
        process.wait(3600, lambda now=process, at=moment: now.spent() >= at, nap=0.03)
        killed = process.kill()
        status = store.load(run).status
        sound = status in {"finished", "interrupted"} if killed else process.code == 0 and status == "finished"
        if not sound:
            return run, f"{run} ended with {process.code} and is said to be {status}: {said(process)}"
        counts["killed"] += killed
        counts["with a moment kept"] += killed and any(store.find(run).glob("values/moment-*.npz"))
        counts["inside a write"] += killed and any(store.find(run).glob("values/*.tmp"))
        if status == "finished":
            return run, ""
        process = start(["collapse", "run", "--resume", run], folder)


def said(process: Started) -> str:
    """Return the end of what a process said of itself."""
    return (process.folder / "said").read_text(errors="replace")[-300:]


def conclusions(store: RunStore, run: str) -> dict[str, object]:
    """Return all that an experiment came to: its record, less times, the arrays of its values, and no other files."""
    home = store.find(run)
    found: dict[str, object] = untimed(json.loads((home / "run.json").read_bytes()))
    found["files"] = sorted(path.name for path in (home / "values").iterdir())
    for path in sorted((home / "values").glob("*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            found |= {f"{path.name}: {name}": (arrays[name].shape, arrays[name].tobytes()) for name in arrays.files}
    return found


def untimed(record):
    """Return a record without times, at any depth."""
    if isinstance(record, dict):
        return {key: untimed(value) for key, value in record.items() if key not in TIMES}
    return [untimed(one) for one in record] if isinstance(record, list) else record


def differences(expected: dict[str, object], got: dict[str, object]) -> list[str]:
    """Return in words where two records differ."""
    return [f"{key} is another" for key in sorted({*expected, *got}) if expected.get(key) != got.get(key)]


if __name__ == "__main__":
    sys.exit(main())
