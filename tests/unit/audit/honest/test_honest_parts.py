"""The parts of the honest score: cures, rows, intervals, shares."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from holdfast.audit.cases import subject, table
from holdfast.audit.facts.labels.labels import Labels, labels
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.honest.attribution import coalitions_in, exact_shares, sampled_orders, sampled_shares
from holdfast.audit.honest.bench import draw_rows, relabelled
from holdfast.audit.honest.intervals import Draws, estimate, time_clusters, variance_of_halves
from holdfast.audit.honest.remedies import cures_for, joined, standing
from holdfast.audit.honest.values import stratum_weights
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Remedy, Severity
from holdfast.core.random import Streams
from holdfast.core.record import CheckResult, Status, Suppressed

DATA = table(np.random.default_rng(0))


def found(
    check: str, remedy: Remedy | None, confidence: Confidence = Confidence.HIGH, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(message=check, check=check, severity=severity, confidence=confidence, remedy=remedy)


def test_copies_of_all_kinds_are_one_cure_and_columns_each_their_own() -> None:
    wanted = cures_for(
        DATA,
        [
            found("split-overlap", Remedy(op="drop-rows", rows=[80, 81])),
            found("near-split-overlap", Remedy(op="drop-rows", rows=[81, 82])),
            found("label-in-disguise", Remedy(op="drop-columns", columns=("a",))),
            found("label-in-disguise", Remedy(op="drop-columns", columns=("b", "c"))),
            found("known-afterwards", Remedy(op="drop-columns", columns=("c",))),
        ],
    )
    assert [cure.name for cure in wanted.cures] == ["copied rows", "a", "b + c"]
    assert wanted.cures[0].rows.tolist() == [80, 81, 82]
    assert wanted.cures[2].checks == ("known-afterwards", "label-in-disguise")


def test_which_findings_are_booked() -> None:
    drop = Remedy(op="drop-columns", columns=("a",))
    wanted = cures_for(DATA, [found("label-in-disguise", drop, severity=Severity.NOTE), found("x", None)])
    assert wanted.cures == ()
    assert [cure.booked for cure in cures_for(DATA, [found("known-afterwards", drop, Confidence.LOW)]).cures] == [False]
    both = cures_for(DATA, [found("known-afterwards", drop, Confidence.LOW), found("label-in-disguise", drop)])
    assert [cure.booked for cure in both.cures] == [True], "what is booked is no question any more"


def test_rows_that_a_model_chose_by_their_label_are_not_dropped() -> None:
    wanted = cures_for(DATA, [found("conflicting-duplicates", Remedy(op="drop-rows", rows=[80]))])
    assert wanted.cures == ()
    assert "flatters" in wanted.notes[0]


def test_groups_that_share_any_key_are_joined() -> None:
    assert joined([np.array([0, 0, 1, 2, 3]), np.array([0, 1, 1, 2, 3])]).tolist() == [0, 0, 0, 1, 2]


def test_a_missing_key_is_a_group_of_its_own() -> None:
    data = subject({"p": ["u", "u", None, None], "y": [0, 1, 0, 1]}, split=["train", "test"] * 2)
    [cure] = cures_for(data, [found("group-overlap", Remedy(op="regroup-split", columns=("p",)))]).cures
    assert cure.groups[0] == cure.groups[1]
    assert len(set(cure.groups.tolist())) == 3


def test_what_a_person_accepted_does_not_count_and_what_a_baseline_hides_does() -> None:
    one, two, three = (found(name, None) for name in ("one", "two", "three"))
    result = CheckResult(
        check="x",
        title="x",
        family="x",
        status=Status.FOUND,
        findings=(one,),
        suppressed=(
            Suppressed(finding=two, reason="already in run 20260101-000000-abcd"),
            Suppressed(finding=three, reason="duration is known when we predict"),
        ),
    )
    assert standing([result]) == [one, two]


def game(coalition: frozenset[int]) -> float:
    return sum(coalition) + 2.0 * ({1, 2} <= coalition) - 3.0 * ({2, 4} <= coalition) * len(coalition)


def test_exact_shares_are_the_mean_over_all_orders() -> None:
    players = [1, 2, 4, 7]
    shares = exact_shares(players)
    orders = list(permutations(players))
    for player in players:
        steps = [
            game(frozenset(order[: order.index(player) + 1])) - game(frozenset(order[: order.index(player)]))
            for order in orders
        ]
        share = sum(factor * game(coalition) for coalition, factor in shares[player].items())
        assert share == pytest.approx(np.mean(steps))
    assert len(coalitions_in(shares)) == 16


def test_sampled_shares_add_up_and_come_near() -> None:
    players = list(range(1, 9))
    shares = sampled_shares(sampled_orders(players, np.random.default_rng(0)))
    values = {p: sum(f * game(c) for c, f in parts.items()) for p, parts in shares.items()}
    assert sum(values.values()) == pytest.approx(game(frozenset(players)) - game(frozenset()))
    exact = {p: sum(f * game(c) for c, f in parts.items()) for p, parts in exact_shares(players).items()}
    assert [values[p] for p in players] == pytest.approx([exact[p] for p in players], abs=1.5)


def test_weights_keep_the_share_of_each_class() -> None:
    strata = np.array([0] * 60 + [1] * 40)
    kept = np.ones(100, dtype=bool)
    kept[60:80] = False
    weights = stratum_weights(strata, kept)
    assert weights[strata == 1].sum() == pytest.approx(40)
    assert (weights[60:80] == 0).all()
    with pytest.raises(NotApplicable, match="one of the two classes"):
        stratum_weights(strata, strata == 0)


def test_an_interval_takes_both_kinds_of_variation() -> None:
    resampled = np.random.default_rng(1).normal(0.8, 0.01, (1, 4000))
    kinds = {"train_freedom": 4, "level": 0.95}
    draws = Draws(0.8, resampled, n_clusters=1000)
    alone = estimate(draws, train_variance=0.0, **kinds)
    assert (alone.high - alone.low) / 2 == pytest.approx(1.96 * 0.01, rel=0.05)
    both = estimate(draws, train_variance=1e-4, **kinds)
    assert (both.high - both.low) / 2 > 1.4 * 1.96 * 0.01
    assert estimate(replace(draws, point=0.99), train_variance=0.0, within=(0.0, 1.0), **kinds).high == 1.0
    with pytest.raises(NotApplicable):
        estimate(Draws(0.8, np.where(np.arange(100) < 20, np.nan, 0.8)[None], 1000), train_variance=0.0, **kinds)


def test_halves_tell_the_variance_of_the_whole() -> None:
    rng = np.random.default_rng(2)
    means = rng.normal(size=(2000, 2)) * np.sqrt(1 / 50)  # of halves of samples of 100: variance 1/50 each
    assert variance_of_halves(means) == pytest.approx(1 / 100, rel=0.1)


def test_neighbours_in_time_are_drawn_together() -> None:
    clusters = time_clusters(np.random.default_rng(3).permutation(1000).astype(float))
    assert np.bincount(clusters.of).max() == 32
    assert clusters.in_order
    order = np.array([5.0, np.nan, 1.0, 3.0, 2.0, 4.0, 6.0, 7.0])
    assert time_clusters(order).of.tolist() == [1, 2, 0, 0, 0, 1, 1, 2]


def test_runs_that_are_cut_short_are_made_up_for() -> None:
    """Days of 50 rows: runs of 45 rows see 63% of the variance of the mean, and twice 90 less 45 all of it."""
    rng = np.random.default_rng(4)
    days = rng.normal(size=(400, 200))
    true = days.mean(axis=1).var()
    found = []
    for day in days:
        values = np.repeat(day, 50)
        by_run = [np.add.reduceat(values - values.mean(), np.arange(0, 10_000, run)) for run in (45, 90)]
        once, twice = ((sums**2).sum() / 10_000**2 for sums in by_run)
        resampled = np.stack([rng.normal(0, np.sqrt(v), 4000) for v in (once, twice)])
        interval = estimate(Draws(0.0, resampled, 10**6), train_variance=0.0, train_freedom=1, level=0.95)
        found.append(((interval.high / 1.96) ** 2, once))
    mended, cut = np.mean(found, axis=0) / true
    assert cut == pytest.approx(0.63, abs=0.08)
    assert mended == pytest.approx(1.0, abs=0.15)


def test_a_sample_keeps_units_whole() -> None:
    units = np.repeat(np.arange(200), 5)
    split = SplitOf(("train", "test"), np.tile([0, 0, 0, 0, 1], 200))
    target = Labels("y", ("u", "v"), np.arange(1000) % 2, (np.arange(1000) % 2).astype(float))
    drawn = draw_rows(split, target, units, Streams(1), most_train=400, most_test=400)
    assert 250 < len(drawn.train) < 550
    assert set(units[drawn.train]) == set(units[drawn.test])
    assert "of 800 training" in drawn.notes[0]


def test_spellings_of_one_class_become_one() -> None:
    data = subject({"a": [1.0, 2.0, 3.0], "y": [">50K", "<=50K", ">50K."]})
    target = relabelled(data, labels.run(data), np.array([2]), (">50K",))
    assert target.classes == ("<=50K", ">50K")
    assert target.codes.tolist() == [1, 0, 1]
