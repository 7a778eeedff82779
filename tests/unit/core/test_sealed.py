import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.core.sealed import read_sealed, write_sealed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("sealed") / "one.json"


@given(value=JSON)
def test_what_was_written_is_read(path, value):
    write_sealed(path, value)
    assert read_sealed(path) == value


def test_numbers_as_keys_and_no_number_are_sealed_too(path):
    write_sealed(path, {10: float("nan"), 9: (1, 2)})
    assert read_sealed(path)["9"] == [1, 2]


def test_no_flipped_bit_goes_unnoticed_and_changes_what_is_said(path):
    value = {"step": 18, "loss": 3.567, "because": "the validation loss has not fallen"}
    write_sealed(path, value)
    whole = path.read_bytes()
    for at in range(len(whole)):
        for bit in range(8):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            try:
                assert read_sealed(path) == value
            except ValueError:
                continue


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"content": 1}', b"\xff", b"null"])
def test_anything_else_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"not what was written|Expecting|codec"):
        read_sealed(path)
