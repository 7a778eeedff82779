"""Histories of versions: what each added, diversity, and the alarm over them."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.audit.drifting.settings import DriftSettings
from holdfast.collapse.versions.verb import drift_of
from holdfast.core.errors import BadInput
from holdfast.core.record import Status
from holdfast.data.loading import load
from holdfast.data.store.store import Store


def rows(seed, n=300, scale=1.0, origin="human"):
    rng = np.random.default_rng(seed)
    columns = {"a": rng.normal(0, scale, n), "b": rng.normal(size=n), "_origin": [origin] * n}
    return pa.table(columns)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store") / "corpus"
    made = Store.create(folder)
    made.add(load({"all": rows(0, 900)}), "what people wrote")
    made.add(load({"all": rows(1)}), "more of it")
    made.add(load({"all": rows(2, scale=0.3, origin="synthetic")}), "what a model wrote")
    return folder


@pytest.fixture(scope="module")
def history(store):
    return drift_of([str(store)])


def titles(run):
    return [section.title for section in run.sections]


def test_each_version_is_compared_with_what_was_there(history):
    (finding,) = history.result("column-drift").findings
    assert finding.locations[0].columns == ("a",)
    assert "earlier rows and version 3" in finding.message
    cells = history.sections[-1].evidence[0].cells
    assert cells == (("version 1", 900, 900, 0), ("version 2", 1200, 300, 0), ("version 3", 1500, 300, 0))


def test_origins_and_diversity_are_shown_over_versions(history):
    assert {"Who made the rows", "Diversity", "Alarm over versions"} <= set(titles(history))
    shares = next(one for one in history.sections if one.title == "Who made the rows").evidence[0]
    assert shares.y[: len(shares.x) // 2] == (1.0, 1.0, 0.8)


def test_the_alarm_speaks_of_versions(history):
    (finding,) = history.result("tail-lost").findings
    assert finding.message.startswith("version 3 has lost")
    assert "generation" not in finding.fix


def test_from_a_version_on(store):
    run = drift_of([str(store)], since="2")
    assert run.sections[-1].evidence[0].cells[0] == ("version 2", 1200, 1200, 0)
    assert "Diversity" not in titles(run)


def test_two_versions_by_their_addresses(store):
    run = drift_of([f"{store}@2", f"{store}@head"])
    assert "300 of 1,500 rows" in " ".join(run.sections[-1].says)
    assert run.result("column-drift").status is Status.FOUND


def test_files_in_a_row_without_drift_are_quiet(tmp_path):
    names = []
    for seed in range(4):
        pq.write_table(rows(seed), tmp_path / f"v{seed}.parquet")
        names.append(str(tmp_path / f"v{seed}.parquet"))
    run = drift_of(names)
    assert not run.findings, [one.message for one in run.findings]
    assert not any(result.status is Status.CRASHED for result in run.results)


def test_what_cannot_be_compared_is_said(store, tmp_path):
    with pytest.raises(BadInput, match="nothing to compare"):
        drift_of([])
    with pytest.raises(BadInput, match="--since is for the versions"):
        drift_of(["a.csv", "b.csv"], since="v1")
    with pytest.raises(BadInput, match="one version to compare"):
        drift_of([f"{store}@1"])
    with pytest.raises(BadInput, match="no file"):
        drift_of([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])


def test_categories_alone_have_no_diversity_here(tmp_path):
    rng = np.random.default_rng(0)
    names = []
    for k in range(3):
        path = tmp_path / f"{k}.parquet"
        pq.write_table(pa.table({"k": rng.choice(["a", "b", "c"], 200)}), path)
        names.append(str(path))
    run = drift_of(names, DriftSettings())
    assert any("only categories" in note for note in run.notes)
