import gzip
import struct

import numpy as np
import pytest

pytest.importorskip("torch")

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.flow import Flow
from holdfast.collapse.learners.networks import dense
from holdfast.collapse.learners.networks.making import Made, fed
from holdfast.collapse.learners.networks.nature import real_pictures
from holdfast.collapse.learners.networks.pictures import pictures, shapes
from holdfast.collapse.learners.vae import Vae
from holdfast.collapse.regimes import Rule, Verifier
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams

TINY = {"side": 8, "hidden": 24, "steps": 150}
STREAMS = Streams(0)


def one_generation(learner):
    truth = learner.truth(2, STREAMS("truth"))
    real = learner.draw(truth, Draw(200), STREAMS("real"))
    return truth, real, learner.fit([Part(real, 1.0)], STREAMS("fit"), None)


@pytest.fixture(scope="module", params=[Vae, Flow])
def made(request):
    learner = request.param(**TINY)
    return learner, *one_generation(learner)


def test_the_same_stream_gives_the_same_bits(made):
    learner, _, real, model = made
    again = learner.fit([Part(real, 1.0)], STREAMS("fit"), None)
    assert (again.weights == model.weights).all()
    one, two = (learner.draw(model, Draw(5), STREAMS("draw")) for _ in range(2))
    assert (one.items == two.items).all()
    assert (model.weights[0] != model.weights[1]).any()


def test_what_is_made_is_nearer_to_the_real_mean_than_what_an_untrained_model_makes(made):
    learner, _, real, model = made
    untrained = model._replace(weights=np.stack([dense.fresh(learner._widths, STREAMS("new"))] * 2))
    mean = real.items[0].mean(axis=0)

    def far(state):
        return np.abs(learner.draw(state, Draw(300), STREAMS("draw")).items[0].mean(axis=0) - mean).mean()

    assert far(model) < 0.5 * far(untrained)


def test_a_lower_spread_and_a_lower_temperature_narrow_in_the_same_way(made):
    learner, _, _, model = made
    narrow = learner.model_copy(update={"spread": 0.5})
    by_spread = narrow.draw(model, Draw(200), STREAMS("draw")).items
    by_rule = learner.draw(model, Draw(200, Rule(temperature=0.25)), STREAMS("draw")).items
    assert (by_spread == by_rule).all()
    plain = learner.draw(model, Draw(200), STREAMS("draw")).items
    assert by_rule.astype(float).var(axis=1).mean() < plain.astype(float).var(axis=1).mean()


def test_samples_are_pictures_from_0_to_1_and_real_ones_are_held_out(made):
    learner, truth, _, model = made
    real, seen = (learner.samples(state, 30, STREAMS("sample"))[0].pixels for state in (truth, model))
    assert real.shape == seen.shape == (30, 8, 8, 1)
    assert real.min() >= 0
    assert real.max() <= 1
    learnt = {picture.tobytes() for picture in learner._real.learn}
    held_out = {picture.tobytes() for picture in np.rint(real[..., 0] * 255).astype(np.uint8)}
    assert not held_out & learnt


def test_a_warm_start_goes_on_from_the_weights_before(made):
    learner, _, real, model = made
    gentle = {"steps": 1, "rate": 1e-7}
    warm, fresh = (
        learner.model_copy(update={**gentle, "start": start}).fit([Part(real, 1.0)], STREAMS("x"), model)
        for start in ("warm", "fresh")
    )
    assert np.abs(warm.weights - model.weights).max() < 1e-5
    assert np.abs(fresh.weights - model.weights).max() > 0.01


def test_what_pictures_cannot_do_is_refused(made):
    learner, _, _, model = made
    with pytest.raises(BadInput, match="top_p"):
        learner.draw(model, Draw(2, Rule(top_p=0.5)), STREAMS("draw"))
    with pytest.raises(NotApplicable):
        learner.draw(model, Draw(2, verifier=Verifier(kind="biased")), STREAMS("draw"))
    with pytest.raises(BadInput, match="no longer"):
        learner.draw(model._replace(mark=model.mark + 1), Draw(2), STREAMS("draw"))


def test_pooling_and_choosing_keep_pictures_whole(made):
    learner, truth, _, _ = made
    one, two = (learner.draw(truth, Draw(n), STREAMS("draw", n)) for n in (3, 4))
    pooled = learner.pool([one, two])
    assert pooled.items.shape == (2, 7, 8, 8)
    kept = learner.choose(pooled, 7, STREAMS("choose")).items[0]
    assert sorted(p.tobytes() for p in kept) == sorted(p.tobytes() for p in pooled.items[0])


def test_weights_say_how_often_a_part_is_met():
    parts = [Part(Made(np.full((1, n, 2, 2), v, np.uint8)), w) for v, n, w in ((255, 5, 0.75), (0, 500, 0.25))]
    assert fed(pictures(shapes(9, 2, STREAMS("any"))), parts, 0, STREAMS("fed"))(4000).mean() == pytest.approx(
        0.75, abs=0.03
    )


def test_all_kinds_of_shapes_are_drawn_and_bars_are_rare():
    drawn = shapes(3000, 16, STREAMS("shapes"))
    assert drawn.dtype == np.uint8
    assert (drawn.reshape(3000, -1).max(axis=1) > 100).all()
    places = [np.argwhere(picture > 60) for picture in drawn]
    spreads = [np.linalg.eigvalsh(np.cov(one.T)) for one in places]
    longer = np.array([high > 5 * low for low, high in spreads])  # a bar is four times as long as wide
    assert longer.mean() == pytest.approx((1 / 5) / (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5), abs=0.02)


def test_digits_in_idx_are_read(tmp_path):
    pixels = np.zeros((60, 28, 28), np.uint8)
    pixels[:, 7:21, 7:21] = np.arange(60)[:, None, None] * 4
    content = b"\0\0\x08\x03" + struct.pack(">III", 60, 28, 28) + pixels.tobytes()
    (tmp_path / "digits-idx3-ubyte.gz").write_bytes(gzip.compress(content))
    found = real_pictures(str(tmp_path / "digits-idx3-ubyte.gz"), 14)
    assert len(found.learn) == 48
    assert len(found.held_out) == 12
    middle = np.concatenate([found.learn, found.held_out])[:, 7, 7]
    assert np.abs(np.sort(middle) - np.arange(60) * 4).max() <= 1


def test_a_folder_of_images_is_read_in_grey_and_too_few_are_refused(tmp_path):
    from PIL import Image

    for i in range(55):
        Image.new("RGB", (20, 30), (255, i * 4, 0)).save(tmp_path / f"{i}.png")
    assert real_pictures(str(tmp_path), 8).learn.shape == (44, 8, 8)
    few = tmp_path / "few"
    few.mkdir()
    for i in range(12):
        Image.new("L", (8, 8), i).save(few / f"{i}.png")
    with pytest.raises(BadInput, match="12 pictures"):
        real_pictures(str(few), 8)
    with pytest.raises(BadInput, match="no file or folder"):
        real_pictures(str(tmp_path / "nothing"), 8)
