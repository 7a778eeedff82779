import pytest

from holdfast.cli.collapse import _said, _varied
from holdfast.core.errors import BadInput


def test_values_to_vary_are_read_as_in_set():
    assert _varied("options.start=fresh,warm") == ("options.start", ["fresh", "warm"])
    assert _varied("samples=100, 1000") == ("samples", [100, 1000])


def test_several_settings_are_varied_at_once():
    assert _said({"vary": ("samples=1,2", "options.a=x"), "seed": None})["vary"] == {
        "samples": [1, 2],
        "options.a": ["x"],
    }
    assert "vary" not in _said({"vary": ()})


@pytest.mark.parametrize("said", ["samples", "=1,2", "samples=", "samples=1,,2"])
def test_what_is_no_list_of_values_is_refused(said):
    with pytest.raises(BadInput, match="--vary wants"):
        _varied(said)
