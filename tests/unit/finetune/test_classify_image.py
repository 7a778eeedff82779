"""Classes of pictures: what is shown, how it varies, and a whole fine-tuning of models of a few thousand weights."""

import json

import numpy as np
import pytest
from PIL import Image

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_file
from holdfast.core.progress import Silent
from holdfast.core.store import RunStore
from holdfast.data.loading import load
from holdfast.finetune.class_answers import Classes
from holdfast.finetune.evaluation import judged, quiet
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import members, with_validation
from holdfast.finetune.tasks.classify_image import Variation, kind
from holdfast.finetune.verb import finetune


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    import torch

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("pictures")
    small_models.pictures(folder / "bars", 160, seed=1)
    small_models.pictures(folder / "before", 80, seed=2, classes=("lying", "standing"))
    small_models.vision(folder / "vit")
    small_models.vision(folder / "headed", classes=("lying", "standing"))
    small_models.residual(folder / "residual")
    small_models.nets(folder)
    return folder


def recipe(place, **more):
    said = {"model": str(place / "vit"), "data": str(place / "bars"), "rate": 0.003, "epochs": 2, "evaluations": 3,
            "stop": "never", "options": {"need": {"off": True}, "scratch": {"off": True}}}  # fmt: skip
    return Recipe(**{**said, **more})


def prepared(place, original=None, **more):
    said = recipe(place, **more)
    data = with_validation(load({"all": said.data}), 0)[0]
    before = with_validation(load({"all": str(original)}), 0)[0] if original else None
    return kind.prepare(data, before, said)


class Stops(Silent):
    """Breaks off a training at a step, as Ctrl-C does."""

    def advanced(self, task, done, total, unit):
        if task == "training" and done >= 7:
            raise KeyboardInterrupt


def test_pictures_are_shown_as_the_model_says(place):
    found = prepared(place)
    rows = np.arange(found.task.count("test"))
    pixels = found.task.batch("test", rows)["pixel_values"].numpy()
    data = with_validation(load({"all": str(place / "bars")}), 0)[0]
    values = data.values("image").take(members(data)["test"]).to_pylist()
    for own, value in zip(pixels, values, strict=True):
        file = next(one for one in (place / "bars").rglob("*.png") if one.read_bytes() == data.media.read(value))
        assert own[0] == pytest.approx((np.asarray(Image.open(file)) / 255 - 0.2) / 0.3, abs=1e-5)
    assert found.task.sizes("test").tolist() == [10] * len(rows)  # 3 × 3 patches and one for the class


def test_only_learning_varies_pictures_and_only_by_what_it_is_given(place):
    task = prepared(place, options={"classify-image": {"shift": 2, "flip": True}}).task
    assert isinstance(task, Classes)
    rows = np.arange(12)
    plain, again = (task.batch("train", rows)["pixel_values"].numpy() for _ in range(2))
    one, same, other = (
        task.batch("train", rows, np.random.default_rng(seed))["pixel_values"].numpy() for seed in (1, 1, 2)
    )
    assert (plain == again).all()
    assert (one == same).all()
    assert (one != other).any()
    assert (one != plain).any()


def test_a_moved_picture_is_the_picture_moved():
    pixels = np.arange(2 * 3 * 5 * 5).reshape(2, 3, 5, 5)
    moved = {tuple(Variation(shift=1)(pixels, np.random.default_rng(seed))[0, 0].ravel()) for seed in range(60)}
    padded = np.pad(pixels[0, 0], 1, mode="edge")
    assert moved == {tuple(padded[y : y + 5, x : x + 5].ravel()) for y in range(3) for x in range(3)}
    mirrored = [Variation(flip=True)(pixels, np.random.default_rng(seed))[1] for seed in range(20)]
    assert all((one == pixels[1]).all() or (one == pixels[1, :, :, ::-1]).all() for one in mirrored)
    assert len({one.tobytes() for one in mirrored}) == 2
    assert Variation()(pixels, np.random.default_rng(0)) is pixels


def test_a_fine_tuning_that_was_stopped_goes_on_to_the_same_bits(place, tmp_path):
    store, said = RunStore(tmp_path), recipe(place, model=f"{place / 'nets.py'}:plain", rate=0.002)
    said = said.model_copy(update={"options": {**said.options, "classify-image": {"shift": 1}}})
    whole = finetune(said, store=store)
    with pytest.raises(KeyboardInterrupt):
        finetune(said, store=store, progress=Stops())
    cut = next(run for run in map(store.load, store.ids()) if run.status == "interrupted")
    on = finetune(said, store=store, resume=cut)
    ends = [digest_file(store.folder / one.id / "model" / "model.safetensors") for one in (whole, on)]
    assert ends[0] == ends[1]
    assert on.says == whole.says
    scores = next(one for one in whole.sections if one.title == "The tuned model and simpler ways").evidence[0].cells
    assert {row[0]: row[1] for row in scores}["tuned"] >= 0.9
    assert {"pictures", "nearest", "most-frequent"} <= {row[0] for row in scores}


