"""An experiment from its settings to its record."""

import json

import numpy as np
import pytest

from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.verb import run_experiment
from holdfast.core.finding import Examples, Series
from holdfast.core.record import Run
from holdfast.core.store import RunStore

SMALL = Experiment(
    samples=10, generations=6, replicates=200, regimes=("replace", "fresh-real"), options={"variance": "mle"}
)


@pytest.fixture(scope="module")
def ran():
    return run_experiment(SMALL)


def test_the_record_tells_the_end_the_curves_and_the_theories(ran):
    run, _ = ran
    assert run.kind == "collapse"
    assert run.status == "finished"
    assert run.says.startswith("Variance: 1 at the start; after 6 generations 0.")
    titles = [section.title for section in run.sections]
    assert titles[0] == "After 6 generations"
    assert titles[-1] == "Simulation against theory"
    end = next(one for one in run.sections[0].evidence if isinstance(one, Examples))
    assert end.columns == ("Measure", "replace", "fresh-real")
    assert any(isinstance(one, Series) for one in run.sections[1].evidence)


def test_the_record_survives_json(ran):
    run, _ = ran
    assert Run.model_validate_json(run.model_dump_json()) == run


def test_simulation_lies_on_theory(ran):
    _, drawn = ran
    worst = {(c.arm.name, o.theory.name): o.worst for c in drawn for o in c.overlays if o.theory.exact}
    assert ("replace", "variance-by-descent") in worst
    assert max(value for value in worst.values() if np.isfinite(value)) < 4.5


def test_values_do_not_depend_on_the_store(ran, tmp_path):
    stored, drawn = run_experiment(SMALL, store=RunStore(tmp_path))
    assert json.loads(stored.model_dump_json())["sections"] == json.loads(ran[0].model_dump_json())["sections"]
    assert len(drawn) == len(ran[1])


def test_a_run_that_was_stopped_goes_on_and_ends_the_same(ran, tmp_path, monkeypatch):
    from holdfast.collapse.lab import work

    store = RunStore(tmp_path)
    broken = SMALL.model_copy(update={"block": 50})
    whole, _ = run_experiment(broken)
    done = work.Keeper.finish
    calls = []

    def dies(self, arm, block, values):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append((arm, block))
        done(self, arm, block, values)

    monkeypatch.setattr(work.Keeper, "finish", dies)
    with pytest.raises(KeyboardInterrupt):
        run_experiment(broken, store=store)
    monkeypatch.undo()
    left = store.load("latest")
    assert left.status == "interrupted"
    resumed, _ = run_experiment(broken, store=store, resumed=left)
    assert resumed.id == left.id
    assert resumed.sections == whole.sections
    assert store.load("latest").status == "finished"


def test_one_replicate_says_that_it_is_one():
    run, _ = run_experiment(Experiment(samples=10, generations=3, replicates=1, regimes=("replace",)))
    assert run.sections[0].says == ("One history of each: nothing here says how much another one would differ.",)
