"""Kill -9 a fine-tuning at random moments, go on with it, and see that it ends as the one that nobody disturbed.

    python benchmarks/faults/kill_finetune.py --kills 50              # of each case
    python benchmarks/faults/kill_finetune.py --kills 20 --forked classify-text search

Every fifth kill falls into a save: it comes when the temporary folder of a checkpoint is seen, or the temporary file of
a stage where a model has no checkpoints, and counts as such if that is left torn. Before some of the resumes what was
saved is damaged as well, the newest checkpoint or a stage: a byte flipped, or its end cut off. At the end the SHA-256
of the tuned weights, all that the run remembers of its training (losses, the step at which it stopped, the best one),
and its record must equal those of the unbroken run; times and costs aside, which are measured.

`--forked` imports the libraries once and forks, in place of starting the command anew: the same program without the
seconds of its start.
"""

import argparse
import json
import os
import random
import re
import signal
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from holdfast.core.sealed import read_sealed
from holdfast.core.store import RunStore

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[2] / "tests")]  # models of a few thousand weights, on the spot
from started import Call, Started, command, forked  # noqa: E402

ALLOWED = ("--set", 'allow=["split-overlap", "near-split-overlap", "conflicting-duplicates"]')
QUICK = ("--set", "options.sensitivity.off=true")
CLASSIFY = ("enc", "texts.csv", "--label", "label", "--rate", "0.01", "--epochs", "3", "--set", "evaluations=12")
# Calls with which a run lasts seconds and saves a dozen times; patience ends the first of them early.
CASES: dict[str, tuple[str, ...]] = {
    "classify-text": (*CLASSIFY, *ALLOWED),
    "search": (*CLASSIFY, *ALLOWED, *QUICK, "--set", "search.trials=4", "--set", "search.rate=[1e-3, 3e-2]",
               "--set", "search.batch=[8, 16]"),
    "generate-text": ("dec", "pairs.csv", "--task", "generate-text", "--rate", "0.01",
                      "--epochs", "2", *ALLOWED, *QUICK),
    # Norms of batches, and boxes that are drawn to be taken for noise: what varies most from one step to the next.
    "detect-objects": ("boxes", "shapes/data.yaml", "--rate", "0.002", "--epochs", "3", *ALLOWED, *QUICK,
                       "--set", "evaluations=6", "--set", "options.detect-objects.size=32",
                       "--set", "options.scratch.off=true"),
    "classify-image": ("vit", "bars", "--rate", "0.003", "--epochs", "4", *ALLOWED, *QUICK, "--set", "evaluations=12"),
    "table": ("boosting", "table.csv", "--label", "y", *ALLOWED, "--set", "search.trials=6",
              "--set", "search.learning_rate={low = 0.01, high = 0.3, log = true}"),
}  # fmt: skip
TIMES = ("id", "started", "seconds", "command", "cpu_seconds", "starts")
FELL_BACK = "could not be used as written"  # in the note on a damaged checkpoint, which an unbroken run has none of
MEASURED = "cost"  # the check, and the words in titles of sections, whose numbers are times and memory


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", nargs="*", help=f"of {', '.join(CASES)}; classify-text and search, if none")
    parser.add_argument("--kills", type=int, default=50, help="of each case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--forked", action="store_true", help="import once and fork")
    arguments = parser.parse_args()
    faults = []
    for name in arguments.cases or ["classify-text", "search"]:
        with TemporaryDirectory() as folder:
            faults += campaign(Path(folder), name, arguments.kills, arguments.seed, fork=arguments.forked)
    print("\n".join(faults) or "no fault")
    return int(bool(faults))


def prepare(folder: Path, rows: int = 240) -> None:
    """Write the models and data that the cases name."""
    import small_models
    import small_tables

    small_models.encoder(folder / "enc")
    small_models.decoder(folder / "dec")
    small_models.write_texts(folder / "texts.csv", rows, seed=1)
    lines = [f'"{text}",{label}' for text, label in small_models.texts(rows, seed=2)]
    (folder / "pairs.csv").write_text("\n".join(["prompt,answer", *lines]) + "\n")
    small_models.vision(folder / "vit")
    small_models.pictures(folder / "bars", rows, seed=3)
    small_tables.write(folder / "table.csv", small_tables.rows(2 * rows, seed=4), label="y")


