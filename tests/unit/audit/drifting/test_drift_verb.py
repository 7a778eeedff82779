"""Versions compared from beginning to end: what is said, and what is not."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.verb import drift
from holdfast.core.errors import BadInput
from holdfast.report.render import render


def table(n, seed=0, shift=0.0, **more):
    rng = np.random.default_rng(seed)
    site = rng.choice(["north", "south"], size=n, p=[0.5 + shift / 4, 0.5 - shift / 4])
    return pa.table({"a": rng.normal(shift, 1, n), "b": rng.normal(size=n), "site": site, **more})


def names(run, check="column-drift"):
    return {name for finding in run.result(check).findings for name in finding.locations[0].columns}


def section(run, title):
    return next(one for one in run.sections if one.title == title)


def test_what_moved_is_found_and_what_did_not_is_not():
    run = drift(table(800), table(600, 1, shift=0.8))
    assert names(run) == {"a", "site"}
    assert "version 2" in run.result("column-drift").findings[0].message
    rows = section(run, "Columns one by one").evidence[0].cells
    assert [(row[0], row[1]) for row in rows] == [("a", "drifts"), ("site", "drifts"), ("b", "")]


def test_two_samples_of_one_source_do_not_drift():
    run = drift(table(800), table(600, 1))
    assert not run.findings
    assert run.says.startswith("0 of 3 columns drift; a model cannot tell version 2 from version 1")


def test_appended_rows_are_compared_with_what_was_there():
    old, new = table(600), table(200, 1, shift=1.0)
    run = drift(old, pa.concat_tables([old, new]))
    told = " ".join(section(run, "What was compared").says)
    assert "200 of 800 rows of version 2 are new: 600 were there before" in told.replace("New", "new")
    diluted, undiluted = (float(one.sections[0].evidence[0].cells[0][2]) for one in (drift(old, new), run))
    assert diluted == pytest.approx(undiluted, abs=0.02)


def test_the_same_rows_are_no_drift():
    old = table(300)
    run = drift(old, old.take(np.random.default_rng(0).permutation(300)))
    assert run.says == "Both versions hold the same rows: nothing was added, nothing taken away."
    assert not run.findings


def test_rows_taken_away_are_compared_with_those_kept():
    old = table(1_500)
    run = drift(old, old.filter(pa.compute.less(old["a"], 0.5)))
    assert "a" in names(run)
    assert "rows taken away" in run.result("column-drift").findings[0].message


def test_columns_that_came_and_went_are_named():
    run = drift(table(300, old=np.arange(300.0)), table(300, 1, new=["x"] * 300))
    told = " ".join(section(run, "What was compared").says)
    assert "1 column is in the last version only: 'new'" in told
    assert "1 column is no longer there: 'old'" in told


def test_versions_without_a_common_column_are_refused():
    with pytest.raises(BadInput, match="no column in common"):
        drift(pa.table({"a": [1, 2]}), pa.table({"b": [1, 2]}))
    with pytest.raises(BadInput, match="one version only"):
        drift(table(50))


def test_the_label_is_told_apart_from_features():
    rng = np.random.default_rng(0)
    sides = []
    for share in (0.3, 0.7):
        y = rng.random(900) < share
        sides.append(pa.table({"a": rng.normal(size=900) + 2 * y, "y": np.where(y, "yes", "no")}))
    run = drift(*sides, label="y")
    assert names(run, "label-shift") == {"y"}
    told = section(run, "The label")
    assert any("shares of labels may explain" in one for one in told.says)
    apart = next(one for one in told.evidence if "rows of one label" in one.name)
    assert apart.low < 0.5 < apart.high


def test_new_values_and_missing_ones_are_told():
    rng = np.random.default_rng(0)
    old = pa.table({"k": rng.choice(["a", "b"], 500), "x": rng.normal(size=500)})
    x = pa.array(rng.normal(size=500), mask=rng.random(500) < 0.3)
    new = pa.table({"k": rng.choice(["a", "b", "c"], 500), "x": x})
    run = drift(old, new)
    rows = {row[0]: row for row in run.sections[0].evidence[0].cells}
    assert "1 new value (" in rows["k"][-1]
    assert rows["x"][4].startswith("+")
    assert names(run) >= {"x"}
    assert "'x' (missing share +" in run.says


def test_texts_that_are_gone_are_told():
    rng = np.random.default_rng(0)
    texts = np.array([" ".join(rng.choice(["one", "two", "three", "four"], 9)) for _ in range(600)], dtype=object)
    kept = np.where(rng.random(600) < 0.3, None, texts)
    old, new = ({"text": values[half]} for values, half in ((texts, slice(300)), (kept, slice(300, None))))
    (line,) = drift(pa.table(old), pa.table(new)).sections[0].evidence[0].cells
    assert line[:2] == ("text", "drifts")
    assert line[4].startswith("+")


def test_a_column_that_one_side_does_not_have_values_of_has_no_effect():
    run = drift(table(300, x=np.arange(300.0)), table(300, 1, x=pa.nulls(300, pa.float64())))
    line = next(row for row in run.sections[0].evidence[0].cells if row[0] == "x")
    assert line[1] == "drifts"
    assert line[2:4] == ("", "")
    assert line[-1].endswith("too few values on one side")


def test_new_rows_of_a_version_are_called_so():
    old = table(600)
    run = drift(old, pa.concat_tables([old, table(200, 1)]))
    assert section(run, "Columns one by one").says[0].startswith("200 new rows of version 2 against 600 of version 1")
    assert "new rows are 25.0% of version 2," in " ".join(section(run, "What was compared").says).replace("New", "new")


def test_texts_are_compared_by_their_words():
    rng = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(80)])

    def texts(some):
        return pa.table({"text": [" ".join(rng.choice(some, 12)) for _ in range(150)]})

    run = drift(texts(words), texts(np.r_[words[:60], ["new", "newer"]]))
    line = run.sections[0].evidence[0].cells[0]
    assert line[:2] == ("text", "drifts")
    assert any(one.title == "Words of text" for one in run.sections)
    assert run.result("joint-drift").findings


def test_periods_follow_each_other():
    n = 900
    days = np.datetime64("2024-01-01") + np.sort(np.random.default_rng(0).integers(0, 90, n))
    data = table(n).append_column("when", pa.array(days))
    moved = np.where(days >= np.datetime64("2024-03-01"), 1.5, 0.0)
    data = data.set_column(1, "b", pa.array(data["b"].to_numpy() + moved))
    run = drift(data, by="when", every="month")
    assert names(run) == {"b"}
    assert "2024-03" in run.result("column-drift").findings[0].message
    assert any(one.title == "What moved most" for one in run.sections)
    for form in ("text", "html", "markdown", "json"):
        assert "2024-03" in render(run, form)


def test_a_column_that_tells_no_time_is_refused():
    with pytest.raises(BadInput, match="told by times"):
        drift(table(100), by="site")
    with pytest.raises(BadInput, match="--by COLUMN"):
        drift(table(100), table(100), every="month")
    with pytest.raises(BadInput, match="no column 'tim'"):
        drift(table(100), by="tim")


def test_origins_are_shown_with_intervals():
    origins = [["human"] * 90 + ["synthetic"] * 10, ["human"] * 40 + ["synthetic"] * 50 + [None] * 10]
    run = drift(*(table(100, seed, _origin=pa.array(one)) for seed, one in enumerate(origins)))
    series = section(run, "Who made the rows").evidence[0]
    shares = {(group, x): y for group, x, y in zip(series.group, series.x, series.y, strict=True)}
    assert shares["human", "version 1"] == 0.9
    assert shares["unknown", "version 2"] == 0.1
    assert all(low <= y <= high for low, y, high in zip(series.low, series.y, series.high, strict=True))


@pytest.mark.parametrize("name", ["<script>", "a\x1b[31m\u202e", "x" * 300])
def test_hostile_names_and_values_are_survived(name):
    odd = [np.inf, -np.inf, 1e308, -1e308, np.nan] * 20
    values = [name, "\0", "", "<img src=x onerror=alert(1)>", None] * 20
    old = pa.table({name: odd, "k": values})
    run = drift(old, pa.table({name: odd[::-1] + [1e300] * 30, "k": values + [name * 3] * 30}))
    text, page = render(run, "text"), render(run, "html")
    assert "\x1b[31m" not in text + page
    assert "\u202e" not in text + page
    assert "<script><script>" not in page
    assert "<img src=x" not in page


def test_the_order_of_rows_changes_no_effect():
    old, new = table(400), table(300, 1, shift=0.4)
    order = np.random.default_rng(0)
    first = drift(old, new)
    second = drift(old.take(order.permutation(400)), new.take(order.permutation(300)))
    cells = [[row[:4] for row in run.sections[0].evidence[0].cells] for run in (first, second)]
    assert cells[0] == cells[1]


def test_data_sets_and_files_serve_alike(tmp_path):
    pq.write_table(table(200), tmp_path / "old.parquet")
    run = drift(
        tmp_path / "old.parquet", subject({"a": np.zeros(50), "site": ["north"] * 50}), settings=DriftSettings()
    )
    assert names(run) >= {"site"}
    assert run.kind == "data"
