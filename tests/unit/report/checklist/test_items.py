"""The two lists: complete, numbered as their authors number them, and about checks that exist."""

from collections import Counter
from itertools import pairwise

import pytest

from holdfast.audit import catalogue
from holdfast.audit.comparing.telling import FAMILY
from holdfast.report.checklist import lones, reforms

LISTS = {"reforms": reforms, "lones": lones}


def items(listed):
    return [item for module in listed.MODULES for item in module.items]


def test_reforms_has_8_modules_and_32_items_in_their_order():
    sizes = {"1": 3, "2": 5, "3": 7, "4": 3, "5": 6, "6": 3, "7": 3, "8": 2}
    wanted = [f"{module}{'abcdefg'[i]}" for module, size in sizes.items() for i in range(size)]
    assert [item.id for item in items(reforms)] == wanted
    assert len(reforms.MODULES) == 8
    assert len(wanted) == 32


def test_who_fills_an_item_of_reforms():
    assert Counter(item.filled_by for item in items(reforms)) == {"run": 13, "run and person": 13, "person": 6}


def test_lones_has_36_items_in_their_order():
    sizes = {2: 8, 3: 8, 4: 8, 5: 6, 6: 6}
    wanted = [f"{section}.{i}" for section, size in sizes.items() for i in range(1, size + 1)]
    assert [item.id for item in items(lones)] == wanted
    assert len(wanted) == 36


@pytest.mark.parametrize("name", LISTS)
def test_every_name_is_a_check_or_a_family(name):
    known = {FAMILY, *catalogue.checks()} | {check.family for check in catalogue.checks().values()}
    named = {check for item in items(LISTS[name]) for check in (*item.checks, *item.refuted_by)}
    assert named - known == set()


def test_every_check_is_evidence_for_an_item():
    named = {check for item in items(reforms) for check in item.checks}
    left = [one.name for one in catalogue.checks().values() if not {one.name, one.family} & named]
    assert left == [], "a new check belongs to an item of REFORMS: report/checklist/reforms.py"


@pytest.mark.parametrize("name", LISTS)
def test_what_a_run_fills_has_a_source_and_what_a_person_fills_has_a_question(name):
    for item in items(LISTS[name]):
        if item.filled_by != "person":
            assert item.states or item.checks, item.id
        if item.filled_by != "run":
            assert item.question.endswith("?"), item.id


@pytest.mark.parametrize("name", LISTS)
def test_a_claim_can_be_refuted_and_only_a_claim(name):
    for item in items(LISTS[name]):
        assert bool(item.claim) == bool(item.refuted_by), item.id


def test_lones_points_to_items_of_reforms():
    known = {item.id for item in items(reforms)}
    for item in items(lones):
        assert set(item.see) <= known
        assert all(before < after for before, after in pairwise(item.see))


@pytest.mark.parametrize("name", LISTS)
def test_the_words_are_short(name):
    for item in items(LISTS[name]):
        assert 10 < len(item.asks) <= 90, item.id
        assert not item.asks.endswith(".")
