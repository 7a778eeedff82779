import xml.etree.ElementTree as ET

import pytest

from holdfast.core.record import Status
from holdfast.report.renderers.junit import render
from report_findings import checked, constant, drifted, overlap
from report_runs import ALL, blank, interrupted, realistic


def suite_of(run):
    return ET.fromstring(render(run))[0]


def case_of(run, name):
    return next(one for one in suite_of(run) if one.get("name") == name)


@pytest.mark.parametrize("name", [name for name in ALL if name != "interrupted"])
def test_there_is_a_case_for_each_check(name):
    assert len(suite_of(ALL[name]())) == len(ALL[name]().results)


def test_cases_end_as_their_checks_did():
    run = realistic()
    assert case_of(run, "split-overlap").find("failure").get("message").startswith("1,032 of 9,043 test rows")
    assert case_of(run, "train-after-test").find("skipped").get("message") == "no time column; name one with --time"
    assert len(case_of(run, "unit-change")) == 0
    trace = case_of(ALL["crashed"](), "unit-change").find("error")
    assert trace.get("message") == "ZeroDivisionError: division by zero"
    assert "Traceback" in trace.text


def test_milder_findings_are_told_but_do_not_fail():
    case = case_of(realistic(), "column-drift")
    assert case.find("failure") is None
    assert "warning: `month` differs" in case.find("system-out").text


@pytest.mark.parametrize(
    ("fail_on", "failures"), [("error", 1), ("warning", 2), ("note", 3), ("never", 0), (None, 1), ("nonsense", 0)]
)
def test_what_fails_follows_fail_on(fail_on, failures):
    run = blank(
        config={"fail_on": fail_on} if fail_on else {},
        results=(
            checked("a-a", "x", Status.FOUND, [overlap()]),
            checked("b-b", "x", Status.FOUND, [drifted()]),
            checked("c-c", "x", Status.FOUND, [constant("a")]),
        ),
    )
    assert int(suite_of(run).get("failures")) == failures


def test_an_interrupted_run_is_an_error_so_that_no_build_passes_by_it():
    suite = suite_of(interrupted())
    assert suite.get("errors") == "1"
    assert suite[-1].find("error").get("message") == "the run was interrupted after 2 checks"


def test_characters_that_xml_forbids_are_marked():
    finding = overlap().model_copy(update={"message": "a\x00b\x1b\ud800\uffff<&>]]>"})
    run = blank(results=(checked("a-b", "x", Status.FOUND, [finding]),))
    assert case_of(run, "a-b").find("failure").get("message") == "a␀b␛⟨U+D800⟩⟨U+FFFF⟩<&>]]>"
