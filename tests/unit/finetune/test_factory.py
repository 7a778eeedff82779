"""A person's own torch model: found by name, made the same each time, saved without pickle, begun from again."""

import json

import numpy as np
import pytest
from PIL import Image

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.media import Media
from holdfast.data.loading import load
from holdfast.finetune.models.factory import CARD, is_factory, load_weights, made
from holdfast.finetune.models.images import Input, from_card, input_of, opened
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import with_validation
from holdfast.finetune.tasks.classify_image import kind


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    import torch

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("factory")
    small_models.pictures(folder / "bars", 90, seed=1)
    small_models.pictures(folder / "colour", 90, seed=1, mode="RGB")
    small_models.nets(folder)
    return folder


def prepared(place, name, data="bars", **options):
    said = Recipe(model=f"{place / 'nets.py'}:{name}", data=str(place / data), options={"classify-image": options})
    return kind.prepare(with_validation(load({"all": said.data}), 0)[0], None, said)


def test_only_module_and_function_name_code(place):
    assert is_factory("mine:net")
    assert is_factory("folder/mine.py:Net")
    assert not is_factory("google/vit-base")
    assert not is_factory(str(place))
    assert not is_factory("mine:")


def test_a_factory_makes_the_same_model_for_the_same_seed(place):
    import torch

    name = f"{place / 'nets.py'}:plain"
    state = torch.random.get_rng_state()
    one, same, other = (made(name, seed, classes=3, channels=1, size=9) for seed in (4, 4, 5))
    assert torch.equal(one[0].weight, same[0].weight)
    assert not torch.equal(one[0].weight, other[0].weight)
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("absent", "has nothing called 'absent'"),
        ("bursting", "cannot be made: RuntimeError: no such thing"),
        ("number", "must return a torch.nn.Module, got int"),
        ("made", "a model that is made already"),
        ("no_head", "no linear layer"),
    ],
)
def test_what_is_no_factory_is_told(place, name, says):
    with pytest.raises(BadInput, match=says):
        prepared(place, name)


def test_a_last_layer_of_other_classes_is_replaced(place):
    found = prepared(place, "other_classes")
    assert found.module[6].out_features == 2
    assert found.head.names == ("6.weight", "6.bias")
    with pytest.raises(BadInput, match="7 outcomes; the data have 2 classes"):
        prepared(place, "other_classes", head="own")


def test_size_colour_and_spread_follow_from_the_training_pictures(place):
    one = prepared(place, "plain", "colour")
    pixels = one.task.batch("train", np.arange(one.task.count("train")))["pixel_values"].numpy()
    assert pixels.shape[1:] == (3, 12, 12)
    assert np.abs(pixels.mean(axis=(0, 2, 3))).max() < 0.05
    assert pixels.std(axis=(0, 2, 3)) == pytest.approx([1, 1, 1], abs=0.05)
    said = prepared(place, "lazy", "colour", channels=1, size=8, mean=[0.5], std=[0.25])
    assert said.task.batch("train", np.arange(2))["pixel_values"].shape == (2, 1, 8, 8)
    assert said.module[1].in_features == 64


def test_a_model_is_begun_from_again_by_its_weights(place, tmp_path):
    import torch

    first = prepared(place, "plain", mean=[0.3], std=[0.2])
    with torch.no_grad():
        first.module[0].weight.mul_(2.0)
    first.save(first.module, tmp_path / "kept")
    assert sorted(one.name for one in (tmp_path / "kept").iterdir()) == [CARD, "model.safetensors"]
    again = prepared(place, "plain", weights=str(tmp_path / "kept"), head="own")
    batch, then = (one.task.batch("test", np.arange(5)) for one in (first, again))
    assert torch.equal(batch["pixel_values"], then["pixel_values"])
    assert torch.equal(first.module.eval()(batch["pixel_values"]), again.module.eval()(then["pixel_values"]))
    assert again.head is None
    with pytest.raises(BadInput, match="lacks 2 of the model's weights"):
        load_weights(torch.nn.Sequential(*first.module, torch.nn.Linear(2, 2)), str(tmp_path / "kept"))


def test_a_folder_of_weights_names_no_code(place, tmp_path):
    found = prepared(place, "plain")
    found.save(found.module, tmp_path / "kept")
    (tmp_path / "kept" / CARD).write_text(json.dumps({"factory": "os:getcwd", "classes": ["across", "down"]}))
    said = Recipe(model=str(tmp_path / "kept"), data=str(place / "bars"))
    with pytest.raises(BadInput, match="a folder never names code here"):
        kind.prepare(with_validation(load({"all": said.data}), 0)[0], None, said)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"size": {"height": 20, "width": 30}}, (20, 30, None)),
        ({"size": 24}, (24, 24, None)),
        (
            {"size": {"shortest_edge": 32}, "crop_size": {"height": 28, "width": 28}, "do_center_crop": True},
            (28, 28, 32),
        ),
        ({"size": {"shortest_edge": 28}, "crop_pct": 0.875}, (28, 28, 32)),
        ({}, (16, 16, None)),
    ],
)
def test_the_size_is_the_one_of_preprocessor_config(said, wanted):
    class Config:
        image_size, num_channels = 16, 3

    found = input_of(said, Config, "model")
    assert (found.high, found.wide, found.shortest) == wanted
    assert from_card(json.loads(json.dumps(found.card()))) == found


@pytest.mark.parametrize(
    "said",
    [
        {"size": {"longest": 3}},
        {"size": "big"},
        {"image_std": [0, 0, 0]},
        {"size": 100_000},
        {"image_mean": [0.1, 0.2]},
        {"resample": 9},
        {"rescale_factor": float("nan")},
    ],
)
def test_what_cannot_be_shown_is_refused(said):
    class Config:
        image_size, num_channels = 16, 3

    with pytest.raises(BadInput):
        input_of(said, Config, "model")


def test_the_middle_is_cut_out_of_what_is_not_square(tmp_path):
    pixels = np.zeros((20, 60), np.uint8)
    pixels[:, 20:40] = 200
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    shown = Input(1, 10, 10, (0.0,), (1.0,), shortest=10)
    found, problem = opened(Media({"one": tmp_path / "wide.png"}), "one", shown)
    assert not problem
    whole = Image.fromarray(pixels).resize((30, 10), Image.Resampling.BILINEAR)
    assert np.abs(found[0].astype(int) - np.asarray(whole)[:, 10:20]).max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_of_every_mode_are_shown(tmp_path, mode, channels):
    grey = Image.fromarray(np.full((8, 8), 255, np.uint8))
    one = Image.fromarray(np.full((8, 8), 255, np.float32)) if mode == "F" else (
        Image.fromarray(np.full((8, 8), 65535, np.uint16)) if mode == "I;16" else grey.convert(mode)
    )  # fmt: skip
    one.save(tmp_path / "one.tiff")
    found, problem = opened(
        Media({"a": tmp_path / "one.tiff"}), "a", Input(channels, 4, 4, (0.0,) * channels, (1.0,) * channels)
    )
    assert (found.shape, problem) == ((channels, 4, 4), "")


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path):
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    found, problem = opened(Media({"a": tmp_path / "bomb.png"}), "a", Input(1, 4, 4, (0.0,), (1.0,)))
    assert problem == "giant"
    assert not found.any()
