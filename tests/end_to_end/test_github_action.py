"""The composite action: its form, that no input can become a command, and its steps, run as a runner would."""

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import check_jsonschema
import pytest
import yaml
from jsonschema import Draft7Validator

from holdfast.report.render import render
from report_runs import ALL

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
SCHEMA = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / "github-actions.json"
HOLDFAST = Path(sys.executable).with_name("holdfast")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def test_the_action_keeps_its_schema():
    errors = [one.message for one in Draft7Validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(ACTION)]
    assert errors == []


@pytest.mark.parametrize("name", STEPS)
def test_nothing_from_outside_stands_in_a_script(name):
    assert "${{" not in STEPS[name]["run"]
    assert STEPS[name]["shell"] == "bash"
    assert "uses" not in STEPS[name]  # nothing to pin


@pytest.fixture
def github(tmp_path):
    """Return a function that runs a step as a runner would: expressions only in its environment."""
    runner, bin_folder, work = tmp_path / "runner", tmp_path / "bin", tmp_path / "work"
    for folder in (runner, bin_folder, work):
        folder.mkdir()
    venv = runner / "holdfast" / "bin"
    venv.mkdir(parents=True)
    (venv / "holdfast").symlink_to(HOLDFAST)
    known = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
    files = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for path in files.values():
        path.touch()

    def outputs():
        return dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())

    def value(expression, inputs):
        kind, _, name = expression.partition(".")
        if kind == "inputs":
            return inputs.get(name, known[name])
        if expression.startswith("steps.audit.outputs."):
            return outputs().get(expression.rpartition(".")[2], "")
        return {"github.action_path": str(ROOT), "github.event.pull_request.number": "7", "github.token": "t"}[
            expression
        ]

    def run(step, **inputs):
        inputs = {name.replace("_", "-"): text for name, text in inputs.items()}
        own = {
            name: EXPRESSION.sub(lambda found: value(found[1], inputs), text)
            for name, text in STEPS[step]["env"].items()
        }
        environment = {
            **os.environ, **own, **{name: str(path) for name, path in files.items()}, "RUNNER_TEMP": str(runner),
            "PATH": f"{bin_folder}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": "0" * 40,
            "GITHUB_REF": "refs/pull/7/merge",
        }  # fmt: skip
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[step]["run"]],
            cwd=work, env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    run.work, run.bin, run.outputs = work, bin_folder, outputs
    run.output, run.summary = files["GITHUB_OUTPUT"], files["GITHUB_STEP_SUMMARY"]
    return run


def program(path, source):
    path.write_text(f"#!{sys.executable}\n{source}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


LEAK = """\
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

X = StandardScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
"""


def test_an_audit_writes_what_later_steps_need(github):
    (github.work / "train.py").write_text(LEAK)
    done = github("Audit", code="train.py\n", fail_on="warning")
    assert done.returncode == 0, done.stderr
    found = github.outputs()
    assert found["exit-code"] == "1"
    assert json.loads(Path(found["sarif"]).read_text())["runs"][0]["results"][0]["ruleId"] == "fit-before-split"
    assert "fit-before-split" in Path(found["html"]).read_text()
    assert github.summary.read_text() == Path(found["markdown"]).read_text()
    assert "fit-before-split" in done.stdout
    assert github("Outcome").returncode == 1


def test_nothing_that_an_input_says_is_run(github):
    name = "$(touch pwned) `touch pwned`; touch pwned #.py"
    (github.work / name).write_text("x = 1\n")
    done = github("Audit", code=name, data="--out=pwned", arguments="--select=$(touch pwned)", summary="$(touch pwned)")
    assert done.returncode == 2  # a mistake fails the step itself
    assert done.stderr == "holdfast: no file --out=pwned\n"
    assert github("Audit", fail_on="never;touch pwned").returncode == 2
    done = github("Audit", code=name)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in github.work.iterdir()] == [name]


def test_the_install_step_takes_its_own_source_or_a_version(github):
    log = github.work / "log"
    program(github.bin / "python3", f"""
import sys, pathlib
if sys.argv[1] == "-c": exec(sys.argv[2]); sys.exit()
python = pathlib.Path(sys.argv[3]) / "bin" / "python"
python.write_text('#!/bin/sh\\nprintf "%s\\\\n" "$*" >> {log}\\n'); python.chmod(0o755)
""")  # fmt: skip
    assert github("Install Holdfast").returncode == 0
    assert github("Install Holdfast", version="0.1.0; touch pwned").returncode == 0
    asked = log.read_text().splitlines()
    assert asked[0].endswith(f"pip install --quiet --disable-pip-version-check {ROOT}")
    assert asked[1].endswith("holdfast==0.1.0; touch pwned")  # one word, which pip refuses
    assert not (github.work / "pwned").exists()


def audited(github):
    """Leave what the audit's step leaves."""
    run = ALL["realistic"]()
    for form in ("markdown", "sarif"):
        place = github.work / f"holdfast.{form}"
        place.write_text(render(run, form))
        with github.output.open("a") as file:
            file.write(f"{form}={place}\n")


def gh(github, found=""):
    """Put a program `gh` in place that writes down what it was asked; `found` is the comment that is there."""
    log = github.work / "gh.log"
    program(github.bin / "gh", f"""
import json, os, sys
with open({str(log)!r}, "a") as file:
    file.write(json.dumps([sys.argv[1:], os.environ.get("MARKER", "")]) + "\\n")
if "--paginate" in sys.argv: print({found!r})
""")  # fmt: skip
    return lambda: [json.loads(line) for line in log.read_text().splitlines()]


@pytest.mark.parametrize(("found", "asks"), [("", "--method POST repos/a/b/issues/7/comments"),
                                              ("41\n42", "--method PATCH repos/a/b/issues/comments/42")])  # fmt: skip
def test_a_comment_is_written_once_and_then_replaced(github, found, asks):
    audited(github)
    asked = gh(github, found)
    done = github("Comment on the pull request")
    assert done.returncode == 0, done.stderr
    (look, marker), (write, _) = asked()
    assert re.fullmatch("<!-- holdfast [0-9a-f]{12} -->", marker)
    assert "github-actions[bot]" in look[-1]  # comments of others stay as they are
    assert shlex.join(write).startswith(f"api {asks}")
    assert f"body=@{github.outputs()['markdown']}" in write


def test_findings_go_to_code_scanning(github):
    audited(github)
    asked = gh(github)
    done = github("Upload findings to code scanning")
    assert done.returncode == 0, done.stderr
    ((words, _),) = asked()
    assert words[:4] == ["api", "--method", "POST", "repos/a/b/code-scanning/sarifs"]
    file = next(word for word in words if word.startswith("sarif=@")).removeprefix("sarif=@")
    unpacked = subprocess.run(f"base64 -d {file} | gzip -d", shell=True, capture_output=True, check=True).stdout
    assert json.loads(unpacked)["version"] == "2.1.0"
