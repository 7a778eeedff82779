import json
import math

import pytest

from holdfast.core.finding import Finding, Measure
from holdfast.core.record import Run, Status
from holdfast.report.ascii_json import ascii_json
from holdfast.report.render import render
from report_findings import checked
from report_runs import ALL, blank, hostile


@pytest.mark.parametrize("name", [name for name in ALL if name != "hostile"])
def test_the_record_comes_back(name):
    run = ALL[name]()
    assert Run.model_validate(json.loads(render(run, "json"))) == run


def test_numbers_that_json_does_not_know_come_back():
    finding = Finding(message="m", evidence=(Measure(name="x", value=math.inf, low=-math.inf, high=math.nan),))
    run = blank(results=(checked("a-b", "x", Status.FOUND, [finding]),))
    (back,) = Run.model_validate(json.loads(render(run, "json"))).findings[0].evidence
    assert (back.value, back.low) == (math.inf, -math.inf)
    assert math.isnan(back.high)


def test_it_is_ascii_even_where_the_data_is_not():
    assert render(hostile(), "json").isascii()


def test_characters_outside_the_first_plane_become_pairs():
    assert json.loads(ascii_json({"a": "é😀\x7f"})) == {"a": "é😀\x7f"}
    assert ascii_json("😀") == '"\\ud83d\\ude00"\n'


def test_a_lone_surrogate_is_replaced():
    assert json.loads(ascii_json(["a\ud800b"])) == ["a\ufffdb"]
