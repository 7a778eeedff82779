"""A sitting: keys and what they come to, blind and open; nothing that tells the answer is shown."""

import io
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.core.media import Media
from holdfast.data.review.answering import decisions_of
from holdfast.data.review.building import Asked, build
from holdfast.data.review.records import Header, Item
from holdfast.data.review.session import review
from holdfast.data.review.showing import shown


class Script:
    """A reviewer who has written the answers down."""

    def __init__(self, *answers):
        self.answers, self.seen = list(answers), []

    def show(self, lines):
        self.seen += lines

    def key(self, prompt):
        self.seen.append(prompt)
        return self.answers.pop(0) if self.answers else None

    def line(self, prompt):
        return self.key(prompt)


@pytest.fixture
def dataset():
    n = 30
    columns = {
        "text": pa.array([f"document {i} of many words" for i in range(n)], pa.large_string()),
        "y": pa.array(["yes" if i % 3 else "no" for i in range(n)], pa.large_string()),
        "_origin": pa.array(["human"] * n, pa.large_string()),
        "_screen_p": pa.array(np.linspace(0, 1, n)),
    }
    kinds = (Column("text", "text"), Column("y", "category", "label"), Column("_origin", "category", "origin"))
    return Dataset("d", pa.table(columns), (*kinds, Column("_screen_p", "number", "metadata")))


@pytest.fixture
def queue(dataset, tmp_path):
    return build(dataset, Asked(sample=5, asks=("label",)), tmp_path / "q")


def test_a_label_that_differs_is_a_relabelling(queue, dataset):
    first, second = [], []
    desk = Script("1", "l YES", "q")
    done = review(queue, dataset, "ana", desk)
    assert (done.decided, done.finished) == (2, False)
    for one in queue.standing():
        given = queue.by_record[one.record].given
        assert one.verdict == ("approve" if one.label == given else "relabel")
        (first if one.label == "no" else second).append(one)
    assert len(first) == len(second) == 1


def test_a_blind_review_shows_neither_label_nor_score_nor_origin(queue, dataset):
    desk = Script("a", "q")
    review(queue, dataset, "ana", desk)
    seen = "\n".join(desk.seen)
    assert "document" in seen
    assert "the label is hidden" in seen
    assert "_screen_p" not in seen
    assert "origin:" not in seen
    assert "label: " not in seen
    opened = Script("a", "q")
    assert review(queue, dataset, "ben", opened, blind=False).decided == 1
    assert "label: " in "\n".join(opened.seen)
    assert queue.standing()[-1].blind is False


def test_everything_that_is_asked_must_be_answered(dataset, tmp_path):
    queue = build(dataset, Asked(sample=3, asks=("label", "origin")), tmp_path / "two")
    desk = Script("1", "h", "s", "2", "r")
    assert review(queue, dataset, "ana", desk).decided == 3
    said = {(one.verdict, one.origin) for one in queue.standing()}
    assert {origin for _, origin in said} == {"human", "synthetic", None}
    assert ("reject", None) in said


def test_undo_skip_note_and_nonsense(queue, dataset):
    desk = Script("x", "u", "1", "u", "n seen twice", "2", "k", "9", "l nonsense", "")
    done = review(queue, dataset, "ana", desk)
    assert (done.decided, done.undone) == (3, 1)
    assert [one.verdict for one in queue.standing()].count("skip") == 1
    assert [one.note for one in queue.standing() if one.note] == ["seen twice"]
    seen = "\n".join(desk.seen)
    assert "'x' is no answer" in seen
    assert "nothing to take back" in seen
    assert "no label 'nonsense'" in seen


def test_a_kill_between_two_records_loses_nothing(queue, dataset):
    desk = Script("1", "2")

    def stop(prompt, original=desk.key):
        answer = original(prompt)
        if answer is None:
            raise KeyboardInterrupt
        return answer

    desk.key = stop
    with pytest.raises(KeyboardInterrupt):
        review(queue, dataset, "ana", desk)
    assert len(queue.standing()) == 2


def test_whoever_went_away_is_not_timed(queue, dataset):
    times = iter([0.0, 5.0, 5.0, 5000.0])
    review(queue, dataset, "ana", Script("1", "1"), clock=lambda: next(times, 6000.0))
    assert sorted((one.seconds for one in queue.standing()), key=str) == [5.0, None]


HOSTILE = "a\x00b\x1b[2J\u202etxet <script>alert(1)</script>\r\n=cmd"


def one_row(value, kind="text", media=None):
    table = pa.table({"text": pa.array([value], pa.large_string())})
    return Dataset("d", table, (Column("text", kind),), media=media or Media())


@pytest.mark.parametrize("value", [HOSTILE, "x" * 1_000_000, "", "\n" * 50_000, None])
def test_hostile_content_is_shown_and_does_nothing(value):
    header = Header(made=datetime.now(UTC), address="d", rows=1, asks=("fit",))
    lines = shown(one_row(value), Item(record="0" * 32, row=0, why=("sampled",)), header, width=80)
    text = "\n".join(lines)
    assert "\x1b" not in text
    assert "\x00" not in text
    assert "\u202e" not in text
    assert len(text) < 10_000
    assert all(len(line) <= 200 for line in lines)


def test_a_picture_shows_its_place_and_size(tmp_path):
    image = pytest.importorskip("PIL.Image")
    content = io.BytesIO()
    image.new("RGB", (40, 20), "red").save(content, "PNG")
    (tmp_path / "a.png").write_bytes(content.getvalue())
    header = Header(made=datetime.now(UTC), address="d", rows=1, asks=("fit",))
    item = Item(record="0" * 32, row=0, why=("sampled",))
    media = Media({"b2:1": tmp_path / "a.png", "b2:2": b"\x89PNG broken"})
    lines = shown(one_row("b2:1", "image", media), item, header)
    assert str(tmp_path / "a.png") in lines[0]
    assert "40 × 20" in lines[1]
    assert "cannot be decoded" in shown(one_row("b2:2", "image", media), item, header)[1]
    assert "not there" in shown(one_row("absent:x.png", "image", media), item, header)[0]


def table_of(**columns):
    table = pa.table({name: pa.array(values, pa.large_string()) for name, values in columns.items()})
    return Dataset("answers.csv", table, tuple(Column(name, "category") for name in columns))


def test_decisions_come_from_a_table_all_or_none(queue):
    records = [item.record for item in queue.items]
    at = datetime.now(UTC)
    answers = table_of(_record=records[:3], label=["no", "YES", None], verdict=[None, None, "discard"])
    found = decisions_of(queue, answers, "ana", at)
    assert [(one.label, one.reviewer) for one in found] == [("no", "ana"), ("yes", "ana"), (None, "ana")]
    assert found[2].verdict == "reject"
    with pytest.raises(BadInput, match="line 2: no label 'perhaps'"):
        decisions_of(queue, table_of(_record=records[:2], label=["no", "perhaps"]), "ana", at)
    with pytest.raises(BadInput, match="has no record 'zzz'"):
        decisions_of(queue, table_of(_record=["zzz"], label=["no"]), "ana", at)
    with pytest.raises(BadInput, match="decides nothing"):
        decisions_of(queue, table_of(_record=records[:2], other=["no", "no"]), "ana", at)
    assert queue.decisions() == ()
