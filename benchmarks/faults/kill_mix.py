"""Kill `holdfast data mix` at random moments: what is there afterwards is whole, and the next mix works.

    python benchmarks/faults/kill_mix.py             200 kills, about ten minutes
    python benchmarks/faults/kill_mix.py --kills 20

A process mixes from a store into one folder after the other, tagging every third in the store, until it is killed. Then
every folder that has its name opens, holds as many records as its record says, with the digests it says, and keeps its
policy; the store opens, and its last version reads; and a mix of the same name as the one that was cut off works. The
exit code is 1 where any of that fails.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

DIET = 'source = "{store}"\nrecords = 3000\nshares.synthetic.at_most = 0.4\ncaps.generator = 0.2\nweights = 0.6\n'
CHILD = """
import sys
from pathlib import Path
from holdfast.data.mixing import mix, read_policy, write_mix
from holdfast.data.mixing.tagging import tag_mix
home, first = Path(sys.argv[1]), int(sys.argv[2])
mix(read_policy(home / "diet.toml"))  # so that no kill is spent on imports
print("ready", flush=True)
for number in range(first, first + 1000):
    made = mix(read_policy(home / "diet.toml"))
    write_mix(made, home / f"mix{number}")
    if number % 3 == 0:
        tag_mix(made, f"t{number}")
    print(number, flush=True)
"""


def prepared(home: Path) -> None:
    """Make a store of 20,000 records and a policy."""
    from holdfast.data.inference import describe
    from holdfast.data.store import Store

    rng = np.random.default_rng(0)
    made = rng.random(20_000) < 0.6
    table = pa.table({
        "text": [f"record {i} {'word ' * (i % 30)}" for i in range(20_000)],
        "_origin": np.where(made, "synthetic", "human"),
        "_evidence": ["declared"] * 20_000,
        "_generator": np.where(made, np.char.add("m", rng.integers(0, 5, 20_000).astype(str)), None),
    })  # fmt: skip
    Store.create(home / "corpus").add(describe("corpus", table), "all")
    (home / "diet.toml").write_text(DIET.format(store=home / "corpus"))


def faults(home: Path, acknowledged: int) -> list[str]:
    """Return what is wrong after a kill."""
    from holdfast.core.hashing import digest_file
    from holdfast.data.loading import load
    from holdfast.data.mixing import read_mix, refusal
    from holdfast.data.store import Store

    found = []
    folders = sorted(home.glob("mix*"), key=lambda one: int(one.name[3:]))
    if acknowledged >= 0 and not (home / f"mix{acknowledged}").is_dir():
        found.append(f"mix{acknowledged} was said to be written and is not there")
    for folder in folders[-2:]:
        record = read_mix(folder)
        data = load({"all": folder}, undivided=True)
        if len(data) != record.records or any(digest_file(folder / p.name) != p.digest for p in record.parts):
            found.append(f"{folder.name} is not what its record says")
        if (reason := refusal(data, record.policy)) is not None:
            found.append(f"{folder.name}: {reason}")
    if len(Store.open(home / "corpus").read()) != 20_000:
        found.append("the store has lost records")
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    kills, luck, wrong, cut = parser.parse_args().kills, random.Random(0), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepared(home)
        first = 0
        for kill in range(kills):
            child = subprocess.Popen(
                [sys.executable, "-c", CHILD, folder, str(first)], stdout=subprocess.PIPE, text=True
            )
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(luck.uniform(0.0, 1.5))
            child.send_signal(signal.SIGKILL)
            said = [int(line) for line in child.stdout.read().split()]
            child.stdout.close()
            child.wait()
            cut += any(home.glob(".mix*.unfinished"))
            for one in faults(home, said[-1] if said else -1):
                print(f"kill {kill}: {one}")
                wrong += 1
            first = max([int(one.name[3:]) for one in home.glob("mix*")], default=-1) + 1
        left = [one.name for one in home.glob(".mix*")]
    print(
        f"{kills} kills, {cut} with a mix half written, {first} mixes whole; {wrong} faults; left behind: {len(left)}"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
