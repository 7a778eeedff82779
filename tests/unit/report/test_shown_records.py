"""Every record of the parts below, told and drawn: the words and numbers that matter are there in all three forms."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from checklist_runs import study
from holdfast.audit.fix import FixLog
from holdfast.audit.training import Training
from holdfast.collapse import Experiment, plan, run_experiment
from holdfast.collapse.forecasting import forecast
from holdfast.collapse.profile import Generation, Real, profile
from holdfast.data.exporting import export
from holdfast.data.loading import load
from holdfast.data.mixing import mix, read_mix, write_mix
from holdfast.data.review.building import Asked, build
from holdfast.data.store import Store
from holdfast.finetune.scorecard import scorecard
from holdfast.report.checklist.build import checklist
from mixtures import corpus, policy


class Printer:
    def __init__(self):
        self.said, self.stack = "", [0]

    def text(self, text):
        self.said += text


def drawn(record):
    """Return what the record shows, in each form."""
    printer = Printer()
    record._repr_pretty_(printer, cycle=False)
    page = record._repr_html_()
    assert "<script" not in page
    return page, record._repr_markdown_(), printer.said


@pytest.fixture
def store(tmp_path):
    store = Store.create(tmp_path / "corpus")
    first = pa.table({"text": ["one", "two"], "_origin": ["human", "synthetic"]})
    store.add(load({"all": first}, undivided=True), "the first ones")
    second = pa.table({"text": ["one", "three <b>"], "_origin": ["human", "unknown"]})
    store.add(load({"all": second}, undivided=True), "<i>more</i>")
    return store


def test_a_store_and_its_versions(store):
    for said in drawn(store):
        assert "2 versions; the last has 3 records" in said
    for said in drawn(store.log()[0]):
        assert "2 records" in said
        assert "the first ones" in said
        assert "human" in said
        assert "50" in said
    page, markdown, text = drawn(store.version("head"))
    assert "&lt;i&gt;more" in page
    assert "<i>" not in markdown
    assert "1 human, 1 synthetic" not in text
    for said in drawn(store.diff("head~1", "head")):
        assert "1 added, 0 removed" in said
    for said in drawn(store.diff("head", "head")):
        assert "no difference" in said


def test_a_look_at_every_file(store):
    for said in drawn(store.verify()):
        assert "nothing is missing, torn or changed" in said
    victim = next((store.folder / "rows.lance" / "data").iterdir())
    victim.write_bytes(victim.read_bytes()[:-1] + b"\x00")
    for said in drawn(store.verify()):
        assert "1 are damaged" in said


def test_an_empty_store(tmp_path):
    for said in drawn(Store.create(tmp_path / "new")):
        assert "no version yet" in said


def test_a_mix_and_its_record(tmp_path):
    mixed = mix(policy(records=100), dataset=corpus())
    for said in drawn(mixed):
        assert "100 records of corpus" in said
        assert "records wanted" in said
    write_mix(mixed, tmp_path / "out")
    for said in drawn(read_mix(tmp_path / "out")):
        assert "100 of 400 records of corpus" in said


def test_an_export(tmp_path):
    for said in drawn(export(corpus(40), tmp_path / "out", "csv")):
        assert "40 records: " in said
        assert "human-verified" in said


def test_a_queue(tmp_path):
    rows = pa.table({"text": [f"document {i}" for i in range(12)], "y": ["no", "yes"] * 6})
    queue = build(load(rows, roles={"y": "label"}, undivided=True), Asked(sample=6), tmp_path / "q")
    queue.decide(queue.items[0].record, "ana", label="no", seconds=3.5)
    for said in drawn(queue):
        assert "1 of 6 records were judged by 1 person" in said
        assert "ana" in said


def test_a_plan_a_forecast_and_a_profile():
    for said in drawn(plan(rarest=1e-3, synthetic=1000)):
        assert "new real items a generation, beside 1,000 synthetic ones" in said
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 301.0)
    start = rng.multinomial(5000, share / share.sum())
    for said in drawn(forecast(start, rng.multinomial(5000, start / 5000, size=4).T, 3)):
        assert "will be left" in said
    learnt = rng.multinomial(5000, start / 5000)
    seen = Generation(learnt, rng.multinomial(5000, learnt / 5000))
    for said in drawn(profile(seen, Real.of_law(share / share.sum()), draws=20)):
        assert "The generation: " in said


def test_a_curve():
    _, curves = run_experiment(Experiment(samples=20, generations=5, replicates=20, measures=("variance",)))
    for said in drawn(curves[0]):
        assert "Variance" in said
        assert "after 5 generations" in said.lower()


def test_a_scorecard_and_a_checklist():
    for said in drawn(scorecard(Training("classify-text", "accuracy", silent={"need": "off by options.need.off"}))):
        assert "Scorecard: classify-text" in said
        assert "need" in said
    for said in drawn(checklist([study()])):
        assert "items have evidence in these runs" in said


def test_a_repair():
    for said in drawn(FixLog(Path("repaired"), ("train.csv", "test.csv"), (), ("a note",))):
        assert "train.csv, test.csv" in said
        assert "a note" in said
