"""`holdfast checklist` as a new user would try it."""

import json

import pytest

from checklist_runs import code_run, study
from holdfast.core.store import RunStore


@pytest.fixture
def stored(tmp_path):
    """Two runs in the store, as audits leave them."""
    store = RunStore(tmp_path / ".holdfast")
    for run in (study(), code_run()):
        with store.begin(run) as writer:
            writer.finish(run)
    return tmp_path


def test_the_first_call_asks_and_the_next_one_reads_the_answers(holdfast, tables):
    assert holdfast("audit", "train.csv", "test.csv", "--label", "y", "--no-honest").returncode == 1
    first = holdfast("checklist")
    assert first.returncode == 0, first.stderr
    assert first.stderr.startswith("wrote reforms.toml: the questions for people.")
    assert "30 of 60 test rows" in " ".join(first.stdout.split())
    file = tables / "reforms.toml"
    text = file.read_text().replace("# holds = true", "holds = true")
    file.write_text(text.replace('study = ""', 'study = "Colours"'))
    again = holdfast("checklist", "latest", "--view", "both", "--format", "json")
    assert (again.returncode, again.stderr) == (0, "")
    found = json.loads(again.stdout)
    assert [view["name"] for view in found["views"]] == ["reforms", "lones"]
    states = {one["id"]: one["state"] for section in found["views"][0]["sections"] for one in section["entries"]}
    assert states["6b"] == "contradicted"
    assert found["study"] == "Colours"
    assert file.read_text() == text.replace('study = ""', 'study = "Colours"')


def test_a_page_is_written_and_no_word_goes_to_standard_output(holdfast, stored):
    done = holdfast("checklist", "--format", "html", "--out", "deep/list.html", "--answers", "mine.toml")
    assert (done.returncode, done.stdout) == (0, "")
    page = (stored / "deep" / "list.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "https://reforms.cs.princeton.edu/" in page
    assert (stored / "mine.toml").is_file()
    assert not (stored / "reforms.toml").exists()


def test_several_runs_fill_one_list(holdfast, stored):
    done = holdfast("checklist", "4f1c", "c0de", "--format", "json")
    assert [run["run"] for run in json.loads(done.stdout)["runs"]] == [study().id, code_run().id]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nosuchrun",), "no run 'nosuchrun'"),
        (("--format", "pdf"), "known are html, json, markdown, text"),
        (("--runs", "elsewhere"), "no runs in elsewhere yet"),
        (("--answers", "."), "not a file"),
        (("--out", "."), ". is a folder"),
        (("--answers", ".holdfast/runs/20261121-221409-4f1c/run.json"), "not valid TOML"),
    ],
)
def test_mistakes_end_with_2_and_one_paragraph(holdfast, stored, arguments, said):
    done = holdfast("checklist", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = [one for one in done.stderr.splitlines() if not one.startswith("wrote ")]
    assert line.startswith("holdfast: ")
    assert said in line


def test_a_wrong_run_leaves_no_file(holdfast, stored):
    assert holdfast("checklist", "nosuchrun").returncode == 2
    assert not (stored / "reforms.toml").exists()


def test_the_demonstration_fills_at_least_26_of_the_32_items(holdfast):
    assert holdfast("demo").returncode == 0
    found = json.loads(holdfast("checklist", "--format", "json").stdout)
    entries = [one for section in found["views"][0]["sections"] for one in section["entries"]]
    seen = [one["id"] for one in entries if any(line["tone"] != "silent" for line in one["evidence"])]
    assert len(entries) == 32
    assert len(seen) >= 26, sorted({one["id"] for one in entries} - set(seen))
