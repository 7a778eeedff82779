"""The same steps in another order of writing: loops, lists of steps, tuples, files in between."""

import ast
import copy

from rewrites.columns import frames_of
from rewrites.program import (
    Block,
    NotApplicable,
    Program,
    assigned,
    at,
    bound,
    each_block,
    each_pair,
    each_statement,
    fresh,
    lines,
    name,
    nodes,
    read_in,
    store,
)


def comprehension_to_loop(program: Program) -> None:
    """`a = [e for x in it]` becomes a loop that appends."""

    def change(statement: ast.stmt) -> Block | None:
        value = getattr(statement, "value", None)
        if not isinstance(statement, ast.Assign) or not isinstance(value, ast.ListComp | ast.DictComp):
            return None
        target = statement.targets[0]
        if not isinstance(target, ast.Name) or len(value.generators) != 1 or target.id in read_in([statement]):
            return None
        part = value.generators[0]
        if isinstance(value, ast.ListComp):
            empty: ast.expr = ast.List([], ast.Load())
            inner: ast.stmt = ast.Expr(ast.Call(ast.Attribute(name(target.id), "append", ast.Load()), [value.elt], []))
        else:
            empty = ast.Dict([], [])
            inner = ast.Assign([ast.Subscript(name(target.id), value.key, ast.Store())], value.value)
        body: Block = [at(inner, statement)]
        for test in reversed(part.ifs):
            body = [at(ast.If(test, body, []), statement)]
        return [assigned(target.id, empty, statement), at(ast.For(part.target, part.iter, body, []), statement)]

    each_statement(program, change)


def loop_to_comprehension(program: Program) -> None:
    """`a = []` and a loop that appends become one comprehension."""

    def joined(before: ast.stmt, one: ast.stmt) -> ast.stmt | None:
        inner = one.body[0] if isinstance(one, ast.For) and len(one.body) == 1 and not one.orelse else None
        call = inner.value if isinstance(inner, ast.Expr) else None
        empty = isinstance(before, ast.Assign) and ast.unparse(before.value) == "[]"
        if empty and isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "append":
            target = ast.unparse(before.targets[0])
            if ast.unparse(call.func.value) == target and target not in read_in([ast.Expr(call.args[0])]):
                part = ast.comprehension(one.target, one.iter, [], 0)
                return at(ast.Assign(before.targets, ast.ListComp(call.args[0], [part])), before, one, inner)
        return None

    each_pair(program, joined)


def _alike(first: ast.stmt, second: ast.stmt) -> tuple[str, str] | None:
    """Return the two names by which two statements `f(a)` and `f(b)` differ, None where they differ otherwise."""
    for name_a in read_in([first]):
        for name_b in read_in([second]):
            if name_a == name_b:
                continue
            held = copy.deepcopy(first)
            for node in ast.walk(held):
                if isinstance(node, ast.Name) and node.id == name_a:
                    node.id = name_b
            if ast.dump(held) == ast.dump(second) and name_b not in read_in([first]):
                return name_a, name_b
    return None


def parts_in_dict(program: Program) -> None:
    """`f(a)` and `f(b)` become a loop over `{'first': a, 'second': b}.items()`."""
    make = fresh(program)

    def joined(before: ast.stmt, one: ast.stmt) -> Block | ast.stmt | None:
        if _in_place(before) and _in_place(one) and (names := _alike(before, one)):
            part = make("part")
            turn = copy.deepcopy(one)
            for node in ast.walk(turn):
                if isinstance(node, ast.Name) and node.id == names[1]:
                    node.id = part
            loop = lines(f"for kind, {part} in {{'first': {names[0]}, 'second': {names[1]}}}.items():\n    pass")[0]
            loop.body = [at(turn, before, one)]
            return at(loop, before, one)
        return None

    each_pair(program, joined)


def _in_place(statement: ast.stmt) -> bool:
    """Return whether a statement binds no name."""
    return isinstance(statement, ast.Expr | ast.Assign) and not bound([statement])


