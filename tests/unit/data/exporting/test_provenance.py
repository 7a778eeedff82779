"""The summary counts what is known, and says what is not."""

import json

import pyarrow as pa

from holdfast.core.dataset import Column, Dataset
from holdfast.data.exporting import export
from holdfast.data.exporting.provenance import provenance

STRING = pa.large_string()


def test_counts_add_up(tmp_path):
    columns = {
        "a": pa.array([1.0, 2.0, 3.0, 4.0, 5.0]),
        "_origin": pa.array(["human", "synthetic", "synthetic", "odd", None], STRING),
        "_generator": pa.array([None, "m|<b>", None, None, None], STRING),
        "_verifier": pa.array(["ana", None, "ben", None, None], STRING),
    }
    dataset = Dataset("d", pa.table(columns), tuple(Column(name, "category") for name in columns))
    found = provenance(dataset)
    assert dict(found.by["origin"]) == {"human": 1, "human-verified": 0, "synthetic": 2, "unknown": 2}
    assert found.verified == 2
    assert all(sum(n for _, n in each) == 5 for each in found.by.values())
    export(dataset, tmp_path / "out", "jsonl", address="corpus@v3", version="b2:abc")
    said = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert (said["records"], said["version"], said["exported"], said["verified"]) == (5, "b2:abc", "corpus@v3", 2)
    assert {one["value"]: one["share"] for one in said["origin"]}["synthetic"] == 0.4
    assert "_licence" in said["not_said"]
    text = (tmp_path / "out" / "PROVENANCE.md").read_text()
    assert "m\\|\\<b\\>" in text
    assert "- origin: of 2 records (40.0%)" in text
    assert "- licence: of 5 records (100.0%)" in text
    assert "b2:abc" in text


def test_data_that_say_nothing_are_unknown():
    found = provenance(Dataset("d", pa.table({"a": pa.array([1.0, 2.0])}), (Column("a", "number"),)))
    assert found.says == "2 records: 2 unknown (100.0%)"
    assert "_origin" in found.missing
