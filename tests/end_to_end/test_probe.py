"""`holdfast probe` as a new user would try it; few, as each starts interpreters."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CODE = """
import time
import pandas as pd

def leaks(train, test):
    both = pd.concat([train, test])
    scale = (both["a"] - both["a"].mean()) / both["a"].std()
    return scale.loc[test.index]

def is_clean(train, test):
    return (test["a"] - train["a"].mean()) / train["a"].std()

def fails(train, test):
    print("so far so good")
    return train["nope"]

def hangs(train, test):
    time.sleep(300)
"""


@pytest.fixture
def code(tables):
    (tables / "pipeline.py").write_text(CODE)
    return tables


def test_a_leak_is_found_with_its_line_and_clean_code_is_not_accused(holdfast, code):
    found = holdfast("probe", "pipeline.py:leaks", "train.csv", "test.csv", "--label", "y", "--format", "json")
    assert found.returncode == 1, found.stderr
    run = json.loads(found.stdout)
    assert run["kind"] == "probe"
    findings = [one for result in run["results"] for one in result["findings"]]
    assert [one["check"] for one in findings] == ["test-rows-reach-training"]
    data, place = findings[0]["locations"]
    assert data["columns"] == ["a"]
    assert (place["file"], place["line"]) == ("pipeline.py", 7)
    assert list((code / ".holdfast" / "runs").glob("*/report.html"))
    clean = holdfast("probe", "pipeline.py:is_clean", "train.csv", "test.csv", "--label", "y")
    assert clean.returncode == 0, clean.stdout
    assert "Nothing stands against this pipeline" in clean.stdout


def test_code_that_fails_or_takes_too_long_is_one_paragraph(holdfast, code):
    failed = holdfast("probe", "pipeline.py:fails", "train.csv", "test.csv", "--label", "y")
    assert failed.returncode == 2
    assert "KeyError: 'nope' (pipeline.py, line 15); the last it printed: so far so good" in failed.stderr
    assert "Traceback" not in failed.stderr
    slow = holdfast("probe", "pipeline.py:hangs", "train.csv", "test.csv", "--label", "y", "--timeout", "1")
    assert slow.returncode == 2
    assert "took more than 1 s" in slow.stderr


def test_mistakes_in_the_call_are_told(holdfast, code):
    for arguments, said in (
        (("pipeline.py", "train.csv"), "file.py:function"),
        (("pipeline.py:leaks",), "no data given"),
        (("pipeline.py:leaks", "train.csv", "--memory", "much"), "--memory wants a size"),
    ):
        done = holdfast("probe", *arguments)
        assert done.returncode == 2
        assert said in done.stderr


def test_ctrl_c_ends_the_code_too(code):
    leave_a_mark = "open('pid', 'w').write(str(__import__('os').getpid())); time.sleep(300)"
    (code / "pipeline.py").write_text(CODE.replace("time.sleep(300)", leave_a_mark))
    command = [Path(sys.executable).with_name("holdfast"), "probe", "pipeline.py:hangs", "train.csv", "test.csv"]
    process = subprocess.Popen(
        command, cwd=code, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 90
    while not (code / "pid").is_file() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(0.3)
    worker = int((code / "pid").read_text())
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "holdfast: stopped" in said
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
