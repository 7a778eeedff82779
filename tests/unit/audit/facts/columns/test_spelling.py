"""Which spellings are one class, and which differ on purpose."""

import pytest

from holdfast.audit.facts.columns.spelling import one_slip_apart, plain, same_class


@pytest.mark.parametrize(
    ("one", "other"),
    [(">50K", ">50K."), ("Yes", "yes "), ("non-smoker", "non smoker"), ("1", "1.0"), ("'cat'", "cat"), ("ＡＢ", "ab")],
)
def test_one_class(one, other):
    assert plain(one) == plain(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "A"), ("A+", "A-"), ("-1", "1"), ("<=50K", ">50K"), ("1.5", "15"), ("inf", "nan"), ("", "x")],
)
def test_two_classes(one, other):
    assert plain(one) != plain(other)


def test_the_first_spelling_stands_for_all():
    assert same_class(["no", "No", "yes", "yes.", "..."]).tolist() == [0, 0, 2, 2, 4]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("setosa", "setossa"),
        ("setosa", "seotsa"),
        ("setosa", "setsa"),
        ("setosa", "sitosa"),
        ("iris setosa", "iris setos"),
    ],
)
def test_a_slip(one, other):
    assert one_slip_apart(one, other)
    assert one_slip_apart(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("stage ii", "stage iii"), ("type 1", "type 2"), ("group_a", "group_b"), ("male", "female"), ("cat", "cut")],
)
def test_no_slip(one, other):
    assert not one_slip_apart(one, other)
