import pytest

from holdfast.core import errors


def test_each_error_is_also_the_builtin_one_would_expect():
    for ours, builtin in (
        (errors.BadInput, ValueError),
        (errors.NotApplicable, LookupError),
        (errors.StoreError, OSError),
        (errors.MissingExtra, ImportError),
    ):
        assert issubclass(ours, builtin)
        assert issubclass(ours, errors.HoldfastError)


def test_unknown_names_what_got_wanted_and_a_hint():
    error = errors.unknown("column", "lable", ["age", "label"], where="churn.csv")
    assert str(error) == "no column 'lable' in churn.csv; known are age, label. Did you mean 'label'?"


def test_unknown_lists_at_most_twelve():
    text = str(errors.unknown("column", "zzz", [f"c{i:02}" for i in range(20)]))
    assert "and 8 more" in text
    assert "Did you mean" not in text


def test_missing_extra_says_what_to_install():
    with pytest.raises(ImportError, match=r"pip install 'holdfast\[excel\]'"):
        raise errors.MissingExtra.for_package("python-calamine", "excel", "reading Excel files")
