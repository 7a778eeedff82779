"""The child process: limits, and what is left behind. Few, as each starts an interpreter."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit.probe.pipeline import Call
from holdfast.audit.probe.process import Limits, in_child
from holdfast.core.errors import BadInput

CODE = """
import os, sys, time
import numpy as np
kept = []
def hangs(train, test):
    time.sleep(60)
def eats(train, test):
    return [np.ones(10_000_000) for _ in range(100)]
def leaves(train, test):
    sys.exit(0)
def dies(train, test):
    os.kill(os.getpid(), 11)
def counts(train, test):
    kept.append(1)
    return test["a"] + len(kept)
def chosen(train, test):
    print("here I am")
    what = {1: hangs, 2: eats, 3: leaves, 4: dies, 5: counts}[int(test["a"].iloc[0])]
    if what is counts or what is not None:
        return what(train, test)
"""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    path = tmp_path_factory.mktemp("code") / "code.py"
    path.write_text(CODE)
    with in_child(f"{path}:chosen", limits=Limits(seconds=1.0, memory=400 << 20)) as found:
        yield found


def call(which):
    table = pa.table({"a": [float(which)] * 3})
    return Call(table, np.arange(3), pa.table({"a": [1.0]}), np.array([9]))


@pytest.mark.parametrize(
    ("which", "said"),
    [(1, "took more than 1 s"), (2, "ran out of the memory"), (3, "ended the program"), (4, "signal SIGSEGV")],
)
def test_a_call_that_misbehaves_is_a_sentence_and_the_next_one_works(pipeline, which, said):
    [answer] = pipeline.run([call(which)])
    assert said in answer.error
    assert "here I am" in answer.error or which == 3
    [answer] = pipeline.run([call(5)])
    assert answer.columns[0].tolist() == [6.0, 6.0, 6.0]


def test_calls_of_one_process_share_what_the_code_keeps_and_others_do_not(pipeline):
    first, second = pipeline.run([call(5), call(5)])
    assert (first.columns[0][0], second.columns[0][0]) == (6.0, 7.0)
    [alone] = pipeline.run([call(5)])
    assert alone.columns[0][0] == 6.0


def test_code_that_cannot_be_imported_is_refused(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("def f(:\n")
    with pytest.raises(BadInput, match="SyntaxError"), in_child(f"{path}:f"):
        pass
