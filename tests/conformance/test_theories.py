"""Every theory holds in its own cases, its near miss does not, and it is silent where it has nothing to say."""

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from scipy.special import ndtri

from holdfast.collapse import catalogue
from holdfast.collapse.definitions import Setting
from holdfast.collapse.graph import graph
from holdfast.collapse.lab.curves import PLACES, deviations
from holdfast.collapse.lab.experiment import Arm, Experiment, arms, chosen_measures, made_learner
from holdfast.collapse.lab.keeping import Keeper
from holdfast.collapse.lab.loop import Block, begun, generations
from holdfast.collapse.lab.verb import _seen
from holdfast.collapse.lab.work import gathered, run_all
from holdfast.collapse.regimes import PRESETS, Regime
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.progress import Silent
from holdfast.core.random import Streams

ALL = catalogue.theories()
CASES = [(theory, i) for theory in ALL.values() for i in range(len(theory.cases))]
NAMES = [f"{theory.name}:{i}" for theory, i in CASES]
CHANCE = 1e-3  # that a true theory is rejected in a case, whatever the number of generations compared
REPLICATES = 5_000  # of cases that do not say how many they need
NEAR_MISS = 5.0  # standard errors
ROUGHLY = 0.1  # how far a theory that is not exact may be off at the end, as a share of its prediction


def canonical(case):
    return json.dumps(case, sort_keys=True)


@cache
def run(case):
    """Return arms and values of a case, with the measures of all theories that share it: one simulation for all."""
    wanted = {theory.measure for theory in ALL.values() for one in theory.cases if canonical(one) == case}
    said = {"replicates": REPLICATES, **json.loads(case), "measures": tuple(sorted(wanted))}
    return simulated(Experiment.model_validate(said))


def simulated(experiment):
    found = arms(experiment)
    measures = chosen_measures(experiment, found[0].kind, *_seen(found[0], experiment))
    with TemporaryDirectory() as folder:
        keeper = Keeper(Path(folder))
        run_all(experiment, found, measures, keeper, Silent())
        return experiment, [(arm, gathered(experiment, number, arm, keeper)) for number, arm in enumerate(found)]


def distances(theory, predict, experiment, arm, values):
    """Return (simulation − theory) in standard errors, in the generations that can be compared."""
    setting, at = arm.setting(), [t for t in experiment.recorded() if t <= arm.generations]
    apart = deviations(values[theory.measure], predict(setting)[at], theory.statistic)
    if theory.checkable is not None:
        apart = apart[theory.checkable(setting)[at]]
    return np.abs(apart[np.isfinite(apart)])


def ends(theory, predict, experiment, arm, values):
    """Return by what share the prediction misses the last generation it speaks of, beyond four standard errors."""
    predicted, at = predict(arm.setting()), experiment.recorded()
    last = max(t for t in at if t <= arm.generations and np.isfinite(predicted[t]))
    taken = values[theory.measure][at.index(last)]
    terms = (taken - taken.mean()) ** 2 if theory.statistic == "variance" else taken
    seen, error = terms.mean(), terms.std(ddof=1) / np.sqrt(len(terms))
    if theory.statistic in PLACES:
        seen = np.quantile(taken, PLACES[theory.statistic])
    return max(0.0, abs(seen - predicted[last]) - 4 * error) / abs(predicted[last])


def speaking(theory, case):
    experiment, ran = run(canonical(case))
    found = []
    for arm, values in ran:
        try:
            theory.run(arm.setting())
        except NotApplicable:
            continue
        found.append((experiment, arm, values))
    assert found, f"{theory.name} does not speak in its own case {case}"
    return found


@pytest.mark.parametrize(("theory", "i"), CASES, ids=NAMES)
def test_it_holds(theory, i):
    for experiment, arm, values in speaking(theory, theory.cases[i]):
        if not theory.exact:
            assert ends(theory, theory.run, experiment, arm, values) < ROUGHLY
            continue
        apart = distances(theory, theory.run, experiment, arm, values)
        assert len(apart), "nothing can be compared"
        most = -ndtri(CHANCE / 2 / len(apart))
        assert apart.max() <= most, f"{arm.name}: {apart.max():.2f} standard errors in {len(apart)} generations"


