import json

import pytest

from holdfast.audit.code import read_code
from holdfast.core.errors import BadInput


def names(code, folder):
    return [file.name.removeprefix(f"{folder}/") for file in code.files]


def test_folders_are_searched_and_installed_code_is_passed_over(tmp_path):
    for name in (
        "b.py",
        "a.ipynb",
        "sub/c.py",
        ".hidden/d.py",
        "venv/e.py",
        "sub/__pycache__/f.py",
        "notes.txt",
        "env2/g.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(json.dumps({"cells": []}) if name.endswith("ipynb") else "x = 1")
    (tmp_path / "env2/pyvenv.cfg").write_text("")
    assert names(read_code(tmp_path), tmp_path) == ["a.ipynb", "b.py", "sub/c.py"]


def test_a_file_that_is_named_twice_is_read_once(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("x = 1")
    assert len(read_code([path, tmp_path, str(path)]).files) == 1


def test_links_in_a_circle_are_not_followed(tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    (tmp_path / "round").symlink_to(tmp_path)
    assert names(read_code(tmp_path), tmp_path) == ["a.py"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no.py", "no file or folder"),
        ("data.csv", "not code that Holdfast reads"),
        ("empty", "no script or notebook in"),
    ],
)
def test_wrong_paths_are_refused_in_a_sentence(tmp_path, name, says):
    (tmp_path / "data.csv").write_text("a,b")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=says):
        read_code(tmp_path / name)


def test_nothing_named_is_refused():
    with pytest.raises(BadInput, match="no code given"):
        read_code([])


def test_a_path_that_no_system_knows_is_refused():
    with pytest.raises(BadInput):
        read_code("a\0b.py")


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        ("x = 'é'".encode(), []),
        ("# coding: latin-1\nx = 'é'".encode("latin-1"), []),
        ("x = 'é'".encode("latin-1"), ["encoding"]),
        ("x = 'é'".encode("utf-16"), []),
        (b"# coding: nonsense\nx = 1", []),
        (b"\xef\xbb\xbfx = 1", []),
    ],
)
def test_encodings(tmp_path, content, kinds):
    (tmp_path / "a.py").write_bytes(content)
    code = read_code(tmp_path / "a.py")
    assert [problem.kind for problem in code.problems] == kinds
    assert len(code.files[0].cells[0].tree.body) == 1


def test_a_folder_called_like_a_script_is_searched(tmp_path):
    (tmp_path / "a.py").mkdir()
    (tmp_path / "a.py/b.py").write_text("x = 1")
    assert names(read_code(tmp_path / "a.py"), tmp_path) == ["a.py/b.py"]
