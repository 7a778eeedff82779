"""The same program with other names: of variables, functions, imports."""

import ast
import itertools
from collections.abc import Callable, Iterator

from rewrites.program import NotApplicable, Program, at, bound, nodes, used, walked

_WORDS = {
    "train": "lern", "training": "lern", "tr": "lern", "trn": "lern", "test": "pruef", "testing": "pruef",
    "te": "pruef", "val": "zwischen", "valid": "zwischen", "validation": "zwischen", "x": "merkmale", "y": "ziel",
    "df": "tabelle", "data": "daten", "model": "modell", "clf": "modell", "scaler": "skalierer", "pred": "vorhersage",
    "preds": "vorhersagen", "label": "ziel", "labels": "ziele", "target": "ziel", "score": "guete",
    "features": "merkmale", "holdout": "rest", "fold": "falte", "folds": "falten", "best": "bestes", "idx": "stellen",
    "index": "stelle", "cols": "spalten", "columns": "spalten", "acc": "guete", "ytr": "ziel_lern",
    "xtr": "merkmale_lern", "xte": "merkmale_pruef", "yte": "ziel_pruef", "yhat": "vorhersage",
}  # fmt: skip
_MISLEADING = (  # noqa: SIM905 so many words read badly as a list
    "config report image path logger figure axis client user options reply page label_text budget window cache "
    "weather chart person street color queue ticket parser token color_map shop animal river planet garden"
).split()
_LETTERS = [
    *"abcdefghijklmnopqrstuvwz",
    *(a + b for a, b in itertools.product("bcdgjkmpqvwz", "bcdgjkmpqvwz")),
]


def translated(program: Program) -> None:
    """Variables in another language."""

    def german(name: str) -> str:
        words = [word for word in name.split("_") if word]
        return "_".join(_WORDS.get(word.lower(), "w" + word[::-1].lower()) for word in words) or "etwas"

    _rename(program, lambda names: map(german, names))


def letters(program: Program) -> None:
    """Variables of one or two letters, in the order of the alphabet."""
    _rename(program, lambda names: itertools.islice(_LETTERS, len(names)))


def misleading(program: Program) -> None:
    """Variables that are called something else: a table `report`, a model `image`."""
    _rename(program, lambda names: itertools.islice(itertools.cycle(_MISLEADING), len(names)))


def _rename(program: Program, renamed: Callable[[list[str]], Iterator[str]]) -> None:
    variables = _variables(program)
    taken = used(program)
    names: dict[str, str] = {}
    for old, stem in zip(variables, renamed(variables), strict=False):
        new, number = stem, 1
        while new in taken:
            number += 1
            new = f"{stem}{number}"
        taken.add(new)
        names[old] = new
    _apply(program, names)


def _variables(program: Program) -> list[str]:
    """Return variables and parameters, and attributes that the program sets on `self`."""
    found: dict[str, None] = {}
    fixed = {"self", "cls", "_", "__name__"}
    for node in nodes(program):
        if isinstance(node, ast.Import | ast.ImportFrom):
            fixed |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            fixed.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
        elif isinstance(node, ast.arg):
            found[node.arg] = None
    for node in nodes(program):  # classes that libraries call keep the names that these call them by
        if isinstance(node, ast.ClassDef) and node.bases:
            for inner in ast.walk(node):
                fixed |= (
                    {one.arg for one in getattr(getattr(inner, "args", None), "args", [])} if _is_def(inner) else set()
                )
    return [one for one in found if one not in fixed and not one.startswith("__")]


