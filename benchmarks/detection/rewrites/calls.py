"""The same calls written otherwise: by keyword or position, in one expression or in several."""

import ast
import copy

from rewrites.program import (
    NotApplicable,
    Program,
    assigned,
    at,
    each_expression,
    each_pair,
    each_statement,
    fresh,
    name,
    nodes,
)

# Parameters of functions and methods as the libraries document them, as far as they may be given by position.
SIGNATURES = {
    "fit": ("X", "y"),
    "fit_transform": ("X", "y"),
    "fit_resample": ("X", "y"),
    "predict": ("X",),
    "predict_proba": ("X",),
    "transform": ("X",),
    "score": ("X", "y"),
    "cross_val_score": ("estimator", "X", "y"),
    "cross_validate": ("estimator", "X", "y"),
    "cross_val_predict": ("estimator", "X", "y"),
    "accuracy_score": ("y_true", "y_pred"),
    "f1_score": ("y_true", "y_pred"),
    "mean_squared_error": ("y_true", "y_pred"),
    "mean_absolute_error": ("y_true", "y_pred"),
    "r2_score": ("y_true", "y_pred"),
    "roc_auc_score": ("y_true", "y_score"),
    "GridSearchCV": ("estimator", "param_grid"),
    "RandomizedSearchCV": ("estimator", "param_distributions"),
    "SelectKBest": ("score_func",),
    "KFold": ("n_splits",),
    "StratifiedKFold": ("n_splits",),
    "TimeSeriesSplit": ("n_splits",),
    "PCA": ("n_components",),
    "Pipeline": ("steps",),
    "read_csv": ("filepath_or_buffer",),
    "read_parquet": ("path",),
    "concat": ("objs",),
    "shift": ("periods",),
    "rolling": ("window",),
    "fillna": ("value",),
    "groupby": ("by",),
    "sort_values": ("by",),
    "drop": ("labels",),
    "merge": ("right",),
    "map": ("arg",),
    "apply": ("func",),
    "quantile": ("q",),
    "clip": ("lower", "upper"),
}
# Those whose positional name depends on who is asked; seen on sklearn estimators and pandas only.
_OTHER_LIBRARIES = set(
    "keras tensorflow torch polars pyspark darts gensim catboost statsmodels sktime h2o".split()  # noqa: SIM905
)


def _roots(program: Program) -> set[str]:
    found = set()
    for node in nodes(program):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.ClassDef):
            found.add("keras")  # methods of the program's own classes have parameters of their own
    return found


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _known(program: Program) -> None:
    if _roots(program) & _OTHER_LIBRARIES:
        raise NotApplicable


def _signature(node: ast.Call) -> tuple[str, ...]:
    """Return the names of a call's parameters, none where the call is not of a well-known library."""
    called = _called(node)
    if any(isinstance(one, ast.Starred) for one in node.args) or any(one.arg is None for one in node.keywords):
        return ()
    if isinstance(node.func, ast.Name) and called == "map":
        return ()
    if called in {"merge", "fillna"} and getattr(getattr(node.func, "value", None), "id", "") in {"pd", "np"}:
        return ()
    if called == "score" and "y" not in {one.arg for one in node.keywords} and len(node.args) != 2:
        return ()
    return SIGNATURES.get(called, ())


def keywords(program: Program) -> None:
    """Arguments of well-known functions by their names."""
    _known(program)

    def change(node: ast.expr) -> None:
        if isinstance(node, ast.Call):
            names = _signature(node)
            if node.args and len(node.args) <= len(names):
                given = [ast.keyword(key, value) for key, value in zip(names, node.args, strict=False)]
                node.args, node.keywords = [], [*given, *node.keywords]

    each_expression(program, change)


def positions(program: Program) -> None:
    """Arguments of well-known functions by their position."""
    _known(program)

    def change(node: ast.expr) -> None:
        if isinstance(node, ast.Call):
            names = _signature(node)
            while len(node.args) < len(names):
                held = next((one for one in node.keywords if one.arg == names[len(node.args)]), None)
                if held is None:
                    break
                node.keywords.remove(held)
                node.args.append(held.value)

    each_expression(program, change)


