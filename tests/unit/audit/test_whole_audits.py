"""Whole audits of tables that are awkward as a whole: nothing crashes, nothing warns."""

import numpy as np
import pyarrow as pa
import pytest

import holdfast
from holdfast.core.record import Status

RNG = np.random.default_rng(0)
N = 240


def plain(n=N):
    x = RNG.normal(size=(n, 3))
    return {"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": np.where(x[:, 0] + RNG.normal(size=n) > 0, "yes", "no")}


def numbers():
    table = plain()
    return {**table, "y": table["a"] + RNG.normal(size=N)}


TABLES = {
    "a column is missing in all training rows": {**plain(), "z": [None] * (N - 60) + list(RNG.normal(size=60))},
    "everything is missing but the label": {"a": [None] * N, "b": [None] * N, "y": plain()["y"]},
    "infinite values": {**plain(), "z": np.where(RNG.random(N) < 0.1, np.inf, RNG.normal(size=N))},
    "largest floats": {**plain(), "z": np.where(RNG.random(N) < 0.5, 1.7e308, -1.7e308)},
    "largest whole numbers": {**plain(), "z": [2**63 - 1, -(2**63)] * (N // 2)},
    "one class": {**plain(), "y": ["yes"] * N},
    "a class a row": {**plain(), "y": [f"class {i}" for i in range(N)]},
    "the label is missing": {**plain(), "y": [None] * N},
    "a quantity": numbers(),
    "names that are code": {f"<script>alert({i})</script>": values for i, values in enumerate(plain().values())},
    "names that are formulas": {"=cmd()": RNG.normal(size=N), "\x1b[31m\x00\u202e": RNG.normal(size=N), **plain()},
    "long cells": {**plain(), "z": ["x" * 100_000, "y"] * (N // 2)},
    "text of all sorts": {**plain(), "z": ["\x00", "\u202e", "</script>", "=1+1", "\U0001f600"] * (N // 5)},
    "one row a split": {"a": [1.0, 2.0], "y": ["yes", "no"]},
    "two rows of one value": {"a": [1.0] * N, "y": plain()["y"]},
}


@pytest.mark.parametrize("name", TABLES)
def test_no_crash_and_no_warning(name):
    table = pa.table({key: pa.array(values, from_pandas=True) for key, values in TABLES[name].items()})
    cut = len(table) - max(1, len(table) // 4)
    label = "y" if "y" in table.column_names else table.column_names[-1]
    run = holdfast.audit(table.slice(0, cut), table.slice(cut), label=label, honest={"seconds": 5, "resamples": 200})
    assert [(result.check, result.reason) for result in run.results if result.status is Status.CRASHED] == []
    assert run.honest is not None
    assert "crashed" not in run.honest.reason
    for form in ("text", "html", "markdown", "json", "sarif", "junit"):
        assert holdfast.render(run, form)


def test_ten_thousand_columns():
    rng = np.random.default_rng(0)
    table = pa.table({f"c{i}": rng.normal(size=60) for i in range(10_000)} | {"y": rng.choice(["a", "b"], size=60)})
    run = holdfast.audit(table.slice(0, 45), table.slice(45), label="y", honest={"enabled": False})
    assert [(result.check, result.reason) for result in run.results if result.status is Status.CRASHED] == []


def test_the_same_data_from_any_library_gives_the_same_record():
    import duckdb
    import pandas as pd
    import polars as pl

    arrow = pa.table(numbers())
    frames = [
        arrow,
        pd.DataFrame(arrow.to_pydict()),
        pl.DataFrame(arrow.to_pydict()),
        duckdb.sql("SELECT * FROM arrow"),
    ]
    runs = [holdfast.audit(frame, label="y", honest={"enabled": False}) for frame in frames]
    assert len({run.test_digest for run in runs}) == 1
    assert len({tuple(f.message for f in run.findings) for run in runs}) == 1
