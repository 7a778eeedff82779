"""Copies are found, all of them and nothing else, and both engines say the same."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.cases.texts import edited, texts
from holdfast.data.bulk import queries
from holdfast.data.bulk.engine import read
from holdfast.data.bulk.near import clusters, copies
from holdfast.data.bulk.telling import recall


def rows(folder, *names):
    return sorted(zip(*(read(folder)[name].to_pylist() for name in names), strict=True))


def runs(text, length=3):
    words = "".join(c if c.isalnum() else " " for c in (text or "").lower()).split()
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def truth_of(texts_, among, threshold):
    """Return (a, b) → Jaccard index of all pairs of texts that reach the threshold."""
    sets = {k: runs(texts_[k]) for k in among}
    found = {}
    for a, one in sets.items():
        for b, other in sets.items():
            if a < b and one & other:
                alike = len(one & other) / len(one | other)
                if alike >= threshold:
                    found[a, b] = alike
    return found


def corpus(seed, n=150, copies_of=60):
    rng = np.random.default_rng(seed)
    made = texts(rng, n, (15, 60))
    made += [edited(rng, made[k], float(rng.uniform(0, 0.25)), ("drop", "replace")[k % 2]) for k in range(copies_of)]
    made += [made[0], made[1].upper() + " !!", "", "ok", None, "ok", "…"]
    return [made[k] for k in rng.permutation(len(made)).tolist()]


def test_every_pair_at_the_threshold_is_found_and_no_other(place, written):
    texts_ = corpus(1)
    kinds = pa.large_string(), pa.string()
    halves = [{"text": pa.array(some, kind)} for some, kind in zip((texts_[:120], texts_[120:]), kinds, strict=True)]
    records = written(*halves, group=60)
    found = copies(place, records, ("text",), "text", threshold=0.6)
    kept = set(range(len(texts_))) - {doc for doc, _ in rows(found.repeats, "doc", "first")}
    truth = truth_of(texts_, kept, 0.6)
    pairs = {(a, b): alike for a, b, alike in rows(found.near, "a", "b", "jaccard")}
    assert len(truth) > 10
    assert pairs == {pair: pytest.approx(alike) for pair, alike in truth.items() if pair in pairs}
    assert sum(recall(alike) for alike in truth.values()) - 3 <= len(pairs)


def test_equal_records_and_equal_words_name_the_first(place, written):
    records = written(
        {"text": ["a b c d", "x", "A b, c d!", "a b c d", None, None, "", "!"], "y": [1, 1, 1, 1, 2, 2, 3, 3]}
    )
    found = copies(place, records, ("text", "y"), "text")
    assert rows(found.equals, "doc", "first") == [(3, 0), (5, 4)]
    assert rows(found.repeats, "doc", "first") == [(2, 0), (3, 0)]
    assert rows(found.near, "a", "b") == []
    assert rows(found.clusters, "doc", "label") == [(0, 0), (2, 0), (3, 0), (4, 4), (5, 4)]


def test_records_without_texts_are_told_by_their_values(place, written):
    records = written({"x": [1.5, float("nan"), -0.0, 0.0, None], "y": ["a", "b", "c", "c", "b"]})
    found = copies(place, records, ("x", "y"), None)
    assert rows(found.equals, "doc", "first") == [(3, 2), (4, 1)]
    assert read(found.near).num_rows == 0


def test_components_reach_along_a_chain(place, tmp_path):
    n = 12
    order = np.random.default_rng(0).permutation(n)
    ends = np.sort(np.stack([order[:-1], order[1:]]), axis=0)
    edges = tmp_path / "edges"
    edges.mkdir()
    pa.parquet.write_table(
        pa.table({"a": [*ends[0].tolist(), 100], "b": [*ends[1].tolist(), 101]}), edges / "0.parquet"
    )
    assert rows(clusters(place, edges), "doc", "label") == [*((k, 0) for k in range(n)), (100, 100), (101, 100)]


def test_of_many_texts_that_share_a_band_each_has_some_neighbours_and_all_hang_together(here, written):
    rng = np.random.default_rng(3)
    first = texts(rng, 1, (60, 60))[0]
    many = sorted({edited(rng, first, 0.02, "replace") for _ in range(150)})
    found = copies(here, written({"text": many}), ("text",), "text", threshold=0.7)
    alike = {k for pair in truth_of(many, range(len(many)), 0.7) for k in pair}
    clustered = read(found.clusters)
    assert len(alike) > 90
    assert len(clustered) >= len(alike) - 1
    assert len(set(clustered["label"].to_pylist())) == 1
    assert read(found.near).num_rows <= len(many) * queries.NEIGHBOURS * 25


def test_order_of_records_changes_no_pair(here, written):
    texts_ = corpus(5, 120, 40)
    texts_ = sorted({text.lower().rstrip("! .") for text in texts_ if text})
    one = copies(here, written({"text": texts_}), ("text",), "text", threshold=0.5)
    before = {frozenset((texts_[a], texts_[b])) for a, b in rows(one.near, "a", "b")}
    turned = texts_[::-1]
    other = copies(here, written({"text": turned}, group=17), ("text",), "text", threshold=0.5)
    assert {frozenset((turned[a], turned[b])) for a, b in rows(other.near, "a", "b")} == before
    assert before


def test_a_finished_stage_is_not_done_again_and_a_torn_one_is(here, written):
    records = written({"text": corpus(2, 50, 10)})
    found = copies(here, records, ("text",), "text")
    before = {one: one.stat().st_mtime_ns for one in found.docs.parent.rglob("*.parquet")}
    again = copies(here, records, ("text",), "text")
    assert again == found
    assert {one: one.stat().st_mtime_ns for one in found.docs.parent.rglob("*.parquet")} == before
    (found.near / "_DONE.json").unlink()
    expected = rows(found.near, "a", "b", "jaccard")
    (found.near / "part-000000.parquet").write_bytes(b"torn")
    assert rows(copies(here, records, ("text",), "text").near, "a", "b", "jaccard") == expected


def test_other_data_or_settings_are_other_stages(here, written):
    records = written({"text": corpus(2, 50, 10)})
    one = copies(here, records, ("text",), "text")
    assert copies(here, records, ("text",), "text", threshold=0.9).near != one.near
    assert copies(here, records, ("text",), "text", run=2).docs != one.docs


def test_progress_ends_what_it_starts(here, written):
    heard = []
    listener = SimpleNamespace(
        started=lambda task, total, unit: heard.append(task), advanced=lambda *_: None, ended=heard.remove
    )
    copies(here, written({"text": corpus(2, 50, 10)}), ("text",), "text", progress=listener)
    assert heard == []