def unpacked_keywords(program: Program) -> None:
    """`f(x, a=1)` becomes `options = {'a': 1}` and `f(x, **options)`."""
    make = fresh(program)

    def change(statement: ast.stmt) -> list[ast.stmt] | None:
        call = getattr(statement, "value", None)
        if not isinstance(statement, ast.Assign | ast.Expr) or not isinstance(call, ast.Call) or not call.keywords:
            return None
        if any(one.arg is None or not isinstance(one.value, ast.Constant) for one in call.keywords):
            return None
        options = make("options")
        held = ast.Dict([ast.Constant(one.arg) for one in call.keywords], [one.value for one in call.keywords])
        call.keywords = [ast.keyword(None, name(options))]
        return [assigned(options, held, statement), statement]

    each_statement(program, change)


def partial(program: Program) -> None:
    """`f(x, a=1)` becomes `ready = functools.partial(f, a=1)` and `ready(x)`."""
    make, before = fresh(program), program.text()

    def change(statement: ast.stmt) -> list[ast.stmt] | None:
        call = getattr(statement, "value", None)
        if not isinstance(statement, ast.Assign | ast.Expr) or not isinstance(call, ast.Call) or not call.args:
            return None
        if not call.keywords or any(one.arg is None for one in call.keywords):
            return None
        if any(isinstance(one, ast.Name | ast.Call) for keyword in call.keywords for one in ast.walk(keyword.value)):
            return None  # so that nothing is looked at earlier than it was
        ready = make("ready")
        held = ast.Call(ast.Attribute(name("functools"), "partial", ast.Load()), [call.func], call.keywords)
        call.func, call.keywords = name(ready), []
        return [assigned(ready, held, statement), statement]

    each_statement(program, change)
    if program.text() == before:
        raise NotApplicable
    program.parts[0].body.insert(0, ast.Import([ast.alias("functools")]))


def hoisted(statement: ast.stmt) -> bool:
    """Return whether what a statement evaluates may be evaluated in statements before it."""
    return isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr | ast.Return)


def _plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Constant) or (isinstance(node, ast.Attribute) and _plain(node.value))


def lifted(statement: ast.stmt) -> list[ast.Call]:
    """Return the calls in a statement that are certainly made, and once, inner ones first."""
    found: list[ast.Call] = []

    def visit(node: ast.AST) -> None:
        if isinstance(
            node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.IfExp | ast.BoolOp
        ):
            return
        for child in ast.iter_child_nodes(node):
            visit(child)
        if isinstance(node, ast.Call):
            found.append(node)

    if getattr(statement, "value", None) is not None:
        visit(statement.value)
    return found


