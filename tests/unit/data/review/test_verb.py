"""From data to a report: what is drawn is estimated, what is picked is not, and a store takes decisions over."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.core.dataset import Column, Dataset, Source
from holdfast.core.errors import BadInput
from holdfast.core.finding import Finding, Location
from holdfast.core.record import InputRecord, Status
from holdfast.data.review.applying import apply, changes
from holdfast.data.review.building import Asked, build, strata_of
from holdfast.data.review.verb import Telling, report
from holdfast.data.standing import named_records
from records import make_result, make_run

N = 400


@pytest.fixture
def dataset():
    rng = np.random.default_rng(0)
    columns = {
        "text": pa.array([f"document {i}" for i in range(N)], pa.large_string()),
        "y": pa.array(rng.choice(["no", "yes"], N), pa.large_string()),
        "place": pa.array(rng.choice(["north", "south"], N, p=[0.9, 0.1]), pa.large_string()),
        "_origin": pa.array(["synthetic" if i % 4 == 0 else None for i in range(N)], pa.large_string()),
        "_screen_p": pa.array(rng.random(N)),
    }
    kinds = (Column("text", "text"), Column("y", "category", "label"), Column("place", "category"))
    more = (Column("_origin", "category", "origin"), Column("_screen_p", "number", "metadata"))
    return Dataset("d", pa.table(columns), (*kinds, *more), (Source("d.csv", 0, N, "b2:1"),))


def judged(queue, wrong=4):
    """Everybody is right, and every fourth label is wrong."""
    for place, item in enumerate(queue.items):
        other = "no" if item.given == "yes" else "yes"
        queue.decide(item.record, "ana", label=other if place % wrong == 0 else item.given)


def test_a_drawn_sample_is_estimated(dataset, tmp_path):
    queue = build(dataset, Asked(sample=80, by="place"), tmp_path / "q")
    judged(queue)
    run = report(queue, Telling(within=0.05))
    assert run.kind == "data"
    assert run.status == "finished"
    assert "The share of wrong labels is" in run.says
    text = " ".join(run.sections[0].says)
    assert "more reviews are needed" in text
    (share, *_) = run.sections[0].evidence
    assert share.low < 0.25 < share.high


def test_picked_records_are_never_an_estimate(dataset, tmp_path):
    queue = build(dataset, Asked(uncertain="_screen_p", most=30, asks=("label",)), tmp_path / "q")
    scores = [item.score for item in queue.items]
    assert max(abs(one - 0.5) for one in scores) < 0.1
    assert all(item.chance is None for item in queue.items)
    judged(queue)
    run = report(queue, Telling())
    assert "not estimable: its records were picked for being uncertain" in run.says
    assert run.sections[1].title == "Picked records"
    assert not run.sections[0].evidence


def test_findings_of_a_run_fill_a_queue(dataset, tmp_path):
    place = Location(rows=(3, 5, 7))
    found = make_result(
        "conflicting-duplicates", status=Status.FOUND, findings=(Finding(message="m", locations=(place,)),)
    )
    inputs = (InputRecord(name="d.csv", start=0, stop=N, digest="b2:1"),)
    run = make_run(n_rows=N, inputs=inputs, results=(found,))
    queue = build(dataset, Asked(flagged=True, sample=10), tmp_path / "q", run=run)
    assert sorted(item.row for item in queue.items if "flagged" in item.why) == [3, 5, 7]
    assert sum(item.chance is not None for item in queue.items) == 10
    other = run.model_copy(update={"inputs": (inputs[0].model_copy(update={"digest": "b2:2"}),)})
    with pytest.raises(BadInput, match="about other data"):
        build(dataset, Asked(flagged=True), tmp_path / "r", run=other)
    with pytest.raises(BadInput, match="no finding by other"):
        build(dataset, Asked(flagged=True, checks=("other",)), tmp_path / "s", run=run)
    with pytest.raises(BadInput, match="--run latest"):
        build(dataset, Asked(flagged=True), tmp_path / "t")


def test_a_queue_says_what_is_missing(dataset, tmp_path):
    with pytest.raises(BadInput, match="--label"):
        build(dataset.with_roles({"y": "feature"}), Asked(asks=("label",)), tmp_path / "q")
    with pytest.raises(BadInput, match="not both"):
        build(dataset, Asked(by="place", size="_screen_p"), tmp_path / "q")
    with pytest.raises(BadInput, match="nothing is decided"):
        report(build(dataset, Asked(sample=20), tmp_path / "q"), Telling())


def test_strata_of_numbers_are_tenths_and_missing_is_one(dataset):
    groups, names = strata_of(dataset, "_screen_p")
    assert len(set(groups)) == 10
    assert set(np.bincount(groups)) == {40}
    holes = pa.array([None if i < 5 else float(i) for i in range(N)])
    table = dataset.table.set_column(4, "_screen_p", holes)
    groups, names = strata_of(Dataset("d", table, dataset.columns), "_screen_p")
    assert [names[place] for place in groups[:5]] == ["missing"] * 5


def test_a_store_takes_decisions_over_and_labels_stay(dataset, tmp_path):
    store_module = pytest.importorskip("holdfast.data.store")
    pytest.importorskip("lance")
    store = store_module.Store.create(tmp_path / "corpus")
    store.add(dataset, "as it came")
    held = store.read()
    held = held.with_roles({"y": "label"})
    queue = build(held, Asked(sample=40, asks=("label", "origin")), tmp_path / "q")
    for item in queue.items:
        queue.decide(item.record, "ana", label="no", origin="human")
    wanted = changes(queue)
    declared = {item.record for item in queue.items if item.origin == "synthetic"}
    assert declared
    assert set(wanted.contradictions) == declared
    version, _ = apply(queue, store)
    after = store.read(version.id)
    names = named_records(after).to_pylist()
    seen = dict(
        zip(
            names,
            after.table.select(["_origin", "_evidence", "_verifier", "y", "y_reviewed", "review"]).to_pylist(),
            strict=True,
        )
    )
    for item in queue.items:
        row = seen[item.record]
        assert row["_verifier"] == "ana"
        assert (row["_origin"], row["y"]) == ("synthetic" if item.record in declared else "human-verified", item.given)
        assert row["y_reviewed"] == "no"
        assert row["review"] == ("approved" if item.given == "no" else "relabelled")
    others = [row for name, row in seen.items() if name not in queue.by_record]
    assert all(row["_verifier"] is None and row["y_reviewed"] == row["y"] and row["review"] is None for row in others)