def _is_def(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _apply(program: Program, names: dict[str, str]) -> None:
    own = {node.name for node in nodes(program) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {
        target.id
        for node in nodes(program)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in nodes(program):  # before the names of functions change
        if isinstance(node, ast.Call) and (
            (isinstance(node.func, ast.Name) and node.func.id in own)
            or (isinstance(node.func, ast.Attribute) and node.func.attr in own)
        ):
            for keyword in node.keywords:
                keyword.arg = names.get(keyword.arg, keyword.arg)
    for node in nodes(program):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg = names.get(node.arg, node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            node.name = names.get(node.name, node.name)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            node.names = [names.get(one, one) for one in node.names]


def functions(program: Program) -> None:
    """Functions of the program, called after nothing that they do."""
    names = {}
    for part in program.parts:
        for number, one in enumerate(statement for statement in part.body if _is_def(statement)):
            names[one.name] = f"aufgabe_{part.number or ''}{number + 1}"
    if any(name in {node.attr for node in nodes(program) if isinstance(node, ast.Attribute)} for name in names):
        raise NotApplicable
    _apply(program, names)


def attributes(program: Program) -> None:
    """Attributes that the program sets on `self`, renamed."""
    found = {
        node.attr: None
        for node in nodes(program)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and getattr(node.value, "id", "") == "self"
    }
    names = {one: f"merk_{number}" for number, one in enumerate(found, 1) if not one.endswith("_")}
    for node in nodes(program):
        if isinstance(node, ast.Attribute):
            node.attr = names.get(node.attr, node.attr)


def _imports(program: Program, change: Callable[[ast.ImportFrom, ast.alias], tuple[ast.stmt, ast.expr] | None]) -> None:
    """Replace names that are imported from modules by what `change` says stands for them."""
    stands: dict[str, ast.expr] = {}
    bound_otherwise = {
        node.id for node in nodes(program) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    } | {node.arg for node in nodes(program) if isinstance(node, ast.arg)}
    for part in program.parts:
        for statement in list(walked(part.body)):
            if not isinstance(statement, ast.ImportFrom) or statement.level or statement not in part.body:
                continue
            kept, new = [], []
            for alias in statement.names:
                called = alias.asname or alias.name
                found = None if alias.name == "*" or called in bound_otherwise else change(statement, alias)
                if found is None:
                    kept.append(alias)
                    continue
                if ast.unparse(found[0]) not in [ast.unparse(one) for one in new]:
                    new.append(at(found[0], statement))
                stands[called] = found[1]
            where = part.body.index(statement)
            rest = [at(ast.ImportFrom(statement.module, kept, 0), statement)] if kept else []
            part.body[where : where + 1] = [*rest, *new]

    class Change(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return stands.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

    for part in program.parts:
        part.body = [Change().visit(statement) for statement in part.body]


def import_whole(program: Program) -> None:
    """`from sklearn.svm import SVC` becomes `import sklearn.svm as svm_m` and `svm_m.SVC`."""

    def change(statement: ast.ImportFrom, alias: ast.alias) -> tuple[ast.stmt, ast.expr]:
        module = statement.module or ""
        short = module.rpartition(".")[2][:4] + "_m"
        return ast.Import([ast.alias(module, short)]), ast.Attribute(
            ast.Name(short, ast.Load()), alias.name, ast.Load()
        )

    _imports(program, change)


def import_module(program: Program) -> None:
    """`from sklearn.svm import SVC` becomes `from sklearn import svm` and `svm.SVC`."""
    taken = {one for part in program.parts for one in bound(part.body)} | {
        node.arg for node in nodes(program) if isinstance(node, ast.arg)
    }

    def change(statement: ast.ImportFrom, alias: ast.alias) -> tuple[ast.stmt, ast.expr] | None:
        package, _, last = (statement.module or "").rpartition(".")
        if not package or last in taken:
            return None
        found = ast.Attribute(ast.Name(last, ast.Load()), alias.name, ast.Load())
        return ast.ImportFrom(package, [ast.alias(last)], 0), found

    _imports(program, change)


def import_renamed(program: Program) -> None:
    """`from sklearn.svm import SVC` becomes `from sklearn.svm import SVC as Tool1`."""
    count = itertools.count(1)

    def change(statement: ast.ImportFrom, alias: ast.alias) -> tuple[ast.stmt, ast.expr]:
        short = f"tool_{next(count)}"
        return ast.ImportFrom(statement.module, [ast.alias(alias.name, short)], 0), ast.Name(short, ast.Load())

    _imports(program, change)


def import_plain(program: Program) -> None:
    """`import pandas as pd` becomes `import pandas`."""
    stands: dict[str, ast.expr] = {}
    for node in nodes(program):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    stands[alias.asname] = ast.parse(alias.name, mode="eval").body
                    alias.asname = None

    class Change(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return stands.get(node.id, node)

    for part in program.parts:
        part.body = [Change().visit(statement) for statement in part.body]
