import json

import pytest
from jsonschema import Draft202012Validator

from holdfast.core.finding import Finding, Location
from holdfast.core.record import InputRecord, Status
from holdfast.report.renderers import sarif
from holdfast.report.renderers.sarif import MOST_RESULTS, render
from report_findings import checked, disguise, overlap
from report_runs import ALL, blank, inputs, many, realistic

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
PHYSICAL = {
    "type": "object",
    "required": ["artifactLocation", "region"],
    "properties": {
        "artifactLocation": {
            "type": "object",
            "required": ["uri"],
            "properties": {"uri": {"type": "string", "pattern": r"^[A-Za-z0-9/._~%-]+$"}},
        },
        "region": {"type": "object", "properties": {"startLine": {"type": "integer", "minimum": 1}}},
    },
}
LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "additionalProperties": False,
    "properties": {"id": {"type": "integer"}, "physicalLocation": PHYSICAL, "logicalLocations": {"type": "array"}},
}
# Our own wording of what SARIF 2.1.0 and GitHub's code scanning ask of the parts that we write.
SHAPE = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription"],
                                            "properties": {
                                                "id": {"type": "string", "minLength": 1},
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "helpUri": {"type": "string", "pattern": "^https?://"},
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "invocations": {
                        "type": "array",
                        "items": {
                            "required": ["executionSuccessful"],
                            "properties": {"startTimeUtc": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}},
                        },
                    },
                    "results": {
                        "type": "array",
                        "maxItems": MOST_RESULTS,
                        "items": {
                            "required": ["ruleId", "level", "message", "locations", "partialFingerprints"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "locations": {"type": "array", "minItems": 1, "maxItems": 1, "items": LOCATION},
                                "relatedLocations": {"type": "array", "items": LOCATION, "uniqueItems": True},
                                "partialFingerprints": {
                                    "type": "object",
                                    "additionalProperties": {"type": "string"},
                                },
                                "occurrenceCount": {"type": "integer", "minimum": 1},
                                "suppressions": {
                                    "type": "array",
                                    "items": {"properties": {"kind": {"enum": ["inSource", "external"]}}},
                                },
                                "properties": {"type": "object"},
                            },
                        },
                    },
                },
            },
        },
    },
}


def results_of(run):
    return json.loads(render(run))["runs"][0]["results"]


def one_check(*findings, sources=None):
    return blank(results=(checked("a-b", "x", Status.FOUND, findings),), inputs=sources or inputs())


@pytest.mark.parametrize("name", ALL)
def test_the_shape_is_that_of_sarif(name):
    document = json.loads(render(ALL[name]()))
    Draft202012Validator(SHAPE).validate(document)
    rules = [rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"]]
    for result in document["runs"][0]["results"]:
        assert "ruleIndex" not in result or rules[result["ruleIndex"]] == result["ruleId"]


def test_a_finding_is_one_result_a_file_with_its_count():
    finding = overlap().model_copy(update={"locations": (Location(rows=range(36_000, 36_300)),)})
    found = results_of(one_check(finding))
    files = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in found]
    assert files == ["bank-train.csv", "bank-test.csv"]
    assert [one["occurrenceCount"] for one in found] == [168, 132]
    assert found[0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 36_002


def test_a_finding_about_columns_points_at_the_input():
    (one,) = results_of(one_check(disguise()))
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "bank-train.csv"
    assert [place["name"] for place in one["locations"][0]["logicalLocations"]] == ["duration", "y"]


def test_a_finding_in_code_points_at_its_line():
    (one,) = results_of(one_check(Finding(message="m", locations=(Location(file="src/a b.py", line=7),))))
    assert one["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "src/a%20b.py"},
        "region": {"startLine": 7},
    }


def test_fingerprints_survive_more_rows_and_tell_files_apart():
    def prints(rows):
        finding = overlap().model_copy(update={"locations": (Location(rows=rows, split="test"),)})
        return [one["partialFingerprints"]["holdfast/v1"] for one in results_of(one_check(finding))]

    assert prints(range(36_000, 36_300)) == prints(range(36_100, 36_500))
    assert len(set(prints(range(36_000, 36_300)))) == 2


def test_suppressed_findings_are_there_and_say_so():
    hidden = [one for one in results_of(realistic()) if "suppressions" in one]
    assert [one["suppressions"][0]["justification"] for one in hidden] == ["the column is being filled since October"]


def test_a_crash_is_a_failed_invocation():
    (run,) = json.loads(render(ALL["crashed"]()))["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "unit-change crashed" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_there_are_never_more_results_than_code_scanning_takes(monkeypatch):
    monkeypatch.setattr(sarif, "MOST_RESULTS", 250)
    finding = Finding(message="m", locations=(Location(rows=range(200)),))
    sources = tuple(InputRecord(name=f"part-{i}.csv", start=i, stop=i + 1, digest="") for i in range(200))
    assert len(results_of(one_check(finding, finding, sources=sources))) == 250
    (run,) = json.loads(render(one_check(finding, finding, sources=sources)))["runs"]
    assert run["properties"]["complete"] is False


def test_a_million_rows_stay_one_small_result():
    sources = (InputRecord(name="a.csv", start=0, stop=1_000_000, digest=""),)
    text = render(one_check(Finding(message="m", locations=(Location(rows=range(1_000_000)),)), sources=sources))
    assert len(text) < 10_000
    assert json.loads(text)["runs"][0]["results"][0]["occurrenceCount"] == 1_000_000


def test_many_findings_each_have_a_result():
    assert len(results_of(many())) == 1000  # each has rows in both files
