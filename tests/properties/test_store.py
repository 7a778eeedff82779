"""A store against a dictionary: whatever is done to it, every version says what was said when it was made."""

import random

import pyarrow as pa
import pytest

from holdfast.data.inference import describe
from holdfast.data.store import Store


@pytest.mark.parametrize("seed", range(3))
def test_every_version_stays_what_it_was(tmp_path, seed):
    numbers, store = random.Random(seed), Store.create(tmp_path / "corpus")
    records, history = {}, {}
    for _ in range(9):
        what = numbers.random()
        if not records or what < 0.4:
            added(store, numbers, records)
        elif what < 0.6:
            amended(store, numbers, records)
        elif what < 0.85:
            attached(store, numbers, records)
        elif what < 0.93:
            store.compact()
        else:
            store.gc(keep=numbers.choice([None, 3]))
        assert found(store, "head") == records
        history[store.version().number] = {name: dict(values) for name, values in records.items()}
    for version in store.log():
        if version.kept:
            assert found(store, version) == history[version.number]
    assert store.verify(records=True).faults == ()


def found(store, version):
    table = store.read(version).table
    return dict(zip(table.column("_record").to_pylist(), table.drop_columns(["_record"]).to_pylist(), strict=True))


def added(store, numbers, records):
    """Add rows, some of which are there, and some of which repeat; what is there stays as it is."""
    n = numbers.randrange(1, 30)
    rows = {
        "x": [numbers.randrange(60) for _ in range(n)],
        "y": pa.array([numbers.choice([None, "a", "b"]) for _ in range(n)], pa.large_string()),
        "_origin": pa.array([numbers.choice(["human", "synthetic", None]) for _ in range(n)], pa.large_string()),
    }
    before, version = len(records), store.add(describe("rows", pa.table(rows)))
    after = found(store, "head")
    assert version.added == len(after) - before
    for name, values in records.items():
        assert {**after[name], **values} == after[name]
    records.clear()
    records.update(after)


def amended(store, numbers, records):
    some = numbers.sample(list(records), min(len(records), numbers.randrange(1, 9)))
    origin = numbers.choice(["human", "synthetic", "unknown"])
    store.amend(pa.table({"_record": some, "_origin": [origin] * len(some)}), "looked")
    for name in some:
        if records[name]["_origin"] != origin:
            records[name] |= {"_origin": origin, "_evidence": "none" if origin == "unknown" else "declared"}


def attached(store, numbers, records):
    some, column = numbers.sample(list(records), min(len(records), numbers.randrange(1, 20))), numbers.choice("pq")
    values = [numbers.random() for _ in some]
    store.attach(column, pa.table({"_record": some, "values": values}))
    for record in records.values():
        record.setdefault(column, None)
    for name, value in zip(some, values, strict=True):
        records[name][column] = value