def draw(folder: Path) -> None:
    """Write a detector and drawn pictures."""
    import small_detectors

    small_detectors.detector(folder / "boxes", "rt_detr")
    small_detectors.draw_set(folder / "shapes", {"train": 40, "val": 10, "test": 10}, side=32)


def campaign(
    folder: Path, name: str, kills: int, seed: int, *, fork: bool = False, call: Sequence[str] | None = None
) -> list[str]:
    """Return what went wrong over `kills` kills of runs of one case."""
    start: Call = command
    if fork:
        start = forked
        import sklearn.linear_model  # noqa: F401
        import torch
        import transformers  # noqa: F401

        torch.set_num_threads(1)  # threads do not live on in a fork
    (draw if name == "detect-objects" else prepare)(folder)
    rng = random.Random(seed)
    store = RunStore(folder / ".holdfast")
    anew = ["finetune", *(call or CASES[name]), "--fail-on", "never", "--format", "json", "--out", "record.json"]
    first = start(anew, folder)
    first.wait(3600)
    if first.code:
        return [f"{name}: the unbroken run ends with {first.code}: {(folder / 'said').read_text()[-400:]}"]
    whole = first.used
    expected = conclusions(store.folder / store.ids()[0])
    counts = {"killed": 0, "inside a save": 0, "damaged": 0, "ended": 0, "compared": 0}
    faults: list[str] = []
    while counts["killed"] < kills:
        run = one_run(anew, folder, store, start, rng, whole, counts)
        if isinstance(run, list):
            faults += [f"{name}: {fault}" for fault in run]
            continue
        counts["compared"] += 1
        found = differences(expected, conclusions(store.folder / run))
        faults += [f"{name}: {run}, {what}" for what in found]
        print("\n".join(found), end="\n" if found else "")
        print(f"{name}: {counts}, {len(faults)} faults", flush=True)
    print(f"{name}: a run of {whole:.0f} CPU-s; {counts}; {len(faults)} faults", flush=True)
    return faults


def one_run(
    anew: Sequence[str], folder: Path, store: RunStore, start: Call, rng: random.Random, whole: float,
    counts: dict[str, int],
) -> str | list[str]:  # fmt: skip
    """Start a run, kill it, go on, kill it again, until it ends; return its name, or what went wrong."""
    run, now = None, list(anew)
    while True:
        before = set(store.ids())
        process = start(now, folder)
        process.wait(600, lambda known=before, has=run: has is not None or set(store.ids()) != known)
        new = sorted(set(store.ids()) - before)
        run = new[0] if new else run
        if run is None:
            return [f"no run began; exit code {process.code}: {(folder / 'said').read_text()[-300:]}"]
        last = rng.random() < 0.25  # let it come to its end
        kill_in(process, store.folder / run, rng, whole, counts, inside=counts["killed"] % 5 == 2, last=last)
        if process.code == 0:
            return run
        if process.code != -signal.SIGKILL:
            return [f"{run} ended with {process.code}: {(folder / 'said').read_text()[-300:]}"]
        status = store.load(run).status
        if status not in {"interrupted", "finished"}:
            return [f"{run} is said to be {status}"]
        if status == "finished":
            return run
        if rng.random() < 0.25:
            counts["damaged"] += damaged(store.folder / run, rng)
        now = ["finetune", "--resume", run, *anew[-6:]]


def kill_in(
    process: Started, run: Path, rng: random.Random, whole: float, counts: dict[str, int], *, inside: bool, last: bool
) -> None:
    """Kill a process at a random moment, or when it has begun a save; let it end where it is the `last`."""
    if last:
        process.wait(3600)
        counts["ended"] += 1
        return
    if inside:
        left = rng.randint(1, 9)
        seen: set[str] = set()

        def saving() -> bool:
            now = set(torn(run, process.process)) - seen
            seen.update(now)
            return bool(now) and len(seen) >= left

        process.wait(3600, saving, nap=0.0)
    else:
        moment = rng.uniform(0.0, 0.9) * whole
        process.wait(3600, lambda: process.spent() >= moment)
    if process.kill():
        counts["killed"] += 1
        counts["inside a save"] += bool(torn(run, process.process))
    else:
        counts["ended"] += 1