def _pairs(program: Program, change) -> None:
    """Replace `a = f(x)` and `b = f(y)` by what `change` makes of targets, function text and arguments."""

    def joined(before: ast.stmt, one: ast.stmt) -> Block | ast.stmt | None:
        if _of_one(before) and _of_one(one):
            left, right = before.value, one.value
            same = ast.dump(left.func) == ast.dump(right.func) and not left.keywords and not right.keywords
            targets = [ast.unparse(before.targets[0]), ast.unparse(one.targets[0])]
            free = bound([before])[0] not in read_in([one]) and len(set(targets)) == 2
            if same and free and "fit" not in ast.unparse(left.func) and isinstance(left.func, ast.Attribute):
                arguments = [ast.unparse(left.args[0]), ast.unparse(right.args[0])]
                return lines(change(targets, ast.unparse(left.func), arguments), before, one)
        return None

    each_pair(program, joined)


def _of_one(statement: ast.stmt | None) -> bool:
    """Return whether a statement is `a = f(x)`."""
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(statement.value, ast.Call)
        and len(statement.value.args) == 1
        and not isinstance(statement.value.args[0], ast.Starred)
    )


def parts_mapped(program: Program) -> None:
    """`a = f(x)` and `b = f(y)` become `a, b = map(f, (x, y))`."""
    _pairs(program, lambda to, f, of: f"{', '.join(to)} = map({f}, ({', '.join(of)}))")


def parts_in_turn(program: Program) -> None:
    """`a = f(x)` and `b = f(y)` become `a, b = (f(part) for part in (x, y))`."""
    _pairs(program, lambda to, f, of: f"{', '.join(to)} = ({f}(part) for part in ({', '.join(of)}))")


def parts_by_name(program: Program) -> None:
    """`a = f(x)` and `b = f(y)` become a dict by the names of the parts, and two look-ups."""

    def text(to: list[str], f: str, of: list[str]) -> str:
        held = f"{{key: {f}(part) for key, part in {{'one': {of[0]}, 'two': {of[1]}}}.items()}}"
        return f"both = {held}\n{to[0]} = both['one']\n{to[1]} = both['two']"

    _pairs(program, text)


def parts_in_loop(program: Program) -> None:
    """`a = f(x)` and `b = f(y)` become a loop that appends to a list, which is then unpacked."""

    def text(to: list[str], f: str, of: list[str]) -> str:
        return f"both = []\nfor part in ({', '.join(of)}):\n    both.append({f}(part))\n{', '.join(to)} = both"

    _pairs(program, text)


def _in_steps(body: Block) -> list[tuple[int, int, str]]:
    """Return runs of statements `t = … t …`: where they begin and end, and the name."""
    found, start = [], 0
    while start < len(body):
        target = _again(body[start])
        end = start
        while end < len(body) and target is not None and _again(body[end]) == target:
            end += 1
        if target is not None:
            found.append((start, end, target))
        start = max(end, start + 1)
    return found


def _again(statement: ast.stmt) -> str | None:
    """Return the name that a statement binds anew from what it held."""
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        target = statement.targets[0].id
        if isinstance(statement.value, ast.Call | ast.Subscript) and target in read_in([statement]):
            return target
    return None


def steps(program: Program) -> None:
    """`t = f(t)` and `t = g(t)` become a list of functions that a loop applies."""
    make = fresh(program)

    def block(body: Block) -> Block:
        for start, end, target in reversed(_in_steps(body)):
            if end - start < 2:
                continue
            names, functions = [], []
            for one in body[start:end]:
                called = make("step")
                spec = ast.arguments([], [ast.arg(target)], None, [], [], None, [])
                functions.append(at(ast.FunctionDef(called, spec, [at(ast.Return(one.value), one)], []), one))
                names.append(called)
            loop = lines(f"for step in [{', '.join(names)}]:\n    {target} = step({target})", *body[start:end])
            body[start:end] = [*functions, *loop]
        return body

    each_block(program, block)


def piped(program: Program) -> None:
    """`df = f(df)` becomes `df = df.pipe(lambda held: f(held))`."""
    frames = frames_of(program)

    def change(statement: ast.stmt) -> ast.stmt | None:
        target = _again(statement)
        if target not in frames:
            return None
        for node in ast.walk(statement.value):
            if isinstance(node, ast.Name) and node.id == target:
                node.id = "held"
        spec = ast.arguments([], [ast.arg("held")], None, [], [], None, [])
        call = ast.Call(ast.Attribute(name(target), "pipe", ast.Load()), [ast.Lambda(spec, statement.value)], [])
        return at(ast.Assign([store(target)], call), statement)

    each_statement(program, change)


