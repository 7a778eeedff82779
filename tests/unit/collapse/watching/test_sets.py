"""Watching generations: what raises an alarm, what does not, what does not matter, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.verb import run_experiment
from holdfast.collapse.reading.sets import SampleItems
from holdfast.collapse.watching.runs import watch_run
from holdfast.collapse.watching.sets import WatchSettings, look, watch
from holdfast.core.errors import BadInput
from holdfast.core.record import Status
from holdfast.core.store import RunStore

FAST = WatchSettings(metrics=("dispersion", "sampled-variance"))


def numbers(name, points):
    names = tuple(f"x{i}" for i in range(points.shape[1]))
    return SampleItems(name, len(points), name, points=points, columns=names)


@pytest.fixture(scope="module")
def real():
    return numbers("real", np.random.default_rng(0).normal(size=(3_000, 2)))


def generations(spread, n=6, items=800, seed=1):
    rng = np.random.default_rng(seed)
    return [numbers(f"gen{t}", rng.normal(size=(items, 2)) * spread**t) for t in range(1, n + 1)]


def texts(name, rng, words, n, shares):
    chosen = rng.choice(words, size=(n, 12), p=shares)
    return SampleItems(name, n, name, texts=tuple(" ".join(row) for row in chosen.tolist()))


def test_generations_that_narrow_raise_an_alarm_and_others_do_not(real):
    run = watch(real, generations(0.8), FAST)
    assert run.result("tail-lost").status is Status.FOUND
    assert run.says.startswith("Alarm at gen")
    quiet = watch(real, generations(1.0), FAST)
    assert quiet.findings == ()
    assert quiet.says.startswith("No alarm in 6 generations")
    assert {section.title for section in quiet.sections} >= {"Lost tails", "Drift", "Rules of thumb, for comparison"}


def test_a_later_generation_changes_no_earlier_evidence(real):
    sets = generations(0.9)
    some, more = look(real, sets[:3], FAST), look(real, sets, FAST)
    for one, two in zip(some.generations.alarms, more.generations.alarms, strict=True):
        assert two.logs[:3] == pytest.approx(one.logs)
        assert [part.seen[:3].tolist() for part in two.parts] == [part.seen.tolist() for part in one.parts]


def test_the_order_of_items_does_not_matter(real):
    rng = np.random.default_rng(5)
    sets = generations(0.9, n=3)
    turned = [replace(one, points=one.points[rng.permutation(len(one))]) for one in (real, *sets)]
    for one, two in zip(look(real, sets, FAST).generations.alarms, look(turned[0], turned[1:], FAST).generations.alarms,
                        strict=True):  # fmt: skip
        assert two.logs == pytest.approx(one.logs)


def test_words_that_are_forgotten_are_noticed_although_their_share_stays():
    rng = np.random.default_rng(2)
    words = np.array([f"w{i}" for i in range(3_000)])
    shares = np.arange(1, 3_001.0) ** -1
    shares /= shares.sum()
    real, now, sets = texts("real", rng, words, 2_000, shares), shares, []
    for t in range(1, 7):
        now = rng.multinomial(1_500, now) / 1_500
        sets.append(texts(f"gen{t}", rng, words, 500, now))
    settings = WatchSettings(metrics=("bigram-heterozygosity",))
    lost = watch(real, sets, settings).result("tail-lost")
    assert lost.status is Status.FOUND
    assert "types" in lost.findings[0].message
    fresh = [texts(f"gen{t}", rng, words, 500, shares) for t in range(1, 7)]
    assert watch(real, fresh, settings).findings == ()


def test_controls_that_were_given_make_a_constant_difference_no_drift(real):
    rng = np.random.default_rng(3)

    def narrow(name):
        return numbers(name, 0.93 * rng.normal(size=(300, 2)))

    sets, controls = [narrow(f"gen{t}") for t in range(12)], [narrow(f"control{i}") for i in range(12)]
    with_controls = look(real, sets, FAST, controls)
    assert with_controls.generations.of("drift")[0].against == "12 controls that were given"
    assert with_controls.generations.of("drift")[0].first(0.025) is None
    with pytest.raises(BadInput, match="9 controls are fewer than 10"):
        look(real, sets, FAST, controls[:9])


def test_a_stream_without_an_end_counts_from_every_beginning(real):
    sets = generations(1.0, n=3) + generations(0.5, n=2, seed=4)
    run = watch(real, sets, FAST.model_copy(update={"endless": True}))
    assert run.result("tail-lost").status is Status.FOUND
    assert "times the number" in " ".join(text for section in run.sections for text in section.says)


def test_too_few_items_are_refused_with_how_many_would_do(real):
    few = [numbers("gen1", np.random.default_rng(0).normal(size=(25, 2)))]
    with pytest.raises(BadInput, match=r"too few for an alpha of .* about [\d,]+ items a generation"):
        look(real, few, FAST.model_copy(update={"planned": 1, "alpha": 1e-9}))
    with pytest.raises(BadInput, match="holds 5 items; at least 20"):
        look(real, [numbers("gen1", np.zeros((5, 2)))], FAST)
    with pytest.raises(BadInput, match="no generations"):
        look(real, [], FAST)


def test_silence_that_says_little_says_so():
    rng = np.random.default_rng(0)
    real = numbers("real", rng.normal(size=(200, 1)))
    run = watch(real, [numbers("gen1", rng.normal(size=(20, 1)))], FAST.model_copy(update={"alpha": 0.001}))
    assert run.says.startswith("No alarm yet, which says little")


def test_a_run_of_the_laboratory_is_watched_against_first_fits(tmp_path):
    store = RunStore(tmp_path)
    experiment = Experiment(samples=20, generations=40, replicates=60, regimes=("replace", "fresh-real"))
    before, _ = run_experiment(experiment, store=store)
    run = watch_run(before.id, store, WatchSettings(alpha=0.1))
    assert run.parents == (before.id,)
    assert {finding.locations[0].split for finding in run.findings} == {"replace"}
    [table] = [section.evidence[0] for section in run.sections if section.title == "How often the alarm sounds"]
    shares = {row[0]: row[2] for row in table.cells}
    assert shares["replace"] > 0.9
    assert shares["fresh-real"] < 0.3
    with pytest.raises(BadInput, match="none of the laboratory"):
        watch_run(run.id, store)
    small, _ = run_experiment(experiment.model_copy(update={"replicates": 5, "generations": 3}), store=store)
    with pytest.raises(BadInput, match="has 5 histories; at least 11"):
        watch_run(small.id, store)