def torn(run: Path, process: int) -> list[str]:
    """Return what a process is writing, or was when it was killed: folders of checkpoints, else files of stages."""
    homes = (run, *(run / "trials").glob("*"))
    places = [home / name for home in homes for name in ("steps", "steps/best", "begin")]
    places = [place for place in places if place.is_dir()] or [run / "stages"]
    return [os.fspath(one) for place in places for one in place.glob(f".*.{process}.*tmp")]


def damaged(run: Path, rng: random.Random) -> int:
    """Flip a byte of the newest checkpoint or of a stage, or cut a file's end off; return how many were damaged."""
    homes = [run, *sorted((run / "trials").glob("*"))[-1:]]
    newest = [place for home in homes for place in sorted((home / "steps").glob("ckpt-*"))[-1:]][-1:]
    files = [sorted(place.iterdir()) for place in (*newest, homes[-1] / "stages") if place.is_dir()]
    files = [[path for path in some if path.suffix != ".tmp"] for some in files]
    if not any(files):
        return 0
    path = rng.choice(rng.choice([some for some in files if some]))
    content = bytearray(path.read_bytes())
    if rng.random() < 0.5:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    else:
        del content[rng.randrange(len(content)) :]
    path.write_bytes(content)
    return 1


def conclusions(run: Path) -> dict[str, object]:
    """Return all that a run came to: its weights, what it remembers of its training, and its record."""
    found: dict[str, object] = {}
    for path in sorted((run / "model").rglob("*")):
        if path.is_file():
            found[path.relative_to(run).as_posix()] = sha256(path.read_bytes()).hexdigest()
    for home in (run, *sorted((run / "trials").glob("*"))):
        for state in sorted(home.glob("steps/ckpt-*/state.json"))[-1:]:
            found[f"{home.name if home != run else 'steps'}: memory"] = untimed(read_sealed(state)["state"])
    record = untimed(json.loads((run / "run.json").read_bytes()))
    record["results"] = [one for one in record["results"] if one["check"] != MEASURED]
    record["notes"] = [one for one in record["notes"] if FELL_BACK not in one]
    record["sections"] = [uncosted(one) for one in record["sections"] if MEASURED not in one["title"].lower()]
    return found | record


def untimed(record):
    """Return a record without times, at any depth."""
    if isinstance(record, dict):
        return {key: untimed(value) for key, value in record.items() if key not in TIMES}
    return [untimed(one) for one in record] if isinstance(record, list) else record


def uncosted(section):
    """Return a section of a report without what was measured in seconds and bytes: rows and words on cost."""
    if isinstance(section, dict):
        return {key: uncosted(value) for key, value in section.items()}
    if isinstance(section, list):
        return [uncosted(one) for one in section if not costs(one)]
    if isinstance(section, str):
        parts = section.rstrip(".").split("; ")
        return "; ".join(part for part in parts if not re.match(rf"(Next — )?{MEASURED}: ", part))
    return section


def costs(one):
    """Return whether a row of a table, or a number beside others, is one on cost."""
    first = one[:1] if isinstance(one, list) else [one.get("name", "")] if isinstance(one, dict) else []
    return bool(first) and str(first[0]).startswith(MEASURED)


def differences(expected: object, got: object, place: str = "") -> list[str]:
    """Return in words where two conclusions differ: where, what was expected, what came."""
    if isinstance(expected, dict) and isinstance(got, dict):
        names = sorted({*expected, *got})
        return [one for name in names for one in differences(expected.get(name), got.get(name), f"{place}/{name}")]
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = enumerate(zip(expected, got, strict=True))
        return [one for at, (first, second) in pairs for one in differences(first, second, f"{place}/{at}")]
    same = expected == got or (expected != expected and got != got)  # noqa: PLR0124 NaN
    return [] if same else [f"{place} is another: {str(expected)[:200]} / {str(got)[:200]}"]


if __name__ == "__main__":
    sys.exit(main())