def unpacked_later(program: Program) -> None:
    """`a, b = f(x)` becomes `parts = f(x)`, `a = parts[0]`, `b = parts[1]`."""
    make = fresh(program)

    def change(statement: ast.stmt) -> Block | None:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if not isinstance(target, ast.Tuple) or not isinstance(statement.value, ast.Call):
            return None
        if any(isinstance(one, ast.Starred) for one in target.elts):
            return None
        held = make("parts")
        made: Block = [assigned(held, statement.value, statement)]
        for number, one in enumerate(target.elts):
            item = ast.Subscript(name(held), ast.Constant(number), ast.Load())
            made.append(at(ast.Assign([one], item), statement))
        return made

    each_statement(program, change)


def unpacked_starred(program: Program) -> None:
    """`a, b = f(x)` becomes `a, *others = f(x)` and `b = others[0]`."""
    make = fresh(program)

    def change(statement: ast.stmt) -> Block | None:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if not isinstance(target, ast.Tuple) or not isinstance(statement.value, ast.Call) or len(target.elts) < 3:
            return None
        if any(isinstance(one, ast.Starred) for one in target.elts):
            return None
        held = make("others")
        rest = target.elts[1:]
        target.elts[1:] = [ast.Starred(store(held), ast.Store())]
        return [statement, at(ast.Assign([ast.Tuple(rest, ast.Store())], name(held)), statement)]

    each_statement(program, change)


def tupled(program: Program) -> None:
    """`a = e` and `b = f`, which do not need each other, become `a, b = (e, f)`."""

    def joined(before: ast.stmt, one: ast.stmt) -> Block | ast.stmt | None:
        both = [before, one]
        if all(isinstance(x, ast.Assign) and isinstance(x.targets[0], ast.Name) for x in both):
            left, right = before.targets[0], one.targets[0]
            free = left.id not in read_in([one]) and left.id != right.id
            if free and all(isinstance(x.value, ast.Subscript | ast.Name) for x in both):
                targets = ast.Tuple([left, right], ast.Store())
                values = ast.Tuple([before.value, one.value], ast.Load())
                return at(ast.Assign([targets], values), before, one)
        return None

    each_pair(program, joined)


def untupled(program: Program) -> None:
    """`a, b = e, f` becomes two statements where these do not need each other."""

    def change(statement: ast.stmt) -> Block | None:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        value = getattr(statement, "value", None)
        if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple) or len(target.elts) != len(value.elts):
            return None
        if set(bound([statement])) & read_in([statement]):
            return None
        return [at(ast.Assign([one], item), statement) for one, item in zip(target.elts, value.elts, strict=True)]

    each_statement(program, change)


_NOISE = (
    "other = pd.read_csv('weather.csv')\nother = other.dropna()\nprint(other.describe())",
    "plt.figure(figsize=(8, 4))\nplt.title('overview')\nplt.show()",
    "print('-' * 40)",
    "started = time.time()",
)


def unused(program: Program) -> None:
    """Plots, prints and another data set in between."""
    taken = {getattr(node, "id", "") for node in nodes(program)} | {
        getattr(node, "name", "") for node in nodes(program)
    }
    if {"other", "started", "plt", "time"} & taken:
        raise NotApplicable
    count = 0
    for part in program.parts:
        made: Block = []
        for one in part.body:
            made.append(one)
            future = isinstance(one, ast.ImportFrom) and one.module == "__future__"
            if not isinstance(one, ast.Import | ast.ImportFrom) and not future:
                made += lines(_NOISE[count % len(_NOISE)])
                count += 1
        part.body = made
    program.parts[0].body[:0] = lines("import time\nimport matplotlib.pyplot as plt\nimport pandas as pd")


def looked_at(program: Program) -> None:
    """Each table is looked at after it was made: shape, head, plots of its columns."""
    frames = frames_of(program)

    def change(statement: ast.stmt) -> Block | None:
        target = getattr(statement.targets[0], "id", None) if isinstance(statement, ast.Assign) else None
        if target not in frames:
            return None
        text = (
            f"print({target}.shape)\n{target}.head()\n{target}.info()\nprint({target}.isnull().sum())\n{target}.hist()"
        )
        return [statement, *lines(text)]

    each_statement(program, change)
