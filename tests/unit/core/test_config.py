from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from holdfast.core.config import checked, override, read_toml
from holdfast.core.errors import BadInput


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    seed: int = 0
    label: str = ""


def test_all_errors_at_once_with_line_and_key(tmp_path):
    path = tmp_path / "holdfast.toml"
    path.write_text('[audit]\n\nseed = "x"\nlabell = "y"\n')
    with pytest.raises(BadInput) as caught:
        checked(Settings, read_toml(path)["audit"], path, "audit")
    text = str(caught.value)
    assert f"{path}:3 audit.seed: got 'x'" in text
    assert f"{path}:4 audit.labell: no such setting. Did you mean 'label'?" in text


def test_not_toml(tmp_path):
    path = tmp_path / "holdfast.toml"
    path.write_text("seed = = 3")
    with pytest.raises(BadInput, match="is not valid TOML"):
        read_toml(path)


def test_a_huge_file_is_no_configuration(tmp_path):
    path = tmp_path / "holdfast.toml"
    path.write_bytes(b"#" * (2 << 20))
    with pytest.raises(BadInput, match="larger than 1 MiB"):
        read_toml(path)


@pytest.mark.parametrize(
    ("assignment", "value"),
    [("a.b=1", 1), ("a.b=1e-4", 1e-4), ("a.b=yes", "yes"), ("a.b=true", True), ('a.b=["x"]', ["x"]), ("a.b=", "")],
)
def test_set_reads_toml_values_or_text(assignment, value):
    assert override({"a": {"c": 2}}, [assignment]) == {"a": {"c": 2, "b": value}}


def test_set_does_not_change_what_it_is_given():
    before = {"a": {"b": 1}}
    override(before, ["a.b=2"])
    assert before == {"a": {"b": 1}}


@pytest.mark.parametrize("assignment", ["a", "=3", "a..b=1", "a.b.c=1"])
def test_bad_assignments(assignment):
    with pytest.raises(BadInput, match="--set"):
        override({"a": {"b": 1}}, [assignment])


class Limited(BaseModel):
    samples: int = Field(1, gt=0)
    share: float = Field(0.5, ge=0, le=1)
    unit: Literal["words", "items"] = "words"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"samples": -3}, "samples: got -3, wanted more than 0"),
        ({"share": 95.0}, "share: got 95.0, wanted 1 or less"),
        ({"unit": "word"}, "unit: got 'word', wanted 'words' or 'items'. Did you mean 'words'?"),
        ({"samples": "x"}, "samples: got 'x', wanted a valid integer"),
    ],
)
def test_a_value_that_does_not_do_is_told_with_what_would(values, said):
    with pytest.raises(BadInput) as caught:
        checked(Limited, values)
    assert str(caught.value) == said
