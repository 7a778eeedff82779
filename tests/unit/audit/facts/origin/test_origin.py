from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

import holdfast
from holdfast.audit.cases.origin import made, record
from holdfast.audit.checks.origin.self_consumption import family
from holdfast.audit.facts.origin.arrivals import Arrivals, arrivals_of
from holdfast.audit.facts.origin.trend import trend_of
from holdfast.audit.policies import beside, judge
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Severity
from holdfast.core.record import Status
from holdfast.data.inference import describe
from holdfast.data.mixing import mix, write_mix
from holdfast.data.mixing.policy import Bound, Human, Policy
from holdfast.data.store import Store

SPLIT = ["train"] * 80 + ["test"] * 20


def audited(dataset, **wanted):
    return holdfast.audit(dataset, select=["origin"], honest={"enabled": False}, **wanted)


def rng():
    return np.random.default_rng(0)


def test_every_check_is_skipped_with_a_reason_where_nothing_is_known():
    data = describe(
        "plain", pa.table({"a": np.arange(30.0), "split": ["train", "test"] * 15}), roles={"split": "split"}
    )
    assert {result.status for result in audited(data).results} == {Status.SKIPPED}
    assert all("_" in result.reason for result in audited(data).results)


def test_origin_may_stand_in_a_column_of_another_name():
    table = pa.table(
        {"a": np.arange(10.0), "who": ["human"] * 8 + ["synthetic"] * 2, "split": ["train"] * 5 + ["test"] * 5}
    )
    data = describe("own", table, roles={"who": "origin", "split": "split"})
    (finding,) = audited(data).result("synthetic-in-test").findings
    assert finding.locations[0].columns == ("who",)
    assert sorted(finding.locations[0].rows) == [8, 9]


def test_dropping_synthetic_test_rows_is_offered_unless_none_would_be_left():
    some = made(rng(), ["human"] * 90 + ["synthetic"] * 10, SPLIT)
    every = made(rng(), ["human"] * 80 + ["synthetic"] * 20, SPLIT)
    assert len(audited(some).result("synthetic-in-test").findings[0].remedy.rows) == 10
    assert audited(every).result("synthetic-in-test").findings[0].remedy is None


def test_generators_of_test_rows_are_named_most_frequent_first():
    names = [None] * 80 + ["b"] * 8 + ["a"] * 12
    (finding,) = (
        audited(made(rng(), ["human"] * 80 + ["synthetic"] * 20, SPLIT, generator=names))
        .result("synthetic-in-test")
        .findings
    )
    assert "from a (12), b (8)" in finding.message


def test_descent_says_how_many_rows_came_through_others():
    parents = [None] * 100
    parents[3], parents[4], parents[5] = record(90), record(3), f"{record(4)} {record(6)}"
    (finding,) = audited(made(rng(), ["human"] * 100, SPLIT, parents=parents)).result("child-of-test-row").findings
    assert finding.message == "3 of 80 training rows (3.8%) were made from test rows, 2 of them through other records"


def test_words_that_are_none_of_the_four_are_quoted():
    (finding,) = audited(made(rng(), ["human"] * 50 + ["bot\x1b[31m"] * 50)).result("unknown-origin").findings
    assert "␛[31m" in finding.message
    assert "\x1b" not in finding.message


@pytest.mark.parametrize(
    ("name", "called"), [("m@1", "m"), ("m:latest", "m"), ("m", "m"), ("llama-3", "llama-3"), ("@x", "")]
)
def test_a_model_is_its_name_without_its_version(name, called):
    assert family(name) == called


def rounds(n_people, *made_by):
    every = [one for one in made_by for _ in range(10)]
    return made(
        rng(), ["human"] * n_people + ["synthetic"] * len(every),
        generator=[None] * n_people + [name for name, _ in every],
        generation=[0] * n_people + [number for _, number in every],
    )  # fmt: skip


