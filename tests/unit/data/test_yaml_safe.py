import math

import pytest

from holdfast.core.errors import BadInput
from holdfast.data.yaml_safe import load_yaml, parsed_yaml


def test_words_stay_words_and_numbers_are_numbers():
    text = "a: no\nb: 1e-4\nc: 0x1F\nd: 017\ne: 'true'\nf: true\ng: ~\nh: 2020-01-01\ni: .inf\nj: [on, 1.5]\nk:\n"
    assert parsed_yaml(text, "x") == {
        "a": "no",
        "b": 1e-4,
        "c": 31,
        "d": 17,
        "e": "true",
        "f": True,
        "g": None,
        "h": "2020-01-01",
        "i": math.inf,
        "j": ["on", 1.5],
        "k": None,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nb: *x\n", "anchors and aliases"),
        ("a: !!python/object/apply:os.system ['true']\n", "the tag"),
        ("a: !!str 5\n", "the tag"),
        ("a: 1\na: 2\n", "stands there twice"),
        ("? [1, 2]\n: 3\n", "a key is"),
        ("a: [1, 2\n", "not YAML"),
        ("a: 1\n---\nb: 2\n", "not YAML"),
        ("[" * 60 + "]" * 60, "levels"),
        ("\x00", "not YAML"),
        ("a: \x1b[31m\n", "not YAML"),
    ],
)
def test_what_settings_do_not_need_is_refused(text, said):
    with pytest.raises(BadInput, match=said):
        parsed_yaml(text, "x.yaml")


def test_large_files_and_other_encodings_are_refused(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(BadInput, match="UTF-8"):
        load_yaml(path, "x.yaml")
    path.write_bytes(b"# " + b"x" * (5 << 20))
    with pytest.raises(BadInput, match="larger than"):
        load_yaml(path, "x.yaml")


def test_an_alias_bomb_costs_nothing():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 40)]
    with pytest.raises(BadInput, match="line 1"):
        parsed_yaml("\n".join(lines), "bomb.yaml")
