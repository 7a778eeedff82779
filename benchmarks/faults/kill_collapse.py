"""Kill -9 a laboratory run at random moments, go on with it, and see that its record is that of an unbroken run.

    python benchmarks/faults/kill_collapse.py --kills 100            # of each learner
    python benchmarks/faults/kill_collapse.py --kills 20 transformer mine

A run is killed, resumed, often killed again, and so on until it ends. Then its record, less times, and every array of
its values must be identical bit for bit to those of a run that nobody disturbed.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from holdfast.collapse import catalogue
from holdfast.core.store import RunStore

COMMAND = str(Path(sys.executable).with_name("holdfast"))


def settings(said: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for one in said for part in ("--set", one))


COSTLY = ("--samples", "40", "--generations", "8", "--replicates", "2", "--set", "measure_size=30")
TINY_LANGUAGE = ("options.layers=1", "options.width=16", "options.heads=2", "options.length=16", "options.steps=15")
TINY_PICTURES = ("options.side=8", "options.hidden=16", "options.steps=30")
# Sizes with which a run lasts a few seconds; a learner that is not named gets the common ones.
SIZES: dict[str, tuple[str, ...]] = {
    "gaussian": ("--samples", "100", "--generations", "400", "--replicates", "8000"),
    "gaussian-nd": ("--samples", "50", "--generations", "60", "--replicates", "2000"),
    "categorical": ("--samples", "200", "--generations", "60", "--replicates", "1500"),
    "linear-regression": ("--samples", "50", "--generations", "100", "--replicates", "1500"),
    "transformer": (*COSTLY, *settings(TINY_LANGUAGE), "--measures", "perplexity-of-real"),
    "vae": (*COSTLY, *settings(TINY_PICTURES), "--measures", "pixel-variance"),
    "flow": (*COSTLY, *settings(TINY_PICTURES), "--measures", "pixel-variance"),
    "mine": (*COSTLY, "--measures", "sliced-wasserstein"),
}
COMMON = ("--samples", "100", "--generations", "20", "--replicates", "40", "--set", "measure_size=100")
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
    arguments = parser.parse_args()
    faults = []
    for name in arguments.learners or [*catalogue.learners(), "mine"]:
        with TemporaryDirectory() as folder:
            faults += campaign(Path(folder), name, arguments.kills, arguments.seed)
    print("\n".join(faults) or "no fault")
    return int(bool(faults))


def campaign(folder: Path, name: str, kills: int, seed: int, sizes: Sequence[str] | None = None) -> list[str]:
    """Return what went wrong over `kills` kills of runs of one learner."""
    (folder / "mine.py").write_text(MINE)
    rng = random.Random(seed)
    store = RunStore(folder / ".holdfast")
    call = [COMMAND, "collapse", "run", "mine:Box" if name == "mine" else name, "--regimes", "replace,accumulate"]
    call += sizes if sizes is not None else SIZES.get(name, COMMON)
    begun = time.monotonic()
    subprocess.run(call, cwd=folder, check=True, capture_output=True)
    whole = time.monotonic() - begun
    expected = conclusions(store, store.ids()[0])
    counts = {"killed": 0, "not begun": 0, "at its end": 0, "ends compared": 0}
    faults: list[str] = []
    while counts["killed"] < kills:
        run, now = None, list(call)
        for _ in range(20):  # a kill each, until one comes too late
            before = set(store.ids())
            started = time.monotonic()
            ended = killed(now, folder, store, rng.uniform(0.0, 0.9) * whole)
            if ended:  # on a busy machine the first run may have been the slowest
                whole = min(whole, time.monotonic() - started)
            new = sorted(set(store.ids()) - before)
            run = new[0] if new else run
            if run is None:
                counts["not begun"] += 1
                counts["killed"] += 1
                continue
            status = store.load(run).status
            counts["at its end" if ended else "killed"] += 1
            if status not in {"interrupted", "finished"} or (ended and status != "finished"):
                faults.append(f"{name}: {run} is said to be {status}")
            if ended or status == "finished" or rng.random() < 0.4:
                break
            now = [COMMAND, "collapse", "run", "--resume", run]
        if run is None:
            continue
        if store.load(run).status != "finished":
            done = subprocess.run(
                [COMMAND, "collapse", "run", "--resume", run], cwd=folder, capture_output=True, check=False
            )
            if done.returncode:
                faults.append(f"{name}: {run} cannot be resumed: {done.stderr.decode()[-300:]}")
                continue
        counts["ends compared"] += 1
        faults += [f"{name}: {run}, {what}" for what in differences(expected, conclusions(store, run))]
    print(f"{name}: a run of {whole:.1f} s, {counts}, {len(faults)} faults", flush=True)
    return faults


def killed(call: Sequence[str], folder: Path, store: RunStore, after: float) -> bool:
    """Start a command and kill it some seconds after its run has begun; return whether it had ended before."""
    before = set(store.ids())
    process = subprocess.Popen(call, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and "--resume" not in call and set(store.ids()) == before:
        time.sleep(0.02)
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return False
    return True


def conclusions(store: RunStore, run: str) -> dict[str, object]:
    """Return all that an experiment came to: its record, less times, and the arrays of its values."""
    record = json.loads((store.find(run) / "run.json").read_bytes())
    found: dict[str, object] = untimed(record)
    for path in sorted((store.find(run) / "values").glob("*.npz")):
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
