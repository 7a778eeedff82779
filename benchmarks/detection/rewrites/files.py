"""Records and models are written to files in between, and read again."""

import ast

from rewrites.columns import frames_of
from rewrites.program import Block, NotApplicable, Program, each_statement, lines, nodes


def _with(program: Program, needs: str, before: tuple[str, ...]) -> None:
    """Put an import at the top. Raises NotApplicable where nothing was changed that needs it."""
    if program.text() == before:
        raise NotApplicable
    program.parts[0].body[:0] = lines(needs)


def _saved(program: Program, names: set[str], text: str, needs: str) -> None:
    before = program.text()

    def change(statement: ast.stmt) -> Block | None:
        target = getattr(statement.targets[0], "id", None) if isinstance(statement, ast.Assign) else None
        if target not in names or not isinstance(statement.value, ast.Call):
            return None
        return [statement, *lines(text.replace("NAME", target))]

    for part in program.parts:  # once, where the script itself makes it
        part.body = [new for one in part.body for new in (change(one) or [one])]
    _with(program, needs, before)


def saved_csv(program: Program) -> None:
    """Tables are written to files and read again."""
    text = "NAME.to_csv('NAME_saved.csv', index=False)\nNAME = pd.read_csv('NAME_saved.csv')"
    _saved(program, frames_of(program), text, "import pandas as pd")


def _split_names(program: Program) -> list[tuple[ast.Assign, list[str]]]:
    """Return the statements that part records into names, with these."""
    return [
        (node, [one.id for one in node.targets[0].elts])
        for node in nodes(program)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Tuple)
        and all(isinstance(one, ast.Name) for one in node.targets[0].elts)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "attr", getattr(node.value.func, "id", "")) == "train_test_split"
    ]


def saved_parts(program: Program) -> None:
    """The parts of a split are dumped with joblib, one file each, and loaded again."""
    before = program.text()
    held = {id(node): names for node, names in _split_names(program)}

    def change(statement: ast.stmt) -> Block | None:
        if id(statement) not in held:
            return None
        names = held[id(statement)]
        dump = [f"joblib.dump({one}, '{one}.joblib')" for one in names]
        load = [f"{one} = joblib.load('{one}.joblib')" for one in names]
        return [statement, *lines("\n".join([*dump, *load]))]

    each_statement(program, change)
    _with(program, "import joblib", before)


def saved_together(program: Program) -> None:
    """The parts of a split are pickled into one file and loaded again."""
    before = program.text()
    held = {id(node): names for node, names in _split_names(program)}

    def change(statement: ast.stmt) -> Block | None:
        if id(statement) not in held:
            return None
        names = ", ".join(held[id(statement)])
        text = (
            f"with open('parts.pkl', 'wb') as file:\n    pickle.dump(({names}), file)\n"
            f"with open('parts.pkl', 'rb') as file:\n    {names} = pickle.load(file)"
        )
        return [statement, *lines(text)]

    each_statement(program, change)
    _with(program, "import pickle", before)


def saved_model(program: Program) -> None:
    """Whatever was fitted is dumped and loaded again under its name."""
    before = program.text()

    def change(statement: ast.stmt) -> Block | None:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or getattr(call.func, "attr", "") != "fit":
            return None
        owner = call.func.value
        if not isinstance(owner, ast.Name):
            return None
        text = f"joblib.dump({owner.id}, '{owner.id}.joblib')\n{owner.id} = joblib.load('{owner.id}.joblib')"
        return [statement, *lines(text, statement)]

    each_statement(program, change)
    _with(program, "import joblib", before)
