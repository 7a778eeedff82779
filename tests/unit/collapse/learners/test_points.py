"""A flow on points: those of a file, or of a known shape."""

import numpy as np
import pytest

pytest.importorskip("torch")

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.verb import run_experiment
from holdfast.collapse.learners.flow import Flow
from holdfast.collapse.learners.networks.points import eight_gaussians, two_moons
from holdfast.collapse.learners.vae import Vae
from holdfast.collapse.measures.neighbours import precision
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams

QUICK = {"hidden": 32, "steps": 300, "strides": 10}
STREAMS = Streams(0)


def test_moons_are_half_circles_and_gaussians_have_eight_centres():
    moons = two_moons(5000, STREAMS("moons"))
    from_circle = np.minimum(*(np.abs(np.hypot(*(moons - centre).T) - 1) for centre in ([0, 0], [1, 0.5])))
    assert np.sqrt((from_circle**2).mean()) == pytest.approx(0.1, abs=0.02)
    assert ((moons[:, 1] > 0.8).mean(), (moons[:, 1] < -0.3).mean()) == (pytest.approx(0.2, abs=0.04),) * 2
    points = eight_gaussians(8000, STREAMS("gaussians"))
    turns = np.mod(np.round(np.arctan2(*points.T[::-1]) / (np.pi / 4)).astype(int), 8)
    assert np.bincount(turns) == pytest.approx(1000, abs=150)
    centres = np.stack([np.cos(turns * np.pi / 4), np.sin(turns * np.pi / 4)], axis=1)
    assert (points - centres).std(axis=0) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("world", ["two-moons", "eight-gaussians"])
def test_what_is_made_lies_where_real_points_lie(world):
    learner = Flow(world=world, hidden=64, steps=600, batch=256)
    truth = learner.truth(1, STREAMS("truth"))
    model = learner.fit([Part(learner.draw(truth, Draw(2000), STREAMS("real")), 1.0)], STREAMS("fit"), None)
    some, other, made = (
        learner.samples(state, 1000, STREAMS("sample", i))[0] for i, state in enumerate((truth, truth, model))
    )
    assert made.points.shape == (1000, 2)
    noise = type(made)(STREAMS("noise").standard_normal((1000, 2)) * some.points.std(axis=0) + some.points.mean(axis=0))
    assert precision.run(noise, some) + 0.1 < precision.run(made, some) < precision.run(other, some)


def test_numbers_of_a_file_are_learnt_at_their_own_scale(tmp_path):
    numbers = STREAMS("file").standard_normal((400, 3)) * [1e4, 1, 1e-3] + [1e6, 0, 5]
    np.save(tmp_path / "vectors.npy", numbers)
    rows = ["wide,middle,narrow", *(",".join(map(repr, row)) for row in numbers.tolist())]
    (tmp_path / "table.csv").write_text("\n".join(rows))
    for name in ("vectors.npy", "table.csv"):
        learner = Flow(file=str(tmp_path / name), **QUICK)
        truth = learner.truth(1, STREAMS("truth"))
        model = learner.fit([Part(learner.draw(truth, Draw(300), STREAMS("real")), 1.0)], STREAMS("fit"), None)
        made = learner.samples(model, 500, STREAMS("sample"))[0].points
        apart = (made.mean(axis=0) - numbers.mean(axis=0)) / numbers.std(axis=0)
        assert np.abs(apart).max() < 0.5
        assert (made.std(axis=0) / numbers.std(axis=0)) == pytest.approx(1, abs=0.4)
        assert len(learner.held_out(10_000).points) == 80


def test_what_cannot_be_learnt_from_is_refused(tmp_path):
    words, few, gaps = tmp_path / "words.txt", tmp_path / "few.npy", tmp_path / "gaps.csv"
    words.write_text("one line\nand another\n")
    np.save(few, np.zeros((9, 2)))
    gaps.write_text("a,b\n" + "\n".join(f"{i}.5,{'' if i == 7 else i / 3}" for i in range(90)))
    for path, said in ((words, "holds texts; wanted pictures"), (few, "9 points"), (gaps, "fill them in")):
        with pytest.raises(BadInput, match=said) as caught:
            Flow(file=str(path)).truth(1, STREAMS("truth"))
        assert "\n" not in str(caught.value)
    with pytest.raises(BadInput, match="holds no pictures"):
        Vae(file=str(gaps)).truth(1, STREAMS("truth"))
    with pytest.raises(BadInput, match="no file or folder"):
        Flow(file=str(tmp_path / "nothing")).truth(1, STREAMS("truth"))


def test_an_experiment_on_points_has_measures_of_points_beside_real_ones():
    run, drawn = run_experiment(
        Experiment(
            learner="flow", options={"world": "two-moons", "hidden": 8, "steps": 2}, samples=60, generations=1,
            replicates=1, regimes=("replace",), measures=("frechet-distance", "coverage"), measure_size=60,
        )
    )  # fmt: skip
    assert run.says.startswith("Fréchet distance from the real sample: ")
    assert all(curve.null.low < curve.null.high for curve in drawn)