def test_the_model_to_be_trained_is_found_from_its_first_round():
    data = rounds(30, ("m@1", 1), ("other", 1))
    assert audited(data).result("self-consumption").status is Status.PASSED
    named = audited(data, checks={"self-consumption": {"model": "m"}}).result("self-consumption")
    assert "10 of 50 training rows (20.0%) were made by m, the model to be trained" in named.findings[0].message
    version = audited(data, checks={"self-consumption": {"model": "m@2"}}).result("self-consumption")
    assert version.status is Status.PASSED


def test_a_loop_within_a_policy_that_is_kept_is_a_note():
    data = rounds(30, ("m", 1), ("m", 2))
    for share, severity in ((0.5, Severity.NOTE), (0.1, Severity.WARNING)):
        rules = Policy(source=("c",), shares={"synthetic": Bound(at_most=share)}, human=Human(evidence="none"))
        (finding,) = audited(data, facts={"policy": rules}).result("self-consumption").findings
        assert finding.severity is severity


def test_versions_that_add_nothing_are_no_arrivals():
    def version(number, added, human, tags=()):
        return SimpleNamespace(number=number, tags=tags, added=added, origins={"human": human, "synthetic": 3})

    found = arrivals_of([version(1, 10, 10), version(2, 0, 4), version(3, 20, 9, ("may",))])
    assert found.names == ("version 1", "may")
    assert found.records.tolist() == [10, 20]
    assert found.people.tolist() == [10, 5]


def test_versions_of_a_store_are_followed(tmp_path):
    store = Store.create(tmp_path / "corpus")
    for number in range(8):
        n_people = 40 - 5 * number
        origin = ["human"] * n_people + ["synthetic"] * (40 - n_people)
        text = [f"{number} {i}" for i in range(40)]
        store.add(describe("part", pa.table({"text": text, "_origin": origin, "_evidence": ["declared"] * 40})))
    found = beside({"all": tmp_path / "corpus"})["arrivals"]
    assert found.people.tolist() == [40, 35, 30, 25, 20, 15, 10, 5]
    (finding,) = audited(store.read(), facts={"arrivals": found}).result("fresh-human-share-falling").findings
    assert "falls by 88 points" in finding.message
    assert len(beside({"all": f"{tmp_path / 'corpus'}@3"})["arrivals"].names) == 3


def trend(shares, n=100, seed=0):
    people = np.round(np.asarray(shares) * n).astype(np.int64)
    names = tuple(str(i) for i in range(len(people)))
    return trend_of(Arrivals(names, np.full(len(people), n), people, "version"), np.random.default_rng(seed), 0.001)


def test_a_straight_fall_is_measured():
    found = trend(np.linspace(0.9, 0.2, 8))
    assert found.fall == pytest.approx(0.7, abs=0.01)
    assert found.low <= 0.7 <= found.high
    assert found.p_value < 1e-3


def test_the_p_value_of_few_periods_counts_all_orders():
    assert trend(np.linspace(0.9, 0.3, 7)).p_value == pytest.approx(1 / 5040)
    assert trend([0.5] * 7).p_value == 1.0


def test_too_few_periods_are_not_judged():
    with pytest.raises(NotApplicable, match="6 versions with new records: too few"):
        trend(np.linspace(0.9, 0.2, 6))


def test_a_policy_lies_beside_a_mix_and_a_run_says_whether_it_is_kept(tmp_path):
    data = made(rng(), ["human"] * 60 + ["synthetic"] * 40, evidence=["declared"] * 100)
    rules = Policy(source=("c",), records=50, shares={"synthetic": Bound(at_most=0.3)})
    write_mix(mix(rules, dataset=data), tmp_path / "out")
    assert beside({"all": tmp_path / "out"})["policy"] == rules
    assert beside({"all": tmp_path / "out" / "part-00000.parquet"})["policy"] == rules
    kept, broken = judge(holdfast.load({"all": tmp_path / "out"}), rules), judge(data, rules)
    assert (kept.kind, kept.says) == ("data", "The training set keeps its policy.")
    assert broken.says == "The training set breaks its policy in 1 place."
    assert not kept.findings
    assert broken.findings[0].severity is Severity.ERROR
