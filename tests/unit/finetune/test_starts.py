"""A run that is gone on with: its own data, model and threads; its time over all starts; what stands in its way."""

import json
import resource
from datetime import UTC, datetime

import pytest

import small_models
from holdfast.core.errors import BadInput, StoreError
from holdfast.core.progress import Silent
from holdfast.core.sealed import read_sealed, write_sealed
from holdfast.core.store import RunStore, read_run
from holdfast.finetune import checkpoint, threads
from holdfast.finetune.checkpoint import Checkpoint, latest, save
from holdfast.finetune.loop import Diverged
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.stages import Stages
from holdfast.finetune.starts import earlier, may_go_on
from holdfast.finetune.threads import steady
from holdfast.finetune.verb import finetune


class Ear(Silent):
    """Keeps what is said; breaks off a training at a step, if one is given."""

    def __init__(self, step=None):
        self.step, self.words = step, []

    def advanced(self, task, done, total, unit):
        if task == "training" and self.step is not None and done >= self.step:
            raise KeyboardInterrupt

    def said(self, text):
        self.words.append(text)


@pytest.fixture
def place(tmp_path):
    small_models.encoder(tmp_path / "encoder")
    small_models.write_texts(tmp_path / "texts.csv", 120, seed=1)
    return tmp_path


def recipe(place, **more):
    said = {"model": str(place / "encoder"), "data": str(place / "texts.csv"), "label": "label", "rate": 0.003,
            "epochs": 1, "evaluations": 3, "stop": "never", "options": {"sensitivity": {"off": True}},
            "allow": ("split-overlap", "near-split-overlap", "conflicting-duplicates")}  # fmt: skip
    return Recipe(**{**said, **more})


def test_a_mistake_in_the_call_leaves_no_run(place):
    (place / "encoder" / "model.safetensors").unlink()
    store = RunStore(place / "runs")
    with pytest.raises(BadInput, match="safetensors"):
        finetune(recipe(place), store=store)
    assert store.ids() == []


def test_an_interrupted_run_says_how_to_go_on_and_only_with_its_own_data_and_model(place):
    store, ear = RunStore(place / "runs"), Ear(step=3)
    with pytest.raises(KeyboardInterrupt):
        finetune(recipe(place), store=store, progress=ear)
    cut = store.load("latest")
    assert any(f"to the same end: holdfast finetune --resume {cut.id} --runs" in one for one in ear.words)
    model = place / "encoder" / "model.safetensors"
    before = model.read_bytes()
    model.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    with pytest.raises(BadInput, match="has changed since it began"):
        finetune(recipe(place), store=store, resume=cut)
    assert store.load(cut.id).status == "interrupted"
    model.write_bytes(before)
    small_models.write_texts(place / "texts.csv", 120, seed=2)
    with pytest.raises(BadInput, match=r"data of run .* have changed since it began \(texts.csv\)"):
        finetune(recipe(place), store=store, resume=cut)


def test_a_rate_that_is_too_high_ends_the_run_as_failed_with_its_best_state(place):
    store = RunStore(place / "runs")
    with pytest.raises(Diverged, match="Try a third of the rate"):
        finetune(recipe(place, rate=1e30, schedule="constant"), store=store)
    run = store.load("latest")
    assert run.status == "failed"
    assert "not a number" in run.says
    with pytest.raises(BadInput, match="failed and would again"):
        may_go_on(run)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"status": "finished"}, "nothing is left to do"), ({"status": "running"}, "another process"),
     ({"kind": "audit", "status": "interrupted"}, "no fine-tuning")],
)  # fmt: skip
def test_a_run_that_cannot_go_on_says_why(change, says):
    from holdfast.core.environment import environment
    from holdfast.core.record import Run

    run = Run(id="x", kind="finetune", started=datetime.now(UTC), environment=environment())
    with pytest.raises(BadInput, match=says):
        may_go_on(run.model_copy(update=change))


def test_time_is_that_of_all_starts(tmp_path):
    events = [("start", 0), ("advanced", 10), ("start", 100), ("advanced", 105)]
    lines = [json.dumps({"at": datetime.fromtimestamp(at, UTC).isoformat(), "event": name}) for name, at in events]
    (tmp_path / "events.jsonl").write_text("\n".join(lines) + "\n{torn")
    assert earlier(tmp_path) == 15.0


def test_threads_stay_those_of_the_run_and_another_machine_is_told(tmp_path, monkeypatch):
    import torch

    with steady(tmp_path) as first:
        assert first.notes == ()
    kept = read_sealed(tmp_path / "machine.json")
    write_sealed(tmp_path / "machine.json", {**kept, "threads": 3})
    with steady(tmp_path) as again:
        assert (again.threads, again.notes, torch.get_num_threads()) == (3, (), 3)
    here = threads.machine()
    monkeypatch.setattr(threads, "machine", lambda: {**here, "torch": "9.9"})
    with steady(tmp_path) as elsewhere:
        assert f"torch 9.9 instead of {here['torch']}" in elsewhere.notes[0]
    monkeypatch.setattr(threads, "machine", lambda: here)
    with steady(tmp_path) as back:
        assert "torch 9.9" in back.notes[0]


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("name", ["state.json", "model.safetensors"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, name, cut):
    import torch

    for step in (1, 2):
        save(tmp_path, Checkpoint(step, {"model": {"w": torch.full((4,), float(step))}}, {"note": "as it was"}))
    path = tmp_path / "ckpt-00000002" / name
    content = bytearray(path.read_bytes())
    if cut:
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert latest(tmp_path).step == 1


def test_a_damaged_checkpoint_is_told_on_the_terminal_and_in_the_record(place):
    asked = recipe(place, options={"sensitivity": {"off": True}, "need": {"off": True}, "scratch": {"off": True}})
    store = RunStore(place / "runs")
    with pytest.raises(KeyboardInterrupt):
        finetune(asked, store=store, progress=Ear(step=5))
    cut = store.load("latest")
    newest = max((store.folder / cut.id / "steps").glob("ckpt-*"))
    (newest / "state.json").write_text("{")
    ear = Ear()
    run = finetune(asked, store=store, progress=ear, resume=cut)
    (said,) = (one for one in run.notes if "could not be used as written" in one)
    assert f"step {int(newest.name[-8:])} " in said
    assert said in ear.words


def full(limit):
    """Let files grow to so many bytes only, as on a full disk."""
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path):
    import torch

    save(tmp_path, Checkpoint(1, {"model": {"w": torch.zeros(4)}}, {}))
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    full(1000)
    try:
        with pytest.raises(StoreError, match="cannot save a checkpoint"):
            save(tmp_path, Checkpoint(2, {"model": {"w": torch.zeros(4000)}}, {}))
        with pytest.raises(StoreError, match="cannot keep"):
            Stages(tmp_path)("big", Recipe, lambda: Recipe(model="m" * 4000, data="d"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["ckpt-00000001"]
    assert latest(tmp_path).step == 1


def test_a_run_on_a_disk_that_fills_up_can_go_on(place, monkeypatch):
    store, ear = RunStore(place / "runs"), Ear()
    write = checkpoint.write_sealed

    def refused(path, content):
        if path.parent.parent.name == "steps":
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(checkpoint, "write_sealed", refused)
    with pytest.raises(StoreError, match="No space left"):
        finetune(recipe(place), store=store, progress=ear)
    assert any("when there is room again, go on" in one for one in ear.words)
    cut = read_run(store.folder / store.ids()[0])
    assert cut.status == "interrupted"
    monkeypatch.setattr(checkpoint, "write_sealed", write)
    assert finetune(recipe(place), store=store, resume=cut).status == "finished"
