"""Coefficients of agreement against published examples; majorities, ties and who settles them."""

from datetime import UTC, datetime

import numpy as np
import pytest

from holdfast.data.review import Header, Item, Queue
from holdfast.data.review.agreement import Answers, by_class, cohen, confusions, fleiss, krippendorff, observed
from holdfast.data.review.consensus import Opinion, disputed, majority, opinions


def answers(rows, names):
    votes = tuple(tuple(sorted((name, said) for name, said in zip(names, row, strict=True) if said)) for row in rows)
    votes = tuple(one for one in votes if len(one) > 1)
    return Answers(votes, tuple(sorted({said for one in votes for _, said in one})), tuple(names))


def test_cohen_against_a_published_table():
    # Fleiss, Levin & Paik 2003, Statistical Methods for Rates and Proportions, table 18.1: kappa 0.68.
    counts = {("p", "p"): 75, ("p", "n"): 1, ("p", "o"): 4, ("n", "p"): 5, ("n", "n"): 4, ("n", "o"): 1}
    counts |= {("o", "p"): 0, ("o", "n"): 0, ("o", "o"): 10}
    rows = [pair for pair, n in counts.items() for _ in range(n)]
    found = cohen(answers(rows, ("a", "b")), "a", "b")
    assert round(found.value, 2) == 0.68
    assert found.low < 0.68 < found.high
    assert found.records == 100


def test_fleiss_against_the_published_example():
    # Fleiss 1971 as retold in many places: 10 subjects, 14 raters, 5 categories, kappa 0.210.
    table = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    rows = [[str(place) for place, n in enumerate(row) for _ in range(n)] for row in table]
    found = fleiss(answers(rows, [f"r{i:02}" for i in range(14)]))
    assert round(found.value, 3) == 0.210


def test_alpha_against_krippendorffs_own_example():
    # Krippendorff 2011, example C: 12 units, 4 observers, missing data; nominal alpha 0.743.
    a = [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None]
    b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3]
    c = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None]
    d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]
    rows = [[None if x is None else str(x) for x in unit] for unit in zip(a, b, c, d, strict=True)]
    found = krippendorff(answers(rows, ("a", "b", "c", "d")))
    assert round(found.value, 3) == 0.743


def test_guessing_agrees_no_more_than_chance_and_intervals_hold_it():
    rng = np.random.default_rng(0)
    inside = 0
    for seed in range(40):
        rows = rng.choice(["x", "y", "z"], size=(120, 2), p=[0.6, 0.3, 0.1]).tolist()
        found = krippendorff(answers(rows, ("a", "b")), seed=seed)
        inside += found.low <= 0 <= found.high
    assert inside >= 33  # 38 of 40 at 95%; fewer than 33 happens once in a thousand


def test_one_answer_throughout_is_not_estimable():
    found = krippendorff(answers([["x", "x"]] * 20, ("a", "b")))
    assert not found.estimable
    assert "same answer throughout" in found.reason
    assert observed(answers([["x", "x"]] * 20, ("a", "b"))).low < 1
    assert "no interval from fewer" in krippendorff(answers([["x", "x"], ["x", "y"], ["y", "y"]], ("a", "b"))).reason


def test_a_class_that_nobody_agrees_on_stands_out():
    rows = [["a", "a"]] * 40 + [["b", "c"], ["c", "b"]] * 10 + [["b", "b"]] * 20
    found = by_class(answers(rows, ("x", "y")))
    assert found["a"].value == pytest.approx(1.0)
    assert found["c"].value < 0
    assert confusions(answers(rows, ("x", "y"))) == [("b", "c", 20)]


def test_majorities():
    assert majority(["a", "a", "b"]) == "a"
    assert majority(["a", "b"]) is None
    assert majority([]) is None
    assert Opinion("r", (("x", "a"), ("y", "b")), None).disputed


def test_an_adjudicator_settles_what_reviewers_dispute(tmp_path):
    now = datetime.now(UTC)
    header = Header(made=now, address="d", rows=9, asks=("label",), label="y", labels=("n", "y"), reviewers=2)
    queue = Queue.create(tmp_path / "q", header, [Item(record=f"{i:032x}", row=i, why=("sampled",)) for i in range(3)])
    for item, (one, two) in zip(queue.items, [("y", "y"), ("y", "n"), ("n", "y")], strict=True):
        queue.decide(item.record, "ana", label=one)
        queue.decide(item.record, "ben", label=two)
    assert disputed(queue) == (queue.items[1].record, queue.items[2].record)
    assert queue.next_for("ana", only=disputed(queue), adjudicates=True) is not None
    queue.decide(queue.items[1].record, "ana", label="n", adjudicates=True)
    assert disputed(queue) == (queue.items[2].record,)
    said = opinions(queue, "label")
    assert [said[item.record].value for item in queue.items] == ["y", "n", None]
    assert len(said[queue.items[1].record].votes) == 2
