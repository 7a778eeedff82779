"""Kill -9 an audit at random moments, and see that the store opens, lists, reports and never calls a half run done.

    python benchmarks/faults/kill.py --kills 200

Every tenth interrupted run is resumed, and must come to the findings of an audit that nobody disturbed.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from holdfast.core.index import summaries
from holdfast.core.record import Run
from holdfast.core.store import RunStore
from holdfast.report.render import render

COMMAND = str(Path(sys.executable).with_name("holdfast"))
CALL = ("audit", "train.csv", "test.csv", "--label", "y", "--set", "audit.honest.resamples=200")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        faults = campaign(Path(folder), arguments.kills, arguments.seed)
    print("\n".join(faults) or "no fault")
    return int(bool(faults))


def campaign(folder: Path, kills: int, seed: int) -> list[str]:
    """Return what went wrong over `kills` kills."""
    rng = random.Random(seed)
    write_tables(folder)
    started = time.monotonic()
    finish(folder, *CALL)
    whole = time.monotonic() - started
    store = RunStore(folder / ".holdfast")
    expected = conclusions(store.load("latest"))
    faults: list[str] = []
    counts = {"interrupted": 0, "finished": 0, "not begun": 0, "resumed": 0}
    for number in range(kills):
        before = set(store.ids())
        process = subprocess.Popen([COMMAND, *CALL], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.1, 1.1) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        new = sorted(set(store.ids()) - before)
        if not new:
            counts["not begun"] += 1
        for one in new:
            run = store.load(one)
            counts[run.status] = counts.get(run.status, 0) + 1
            if run.status == "running":
                faults.append(f"kill {number}: {one} is said to be running")
            if run.status == "finished" and conclusions(run) != expected:
                faults.append(f"kill {number}: {one} is said to be finished, and is not whole")
            if run.status == "interrupted" and not set(run_checks(run)) <= set(expected):
                faults.append(f"kill {number}: {one} holds other results than an undisturbed run")
            if run.status == "interrupted" and number % 10 == 0:
                finish(folder, "audit", "--resume", one)
                counts["resumed"] += 1
                if conclusions(store.load(one)) != expected:
                    faults.append(f"kill {number}: {one}, resumed, comes to something else")
        faults += [f"kill {number}: {text}" for text in store_faults(folder, store, by_command=number % 10 == 0)]
    print(f"{kills} kills over an audit of {whole:.1f} s: {counts}")
    return faults


def store_faults(folder: Path, store: RunStore, *, by_command: bool) -> list[str]:
    """Return what is wrong with opening, listing and reporting; `by_command` tries the command line as well."""
    faults = []
    if len(summaries(store)) != len(store.ids()):
        faults.append("the index does not list every run")
    if not render(store.load("latest"), "html"):
        faults.append("the latest run has no report")
    if not by_command:
        return faults
    done = subprocess.run([COMMAND, "report", "latest"], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        faults.append(f"report: {done.stderr.strip()[-200:]}")
    return faults


def run_checks(run: Run) -> dict[str, str]:
    return {r.check: json.dumps([f.model_dump(mode="json") for f in r.findings]) for r in run.results}


def conclusions(run: Run) -> dict[str, str]:
    """Return what a run found and how much is honest, without times."""
    honest = run.honest.model_dump_json(exclude={"seconds"}) if run.honest else ""
    return {**run_checks(run), "honest": honest}


def finish(folder: Path, *arguments: str) -> None:
    done = subprocess.run([COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise SystemExit(f"holdfast {' '.join(arguments)} left with {done.returncode}: {done.stderr[-500:]}")


def write_tables(folder: Path) -> None:
    """Write a table with copies and a leaking column, so that there is something to find."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(1500, 6))
    label = values[:, 0] + values[:, 1] + rng.normal(size=1500) > 0
    values[:, 5] = label + 0.05 * rng.normal(size=1500)
    values[1200:1260], label[1200:1260] = values[:60], label[:60]
    lines = [",".join([*map(str, row), "yes" if y else "no"]) for row, y in zip(values, label, strict=True)]
    header = "a,b,c,d,e,f,y"
    (folder / "train.csv").write_text("\n".join([header, *lines[:1200]]) + "\n")
    (folder / "test.csv").write_text("\n".join([header, *lines[1200:]]) + "\n")


if __name__ == "__main__":
    sys.exit(main())
