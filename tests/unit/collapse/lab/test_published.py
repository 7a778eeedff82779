"""The page on published experiments says what `benchmarks/detection/published.py` runs."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[4] / "benchmarks" / "detection"))

import published
from published_experiments import all_published

from holdfast.collapse.lab.experiment import regimes_of
from holdfast.collapse.regimes import PRESETS

KNOWN = {published.title(one): one for one in all_published()}
PARTS = {part.partition("\n")[0]: part for part in published.PAGE.read_text("utf-8").split(published.PART)[1:]}


def test_every_experiment_has_its_part_in_the_order_in_which_they_are_run():
    assert list(PARTS) == list(KNOWN)


@pytest.mark.parametrize("title", KNOWN)
def test_a_part_names_source_and_command(title):
    one, part = KNOWN[title], PARTS[title]
    assert f"[{one.who}]({one.url}): {one.headline}.\n" in part
    assert f"```\n{one.command}\n```" in part
    assert "**Seen.** " in part
    for regime in regimes_of(one.experiment):
        assert regime.name in one.command or regime.name in PRESETS


def test_a_quick_one_is_run_and_told():
    told = published.run_again(KNOWN["First extinction"])
    assert told.startswith(published.PART)
    seen = told.partition("**Seen.** ")[2]
    assert seen.startswith("Chance that nothing is lost yet: 1.00 after 1, ")
