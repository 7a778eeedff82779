"""The same columns and rows of a table in other words of pandas."""

import ast
import copy
import keyword

from rewrites.program import NotApplicable, Program, at, each_expression, each_statement, name, nodes, store

_MAKERS = {"read_csv", "read_parquet", "read_excel", "read_feather", "read_json", "read_table", "read_sql", "DataFrame"}
_KEEPERS = {"copy", "drop", "dropna", "sort_values", "reset_index", "fillna", "assign", "query", "merge", "rename",
            "drop_duplicates", "sample", "head", "tail", "join", "astype", "set_index", "sort_index"}  # fmt: skip
_METHODS = frozenset(
    "T abs add agg all any apply at attrs axes bool clip columns copy corr count cov cummax describe diff div dot drop "  # noqa: SIM905
    "dtypes empty eq eval ewm explode ffill filter first flags ge get groupby gt head hist iat idxmax iloc index info "
    "insert interpolate isin items join kurt last le loc lt map mask max mean median melt merge min mod mode mul name "
    "ndim ne nlargest pipe pivot plot pop pow prod quantile query rank reindex rename replace resample rolling round "
    "sample select sem shape shift size skew squeeze stack std style sub sum swaplevel tail take transform transpose "
    "truncate unstack update value values var where xs".split(" ")
)


def frames_of(program: Program) -> set[str]:
    """Return the names that hold tables of pandas wherever they are bound."""
    pandas = {
        alias.asname or alias.name
        for node in nodes(program)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "pandas"
    }
    if not pandas:
        raise NotApplicable
    found: set[str] = set()
    bindings = [
        (node.targets[0].id, node.value)
        for node in nodes(program)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]
    for _ in range(4):
        found |= {target for target, value in bindings if _is_frame(value, found, pandas)}
    return found - {target for target, value in bindings if not _is_frame(value, found, pandas)}


def _is_frame(value: ast.expr, frames: set[str], pandas: set[str]) -> bool:
    if isinstance(value, ast.Name):
        return value.id in frames
    if isinstance(value, ast.Subscript):
        several = isinstance(value.slice, ast.List | ast.Compare | ast.Slice | ast.UnaryOp | ast.BinOp | ast.BoolOp)
        return several and _is_frame(value.value, frames, pandas)
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return False
    owner = value.func.value
    if isinstance(owner, ast.Name) and owner.id in pandas:
        return value.func.attr in _MAKERS
    return value.func.attr in _KEEPERS and _is_frame(owner, frames, pandas)


def _column(node: ast.AST, frames: set[str]) -> str | None:
    """Return the column that `df['a']` speaks of."""
    if not isinstance(node, ast.Subscript) or getattr(node.value, "id", None) not in frames:
        return None
    return node.slice.value if isinstance(getattr(node.slice, "value", None), str) else None


def _plain(column: str) -> bool:
    return column.isidentifier() and not keyword.iskeyword(column)


def attributes(program: Program) -> None:
    """`df['a']` that is read becomes `df.a`."""
    frames = frames_of(program)

    def change(node: ast.expr) -> ast.expr | None:
        column = _column(node, frames)
        if column is None or not isinstance(node.ctx, ast.Load) or not _plain(column) or column in _METHODS:
            return None
        return ast.Attribute(node.value, column, ast.Load())

    each_expression(program, change)


def located(program: Program) -> None:
    """`df['a']` becomes `df.loc[:, 'a']`, also where it is bound."""
    frames = frames_of(program)

    def change(node: ast.expr) -> ast.expr | None:
        several = isinstance(node, ast.Subscript) and getattr(node.value, "id", None) in frames
        if _column(node, frames) is None and not (several and isinstance(node.slice, ast.List)):
            return None
        return ast.Subscript(
            ast.Attribute(node.value, "loc", ast.Load()), ast.Tuple([ast.Slice(), node.slice]), node.ctx
        )

    each_expression(program, change)


def got(program: Program) -> None:
    """`df['a']` that is read becomes `df.get('a')`."""
    frames = frames_of(program)

    def change(node: ast.expr) -> ast.expr | None:
        if _column(node, frames) is None or not isinstance(node.ctx, ast.Load):
            return None
        return ast.Call(ast.Attribute(node.value, "get", ast.Load()), [node.slice], [])

    each_expression(program, change)


def masked(program: Program) -> None:
    """`df[df['a'] > 1]` becomes `df.loc[df['a'] > 1]`."""
    frames = frames_of(program)

    def change(node: ast.expr) -> ast.expr | None:
        if not isinstance(node, ast.Subscript) or getattr(node.value, "id", None) not in frames:
            return None
        if not isinstance(node.slice, ast.Compare | ast.UnaryOp | ast.BinOp):
            return None
        return ast.Subscript(ast.Attribute(node.value, "loc", ast.Load()), node.slice, node.ctx)

    each_expression(program, change)


def assign_method(program: Program) -> None:
    """`df['a'] = e` becomes `df = df.assign(a=e)`."""
    frames = frames_of(program)

    def change(statement: ast.stmt) -> ast.stmt | None:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return None
        column = _column(statement.targets[0], frames)
        if column is None or not _plain(column):
            return None
        table = statement.targets[0].value.id
        call = ast.Call(ast.Attribute(name(table), "assign", ast.Load()), [], [ast.keyword(column, statement.value)])
        return at(ast.Assign([store(table)], call), statement)

    each_statement(program, change)


