"""Repaired data: what is dropped, moved and logged, and what is refused."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest

from holdfast.audit.fix import apply
from holdfast.core.dataset import Dataset
from holdfast.core.environment import environment
from holdfast.core.errors import BadInput
from holdfast.core.finding import Confidence, Finding, Remedy, Severity
from holdfast.core.record import CheckResult, InputRecord, Run, Status
from holdfast.data.loading import load


def found(check: str, remedy: Remedy, confidence: Confidence = Confidence.CERTAIN) -> Finding:
    return Finding(message=check, check=check, severity=Severity.ERROR, confidence=confidence, remedy=remedy)


def run_of(dataset: Dataset, *findings: Finding, command: tuple[str, ...] = ()) -> Run:
    result = CheckResult(check="x", title="x", family="x", status=Status.FOUND, findings=findings)
    inputs = tuple(
        InputRecord(name=s.name, start=s.start, stop=s.stop, digest=s.digest, split=s.split) for s in dataset.sources
    )
    return Run(
        id="r1",
        started=datetime.now(UTC),
        environment=environment(),
        results=(result,),
        inputs=inputs,
        n_rows=len(dataset),
        command=command,
    )


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    rng = np.random.default_rng(0)
    paths = {}
    for name, n in (("train", 80), ("test", 20)):
        paths[name] = tmp_path / f"{name}.csv"
        rows = [
            f"{rng.normal():.4f},{i % 10},{i + 100 * (name == 'test')},{'yes' if i % 3 else 'no'}" for i in range(n)
        ]
        paths[name].write_text("a,person,day,y\n" + "\n".join(rows) + "\n")
    return paths


@pytest.fixture
def dataset(files: dict[str, Path]) -> Dataset:
    return load(files, roles={"y": "label", "person": "group"})


def read(path: Path) -> list[dict[str, object]]:
    return pyarrow.csv.read_csv(path).to_pylist()


def test_rows_and_columns_are_dropped_and_logged_with_file_and_line(
    dataset: Dataset, tmp_path: Path, files: dict[str, Path]
) -> None:
    before = {name: path.read_bytes() for name, path in files.items()}
    run = run_of(
        dataset,
        found("split-overlap", Remedy(op="drop-rows", rows=[85, 80])),
        found("label-in-disguise", Remedy(op="drop-columns", columns=("a",))),
    )
    log = apply(run, dataset, tmp_path / "out")
    assert {name: path.read_bytes() for name, path in files.items()} == before
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["_log.csv", "_log.jsonl", "test.csv", "train.csv"]
    test = read(tmp_path / "out" / "test.csv")
    assert [row["day"] for row in test] == [d for d in range(100, 120) if d not in {100, 105}]
    assert list(test[0]) == ["person", "day", "y"], "the split column came from the files' names"
    lines = [json.loads(line) for line in (tmp_path / "out" / "_log.jsonl").read_text().splitlines()]
    dropped = [(one["file"], one["line"], one["check"]) for one in lines if one["row"] is not None]
    assert dropped == [("test.csv", 2, "split-overlap"), ("test.csv", 7, "split-overlap")], "line 1 is the header"
    assert [one["column"] for one in lines if one["row"] is None] == ["a"]
    assert len(list(csv.reader((tmp_path / "out" / "_log.csv").read_text().splitlines()))) == len(lines) + 1
    assert "2 rows dropped, 1 column dropped" in log.summary()
    again = load(tmp_path / "out", roles={"y": "label"})  # the log beside the data is no data
    sides = again.one("split")
    assert sides is not None
    assert Counter(again.values(sides.name).to_pylist()) == {"test": 18, "train": 80}


def test_groups_end_on_one_side_and_every_move_is_logged(dataset: Dataset, tmp_path: Path) -> None:
    run = run_of(dataset, found("group-overlap", Remedy(op="regroup-split", columns=("person",))))
    log = apply(run, dataset, tmp_path / "out")
    sides = {name: read(tmp_path / "out" / f"{name}.csv") for name in ("train", "test")}
    train, test = ({row["person"] for row in sides[name]} for name in ("train", "test"))
    assert not train & test
    assert (len(sides["train"]), len(sides["test"])) == (80, 20), "sizes stay"
    moved = sum(row["day"] >= 100 for row in sides["train"]) + sum(row["day"] < 100 for row in sides["test"])
    assert log.count("moved") == moved > 0


def test_order_in_time_puts_the_last_rows_into_test(files: dict[str, Path], tmp_path: Path) -> None:
    mixed = load(files, roles={"y": "label"})
    shuffled = np.random.default_rng(1).permutation(len(mixed))
    days = np.asarray(mixed.numbers("day"))[shuffled]
    path = tmp_path / "one.csv"
    path.write_text(
        "day,a,y,split\n" + "\n".join(f"{int(d)},{i},u,{'test' if i % 5 == 0 else 'train'}" for i, d in enumerate(days))
    )
    dataset = load({"all": path}, roles={"y": "label"}, split_column="split")
    run = run_of(dataset, found("random-split-of-ordered-data", Remedy(op="reorder-split", columns=("day",))))
    apply(run, dataset, tmp_path / "out")
    test, train = read(tmp_path / "out" / "test.csv"), read(tmp_path / "out" / "train.csv")
    assert min(row["day"] for row in test) > max(row["day"] for row in train)
    assert {row["split"] for row in test} == {"test"}, (
        "a split column of the input is kept, and says where rows are now"
    )


def test_questions_are_not_applied(dataset: Dataset, tmp_path: Path) -> None:
    sure = found("split-overlap", Remedy(op="drop-rows", rows=[80]))
    asked = found("known-afterwards", Remedy(op="drop-columns", columns=("a",)), Confidence.LOW)
    log = apply(run_of(dataset, sure, asked), dataset, tmp_path / "out")
    assert "a" in read(tmp_path / "out" / "test.csv")[0]
    assert any("known-afterwards" in note for note in log.notes)


def test_a_spelling_that_is_certain_is_replaced(dataset: Dataset, tmp_path: Path) -> None:
    remedy = Remedy(op="relabel", rows=[80, 81], labels=("maybe", "maybe"))
    apply(run_of(dataset, found("label-spelling", remedy)), dataset, tmp_path / "out")
    assert [row["y"] for row in read(tmp_path / "out" / "test.csv")][:3] == ["maybe", "maybe", "yes"]


def test_a_folder_that_is_not_empty_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    run = run_of(dataset, found("split-overlap", Remedy(op="drop-rows", rows=[80])))
    with pytest.raises(BadInput, match="not empty"):
        apply(run, dataset, tmp_path)
    parts = tmp_path / "parts"
    parts.mkdir()
    with pytest.raises(BadInput, match="inside the input"):
        apply(run_of(dataset, *run.findings, command=("audit", str(parts))), dataset, parts / "out")


def test_other_data_and_nothing_to_do_are_refused(dataset: Dataset, files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to repair"):
        apply(run_of(dataset), dataset, tmp_path / "out")
    run = run_of(dataset, found("split-overlap", Remedy(op="drop-rows", rows=[80])))
    files["test"].write_text(files["test"].read_text() + "1.0,1,200,yes\n")
    with pytest.raises(BadInput, match="changed"):
        apply(run, load(files, roles={"y": "label"}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_split_is_never_left_empty(dataset: Dataset, tmp_path: Path) -> None:
    run = run_of(dataset, found("split-overlap", Remedy(op="drop-rows", rows=list(range(80, 100)))))
    with pytest.raises(BadInput, match="no row in the test split"):
        apply(run, dataset, tmp_path / "out")
    assert not list(tmp_path.glob("*out*")), "not even a part is left behind"


def test_the_log_runs_no_formula(dataset: Dataset, tmp_path: Path) -> None:
    finding = found("=cmd", Remedy(op="drop-rows", rows=[80]))
    apply(run_of(dataset, finding), dataset, tmp_path / "out")
    assert "'=cmd" in (tmp_path / "out" / "_log.csv").read_text()
