"""Kill -9 while a table is searched, fitted and measured: what goes on ends as what nobody disturbed."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest

from holdfast.core.store import RunStore
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tables.keeping import FILE
from holdfast.finetune.verb import finetune
from small_tables import rows, write

KILLS = 6
RUNS = """
import json, sys
from pathlib import Path
from holdfast.core.store import RunStore
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.verb import finetune

store = RunStore(Path(sys.argv[2]))
before = store.load(sys.argv[3]) if len(sys.argv) > 3 else None
print("ready", flush=True)
finetune(Recipe(**json.loads(sys.argv[1])), store=store, resume=before)
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_model_and_numbers(tmp_path):
    write(tmp_path / "y.csv", rows(300, 1), label="y")
    asked = Recipe(model="forest", data=str(tmp_path / "y.csv"), label="y", search={"trials": 4},
                   options={"estimator": {"n_estimators": 20}})  # fmt: skip
    whole = finetune(asked, store=RunStore(tmp_path / "whole"))
    (first,) = (tmp_path / "whole" / "runs").glob("2*")
    rng, store, kills, torn = random.Random(0), RunStore(tmp_path / "killed"), 0, 0
    said, started = json.dumps(asked.model_dump(mode="json", exclude_defaults=True)), []
    while True:
        known = [one.name for one in store.folder.glob("2*")] if store.folder.is_dir() else []
        process = subprocess.Popen([sys.executable, "-c", RUNS, said, str(store.root), *known], stdout=subprocess.PIPE)
        process.stdout.readline()
        started.append(process)
        try:
            process.wait(rng.uniform(0.2, 6.0) if kills < KILLS else 300)
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            torn += bool(list(store.root.rglob("*.tmp")))
        finally:
            process.stdout.close()
        time.sleep(0.05)
    assert process.returncode == 0
    assert kills
    (folder,) = store.folder.glob("2*")
    run = store.load(folder.name)
    assert (run.status, run.says) == ("finished", whole.says)
    kept = [(one / "model" / FILE).read_text() for one in (folder, first)]
    assert kept[0] == kept[1]
    lines = [[line for line in json.loads((one / "scorecard.json").read_text())["lines"] if line["guard"] != "cost"]
             for one in (folder, first)]  # fmt: skip
    assert lines[0] == lines[1]
