"""Objects in pictures: exact after a stop, honest about controls and forgetting, clear about data that cannot be."""

import numpy as np
import pytest

from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_file
from holdfast.core.progress import Silent
from holdfast.core.store import RunStore
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.verb import finetune
from small_detectors import detector, draw_set

QUICK = {"sensitivity": {"off": True}, "scratch": {"off": True}, "cost": {"off": True}}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    import torch

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("objects")
    draw_set(folder / "shapes", {"train": 20, "val": 8, "test": 10}, side=32)
    detector(folder / "yolos")
    detector(folder / "rt_detr", "rt_detr")
    return folder


def recipe(place, model="yolos", **more):
    said = {"model": str(place / model), "data": str(place / "shapes" / "data.yaml"), "rate": 0.002, "epochs": 2,
            "batch": 10, "evaluations": 2, "stop": "never",
            "options": {**QUICK, "detect-objects": {"size": 32}}}  # fmt: skip
    return Recipe(**{**said, **more})


class Stops(Silent):
    """Breaks off a training at a step, as Ctrl-C does."""

    def __init__(self, step):
        self.step = step

    def advanced(self, task, done, total, unit):
        if task == "training" and done >= self.step:
            raise KeyboardInterrupt


def weights(store, run):
    return digest_file(store.folder / run.id / "model" / "model.safetensors")


def stripped(run):
    return run.model_dump(exclude={"id", "started", "seconds", "command", "results"})  # results have their own seconds


@pytest.mark.parametrize("model", ["rt_detr", pytest.param("yolos", marks=pytest.mark.slow)])
def test_a_training_that_was_stopped_goes_on_to_the_same_bits(place, tmp_path, model):
    store = RunStore(tmp_path)
    whole = finetune(recipe(place, model), store=store)
    with pytest.raises(KeyboardInterrupt):
        finetune(recipe(place, model), store=store, progress=Stops(3))
    cut = next(run for run in map(store.load, store.ids()) if run.id != whole.id)
    assert cut.status == "interrupted"
    resumed = finetune(recipe(place, model), store=store, resume=cut)
    assert weights(store, resumed) == weights(store, whole)
    assert stripped(resumed) == stripped(whole)
    assert "What is found" in [section.title for section in whole.sections]
    assert whole.config["task"] == "detect-objects"
    assert "usual-boxes" in str([section.evidence for section in whole.sections])
    if model == "rt_detr":
        from transformers import AutoImageProcessor, AutoModelForObjectDetection

        folder = store.folder / whole.id / "model"
        assert AutoModelForObjectDetection.from_pretrained(folder).config.id2label[2] == "triangle"
        assert AutoImageProcessor.from_pretrained(folder, backend="pil").size["height"] == 32


def test_what_it_forgot_is_judged_by_the_classes_that_it_came_with(place, tmp_path):
    draw_set(tmp_path / "others", {"train": 16, "val": 8, "test": 8}, side=32, seed=4)
    described = tmp_path / "others" / "data.yaml"
    described.write_text(described.read_text().replace("disc", "ring"))
    store = RunStore(tmp_path)
    known = recipe(
        place, "rt_detr", data=str(described), original=str(place / "shapes" / "data.yaml"), epochs=1, evaluations=1
    )
    run = finetune(known, store=store)
    assert any("2 of 3" in note or "1 of 3 classes are new" in note for note in run.notes)
    assert any("weights for classes that the model came with" in note for note in run.notes)
    assert run.result("forgetting").status in {"passed", "found"}
    described.write_text(described.read_text().replace("ring", "disc"))
    swapped = recipe(place, "rt_detr", original=str(described), data=known.data)
    described.write_text(described.read_text().replace("disc", "moon"))
    with pytest.raises(BadInput, match=r"came without the class moon of the original data"):
        finetune(swapped, store=store)


def broken(place, folder, split="train", name="00000", line="9 0.5 0.5 0.2 0.2"):
    draw_set(folder, {"train": 12, "val": 8, "test": 8}, side=32)
    (folder / "labels" / split / f"{name}.txt").write_text(line + "\n")
    return str(folder / "data.yaml")


