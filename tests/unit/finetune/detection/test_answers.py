"""A detector's own loss, its boxes, and the classes it keeps, for each family of detectors."""

import numpy as np
import pytest
import torch

from holdfast.core.errors import BadInput
from holdfast.data.loading import load
from holdfast.finetune.detection.models import detector, loaded
from holdfast.finetune.evaluation import judged
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import with_validation
from holdfast.finetune.tasks.detect_objects import mirrored, prepare
from small_detectors import CLASSES, draw_set
from small_detectors import detector as made

FAMILIES = ("yolos", "rt_detr", "conditional_detr")
OTHERS = ("detr", "rt_detr_v2", "d_fine")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("detection")
    draw_set(folder / "shapes", {"train": 24, "val": 8, "test": 8}, side=32)
    return folder


@pytest.fixture(scope="module")
def ready(place):
    """What is ready to be tuned, by family."""
    known = {}

    def of(kind):
        if kind not in known:
            made(place / kind, kind)
            options = {"detect-objects": {"size": 32}}
            recipe = Recipe(model=str(place / kind), data=str(place / "shapes" / "data.yaml"), options=options)
            dataset, _ = with_validation(load({"all": recipe.data}), 0)
            known[kind] = prepare(dataset, None, recipe)
        return known[kind]

    return of


@pytest.mark.parametrize("kind", [*FAMILIES, *(pytest.param(one, marks=pytest.mark.slow) for one in OTHERS)])
def test_small_batches_with_few_and_many_boxes_make_the_step_of_one_large_batch(ready, kind):
    task, module = ready(kind).task, ready(kind).module
    rows = np.arange(10)
    module.eval()  # norms of batches see other batches; without them nothing but rounding differs

    def learnt(parts):
        module.zero_grad()
        batches = [task.batch("train", part) for part in parts]
        task.window(module, batches, lambda values: values)
        total, loss = sum(map(task.weight, batches)), 0.0
        for batch in batches:
            one = task.loss(module, batch) / total
            one.backward()
            loss += float(one.detach())
        return loss, torch.cat([one.grad.flatten() for one in module.parameters() if one.grad is not None])

    whole, parts = learnt([rows]), learnt([rows[:1], rows[1:4], rows[4:]])
    batch = task.batch("train", rows)
    with torch.no_grad():
        own = float(module(pixel_values=batch["pixel_values"], labels=batch["labels"]).loss)
    assert parts[0] == pytest.approx(whole[0], rel=1e-5)
    assert whole[0] == pytest.approx(own, rel=1e-5)
    assert float((parts[1] - whole[1]).abs().max()) < 1e-3 * float(whole[1].abs().max())
    module.train()


def test_losses_of_pictures_average_to_the_models_own_loss(ready):
    task, module = ready("yolos").task, ready("yolos").module
    seen = judged(task, module, "train")
    batch = task.batch("train", np.arange(task.count("train")))
    module.eval()
    with torch.no_grad():
        own = float(module(pixel_values=batch["pixel_values"], labels=batch["labels"]).loss)
    assert seen.mean_loss == pytest.approx(own, rel=1e-5)


def test_boxes_that_are_no_numbers_are_a_loss_that_is_none(ready):
    prepared = ready("conditional_detr")
    batch = prepared.task.batch("train", np.arange(3))
    batch["pixel_values"] = batch["pixel_values"] * torch.nan
    assert torch.isnan(prepared.task.loss(prepared.module, batch))
    prepared.module.eval()
    with torch.no_grad():
        assert np.isnan(prepared.task.judge(prepared.module, batch).loss).all()


def test_boxes_are_mirrored_with_their_pictures(ready):
    task = ready("yolos").task
    rows = np.arange(task.count("train"))
    pixels, boxes = task.pictures.take(task.places["train"]), task.boxes["train"]
    turned, there = mirrored(pixels, boxes, np.ones(len(rows), bool))
    again, back = mirrored(turned, there, np.ones(len(rows), bool))
    assert (again == pixels).all()
    assert back.places == pytest.approx(boxes.places)
    picture = int(np.flatnonzero(boxes.counts)[0])
    x, y, wide, high = boxes.of(picture)[1][0] * 32
    mx = there.of(picture)[1][0][0] * 32
    top, left, right = int(y - high / 4), int(x - wide / 4), int(32 - mx + 0)
    assert right == pytest.approx(int(x), abs=1)
    middle = pixels[picture, :, top : top + 2, left : left + 2]
    mirror = turned[picture, :, top : top + 2, 32 - left - 2 : 32 - left][..., ::-1]
    assert (middle == mirror).all()


def test_what_varies_follows_from_the_generator_alone(ready):
    task, rows = ready("yolos").task, np.arange(12)
    one, other, another = (task.batch("train", rows, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(one["pixel_values"], other["pixel_values"])
    assert not torch.equal(one["pixel_values"], another["pixel_values"])
    plain = task.batch("train", rows)
    assert all(
        torch.equal(a["boxes"], b["boxes"]) == torch.equal(p, q)
        for a, b, p, q in zip(one["labels"], plain["labels"], one["pixel_values"], plain["pixel_values"], strict=True)
        if len(a["boxes"])
    )


@pytest.mark.parametrize("kind", ["yolos", pytest.param("rt_detr", marks=pytest.mark.slow)])
def test_classes_that_a_model_knows_are_kept_and_others_begin_anew(place, ready, kind):
    ready(kind)
    named = str(place / kind)
    same = detector(Recipe(model=named, data="d"), CLASSES, 32)
    assert not same.new
    turned = detector(Recipe(model=named, data="d"), CLASSES[::-1], 32)
    assert not turned.new
    some = detector(Recipe(model=named, data="d"), ("star", "square"), 32)
    assert some.new
    assert "1 of 2 classes are new" in some.notes[-1]
    for part in same.parts:
        before, other, two = (one.module.state_dict()[part] for one in (same, turned, some))
        assert torch.equal(other[:3], before[:3].flip(0))
        assert torch.equal(two[1], before[1])
        assert torch.equal(two[2:], before[3:])  # the outcome for nothing
    assert detector(Recipe(model=named, data="d"), ("a", "b", "c"), 32).new == same.parts


def test_a_saved_detector_is_loaded_with_its_classes(ready, tmp_path):
    one = ready("rt_detr")
    one.save(one.module, tmp_path / "kept")
    again = loaded(str(tmp_path / "kept"))
    assert again.names == CLASSES
    assert (again.shown.high, again.shown.scale) == (32, 1 / 255)
    batch = one.task.batch("test", np.arange(2))
    one.module.eval()
    again.module.eval()
    with torch.no_grad():
        pair = [model(pixel_values=batch["pixel_values"]).logits for model in (again.module, one.module)]
    assert torch.allclose(*pair, atol=1e-5)
    one.module.train()


def test_a_model_that_draws_no_boxes_is_refused(tmp_path):
    import small_models

    small_models.vision(tmp_path / "vit")
    with pytest.raises(BadInput, match="of type vit, which draws no boxes; wanted a detector of transformers: yolos"):
        detector(Recipe(model=str(tmp_path / "vit"), data="d"), CLASSES, 32)
