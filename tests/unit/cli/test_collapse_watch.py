"""`holdfast collapse watch` as a person meets it: exit codes, formats, and mistakes told in one paragraph."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from holdfast.cli.collapse_watch import watch
from holdfast.core.errors import BadInput

FAST = ("--metrics", "dispersion")


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for folder, spread in (("healthy", 1.0), ("narrow", 0.7)):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "real.npy", rng.normal(size=(2_000, 2)))
        for t in (1, 2, 10):
            np.save(tmp_path / folder / f"gen{t}.npy", rng.normal(size=(500, 2)) * spread)

    def run(*arguments):
        return CliRunner().invoke(watch, [*map(str, arguments)], catch_exceptions=False, standalone_mode=False)

    return run


def test_an_alarm_is_exit_code_1_and_silence_0(call):
    assert call("healthy", *FAST).return_value == 0
    alarm = call("narrow", *FAST)
    assert alarm.return_value == 1
    assert "Alarm at gen1.npy (generation 1 of 3)" in alarm.output
    assert call("narrow", *FAST, "--fail-on", "never").return_value == 0


def test_the_record_holds_sets_in_their_order_and_is_kept(call, tmp_path):
    found = json.loads(call("healthy", *FAST, "--format", "json").output)
    names = [one["name"] for one in found["inputs"]]
    assert names == ["real.npy", "gen1.npy", "gen2.npy", "gen10.npy"]
    assert found["kind"] == "collapse"
    [kept] = (tmp_path / ".holdfast" / "runs").iterdir()
    assert (kept / "report.html").read_text("utf-8").count("Lost tails") >= 1


@pytest.mark.parametrize("form", ["html", "markdown", "sarif", "junit"])
def test_every_format_is_written(call, tmp_path, form):
    assert call("narrow", *FAST, "--format", form, "--out", tmp_path / "out").return_value == 1
    assert (tmp_path / "out").stat().st_size > 500


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "nothing to watch"),
        (("nowhere",), "no file or folder nowhere, and no run"),
        (("healthy/real.npy",), "one sample set only"),
        (("healthy", "--alpha", "0.9"), "less than 0.5"),
        (("healthy", "--metrics", "nonsense"), "no measure 'nonsense'"),
        (("healthy", "--real", "nope.npy"), "to be the real data"),
        (("healthy", "--controls", "nope"), "--controls wants a folder"),
        (("healthy", "--format", "pdf"), "pdf"),
    ],
)
def test_mistakes_are_told(call, arguments, says):
    with pytest.raises(BadInput, match=says):
        call(*arguments)
