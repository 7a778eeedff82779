"""Controls that need no network: columns of a table, neighbours, and when there is nothing for them to do."""

from types import SimpleNamespace

import numpy as np
import pytest

from holdfast.audit.supervision import Ledger
from holdfast.core.random import Streams
from holdfast.data.loading import load
from holdfast.finetune import catalogue
from holdfast.finetune.measuring.untouched import Features


def ledger(rows):
    ones = np.ones(len(rows), np.int64)
    return Ledger(rows, ones, ones, ones, 0 * ones)


@pytest.fixture
def bench(tmp_path):
    rng = np.random.default_rng(0)
    size, kind = rng.normal(size=300), rng.choice(["a", "b", "c"], 300)
    label = np.where((size > 0) ^ (kind == "a"), "yes", "no")
    lines = ["text,size,kind,label"]
    lines += [
        f"some words {at} of no use,{'' if at % 17 == 0 else f'{s:.4f}'},{k},{y}"
        for at, (s, k, y) in enumerate(zip(size, kind, label, strict=True))
    ]
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    dataset = load({"all": str(tmp_path / "table.csv")}, roles={"label": "label"}, kinds={"text": "text"})
    task = SimpleNamespace(
        supervision=SimpleNamespace(ledgers={"train": ledger(np.arange(200)), "test": ledger(np.arange(200, 300))})
    )
    return SimpleNamespace(
        dataset=dataset,
        prepared=SimpleNamespace(task=task),
        recipe=SimpleNamespace(inputs=("text",)),
        streams=Streams(0),
        untouched=SimpleNamespace(features=None),
    )


def test_boosting_bends_where_a_straight_line_does_not(bench):
    found = {name: catalogue.controls()[name].judge(bench) for name in ("boosting", "linear")}
    assert found["boosting"].mean > 0.85
    assert found["linear"].mean < found["boosting"].mean
    for one in found.values():
        assert one.score.shape == one.loss.shape == (100,)
        assert np.isfinite(one.loss).all()


def test_without_columns_there_is_no_control_of_them(bench):
    bench.recipe.inputs = ("text", "size", "kind")
    assert catalogue.controls()["boosting"].judge(bench) is None
    assert catalogue.controls()["nearest"].judge(bench) is None


def test_neighbours_vote_by_nearness(bench):
    rng = np.random.default_rng(1)
    classes = np.repeat([0, 2], 20)
    near = rng.normal(size=(40, 3)) * 0.05 + np.where(classes[:, None] == 0, [[1.0, 0, 0]], [[0, 1.0, 0]])
    bench.untouched = SimpleNamespace(features=Features(near, classes, near[::4], np.array([0] * 5 + [2] * 4 + [1])))
    found = catalogue.controls()["nearest"].judge(bench)
    assert found.score.tolist() == [1.0] * 9 + [0.0]  # a class that no training example has is never right
    assert np.isfinite(found.loss).all()
