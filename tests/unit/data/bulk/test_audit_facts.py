"""What the engines say of copies is what the audit says of the same data: hashes, groups of rows, pairs of texts."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.cases.texts import edited, texts
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.runner import Facts
from holdfast.data.bulk.engine import read
from holdfast.data.bulk.near import copies
from holdfast.data.inference import describe


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(11)
    made = texts(rng, 120, (20, 50))
    made += [edited(rng, made[k], 0.06, ("drop", "replace")[k % 2]) for k in range(20)]
    made += [made[k].upper() for k in range(30, 36)] + made[50:60]
    order = rng.permutation(len(made))
    return pa.table(
        {
            "text": pa.array([made[k] for k in order], pa.large_string()),
            "x": pa.array([[0.0, -0.0, 1.5, None][k % 4] for k in order]),
            "n": pa.array([int(k) % 2 if k % 5 else None for k in order]),
        }
    )


@pytest.fixture(scope="module")
def facts(table):
    return Facts({"dataset": describe("made", table, kinds={"text": "text"})})


def test_hashes_and_groups_of_rows_are_those_of_the_audit(place, written, table, facts):
    found = copies(place, written(table.slice(0, 60), table.slice(60), group=25), tuple(table.column_names), None)
    docs = read(found.docs, ["doc", "hash"]).sort_by("doc")
    _, group, size = np.unique(docs["hash"].to_numpy().view(np.uint64), return_inverse=True, return_counts=True)
    expected: RowGroups = facts["row_groups"]
    assert group.tolist() == expected.group.tolist()
    assert size.tolist() == expected.size.tolist()
    later = {row: int(expected.first(np.ones(len(table), bool))[expected.group[row]]) for row in range(len(table))}
    assert dict(zip(*(read(found.equals)[name].to_pylist() for name in ("doc", "first")), strict=True)) == {
        row: first for row, first in later.items() if row != first
    }


def test_pairs_of_texts_are_those_of_the_audit(place, written, table):
    """Runs of two words, as the audit has them; what it looks at beyond them (halves, rarity) is met by these texts."""
    only = table.select(["text"])
    facts = Facts({"dataset": describe("made", only, kinds={"text": "text"})})
    near, groups = facts["text_pairs"][0], facts["row_groups"]
    first = groups.first(np.ones(len(only), bool))
    expected = {
        frozenset((int(first[a]), int(first[b]))): 1 - far
        for a, b, far in zip(near.left, near.right, near.distance, strict=True)
        if far <= 0.4
    }
    found = copies(place, written(only), ("text",), "text", threshold=0.6, run=2)
    pairs = {frozenset((row["a"], row["b"])): row["jaccard"] for row in read(found.near).to_pylist()}
    equal = set(read(found.equals)["doc"].to_pylist())
    pairs |= {
        frozenset((row["doc"], row["first"])): 1.0 for row in read(found.repeats).to_pylist() if row["doc"] not in equal
    }
    assert set(pairs) == set(expected)
    assert len(pairs) >= 20
    for pair, alike in pairs.items():
        assert alike == pytest.approx(expected[pair], abs=0.05)  # the audit counts a run that recurs twice
