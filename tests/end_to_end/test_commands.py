"""Every command as a new user would try it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

QUICK = ("--no-honest", "--select", "split-overlap")


def one_paragraph(done):
    """Return what a failed command said, after seeing that it said it as it should."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    said = done.stderr.strip()
    assert said.startswith("holdfast: ")
    assert "\n" not in said
    return said


def test_the_whole_way_from_files_to_report(holdfast, tables):
    done = holdfast("audit", "train.csv", "test.csv", "--label", "y")
    assert done.returncode == 1, done.stderr
    assert "split-overlap" in done.stdout
    runs = list((tables / ".holdfast" / "runs").iterdir())
    assert len(runs) == 1
    page = (runs[0] / "report.html").read_text()
    assert page.lower().startswith("<!doctype html>")
    assert "30 of 60 test rows" in page
    again = holdfast("report")
    assert "split-overlap" in again.stdout
    listed = json.loads(holdfast("runs", "--format", "json").stdout)
    assert [(one["status"], one["errors"] >= 1) for one in listed] == [("finished", True)]


def test_json_is_json_and_nothing_else(holdfast, tables):
    done = holdfast("audit", "train.csv", "test.csv", "--label", "y", *QUICK, "--format", "json")
    record = json.loads(done.stdout)
    assert record["status"] == "finished"
    assert [result["check"] for result in record["results"]] == ["split-overlap"]


def test_a_clean_table_ends_with_zero(holdfast, tables):
    done = holdfast("audit", "train.csv", "--label", "y", *QUICK)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("level", "code"), [("error", 1), ("never", 0)])
def test_fail_on(holdfast, tables, level, code):
    assert holdfast("audit", "train.csv", "test.csv", *QUICK, "--fail-on", level).returncode == code


def test_a_baseline_hides_what_was_known(holdfast, tables):
    assert holdfast("audit", "train.csv", "test.csv", *QUICK).returncode == 1
    done = holdfast("audit", "train.csv", "test.csv", *QUICK, "--baseline", "latest", "--format", "json")
    assert done.returncode == 0
    (result,) = json.loads(done.stdout)["results"]
    assert result["findings"] == []
    assert result["suppressed"][0]["reason"].startswith("already in run ")


def test_a_suppression_needs_a_reason_and_is_counted(holdfast, tables):
    config = tables / "holdfast.toml"
    config.write_text('[[audit.suppress]]\ncheck = "split-overlap"\nreason = "the copies are control samples"\n')
    done = holdfast("audit", "train.csv", "test.csv", *QUICK)
    assert done.returncode == 0
    assert "1 suppressed" in done.stdout
    config.write_text('[[audit.suppress]]\ncheck = "split-overlap"\n')
    assert "reason" in one_paragraph(holdfast("audit", "train.csv", "test.csv", *QUICK))


def test_settings_from_the_file_are_overruled_by_flags(holdfast, tables):
    (tables / "holdfast.toml").write_text('[audit]\nlabel = "color"\nseed = 3\n')
    done = holdfast("audit", "train.csv", "test.csv", *QUICK, "--label", "y", "--format", "json")
    config = json.loads(done.stdout)["config"]
    assert (config["label"], config["seed"]) == ("y", 3)


def test_options_of_a_check(holdfast, tables):
    set_option = ("--set", "audit.checks.split-overlap.max_share=0.9")
    assert holdfast("audit", "train.csv", "test.csv", *QUICK, *set_option).returncode == 0


