"""How far real samples lie from one another, beside what an experiment measures on samples."""

from dataclasses import replace

import numpy as np
import pytest

from holdfast.collapse import catalogue
from holdfast.collapse.lab.experiment import Experiment, arms
from holdfast.collapse.lab.nulls import null_bands
from holdfast.collapse.lab.verb import run_experiment
from holdfast.collapse.measuring.protocol import half_of, values
from holdfast.collapse.samples import Texts
from holdfast.core.random import Streams

WORDS = {"learner": "ngram", "samples": 400, "generations": 2, "measure_size": 400, "regimes": ("replace",),
         "measures": ("types-spoken", "self-bleu")}  # fmt: skip


def test_generation_0_of_many_histories_is_the_interval():
    _, curves = run_experiment(Experiment(**WORDS, replicates=60))
    found = {curve.measure.name: curve for curve in curves}
    assert found["types-spoken"].null is None  # of models: the truth has one value
    band = found["self-bleu"].null
    assert band.low <= found["self-bleu"].low[0] < found["self-bleu"].high[0] <= band.high
    assert found["self-bleu"].median[-1] > band.high


def test_few_histories_are_told():
    run, curves = run_experiment(Experiment(**WORDS, replicates=8))
    null = next(curve.null for curve in curves if curve.measure.name == "self-bleu")
    assert null == "39 histories or more would show it; 8 have a value at the start"
    end = run.sections[0]
    assert f"How far real samples lie apart is not estimable: {null}." in end.says
    (table,) = end.evidence
    assert {row[0]: row[-1] for row in table.cells} == {
        catalogue.measures()["self-bleu"].title: "not estimable", catalogue.measures()["types-spoken"].title: "—",
    }  # fmt: skip


def test_what_several_measures_say_alike_is_told_once():
    names = ("coverage-of-hashed-words", "density-of-hashed-words")
    run, _ = run_experiment(Experiment(**{**WORDS, "measures": names}, replicates=2))
    paragraphs = [one for section in run.sections[1:] for one in section.says]
    assert sum("hashed" in one for one in paragraphs) == len({one for one in paragraphs if "hashed" in one}) > 0


def pictures(size):
    return Experiment(
        learner="vae", samples=40, generations=1, replicates=1, measure_size=size, regimes=("replace",),
        measures=("pixel-variance",), options={"side": 8, "hidden": 8, "steps": 5},
    )  # fmt: skip


def test_costly_learners_split_what_they_hold_out():
    pytest.importorskip("torch")
    run, (curve,) = run_experiment(pictures(100))
    assert curve.null.low < 1 < curve.null.high
    assert curve.null.high - curve.null.low < 1
    (table,) = run.sections[0].evidence
    assert table.columns[-1] == "Real samples"
    drawn = run.sections[1].evidence[0]
    places = [i for i, name in enumerate(drawn.group) if name == "real samples"]
    assert {drawn.low[i] for i in places} == {curve.null.low}
    assert all(low is None for low, name in zip(drawn.low, drawn.group, strict=True) if name != "real samples")


def test_too_few_held_out_items_are_told():
    pytest.importorskip("torch")
    _, (curve,) = run_experiment(pictures(700))
    assert curve.null == "1,200 real items are held out, and two parts of 700 (measure_size) would be needed"


def test_an_interval_is_of_samples_as_they_are_measured():
    """Measures that draw words draw as many for the interval as for the models."""
    measures = [catalogue.measures()["distinct-ngrams"]]
    real = Texts([f"the {i} word of {i * 7 % 13} and {i * 5 % 11}" for i in range(50)])
    size = half_of(measures, real, 50, Streams(0))
    assert size.items == 50
    assert values(measures, real, real)["distinct-ngrams"] == pytest.approx(
        measures[0].run(real, draws=size.draws["distinct-ngrams"])
    )


@pytest.mark.parametrize("name", ["transformer", "vae", "flow"])
def test_held_out_items_are_not_learnt_from(name):
    pytest.importorskip("torch")
    learner = catalogue.learners()[name].make()
    held = learner.held_out(10**6)
    assert len(learner.held_out(7)) == 7
    if isinstance(held, Texts):
        assert len(held) * learner.length <= len(learner._corpus.held_out)
        assert held.texts[1] == learner._corpus.text(learner._corpus.held_out[learner.length : 2 * learner.length])
    else:
        np.testing.assert_array_equal(held.pixels[..., 0] * 255, learner._real.held_out)


def test_a_learner_that_does_not_say_what_it_holds_out_is_told():
    (arm,) = arms(pictures(100))

    class Silent:
        """Stands where the learner does, and holds nothing out."""

    nulls = null_bands(replace(arm, learner=Silent()), [catalogue.measures()["pixel-variance"]], {}, 100, Streams(0))
    assert nulls == {"pixel-variance": "the learner does not say which real items it holds out"}
