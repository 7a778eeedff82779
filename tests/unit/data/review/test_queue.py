"""A queue keeps what was decided, whatever happens, and hands out records at random."""

import json
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.core.errors import BadInput
from holdfast.data.review import Header, Item, Queue
from holdfast.data.review.queue import DECISIONS, HEADER


def header(**more):
    said = {"made": datetime(2026, 1, 1, tzinfo=UTC), "address": "d.csv", "rows": 100, "asks": ("label",)}
    return Header(**{**said, "label": "y", "labels": ("no", "yes"), **more})


def items(n=20):
    return [Item(record=f"{i:032x}", row=i, why=("sampled",), chance=0.2, given="yes") for i in range(n)]


@pytest.fixture
def queue(tmp_path):
    return Queue.create(tmp_path / "q", header(), items())


def test_a_queue_opens_again_with_its_decisions(queue):
    first = queue.next_for("ana")
    queue.decide(first.record, "ana", verdict="approve", label="yes", note="a ⏎ note\nof two lines")
    again = Queue.open(queue.path)
    (one,) = again.standing()
    assert (one.record, one.reviewer, one.label, one.note) == (first.record, "ana", "yes", "a ⏎ note\nof two lines")
    assert again.header == queue.header
    assert again.items == queue.items


def test_a_torn_last_line_is_skipped_and_closed_off(queue):
    queue.decide(queue.items[0].record, "ana", verdict="approve")
    path = queue.path / DECISIONS
    whole = path.read_bytes()
    for cut in (1, 2, len(whole) // 2, len(whole) - 2, len(whole) - 1):
        path.write_bytes(whole + whole[:cut])
        held = Queue.open(queue.path)
        assert len(held.decisions()) == 1
        held.decide(queue.items[1].record, "ben", verdict="reject")
        again = Queue.open(queue.path)
        assert [one.reviewer for one in again.standing()][-1] == "ben"
        assert len(again.standing()) == 2 or (cut == len(whole) - 1 and again.damaged == 0)


def test_writers_at_the_same_time_lose_nothing(queue):
    def work(name):
        mine = Queue.open(queue.path)
        for item in mine.items:
            mine.decide(item.record, name, verdict="approve", note="x" * 3000)

    threads = [threading.Thread(target=work, args=(f"r{i}",)) for i in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(queue.standing()) == 6 * 20
    assert queue.damaged == 0


def test_each_reviewer_meets_every_record_once_in_an_order_of_his_own(tmp_path):
    queue = Queue.create(tmp_path / "q", header(reviewers=2), items())
    seen = {}
    for name in ("ana", "ben"):
        seen[name] = []
        while (item := queue.next_for(name)) is not None:
            seen[name].append(item.row)
            queue.decide(item.record, name, verdict="approve")
    assert sorted(seen["ana"]) == sorted(seen["ben"]) == list(range(20))
    assert seen["ana"] != seen["ben"]
    assert seen["ana"] != list(range(20))
    assert queue.next_for("third") is None


def test_one_reviewer_is_enough_unless_more_were_asked_for(queue):
    for item in queue.items[:15]:
        queue.decide(item.record, "ana", verdict="approve")
    queue.decide(queue.items[15].record, "ana", verdict="skip")
    left = set()
    while (item := queue.next_for("ben")) is not None:
        left.add(item.row)
        queue.decide(item.record, "ben", verdict="reject")
    assert left == {15, 16, 17, 18, 19}  # a skipped record waits for somebody else


def test_what_is_undone_comes_again(queue):
    item = queue.next_for("ana")
    queue.decide(item.record, "ana", verdict="reject")
    assert queue.undo("ana").record == item.record
    assert queue.standing() == ()
    assert queue.next_for("ana") == item
    assert queue.undo("ana") is None


def test_a_second_round_judges_anew(queue):
    for item in queue.items:
        queue.decide(item.record, "ana", verdict="approve")
    assert queue.next_for("ana") is None
    assert queue.next_for("ana", round_=2) is not None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"record": "f" * 32, "verdict": "approve"}, "no record"),
        ({"verdict": "perhaps"}, "verdict is 'perhaps'"),
        ({"verdict": "relabel"}, "needs the label"),
        ({}, "nothing is decided"),
        ({"verdict": "approve", "note": "n" * 10_001}, "10,001 characters"),
        ({"reviewer": "", "verdict": "approve"}, "--reviewer"),
        ({"reviewer": "a\nb", "verdict": "approve"}, "--reviewer"),
    ],
)
def test_what_makes_no_sense_is_refused(queue, said, words):
    fields = {"record": queue.items[0].record, "reviewer": "ana", **said}
    with pytest.raises(BadInput, match=words):
        queue.decide(**fields)
    assert not (queue.path / DECISIONS).exists()


def test_a_queue_is_never_written_over(queue):
    with pytest.raises(BadInput, match="there already"):
        Queue.create(queue.path, header(), items())


def test_a_queue_of_a_newer_holdfast_is_not_opened(queue):
    path = queue.path / HEADER
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 9}))
    with pytest.raises(BadInput, match="newer Holdfast"):
        Queue.open(queue.path)


def test_a_damaged_queue_is_said_to_be_damaged(queue):
    (queue.path / HEADER).write_text("{")
    with pytest.raises(BadInput, match="cannot be read"):
        Queue.open(queue.path)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(["a", "b"]), st.sampled_from(["yes", "no", "undo"])), max_size=12
    )
)
def test_the_last_word_of_each_reviewer_counts(tmp_path_factory, steps):
    queue = Queue.create(tmp_path_factory.mktemp("q") / "q", header(), items(5))
    expected = {}
    for place, who, said in steps:
        if said == "undo":
            taken = queue.undo(who)
            mine = [key for key in expected if key[1] == who]
            assert (taken is None) == (not mine)
            if mine:
                assert taken.record == mine[-1][0]
                del expected[mine[-1]]
            continue
        record = queue.items[place].record
        expected.pop((record, who), None)
        expected[record, who] = said
        queue.decide(record, who, label=said)
    assert {(one.record, one.reviewer): one.label for one in Queue.open(queue.path).standing()} == expected
