"""Experiments as checks judge them: silence where theory holds, a finding where it is replaced by its near miss."""

from dataclasses import replace

import numpy as np

from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.judging import generations_of, judged
from holdfast.collapse.lab.verb import run_experiment
from holdfast.core.record import Status


def verdict(drawn):
    [result] = judged(generations_of(drawn), select=("theory-disagrees",))
    return result


def test_theory_and_simulation_agree_and_a_near_miss_does_not():
    experiment = Experiment(samples=30, generations=20, replicates=1_000, regimes=("replace", "accumulate"))
    _, drawn = run_experiment(experiment)
    assert verdict(drawn).status is Status.PASSED
    [curve] = [one for one in drawn if one.arm.name == "replace" and one.measure.name == "wasserstein"]
    [overlay] = [one for one in curve.overlays if one.theory.name == "normal-wasserstein"]
    wrong = overlay.theory.near_miss(curve.arm.setting())[list(curve.at)]
    apart = (curve.mean - wrong) / np.where(curve.error > 0, curve.error, np.nan)
    missed = replace(overlay, values=wrong, deviations=apart)
    result = verdict([replace(curve, overlays=(missed,))])
    assert result.status is Status.FOUND
    assert result.findings[0].locations[0].split == "replace"


def test_a_mean_that_a_few_histories_carry_is_not_judged():
    experiment = Experiment(samples=30, generations=5, replicates=200, regimes=("replace",))
    _, drawn = run_experiment(experiment)
    rare = [replace(one, variance=one.variance * 100) for one in drawn]
    assert verdict(rare).status is Status.SKIPPED
