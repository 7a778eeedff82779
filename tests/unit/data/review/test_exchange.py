"""Other tools' files: their documented forms are read, ours are read back the same, the unknown is kept or named."""

import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest

from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.data.review.building import Asked, build
from holdfast.data.review.exchange import formats, send, take
from holdfast.data.review.formats.argilla import user_id
from holdfast.data.review.queue import Queue


@pytest.fixture
def dataset():
    n = 12
    columns = {
        "text": pa.array([f'document {i} with <b>marks</b> & "quotes"' for i in range(n)], pa.large_string()),
        "y": pa.array(["no", "yes"] * 6, pa.large_string()),
    }
    return Dataset("d", pa.table(columns), (Column("text", "text"), Column("y", "category", "label")))


@pytest.fixture
def queue(dataset, tmp_path):
    queue = build(dataset, Asked(sample=12), tmp_path / "q")
    for place, item in enumerate(queue.items):
        if place % 4 == 0:
            queue.decide(item.record, "ana", verdict="reject", note="out of place", seconds=3.5)
        else:
            queue.decide(item.record, ("ana", "ben")[place % 2], label="no")
    return queue


def said(queue):
    return {(one.record, one.reviewer, one.verdict, one.label, one.origin, one.note) for one in queue.standing()}


def fresh(queue, path):
    return Queue.create(path, queue.header, queue.items)


def test_label_studio_gives_back_what_it_was_given(queue, dataset, tmp_path):
    queue.decide(queue.items[1].record, "third", verdict="skip")
    send(queue, dataset, "label-studio", tmp_path / "ls")
    again = fresh(queue, tmp_path / "again")
    assert len(take(again, tmp_path / "ls" / "tasks.json", "label-studio").decisions) == 13
    assert said(again) == said(queue)
    assert {one.seconds for one in again.standing()} == {one.seconds for one in queue.standing()}
    assert not take(again, tmp_path / "ls" / "tasks.json", "label-studio").decisions


def test_argilla_gives_back_what_it_was_given(queue, dataset, tmp_path):
    send(queue, dataset, "argilla", tmp_path / "ar")
    again = fresh(queue, tmp_path / "again")
    take(again, tmp_path / "ar" / "records.json", "argilla")
    named = {(r, user_id(who), *rest) for r, who, *rest in said(queue)}
    assert said(again) == named
    assert not take(queue, tmp_path / "ar" / "records.json", "argilla").decisions  # names are recognised


def test_blind_files_hold_no_labels(queue, dataset, tmp_path):
    for name, file in (("label-studio", "tasks.json"), ("argilla", "records.json")):
        send(fresh(queue, tmp_path / name), dataset, name, tmp_path / f"{name} blind")
        blind = json.loads((tmp_path / f"{name} blind" / file).read_text())
        assert not any(one.get("predictions") or one.get("suggestions") for one in blind)
        assert all("y" not in one.get("data", one.get("fields")) for one in blind)
        send(fresh(queue, tmp_path / f"{name} 2"), dataset, name, tmp_path / f"{name} open", blind=False)
        opened = json.loads((tmp_path / f"{name} open" / file).read_text())
        assert all(one.get("predictions") or one.get("suggestions") for one in opened)


def test_the_set_up_of_label_studio_names_what_the_tasks_hold(queue, dataset, tmp_path):
    send(queue, dataset, "label-studio", tmp_path / "ls")
    root = ET.parse(tmp_path / "ls" / "config.xml").getroot()
    assert root.find("Text").attrib == {"name": "text", "value": "$text"}
    choices = {one.attrib["name"]: [c.attrib["value"] for c in one] for one in root.findall("Choices")}
    assert choices == {"label": ["no", "yes"], "fit": ["fit", "unfit"]}
    for task in json.loads((tmp_path / "ls" / "tasks.json").read_text()):
        for annotation in task["annotations"]:
            assert {"result", "completed_by", "was_cancelled", "ground_truth", "lead_time"} <= set(annotation)
            for result in annotation["result"]:
                assert result["to_name"] == "text"
                assert result["type"] in {"choices", "textarea"}


def test_an_export_as_label_studio_documents_it_is_read(queue, tmp_path):
    record = queue.items[2].record
    task = {
        "id": 1, "created_at": "2021-03-09T21:52:49.513742Z", "project": 83,
        "data": {"text": "…", "_record": record}, "meta": {}, "inner_id": 7,
        "annotations": [{
            "id": "1001", "completed_by": 10, "was_cancelled": False, "ground_truth": False, "lead_time": 4.288,
            "created_at": "2021-03-09T22:16:08.728353Z", "result_count": 0, "task": 1, "import_id": None,
            "result": [
                {"from_name": "label", "to_name": "text", "id": "Dx", "type": "choices", "value": {"choices": ["yes"]}},
                {"from_name": "tag", "to_name": "img", "id": "x", "type": "rectanglelabels", "value": {"x": 1}},
            ],
        }],
        "predictions": [],
    }  # fmt: skip
    stranger = {"id": 2, "data": {"text": "another"}, "annotations": []}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task, stranger]))
    taken = take(queue, path, "label-studio")
    (one,) = taken.decisions
    assert (one.reviewer, one.label, one.seconds) == ("label-studio user 10", "yes", 4.288)
    assert one.at == datetime(2021, 3, 9, 22, 16, 8, 728353, UTC)
    assert one.extra["result"][0]["type"] == "rectanglelabels"
    assert "result_count" in one.extra
    assert set(taken.unknown) == {"meta", "inner_id"}
    assert taken.strangers == 1


def test_an_export_as_argilla_writes_it_is_read(queue, tmp_path):
    user = "5a53f6ec-6f0c-4b30-8a6e-7f6d8a3b9d10"
    record = {
        "id": queue.items[2].record, "fields": {"text": "…"}, "metadata": {}, "vectors": {}, "_server_id": "abc",
        "suggestions": {"label": {"value": "no", "score": 0.9, "agent": "m"}},
        "responses": {
            "label": [{"value": "yes", "user_id": user}, {"value": "no", "user_id": "other", "status": "draft"}],
            "rating": [{"value": 4, "user_id": user}],
        },
    }  # fmt: skip
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(record) + "\n")
    taken = take(queue, path, "argilla")
    (one,) = taken.decisions
    assert (one.reviewer, one.label, taken.drafts) == (user, "yes", 1)
    assert taken.unknown == {"answers to rating": 1}


@pytest.mark.parametrize("name", sorted(formats()))
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'[{"data": 3}]', b"[[[[", b"\xff\xfe", b"{}\n{}", b"null"])
def test_what_is_no_export_is_refused(queue, tmp_path, name, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    before = len(queue.decisions())
    with pytest.raises(BadInput):
        take(queue, path, name)
    assert len(queue.decisions()) == before


def test_nothing_is_written_over(queue, dataset, tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(BadInput, match="ever written over"):
        send(queue, dataset, "argilla", tmp_path / "there")
    with pytest.raises(BadInput, match="no format"):
        send(queue, dataset, "argila", tmp_path / "new")