@pytest.mark.parametrize("form", ["html", "markdown", "sarif", "junit", "json", "text"])
def test_every_format_to_a_file(holdfast, tables, form):
    done = holdfast("audit", "train.csv", "test.csv", *QUICK, "--format", form, "--out", "deep/report.out")
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert (tables / "deep" / "report.out").stat().st_size > 100
    assert "Do not trust a score from this data yet" in done.stderr  # the verdict, for whoever sits before the terminal


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit"], "no data given"),
        (["audit", "nowhere.csv"], "nowhere.csv"),
        (["audit", "trian.csv", "test.csv"], "train.csv"),
        (["audit", "train.csv", "test.csv", "--label", "why"], "no column 'why'"),
        (["audit", "train.csv", "--format", "pdf"], "no format 'pdf'"),
        (["audit", "train.csv", "--select", "split-overlpa"], "Did you mean 'split-overlap'?"),
        (["audit", "a.csv", "b.csv", "c.csv"], "got 3 files"),
        (["audit", "train.csv", "--split", "test=test.csv"], "not both"),
        (["audit", "--split", "test.csv"], "--split wants NAME=FILE"),
        (["audit", "train.csv", "--set", "audit.sed=1"], "Did you mean 'seed'?"),
        (["audit", "train.csv", "--set", "seed=1"], "audit.seed=1"),
        (["audit", "train.csv", "--test-share", "2"], "--test-share"),
        (["audit", "train.csv", "--label", "y", "--time", "y"], "cannot be both"),
        (["audit", "train.csv", "--config", "none.toml"], "cannot read none.toml"),
        (["audit", "train.csv", "--model", "nomodule:make", "--label", "y"], "nomodule"),
        (["audit", "--resume", "latest"], "no runs in"),
        (["audit", "nofiles"], "nofiles"),
        (["audt"], "Did you mean 'audit'?"),
        (["audit", "--lable", "y"], "--label"),
        (["report"], "no runs in"),
        (["checks", "show", "split-overlpa"], "Did you mean 'split-overlap'?"),
        (["checks", "new", "Bad Name", "--family", "x"], "words joined by hyphens"),
        (["fix", "latest", "--out", "x"], "no runs in"),
        (["runs", "--most", "0"], "--most"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_one_paragraph_and_exit_2(holdfast, tables, arguments, said):
    assert said in one_paragraph(holdfast(*arguments))


def test_an_empty_file(holdfast, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    assert "empty" in one_paragraph(holdfast("audit", "empty.csv"))


def test_a_column_and_a_check_of_one_name_must_be_told_apart(holdfast, tables):
    text = (tables / "train.csv").read_text()
    (tables / "clash.csv").write_text(text.replace("color", "leakage", 1))
    assert "column:leakage" in one_paragraph(holdfast("audit", "clash.csv", "--ignore", "leakage"))
    assert holdfast("audit", "clash.csv", "--label", "y", *QUICK, "--ignore", "column:leakage").returncode == 0


def test_a_finished_run_is_not_resumed(holdfast, tables):
    holdfast("audit", "train.csv", "test.csv", *QUICK)
    assert "not interrupted" in one_paragraph(holdfast("audit", "--resume", "latest"))


def test_resume_takes_over_what_was_done(holdfast, tables):
    holdfast("audit", "train.csv", "test.csv", "--label", "y", "--no-honest")
    (folder,) = (tables / ".holdfast" / "runs").iterdir()
    record = json.loads((folder / "run.json").read_text())
    complete = record["results"]
    (folder / "run.json").write_text(json.dumps({**record, "status": "running", "results": []}))
    lines = (folder / "results.jsonl").read_text().splitlines(keepends=True)
    (folder / "results.jsonl").write_text("".join(lines[:5]) + lines[5][:20])
    done = holdfast("audit", "--resume", "latest", "--format", "json")
    assert done.returncode == 1, done.stderr
    resumed = json.loads(done.stdout)

    def what_counts(results):
        return [{key: value for key, value in result.items() if key != "seconds"} for result in results]

    assert what_counts(resumed["results"]) == what_counts(complete)
    assert resumed["results"][0]["seconds"] == complete[0]["seconds"]
    (tables / "train.csv").write_text("a,b,c,color,y\n1,2,3,red,no\n")
    (folder / "run.json").write_text(json.dumps({**record, "status": "running"}))
    assert "has changed since" in one_paragraph(holdfast("audit", "--resume", "latest"))


def test_a_closed_pipe_is_no_error(holdfast, tables):
    command = Path(sys.executable).with_name("holdfast")
    done = subprocess.run(
        f"{command} audit train.csv test.csv --no-honest --format json | head -c 10",
        shell=True,
        check=False,
        cwd=tables,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_nothing_is_wider_than_the_terminal(holdfast, tables):
    done = holdfast("audit", "train.csv", "test.csv", "--label", "y", "--no-honest")
    paths = [line for line in done.stdout.splitlines() if ".holdfast" in line]
    assert max(len(line) for line in done.stdout.splitlines() if line not in paths) <= 80
    assert "\x1b" not in done.stdout + done.stderr


def test_checks_list_and_show(holdfast):
    listed = json.loads(holdfast("checks", "list", "--format", "json").stdout)
    assert {"check", "family", "title", "severity"} == set(listed[0])
    assert "split-overlap" in holdfast("checks").stdout
    shown = holdfast("checks", "show", "split-overlap").stdout
    assert "## Why it matters" in shown
    assert "audit.checks.split-overlap.max_share = 0.0" in shown


def test_a_new_check_keeps_the_contract_as_written(holdfast, tmp_path):
    package = tmp_path / "mine"
    done = holdfast("checks", "new", "single-value", "--family", "quirks", "--package", package)
    assert done.returncode == 0, done.stderr
    code = (
        "import importlib, sys; sys.path.insert(0, sys.argv[1]);"
        "from dataclasses import replace;"
        "from holdfast.audit.conformance import RULES, verify;"
        "from holdfast.audit.definitions import Case;"
        "m = importlib.import_module('mine.quirks.single_value');"
        "c = replace(m.single_value, cases=tuple(x for x in vars(m).values() if isinstance(x, Case)));"
        "[verify(c, rule) for rule in RULES]; print(c.family, c.name)"
    )
    checked = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert checked.stdout == "quirks single-value\n", checked.stderr
    assert "exists already" in one_paragraph(
        holdfast("checks", "new", "single-value", "--family", "quirks", "--package", package)
    )


def test_schema_is_a_schema(holdfast):
    schema = json.loads(holdfast("schema").stdout)
    assert "audit" in schema["properties"]


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(holdfast, tables):
    command = [Path(sys.executable).with_name("holdfast"), "audit", "train.csv", "test.csv", "--label", "y"]
    process = subprocess.Popen(command, cwd=tables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal = None
    for _ in range(600):
        journal = journal or next((tables / ".holdfast" / "runs").glob("*/results.jsonl"), None)
        if journal and journal.stat().st_size > 0:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, ""), said
    assert "Traceback" not in said
    run = journal.parent.name
    assert f"holdfast audit --resume {run}" in said
    assert json.loads(holdfast("runs", "--format", "json").stdout)[0]["status"] == "interrupted"
    assert "--no-honest cannot be given" in one_paragraph(holdfast("audit", "--resume", run, "--no-honest"))
    assert holdfast("audit", "--resume", run).returncode == 1