def replaced(statement: ast.stmt, old: ast.expr, new: ast.expr) -> None:
    class Change(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else super().generic_visit(node)

    Change().visit(statement)


_NO_TRANSFORM = {"TSNE", "MDS", "SpectralEmbedding", "UMAP", "Tokenizer"}


def fit_then_transform(program: Program) -> None:
    """`a = s.fit_transform(X)` becomes `s.fit(X)` and `a = s.transform(X)`."""
    make = fresh(program)
    if {"fit_transform"} & {node.name for node in nodes(program) if isinstance(node, ast.FunctionDef)}:
        raise NotApplicable

    def change(statement: ast.stmt) -> list[ast.stmt] | None:
        if not hoisted(statement):
            return None
        before: list[ast.stmt] = []
        for call in lifted(statement):
            if _called(call) != "fit_transform" or not call.args or call.keywords:
                continue
            if any(word in ast.unparse(call.func) for word in _NO_TRANSFORM):
                continue
            owner = call.func.value
            if not _plain(owner):
                tool = make("tool")
                before.append(assigned(tool, owner, statement))
                owner = name(tool)
            if not _plain(call.args[0]):
                given = make("given")
                before.append(assigned(given, call.args[0], statement))
                call.args[0] = name(given)
            fit = ast.Call(ast.Attribute(copy.deepcopy(owner), "fit", ast.Load()), copy.deepcopy(call.args), [])
            before.append(at(ast.Expr(fit), statement))
            call.func, call.args = ast.Attribute(owner, "transform", ast.Load()), call.args[:1]
        return [*before, statement] if before else None

    each_statement(program, change)


def fit_with_transform(program: Program) -> None:
    """`s.fit(X)` and `a = s.transform(X)` become `a = s.fit_transform(X)`."""

    def joined(before: ast.stmt, statement: ast.stmt) -> ast.stmt | None:
        fit = before.value if isinstance(before, ast.Expr) else None
        calls = [call for call in lifted(statement) if _called(call) == "transform"] if hoisted(statement) else []
        if isinstance(fit, ast.Call) and _called(fit) == "fit" and fit.args and not fit.keywords and calls:
            first = calls[0]
            same = ast.unparse(first.func.value) == ast.unparse(fit.func.value)
            if same and list(map(ast.unparse, first.args)) == list(map(ast.unparse, fit.args[:1])):
                first.func.attr, first.args = "fit_transform", fit.args
                return at(statement, before)
        return None

    each_pair(program, joined)


def fit_chained(program: Program) -> None:
    """`m = Model()` and `m.fit(X, y)` become `m = Model().fit(X, y)`."""
    _known(program)

    def joined(before: ast.stmt, statement: ast.stmt) -> ast.stmt | None:
        fit = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(fit, ast.Call) and _called(fit) == "fit" and isinstance(before, ast.Assign):
            target = before.targets[0]
            owner = getattr(fit.func, "value", None)
            maker = _called(before.value) if isinstance(before.value, ast.Call) else ""
            if isinstance(target, ast.Name) and getattr(owner, "id", "") == target.id and maker[:1].isupper():
                fit.func.value = before.value
                return at(ast.Assign(before.targets, fit), before, statement)
        return None

    each_pair(program, joined)


def nested_named(program: Program) -> None:
    """Calls inside calls get names of their own in statements before."""
    make = fresh(program)

    def change(statement: ast.stmt) -> list[ast.stmt] | None:
        if not hoisted(statement):
            return None
        inner = [
            call
            for outer in lifted(statement)
            for call in (*outer.args, *(one.value for one in outer.keywords))
            if isinstance(call, ast.Call)
        ]
        before = []
        for call in lifted(statement):
            if any(call is one for one in inner):
                held = make("part")
                replaced(statement, call, name(held))
                for one in before:
                    replaced(one, call, name(held))
                before.append(assigned(held, call, statement))
        return [*before, statement] if before else None

    each_statement(program, change)


def chains_split(program: Program) -> None:
    """`a = t.f().g().h()` becomes three statements."""
    make = fresh(program)

    def change(statement: ast.stmt) -> list[ast.stmt] | None:
        if not hoisted(statement):
            return None
        before = []
        for call in lifted(statement):
            owner = getattr(call.func, "value", None)
            if isinstance(owner, ast.Call):
                held = make("step")
                before.append(assigned(held, owner, statement))
                call.func.value = name(held)
        return [*before, statement] if before else None

    each_statement(program, change)


def chains_joined(program: Program) -> None:
    """`t = t.f()` and `t = t.g()` become `t = t.f().g()`."""

    def joined(before: ast.stmt, statement: ast.stmt) -> ast.stmt | None:
        root = _root(statement.value) if isinstance(statement, ast.Assign) else None
        simple = root is not None and isinstance(statement.targets[0], ast.Name) and root.id == statement.targets[0].id
        same = simple and isinstance(before, ast.Assign) and ast.unparse(before.targets[0]) == root.id
        once = same and sum(getattr(one, "id", "") == root.id for one in ast.walk(statement.value)) == 1
        if once and isinstance(before.value, ast.Call | ast.Subscript | ast.Name):
            replaced(statement, root, before.value)
            return at(statement, before)
        return None

    each_pair(program, joined)


def _root(node: ast.expr) -> ast.Name | None:
    """Return the name that a chain of methods begins with."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    owner = node.func.value
    return owner if isinstance(owner, ast.Name) else _root(owner)