def test_faults_are_told_in_one_paragraph(place, tmp_path):
    store = RunStore(tmp_path)
    data = broken(place, tmp_path / "a")
    with pytest.raises(BadInput, match=r"class is not one of 0 to 2, such as train/00000.txt line 1: 9 0.5"):
        finetune(recipe(place, data=data), store=store)
    (tmp_path / "a" / "images" / "train" / "00000.png").write_bytes(b"no picture")
    left = {**QUICK, "detect-objects": {"size": 32, "faulty": "leave-out"}}
    with pytest.raises(BadInput, match=r"1 of 28 pictures of data.yaml cannot be shown to a model: 1 no image"):
        finetune(recipe(place, data=data, options=left), store=store)
    lists = tmp_path / "a" / "data.yaml"
    lists.write_text(lists.read_text().replace("train: images/train", "train: train.txt"))
    (tmp_path / "a" / "train.txt").write_text("".join(f"images/train/{at:05}.png\n" for at in range(1, 14)))
    with pytest.raises(BadInput, match=r"2 of 29 pictures of data.yaml cannot be shown to a model: 2 absent"):
        finetune(recipe(place, data=str(lists), options=left), store=store)
    for path in (tmp_path / "a" / "labels").rglob("*.txt"):
        path.unlink()
    with pytest.raises(BadInput, match="no box in any picture"):
        finetune(recipe(place, data=str(lists), options=left), store=store)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"keep": ("kl",)}, "cannot be compared here: its slots look at other places"),
        ({"adapt": "head"}, "wants a new head"),
        ({"options": {"detect-objects": {"siz": 32}}}, "siz"),
    ],
)
def test_a_recipe_that_cannot_be(place, tmp_path, more, says):
    with pytest.raises(BadInput, match=says):
        finetune(recipe(place, "rt_detr", **more), store=RunStore(tmp_path))


def test_a_picture_with_more_boxes_than_the_model_has_slots_is_counted(place, tmp_path):
    lines = "".join(f"0 {0.1 + 0.1 * at:.2f} 0.5 0.1 0.1\n" for at in range(9))
    data = broken(place, tmp_path / "many", line=lines)
    run = finetune(recipe(place, data=data, epochs=1, evaluations=1), store=RunStore(tmp_path))
    [finding] = run.result("truncated-examples").findings
    assert "are longer than 6 boxes or backgrounds and are cut, and 3 boxes or backgrounds" in finding.message


def test_usual_boxes_are_where_most_boxes_are():
    from holdfast.core.random import Streams
    from holdfast.finetune.controls.usual_boxes import everywhere, usual
    from holdfast.finetune.detection.average_precision import precision
    from holdfast.finetune.detection.boxes import packed
    from holdfast.finetune.detection.matching import matched

    rng = np.random.default_rng(0)
    each = [[(0, *(0.3 + rng.normal(0, 0.005, 2)), 0.2, 0.2), (1, *rng.uniform(0.2, 0.8, 2), 0.1, 0.1)]
            for _ in range(60)]  # fmt: skip
    truth = packed(each)
    found = usual(truth, 2, Streams(0))
    assert found.classes[0] == 0
    assert found.scores[0] == 1.0
    scores = precision(matched(truth, everywhere(found, 60), 2)).each[0]
    assert scores[0] > 0.99
    assert scores[1] < 0.3


def test_new_pictures_are_answered_by_a_line_for_each_box(place, tmp_path):
    import pyarrow as pa

    from holdfast.finetune.predicting import predictions

    store = RunStore(tmp_path)
    run = finetune(recipe(place, epochs=1, evaluations=1, keep=()), store=store)
    new = place / "shapes" / "images" / "test"

    def answers(data, **options):
        found = predictions(run, store.folder / run.id, data, options=options)
        return pa.concat_tables(found.blocks), found.notes

    all_of_them, _ = answers(new, least=0.0)
    assert all_of_them.column_names == ["file", "class", "score", "x", "y", "width", "height"]
    assert len(all_of_them) == 10 * 6  # the model has six slots
    first = all_of_them.filter(pa.compute.equal(all_of_them["file"], "00000.png"))
    assert first["score"].to_pylist() == sorted(first["score"].to_pylist(), reverse=True)
    alone, _ = answers(new / "00000.png", least=0.0)
    assert alone["x"].to_pylist() == pytest.approx(first["x"].to_pylist(), abs=1e-5)
    none, notes = answers(new, least=1.0)
    assert len(none) == 0
    assert notes[-1].startswith("10 of 10 rows have no answer: no box of theirs has a score of 1 or more (--least)")
    with pytest.raises(BadInput, match="--temperature is for models that write text"):
        answers(new, temperature=1.0)
