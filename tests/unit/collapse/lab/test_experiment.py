"""Experiments: read, refused, taken apart into arms."""

import pytest

from holdfast.collapse import catalogue
from holdfast.collapse.lab.experiment import Experiment, arms, chosen_measures, read_experiment
from holdfast.collapse.learners.gaussian import Normal
from holdfast.collapse.samples import Points
from holdfast.core.errors import BadInput


def test_all_regimes_are_the_presets_and_ones_own():
    own = {"mine": {"feeds": [{"name": "a", "of": "model"}]}}
    found = [arm.regime.name for arm in arms(Experiment(regimes=("all",), regime=own))]
    assert {"replace", "accumulate", "golden", "mine"} <= set(found)
    assert len(found) == len(set(found))


def test_what_is_varied_is_crossed_and_named():
    found = arms(Experiment(regimes=("replace",), vary={"samples": (10, 20), "options.variance": ("mle", "unbiased")}))
    assert [arm.name for arm in found] == [
        "replace · samples 10, variance mle",
        "replace · samples 10, variance unbiased",
        "replace · samples 20, variance mle",
        "replace · samples 20, variance unbiased",
    ]
    assert [arm.samples for arm in found] == [10, 10, 20, 20]
    assert {arm.learner.variance for arm in found} == {"mle", "unbiased"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"learner": "gausian"}, "Did you mean 'gaussian'"),
        ({"regimes": ("replce",)}, "Did you mean 'replace'"),
        ({"samples": 1}, "a variance needs at least 2"),
        ({"options": {"sd": -1}}, "options.sd: got -1"),
        ({"options": {"spread": 1}}, "no such setting"),
        ({"vary": {"seed": (1, 2)}}, "vary takes samples"),
        ({"vary": {"samples": tuple(range(2, 300))}}, "more than 200"),
        ({"regime": {"mine": {"feeds": []}}}, "at least 1"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(values, said):
    with pytest.raises(BadInput, match=said):
        arms(Experiment(**values))


def test_a_file_is_read_with_flags_and_settings_over_it(tmp_path):
    path = tmp_path / "e.toml"
    path.write_text('samples = 7\ngenerations = 3\n[options]\nvariance = "mle"\n')
    found = read_experiment(path, {"generations": 4}, ("options.sd=2",))
    assert (found.samples, found.generations, found.options) == (7, 4, {"variance": "mle", "sd": 2})


def test_a_wrong_setting_is_named_with_its_line(tmp_path):
    path = tmp_path / "e.toml"
    path.write_text("samples = 7\ngeneration = 3\n")
    with pytest.raises(BadInput, match=r"e\.toml:2 generation: no such setting\. Did you mean 'generations'"):
        read_experiment(path, {})


def test_long_histories_are_recorded_at_about_sixty_generations_with_both_ends():
    short, long = Experiment(generations=12).recorded(), Experiment(generations=5000).recorded()
    assert short == tuple(range(13))
    assert {0, 1, 5000} <= set(long)
    assert 55 < len(long) < 70


def test_recorded_generations_lie_within_the_history():
    with pytest.raises(ValueError, match="between 0 and 10"):
        Experiment(generations=10, at=(11,))


def test_measures_suit_the_learner():
    kind = catalogue.learners()["gaussian"]
    everything = chosen_measures(Experiment(), kind, Normal, (Points,))
    assert {"variance", "wasserstein"} <= {one.name for one in everything}
    assert {one.on for one in everything} == {"model"}, "samples of cheap learners are measured only when asked for"
    with pytest.raises(BadInput, match="does not suit the learner gaussian"):
        chosen_measures(Experiment(measures=("self-bleu",)), kind, Normal, ())


def test_all_leaves_out_what_a_learner_of_texts_cannot_draw():
    names = [arm.regime.name for arm in arms(Experiment(learner="transformer", regimes=("all",)))]
    assert "verified" in names
    assert "verified-biased" not in names
