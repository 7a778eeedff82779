"""The code audit says the same of programs that were rewritten without a change of what they mean.

`benchmarks/detection/code_rewrites.py` measures every rewrite on every case; here each one meets a few of them.
"""

import sys
import zlib
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "detection"))

from code_rewrites import REWRITES, known, rewritten
from rewrites.program import NotApplicable, read
from run import all_cases, judged, said_about

ONE_OF = 24  # cases is drawn, by its name, so that those who add cases change little
MOST = 4  # programs for each rewrite
# Of findings, how many at least are kept; what a reviewer could not know either may be lost.
FLOORS = {"settings.elsewhere": 0.5}


@cache
def programs(folder):
    return list(known(folder, [case for case in all_cases() if zlib.crc32(case.name.encode()) % ONE_OF == 0]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rewrites")


@pytest.mark.parametrize("name", REWRITES)
def test_findings_are_kept_and_nothing_else_is_said(name, folder):
    wanted = missed = 0
    false = []
    made = (rewritten(program, REWRITES[name]) for program in programs(folder))
    for case, _ in zip((one for one in made if one is not None), range(MOST), strict=False):
        outcome = judged(case, said_about(case, folder))
        wanted += len(case.expected)
        missed += len(outcome.missed)
        false += outcome.false
    assert not false
    assert missed <= (1 - FLOORS.get(name, 1)) * wanted


def test_every_rewrite_changes_a_program():
    cases = []
    for case in all_cases():
        try:
            cases.append(read(case))
        except NotApplicable:
            continue
    for name, rewrite in REWRITES.items():
        assert any(rewritten(case, rewrite) is not None for case in cases), name