@pytest.mark.parametrize(("theory", "i"), CASES, ids=NAMES)
def test_its_near_miss_is_rejected(theory, i):
    found = speaking(theory, theory.cases[i])
    if theory.exact:
        far = max(distances(theory, theory.near_miss, *one).max(initial=0.0) for one in found)
        assert far > NEAR_MISS, f"{far:.2f} standard errors"
    else:
        assert max(ends(theory, theory.near_miss, *one) for one in found) > ROUGHLY


@pytest.mark.parametrize("theory", ALL.values(), ids=ALL)
def test_it_is_silent_about_learners_of_others(theory):
    own = {case.get("learner", "gaussian") for case in theory.cases}
    for name, kind in catalogue.learners().items():
        if kind.costly:
            continue
        for regime in regimes():
            setting = setting_of(name, regime)
            if name not in own:
                with pytest.raises(NotApplicable) as caught:
                    theory.run(setting)
                assert str(caught.value), "it says why"
                continue
            with suppress(NotApplicable):
                assert theory.run(setting).shape == (setting.generations + 1,)


def regimes():
    rule = {"temperature": 0.7, "top_p": 0.9}
    sharp = {"name": "sharp", "feeds": [{"name": "synthetic", "of": "model", "rule": rule}]}
    old = {"name": "old", "feeds": [{"name": "synthetic", "of": "model", "lag": 2}]}
    growing = {"name": "growing", "feeds": [{"name": "synthetic", "of": "model", "growth": 1.3}]}
    return [*PRESETS.values(), *(Regime.model_validate(one) for one in (sharp, old, growing))]


def can_run(name, regime):
    """Return whether a learner can draw as a regime asks for."""
    _, learner = made_learner(name, {})
    streams = Streams(0)
    arm = Arm("", catalogue.learners()[name], learner, regime, 40, 2)
    block = Block(0, 2)
    try:
        list(generations(arm, block, streams, begun(arm, block, streams), lambda *_: None))
    except (NotApplicable, BadInput):
        return False
    return True


def setting_of(name, regime, samples=40, generations=4):
    _, learner = made_learner(name, {})
    return Setting(learner, regime, graph(regime, samples, generations), samples, generations)


@pytest.mark.parametrize("theory", ALL.values(), ids=ALL)
def test_it_can_be_read(theory):
    assert theory.title, "the first line of the docstring"
    assert not theory.title.endswith(".")
    for said in (theory.formula, theory.assumes, theory.source):
        assert said.strip()
    assert theory.measure in catalogue.measures()
    assert theory.cases
    assert not theory.url or theory.url.startswith("https://")


# What a theory says of a regime that is not among its cases must be true as well.
SMALL = {"ngram": {"types": 12, "length": 2000, "held_out": 50}}
CHEAP = [name for name, kind in catalogue.learners().items() if not kind.costly]


@pytest.mark.parametrize("name", CHEAP)
def test_whatever_is_said_of_any_regime_holds(name):
    about = [one for one in ALL.values() if one.exact and any(c.get("learner", "gaussian") == name for c in one.cases)]
    measures = tuple(sorted({theory.measure for theory in about}))
    if not measures:
        pytest.skip("no exact theory is about this learner")
    names = tuple(one.name for one in regimes() if can_run(name, one))
    assert "replace" in names
    own = {one.name: one.model_dump(exclude={"name"}) for one in regimes() if one.name not in PRESETS}
    experiment = Experiment(
        learner=name, options=SMALL.get(name, {}), samples=40, generations=4, replicates=1000, regimes=names,
        measures=measures, seed=5, regime={key: said for key, said in own.items() if key in names},
    )  # fmt: skip
    experiment, ran = simulated(experiment)
    wrong = []
    for theory in about:
        for arm, values in ran:
            if not np.isnan(values[theory.measure]).all():
                try:
                    apart = distances(theory, theory.run, experiment, arm, values)
                except NotApplicable:
                    continue
                most = -ndtri(CHANCE / 2 / max(1, len(apart)) / len(ran))
                if apart.max(initial=0.0) > most:
                    wrong.append(f"{theory.name} in {arm.name}: {apart.max():.1f} standard errors")
    assert not wrong, wrong