def test_what_was_tuned_is_loaded_by_transformers_and_tuned_on(place, tmp_path):
    from transformers import AutoModelForImageClassification

    store = RunStore(tmp_path)
    run = finetune(recipe(place, epochs=0.5, evaluations=1, adapt="head"), store=store)
    folder = store.folder / run.id / "model"
    assert AutoModelForImageClassification.from_pretrained(folder).config.id2label == {0: "across", 1: "down"}
    assert json.loads((folder / "preprocessor_config.json").read_text())["image_std"] == [0.3]
    on = prepared(place, model=str(folder))
    assert on.head is None  # its head is of these classes, and is kept


def test_the_original_task_is_judged_by_the_head_that_came(place):
    from transformers import AutoModelForImageClassification

    found = prepared(place, original=place / "before", model=str(place / "headed"))
    assert "the original task is judged by the head that the model came with" in found.notes
    came = AutoModelForImageClassification.from_pretrained(place / "headed").eval()
    batch = found.original.batch("test", np.arange(10))
    right = (came(batch["pixel_values"]).logits.argmax(-1) == batch["labels"]).numpy()
    with quiet(found.module):
        assert (found.original.judge(found.module, batch).score == right).all()


def test_the_original_task_has_a_head_fitted_where_none_came(place):
    found = prepared(place, original=place / "before", model=f"{place / 'nets.py'}:plain")
    assert any("fitted on 54 of its examples before tuning" in note for note in found.notes)
    assert judged(found.original, found.module, "test").mean >= 0.9


def test_grey_pictures_are_shown_in_colour_to_a_model_of_colour(place):
    found = prepared(place, model=str(place / "residual"))
    pixels = found.task.batch("train", np.arange(3))["pixel_values"].numpy()
    assert pixels.shape == (3, 3, 12, 12)
    assert (pixels[:, 0] == pixels[:, 2]).all()
    assert any("no preprocessor_config.json" in note for note in found.notes)


def listed(folder, change):
    """Return data of 80 pictures as a table that names their files beside it, its lines changed."""
    small_models.pictures(folder / "bars", 80, seed=4)
    files = sorted((folder / "bars").rglob("*.png"))
    lines = [f"bars/{one.parent.name}/{one.name},{one.parent.name},{'train' if at % 3 else 'test'}"
             for at, one in enumerate(files)]  # fmt: skip
    (folder / "list.csv").write_text("\n".join(["picture,label,split", *map(change, lines)]) + "\n")
    roles, kinds = {"label": "label"}, {"picture": "image"}
    return with_validation(load({"all": folder / "list.csv"}, roles=roles, kinds=kinds), 0)[0]


def test_rows_without_a_picture_or_class_are_left_out(place, tmp_path):
    def change(line):
        return (
            line.replace(",across,", ",,")
            if "4-0004" in line
            else "," + line.partition(",")[2]
            if "4-0007" in line
            else line
        )

    task = kind.prepare(listed(tmp_path, change), None, recipe(place, options={})).task
    assert sum(task.count(split) for split in ("train", "valid", "test")) == 78


def test_broken_pictures_are_refused_with_their_number(place, tmp_path):
    small_models.pictures(tmp_path / "some", 90, seed=3)
    broken = sorted((tmp_path / "some").rglob("*.png"))
    broken[0].write_bytes(broken[0].read_bytes()[:90])
    broken[1].write_text("no picture")
    with pytest.raises(BadInput, match=r"2 of 90 pictures of .* cannot be shown to a model: 1 broken, 1 no image"):
        prepared(place, data=str(tmp_path / "some"))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"options": {"classify-image": {"shft": 1}}}, "shift"),
        ({"inputs": ("label",)}, "wants one of pictures"),
        ({"inputs": ("image", "image")}, "classified by itself"),
    ],
)
def test_a_wrong_recipe_is_told(place, more, says):
    with pytest.raises(BadInput, match=says):
        prepared(place, **more)


def test_data_of_one_class_are_refused(place, tmp_path):
    data = listed(tmp_path, lambda line: line.replace(",down,", ",across,"))
    with pytest.raises(BadInput, match="one class"):
        kind.prepare(data, None, recipe(place))


def test_test_pictures_of_the_original_task_among_what_is_learnt_stop_it(place, tmp_path):
    small_models.pictures(tmp_path / "before", 80, seed=2, classes=("lying", "standing"))
    taken = sorted((place / "bars" / "across").glob("*.png"))[:30]
    for one in taken:
        (tmp_path / "before" / "lying" / one.name).write_bytes(one.read_bytes())
    run = finetune(recipe(place, original=str(tmp_path / "before")), store=RunStore(tmp_path))
    assert run.says.startswith("Not started: the data fail split-overlap")
    said = [one.message for one in run.result("split-overlap").findings]
    assert any("rows of the original task's test among what is learnt" in one for one in said)
