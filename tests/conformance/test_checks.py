"""Every check keeps the contract."""

import pytest

from holdfast.audit import catalogue
from holdfast.audit.conformance import contract, verify

ALL = [pair for item in catalogue.checks().values() for pair in contract(item)]


@pytest.mark.parametrize(("item", "rule"), ALL, ids=[f"{item.name}:{rule}" for item, rule in ALL])
def test_contract(item, rule):
    verify(item, rule)