def in_place(program: Program) -> None:
    """`df = df.dropna()` becomes `df.dropna(inplace=True)`."""
    frames = frames_of(program)

    def change(statement: ast.stmt) -> ast.stmt | None:
        value = getattr(statement, "value", None)
        if not isinstance(statement, ast.Assign) or not isinstance(value, ast.Call):
            return None
        func = value.func
        if not isinstance(func, ast.Attribute) or func.attr not in _INPLACE or not isinstance(func.value, ast.Name):
            return None
        if func.value.id not in frames or ast.unparse(statement.targets[0]) != func.value.id:
            return None
        value.keywords.append(ast.keyword("inplace", ast.Constant(value=True)))
        return at(ast.Expr(value), statement)

    each_statement(program, change)


_INPLACE = {
    "dropna",
    "fillna",
    "drop",
    "sort_values",
    "reset_index",
    "drop_duplicates",
    "rename",
    "set_index",
    "sort_index",
}


def reassigned(program: Program) -> None:
    """`df.dropna(inplace=True)` becomes `df = df.dropna()`."""
    frames = frames_of(program)

    def change(statement: ast.stmt) -> ast.stmt | None:
        value = getattr(statement, "value", None)
        if not isinstance(statement, ast.Expr) or not isinstance(value, ast.Call):
            return None
        owner = getattr(value.func, "value", None)
        kept = [one for one in value.keywords if one.arg != "inplace"]
        if getattr(owner, "id", None) not in frames or len(kept) == len(value.keywords):
            return None
        value.keywords = kept
        return at(ast.Assign([store(owner.id)], value), statement)

    each_statement(program, change)


def _dropped(node: ast.AST) -> list[ast.expr] | None:
    """Return the columns that `df.drop(...)` takes away, as they are written."""
    if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") != "drop":
        return None
    given = {one.arg: one.value for one in node.keywords}
    held = given.pop("columns", None)
    if held is None and node.args and getattr(given.pop("axis", None), "value", None) in {1, "columns"}:
        held = node.args[0]
    if held is None or given:
        return None
    found = held.elts if isinstance(held, ast.List) else [held]
    return found if all(isinstance(one, ast.Constant) for one in found) else None


def _dropping(program: Program, change) -> None:
    frames = frames_of(program)

    def one(node: ast.expr) -> ast.expr | None:
        found = _dropped(node)
        if found is None or getattr(node.func.value, "id", None) not in frames:
            return None
        return change(node.func.value, found)

    each_expression(program, one)


def drop_by_axis(program: Program) -> None:
    """`df.drop(columns=['a'])` becomes `df.drop(['a'], axis=1)`."""
    _dropping(
        program,
        lambda owner, found: ast.Call(
            ast.Attribute(owner, "drop", ast.Load()),
            [ast.List(found, ast.Load())],
            [ast.keyword("axis", ast.Constant(1))],
        ),
    )


def drop_by_listing(program: Program) -> None:
    """`df.drop(columns=['a'])` becomes `df[[c for c in df.columns if c not in ['a']]]`."""

    def change(owner: ast.expr, found: list[ast.expr]) -> ast.expr:
        table, away = ast.unparse(owner), ast.unparse(ast.List(found, ast.Load()))
        return ast.parse(f"{table}[[c for c in {table}.columns if c not in {away}]]", mode="eval").body

    _dropping(program, change)


def drop_by_difference(program: Program) -> None:
    """`df.drop(columns=['a'])` becomes `df[df.columns.difference(['a'])]`."""

    def change(owner: ast.expr, found: list[ast.expr]) -> ast.expr:
        table, away = ast.unparse(owner), ast.unparse(ast.List(found, ast.Load()))
        return ast.parse(f"{table}[{table}.columns.difference({away})]", mode="eval").body

    _dropping(program, change)


def drop_by_mask(program: Program) -> None:
    """`df.drop(columns=['a'])` becomes `df.loc[:, df.columns != 'a']`."""

    def change(owner: ast.expr, found: list[ast.expr]) -> ast.expr | None:
        if len(found) > 1:
            table, away = ast.unparse(owner), ast.unparse(ast.List(found, ast.Load()))
            return ast.parse(f"{table}.loc[:, ~{table}.columns.isin({away})]", mode="eval").body
        return ast.parse(
            f"{ast.unparse(owner)}.loc[:, {ast.unparse(owner)}.columns != {ast.unparse(found[0])}]", mode="eval"
        ).body

    _dropping(program, change)


def as_arrays(program: Program) -> None:
    """What scikit-learn is given to learn from or to score on comes as an array: `fit(X.to_numpy(), y)`."""
    frames = frames_of(program)

    def change(node: ast.expr) -> None:
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {
            "fit",
            "predict",
            "score",
            "fit_transform",
            "transform",
        }:
            node.args = [
                ast.Call(ast.Attribute(one, "to_numpy", ast.Load()), [], [])
                if getattr(one, "id", None) in frames
                else one
                for one in node.args
            ]

    each_expression(program, change)


def copied(program: Program) -> None:
    """A table that was read is copied under another name, and the copy is used."""
    frames = frames_of(program)

    def change(statement: ast.stmt) -> list[ast.stmt] | None:
        if not isinstance(statement, ast.Assign) or getattr(statement.targets[0], "id", None) not in frames:
            return None
        call = statement.value
        if not isinstance(call, ast.Call) or getattr(call.func, "attr", "") not in _MAKERS:
            return None
        table = statement.targets[0].id
        statement.targets = [store(f"{table}_raw")]
        again = ast.Call(ast.Attribute(name(f"{table}_raw"), "copy", ast.Load()), [], [])
        return [statement, at(ast.Assign([store(table)], copy.deepcopy(again)), statement)]

    each_statement(program, change)
