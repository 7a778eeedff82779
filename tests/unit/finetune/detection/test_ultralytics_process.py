"""Models of Ultralytics behind the guards, with a stand-in for the other process; the real one where it is named."""

import importlib.util
import json
import os
import stat
import sys

import pyarrow as pa
import pytest

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.progress import Silent
from holdfast.core.store import RunStore
from holdfast.finetune.detection.ultralytics_process.process import DRIVER, ask
from holdfast.finetune.predicting import predictions
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.verb import finetune
from small_detectors import draw_set

# Answers as the driver does: it finds what the label files beside the pictures say, a little off.
STAND_IN = """#!{python}
import json, os, sys, time
from pathlib import Path

order = json.load(sys.stdin)
Path("{log}").open("a").write(json.dumps([order, dict(os.environ)]) + "\\n")
def tell(**what):
    print(json.dumps(what), flush=True)
if {fault!r} == order["do"]:
    {how}
if order["do"] == "about":
    tell(event="done", version="8.4.0", torch="2.13.0")
elif order["do"] == "train":
    home = Path(order["folder"])
    rows = []
    for epoch in range(1, order["epochs"] + 1):
        rows.append({{"epoch": epoch, "train/box_loss": 3 / epoch, "val/box_loss": 3.2 / epoch,
                      "train/cls_loss": 1 / epoch, "val/cls_loss": 1.1 / epoch, "metrics/mAP50-95(B)": 0.1 * epoch}})
        tell(event="epoch", epoch=epoch, of=order["epochs"], metrics={{}})
    (home / "best.pt").write_bytes(b"weights")
    print("chatter that is no answer")
    tell(event="done", resumed=False, rows=rows, weights=1000)
else:
    boxes = []
    for file in order["pictures"]:
        label = Path(file.replace("/images/", "/labels/")).with_suffix(".txt")
        lines = label.read_text().split("\\n") if label.is_file() else ["0 0.5 0.5 0.2 0.2"]
        boxes.append([[int(a), 0.9, float(x), float(y), float(w) * 0.95, float(h)]
                      for a, x, y, w, h in (line.split() for line in lines if line)])
    tell(event="pictures", first=0, boxes=boxes)
    tell(event="done", names={{"0": "disc", "1": "square", "2": "triangle"}})
"""


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shapes")
    return draw_set(folder / "shapes", {"train": 20, "val": 8, "test": 10}, side=32)


def stand_in(folder, fault="", how="pass"):
    """A Python that runs the stand-in whatever it is given."""
    path = folder / "python"
    path.write_text(STAND_IN.format(python=sys.executable, log=folder / "orders", fault=fault, how=how))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def recipe(shapes, python, model="yolo26n.yaml", **more):
    return Recipe(**{"model": model, "data": str(shapes), "epochs": 3, "options": {"yolo": {"python": python}}, **more})


def orders(folder):
    return [json.loads(line) for line in (folder / "orders").read_text().splitlines()]


def test_a_training_elsewhere_ends_in_a_scorecard(shapes, tmp_path):
    store, before = RunStore(tmp_path / "runs"), sorted(shapes.parent.rglob("*"))
    run = finetune(recipe(shapes, stand_in(tmp_path), rate=0.01), store=store)
    assert "ultralytics" not in sys.modules
    assert run.status == "finished"
    assert run.says.startswith("Mean average precision (mAP50-95) 0.9")
    assert "usual-boxes comes to 0.0" in run.says
    assert any("AGPL-3.0" in note for note in run.notes)
    titles = [section.title for section in run.sections]
    assert titles[:6] == [
        "Scorecard",
        "What is found",
        "The tuned model and simpler ways",
        "On the way",
        "Seen and unseen data",
        "What it cost",
    ]
    assert run.result("near-split-overlap").status == "passed"
    assert run.result("rate-sensitive").status == "skipped"
    folder = store.folder / run.id / "model"
    assert json.loads((folder / "holdfast.json").read_text())["licence"] == "AGPL-3.0"
    assert sorted(shapes.parent.rglob("*")) == before  # nothing was written beside the person's data
    (_, first), (train, environment), *_ = orders(tmp_path)
    assert train["more"] == {"optimizer": "AdamW", "lr0": 0.01}
    for name, value in (("YOLO_OFFLINE", "true"), ("ULTRALYTICS_SAFE_LOAD", "1"), ("YOLO_AUTOINSTALL", "false")):
        assert environment[name] == first[name] == value
    assert environment["YOLO_CONFIG_DIR"].startswith(str(store.folder / run.id))
    found = predictions(run, store.folder / run.id, shapes.parent / "images" / "test")
    answers = pa.concat_tables(found.blocks)
    assert set(answers["file"].to_pylist()) == {f"{at:05}.png" for at in range(10)} - backgrounds(shapes)


def backgrounds(shapes):
    labels = shapes.parent / "labels" / "test"
    return {f"{path.stem}.png" for path in labels.glob("*.txt") if not path.read_text()}


