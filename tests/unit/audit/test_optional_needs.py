"""A fact whose type allows None is optional."""

from typing import Any

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import fact, is_optional, without_none
from holdfast.audit.runner import Facts


@fact()
def chosen(estimator: Any | None) -> str:
    """What was given."""
    return "none" if estimator is None else estimator


def test_none_stands_for_what_cannot_be_derived():
    dataset = subject({"a": np.arange(3)})
    assert Facts({"dataset": dataset}).needs_of(chosen) == [None]
    assert Facts({"dataset": dataset, "estimator": "mine"}).needs_of(chosen) == ["mine"]


def test_only_none_by_name_is_optional():
    assert is_optional(int | None)
    assert not is_optional(int | str)
    assert not is_optional(Any)
    assert without_none(int | None) is int
    assert without_none(int | str | None) == int | str
    assert without_none(float) is float
