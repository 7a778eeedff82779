import ast
import json

import pytest

from holdfast.audit.code import code_of


def problems(source, name="a.py"):
    return [(problem.kind, problem.line, problem.lost) for problem in code_of(source, name).problems]


def unparsed(source, name="a.py"):
    return ast.unparse(code_of(source, name).files[0].cells[0].tree)


def notebook(*cells, **metadata):
    listed = [{"cell_type": "code", "source": source, "execution_count": count} for source, count in cells]
    return json.dumps({"cells": listed, "metadata": metadata, "nbformat": 4})


def test_a_script_is_one_cell_without_a_number():
    file = code_of("x = 1\n", "a.py").files[0]
    assert [(cell.number, cell.count) for cell in file.cells] == [(None, None)]
    assert not file.notebook


def test_cells_of_a_notebook_count_from_one_and_keep_their_execution_count():
    file = code_of(notebook(("x = 1", 3), ("y = x", None)), "a.ipynb").files[0]
    assert [(cell.number, cell.count) for cell in file.cells] == [(1, 3), (2, None)]


def test_text_cells_do_not_count():
    text = json.dumps(
        {"cells": [{"cell_type": "markdown", "source": "# a"}, {"cell_type": "code", "source": ["x = ", "1"]}]}
    )
    assert [(cell.number, cell.source) for cell in code_of(text, "a.ipynb").files[0].cells] == [(1, "x = 1")]


def test_old_notebooks_have_worksheets():
    text = json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1", "prompt_number": 7}]}]})
    assert [(cell.source, cell.count) for cell in code_of(text, "a.ipynb").files[0].cells] == [("x = 1", 7)]


@pytest.mark.parametrize("line", ["%matplotlib inline", "!pip install x", "df.head?", "?df", "%%time", "!ls -l | wc"])
def test_magics_are_passed_over(line):
    assert problems(f"x = 1\n{line}\ny = 2") == []
    assert "y = 2" in unparsed(f"x = 1\n{line}\ny = 2")


def test_a_magic_under_a_branch_keeps_the_branch():
    assert unparsed("if x:\n    !ls\nelse:\n    y = 2") == "if x:\n    pass\nelse:\n    y = 2"


def test_cells_in_another_language_are_passed_over():
    code = code_of(notebook(("%%bash\nfor f in *; do echo $f; done", 1), ("x = 1", 2)), "a.ipynb")
    assert code.problems == ()
    assert [len(cell.tree.body) for cell in code.files[0].cells] == [0, 1]


def test_a_statement_that_cannot_be_read_loses_only_itself():
    source = "x = 1\nfor i in x\n    foo()\ny = 2\n"
    assert problems(source) == [("syntax", 2, True)]
    assert unparsed(source) == "x = 1\ny = 2"


def test_lines_stay_where_they_were():
    tree = code_of("x = = 1\n\n\ny = 2\n").files[0].cells[0].tree
    assert tree.body[0].lineno == 4


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("print 'a', x", "print('a', x)"),
        ("if x: print 'a'", "if x:\n    print('a')"),
        ("x = 10L", "x = 10"),
        ("x = 0777", "x = 511"),
        ("if a <> b: pass", "if a != b:\n    pass"),
        ("raise ValueError, 'no'", "raise ValueError('no')"),
        ("try:\n    x\nexcept E, e:\n    pass", "try:\n    x\nexcept E as e:\n    pass"),
    ],
)
def test_python_2_is_recognised_and_read(old, new):
    assert unparsed(old) == new
    assert [kind for kind, _, lost in problems(old) if not lost] == ["python-2"]


def test_a_cell_that_fails_does_not_lose_the_others():
    code = code_of(notebook(("x = (", 1), ("y = 2", 2)), "a.ipynb")
    assert [(problem.kind, problem.cell) for problem in code.problems] == [("syntax", 1)]
    assert ast.unparse(code.files[0].cells[1].tree) == "y = 2"


@pytest.mark.parametrize("text", ["", "nonsense", "[1, 2]", "{}", '{"cells": 3}', "[" * 100_000, "null"])
def test_what_is_no_notebook_is_a_problem(text):
    assert [problem.kind for problem in code_of(text, "a.ipynb").problems] == ["format"]


def test_other_languages_are_said_so():
    code = code_of(notebook(("x <- 1", 1), language_info={"name": "R"}), "a.ipynb")
    assert [problem.kind for problem in code.problems] == ["language"]


@pytest.mark.parametrize(
    "source", ["(" * 5000, "x = " + "+".join(["1"] * 50_000), "a" + ".b()" * 20_000, "-" * 50_000 + "1"]
)
def test_what_is_nested_too_deeply_is_a_problem(source):
    assert [problem.kind for problem in code_of(source).problems] == ["syntax"]


def test_nul_form_feeds_and_carriage_returns_are_blanks():
    assert unparsed("\ufeffx = 1\r\ny =\x00 2\r\f\nz = 3") == "x = 1\ny = 2\nz = 3"


def test_invalid_escapes_warn_nobody():
    assert problems("x = '\\d'") == []


def test_too_much_code_is_said_so():
    assert [problem.kind for problem in code_of("x = 1\n" * 900_000).problems] == ["size"]


def test_the_digest_follows_names_and_code():
    assert code_of("x = 1").digest == code_of("x = 1").digest
    assert code_of("x = 1").digest != code_of("x = 2").digest
    assert code_of("x = 1", "a.py").digest != code_of("x = 1", "b.py").digest