def test_a_broken_gate_starts_no_process(shapes, tmp_path):
    home = draw_set(tmp_path / "twice", {"train": 12, "val": 8, "test": 8}, side=32).parent
    for at in range(4):
        picture = (home / "images" / "train" / f"{at:05}.png").read_bytes()
        (home / "images" / "test" / f"{at:05}.png").write_bytes(picture)
    run = finetune(recipe(home / "data.yaml", stand_in(tmp_path)), store=RunStore(tmp_path / "runs"))
    assert run.says.startswith("Not started: the data fail split-overlap")
    assert not (tmp_path / "orders").exists()


def test_a_run_that_was_broken_off_trains_no_second_time(shapes, tmp_path):
    store = RunStore(tmp_path / "runs")
    breaks = "open('once', 'x').close() if not os.path.exists('once') else None; "
    how = f"{breaks}os.kill(os.getppid(), 2) if len(open({str(tmp_path / 'orders')!r}).readlines()) == 3 else None"
    python = stand_in(tmp_path, "predict", how)
    words = []
    ear = type("Ear", (Silent,), {"said": lambda _, text: words.append(text)})()
    with pytest.raises(KeyboardInterrupt):
        finetune(recipe(shapes, python), store=store, progress=ear)
    cut = store.load(store.ids()[0])
    assert any("go on from the newest weights of Ultralytics, not to the same bits: " in one for one in words)
    run = finetune(recipe(shapes, python), store=store, resume=cut)
    assert run.status == "finished"
    assert [order["do"] for order, _ in orders(tmp_path)].count("train") == 1


@pytest.mark.parametrize(
    ("do", "how", "error", "says"),
    [
        ("train", "tell(event='failed', kind='RuntimeError', says='out of memory'); sys.exit(4)", BadInput,
         "Ultralytics stopped with RuntimeError: out of memory"),
        ("train", "tell(event='failed', kind='TypeError', says='outside the supported Ultralytics checkpoint format')",
         BadInput, "only their list of known types is"),
        ("train", "os.abort()", BadInput, "was ended by signal 6 without a word"),
        ("about", "tell(event='failed', kind='missing', says='No module named ultralytics')", MissingExtra, "AGPL-3.0"),
    ],
)  # fmt: skip
def test_what_goes_wrong_there_is_told_here(shapes, tmp_path, do, how, error, says):
    with pytest.raises(error, match=says):
        finetune(recipe(shapes, stand_in(tmp_path, do, how)), store=RunStore(tmp_path / "runs"))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"adapt": "lora"}, "adapt is for models that are trained here"),
        ({"model": "yolo26n.pt"}, r"no file yolo26n\.pt; Holdfast downloads nothing.*yolo26n\.yaml"),
        ({"model": "nowhere/yolo26n.yaml"}, r"no file nowhere/yolo26n\.yaml"),
        ({"options": {"yolo": {"python": "/nowhere/python"}}}, "where there is no file"),
        ({"options": {"yolo": {"more": {"project": "elsewhere"}}}}, r"options\.yolo\.more\.project is settled here"),
    ],
)
def test_what_cannot_be_asked_for(shapes, tmp_path, more, says):
    with pytest.raises(BadInput, match=says):
        finetune(recipe(shapes, stand_in(tmp_path), **more), store=RunStore(tmp_path / "runs"))


@pytest.mark.skipif(importlib.util.find_spec("ultralytics") is not None, reason="it is installed")
def test_without_the_library_its_licence_and_the_other_way_are_told(shapes, tmp_path):
    with pytest.raises(MissingExtra, match=r"holdfast\[yolo\].*AGPL-3\.0.*Apache-2\.0"):
        finetune(recipe(shapes, None), store=RunStore(tmp_path / "runs"))


def test_the_driver_imports_nothing_of_ours_and_tells_what_is_missing(tmp_path):
    text = DRIVER.read_text()
    assert "import holdfast" not in text
    assert "from holdfast" not in text
    bare = tmp_path / "site" / "ultralytics.py"
    bare.parent.mkdir()
    bare.write_text("raise ImportError('no such library here')\n")
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nPYTHONPATH={bare.parent} exec {sys.executable} "$@"\n')
    wrapper.chmod(0o755)
    with pytest.raises(MissingExtra, match="no such library here"):
        ask(str(wrapper), {"do": "about"}, tmp_path / "home")


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("HOLDFAST_ULTRALYTICS"), reason="set HOLDFAST_ULTRALYTICS to a Python that has it"
)
def test_the_real_library_trains_and_answers(shapes, tmp_path):
    python = os.environ["HOLDFAST_ULTRALYTICS"]
    known = recipe(shapes, python, epochs=2, options={"yolo": {"python": python, "size": 32}})
    run = finetune(known, store=RunStore(tmp_path / "runs"))
    assert run.status == "finished"
    assert any("trained by ultralytics 8" in note for note in run.notes)
