"""Every record that a public function returns shows itself; nothing of data becomes markup on the way."""

import inspect
import subprocess
import sys
import typing
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import BaseModel

import holdfast
from holdfast.collapse import plan
from holdfast.collapse.forecasting.contamination import Meter
from holdfast.core.finding import Examples, Finding, Location
from holdfast.core.record import HonestScore, Run, Section
from holdfast.core.showing import Shown, shows, told
from holdfast.core.store import RunStore
from records import make_result, make_run

HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e"
PARTS = (
    "holdfast", "holdfast.collapse", "holdfast.collapse.planning", "holdfast.collapse.forecasting",
    "holdfast.collapse.profile", "holdfast.data.store", "holdfast.data.mixing", "holdfast.data.review",
    "holdfast.data.exporting", "holdfast.finetune",
)  # fmt: skip
VERBS = (
    "audit", "audit.comparing", "audit.probe", "audit.drifting", "finetune", "collapse.planning", "collapse.lab",
    "collapse.forecasting", "collapse.profile", "collapse.versions", "data.exporting", "data.bulk",
)  # fmt: skip
# Wishes and settings, which a person writes and a function hands back as they are.
SETTINGS = {"AuditSettings", "Policy", "Real", "Recipe"}
PARTS_OF = {
    "Column",
    "Decision",
    "Foretold",
    "Item",
    "QueueProgress",
    "Seen",
    "Slices",
    "Source",
    "Step",
}  # of what is shown


class Printer:
    def __init__(self, depth=1):
        self.said, self.stack = "", [0] * depth

    def text(self, text):
        self.said += text


def pretty(record, depth=1):
    printer = Printer(depth)
    record._repr_pretty_(printer, cycle=False)
    return printer.said


def functions():
    for name in PARTS:
        part = import_module(name)
        for one in part.__all__:
            if one == "audit":
                continue
            found = getattr(part, one)
            if inspect.isfunction(found):
                yield found
            elif inspect.isclass(found) and not issubclass(found, BaseModel | Exception):
                yield from (method for key, method in vars(found).items() if key[0] != "_" and callable(method))
    for name in VERBS:
        verb = import_module(f"holdfast.{name}.verb")
        own = vars(verb).items()
        yield from (
            one for key, one in own if inspect.isfunction(one) and one.__module__ == verb.__name__ and key[0] != "_"
        )


def records_of(kind):
    if inspect.isclass(kind) and not typing.get_args(kind):
        yield kind
    for one in typing.get_args(kind):
        yield from records_of(one)


def returned():
    for function in functions():
        try:
            kind = typing.get_type_hints(function).get("return")
        except NameError:  # imported for type checkers only
            continue
        for one in records_of(kind):
            is_record = issubclass(one, BaseModel) or hasattr(one, "__dataclass_fields__")
            if one.__module__.startswith("holdfast.") and is_record and one.__name__ not in SETTINGS | PARTS_OF:
                yield one


def test_every_record_that_a_public_function_returns_shows_itself():
    found = set(returned())
    assert {"Run", "Dataset", "Plan", "Forecast", "Version", "Mix", "Exported"} <= {one.__name__ for one in found}
    silent = [one.__qualname__ for one in found if not hasattr(one, "_repr_html_")]
    assert sorted(silent) == []


def shown_records(tmp_path):
    found = Finding(message=HOSTILE, check="c", locations=(Location(columns=(HOSTILE,)),))
    section = Section(title=HOSTILE, says=(HOSTILE,), evidence=(
        Examples(caption=HOSTILE, columns=(HOSTILE,), cells=((HOSTILE,),)),
    ))  # fmt: skip
    yield found
    yield section
    yield make_result(HOSTILE, title=HOSTILE, findings=(found,))
    yield HonestScore(status="not-estimable", reason=HOSTILE)
    yield holdfast.load(pa.table({HOSTILE: [HOSTILE, "b"], "n": [1, None]}))
    yield RunStore(tmp_path / HOSTILE.replace("/", ""))
    yield make_run(title=HOSTILE, says=HOSTILE, sections=(section,))
    yield plan(keep_variance=0.95, synthetic=1000)
    yield Meter(0.3, 0.01)


@pytest.mark.parametrize("number", range(9))
def test_a_record_shows_itself_in_three_ways_and_nothing_in_it_is_markup(tmp_path, number):
    record = list(shown_records(tmp_path))[number]
    page, markdown, text = record._repr_html_(), record._repr_markdown_(), pretty(record)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "<img" not in markdown
    assert all("\x1b" not in one and "\u202e" not in one for one in (page, markdown, text))
    assert text.strip()
    assert "\n" not in pretty(record, depth=2)


def test_what_is_shown_names_the_numbers_that_matter(tmp_path):
    data = holdfast.load(pa.table({"a": [1, None, 3], "b": ["x", "y", "z"]}))
    assert "3 rows, 2 columns" in data._repr_html_()
    assert "30.0% was written by the models" in pretty(Meter(0.3, 0.01))
    assert "real items a generation, beside 1,000" in pretty(plan(rarest=1e-3, synthetic=1000))
    store = RunStore(tmp_path)
    assert "0 runs" in pretty(store)
    with store.begin(make_run()) as writer:
        writer.finish(make_run())
    assert "20260101-000000-aaaa" in store._repr_markdown_()


def test_showing_leaves_a_record_as_it_is():
    run = make_run(sections=(Section(title="s"),))
    run._repr_html_()
    assert Run.model_validate(run.model_dump()) == run


def test_nothing_of_reports_is_imported_before_a_notebook_asks():
    code = "import sys, holdfast.core.telling; print([one for one in sys.modules if one.startswith('holdfast.report')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_record_is_told_by_the_function_that_it_names():
    kind = shows("pathlib:PurePath")(type("Kind", (str,), {}))
    assert told(kind("x")) == Path("x")
    assert told(object()) is None
    assert Shown("a", "b").line == "a: b"
