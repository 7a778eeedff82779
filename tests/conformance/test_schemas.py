"""SARIF and JUnit against the schemas of others, with every run that the reports are tested with."""

import json
from functools import cache
from pathlib import Path

import pytest
import xmlschema
from jsonschema import Draft7Validator

from holdfast.report.render import render
from report_runs import ALL

SCHEMAS = Path(__file__).parents[1] / "schemas"
RUNS = [name for name in ALL if name != "many"]  # it is long, and has nothing else in it


@cache
def sarif():
    return Draft7Validator(json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text("utf-8")))


@cache
def junit():
    return xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")


@pytest.mark.parametrize("name", RUNS)
def test_sarif_keeps_its_schema(name):
    errors = [
        f"{list(one.absolute_path)}: {one.message}"
        for one in sarif().iter_errors(json.loads(render(ALL[name](), "sarif")))
    ]
    assert errors == []


@pytest.mark.parametrize("name", RUNS)
def test_junit_keeps_its_schema(name):
    junit().validate(render(ALL[name](), "junit"))


def test_the_schemas_refuse_what_is_wrong():
    wrong = json.loads(render(ALL["realistic"](), "sarif"))
    wrong["runs"][0]["results"][0]["level"] = "fatal"
    assert not sarif().is_valid(wrong)
    assert not junit().is_valid(render(ALL["realistic"](), "junit").replace("<testcase ", "<testcase wrong='1' ", 1))
