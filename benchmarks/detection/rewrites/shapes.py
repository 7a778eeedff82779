"""The same statements in another frame: functions, a class, a guard, cells."""

import ast
import copy
from collections.abc import Callable

from rewrites.program import (
    BUILTINS,
    Block,
    NotApplicable,
    Part,
    Program,
    assigned,
    at,
    bound,
    docless,
    fresh,
    lines,
    name,
    nodes,
    origins,
    parted,
    read_in,
    store,
    walked,
)

_NO_ARGUMENTS = ast.arguments([], [], None, [], [], None, [])


def _function(called: str, body: Block, parameters: list[str] | None = None) -> ast.FunctionDef:
    spec = copy.deepcopy(_NO_ARGUMENTS)
    spec.args = [ast.arg(one) for one in parameters or []]
    return ast.FunctionDef(called, spec, body or [ast.Pass()], [])


def _all(body: Block) -> ast.stmt:
    """Return a statement that stands for all of others, for calls of what they moved into."""
    found = ast.Pass()
    found.origins = frozenset().union(*map(origins, walked(body)))
    return found


def in_main(program: Program) -> None:
    """Everything but the imports in `main()`, called under a guard."""
    body = docless(program.script())
    top = [one for one in body if isinstance(one, ast.Import | ast.ImportFrom)]
    rest = [one for one in body if not isinstance(one, ast.Import | ast.ImportFrom)]
    called = fresh(program)("main")
    for one in walked(rest):
        if isinstance(one, ast.Global):
            raise NotApplicable
    if any(isinstance(one, ast.Await | ast.Yield) for one in nodes(program)) or called != "main":
        raise NotApplicable
    program.become([*top, _function(called, rest), *lines("if __name__ == '__main__':\n    main()")])


def guarded(program: Program) -> None:
    """Everything but imports and definitions under `if __name__ == "__main__"`."""
    top, rest = parted(docless(program.script()))
    guard = ast.parse("__name__ == '__main__'", mode="eval").body
    program.become([*top, ast.If(guard, rest, [])])


def tried(program: Program) -> None:
    """Everything but imports and definitions in a `try`, with what it raises logged."""
    top, rest = parted(docless(program.script()))
    handler = lines("try:\n    pass\nexcept ValueError as trouble:\n    print('failed', trouble)\n    raise")[0]
    handler.body = rest
    program.become([*top, handler])


def with_blocks(program: Program) -> None:
    """Everything but imports and definitions with warnings switched off."""
    top, rest = parted(docless(program.script()))
    block = lines("with warnings.catch_warnings():\n    pass")[0]
    block.body = [*lines("warnings.simplefilter('ignore')"), *rest]
    program.become([*lines("import warnings"), *top, block])


def flagged(program: Program) -> None:
    """Each statement that calls something and binds a name under a setting that is on."""
    top, rest = parted(docless(program.script()))
    made: Block = []
    for one in rest:
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call) and "fit" in ast.unparse(one.value.func):
            made.append(at(ast.If(name("PREPARE"), [one], []), one))
        else:
            made.append(one)
    program.become([*top, *lines("PREPARE = True"), *made])


def early_return(program: Program) -> None:
    """`main(path)` that returns at once where a file is missing."""
    in_main(program)
    body = program.parts[0].body
    main = next(one for one in body if isinstance(one, ast.FunctionDef) and one.name == "main")
    main.args.args = [ast.arg("folder")]
    main.args.defaults = [ast.Constant(".")]
    main.body[:0] = lines("if not os.path.exists(folder):\n    print('nothing there')\n    return None")
    main.body += lines("return 0")
    program.become([*lines("import os"), *body])


def decorated(program: Program) -> None:
    """`main()` with a decorator of the program that takes the time."""
    in_main(program)
    body = program.parts[0].body
    timed = lines(
        "import functools\nimport time\n"
        "def timed(function):\n"
        "    @functools.wraps(function)\n"
        "    def wrapper(*args, **kwargs):\n"
        "        start = time.time()\n"
        "        result = function(*args, **kwargs)\n"
        "        print(time.time() - start)\n"
        "        return result\n"
        "    return wrapper"
    )
    for one in body:
        if isinstance(one, ast.FunctionDef) and one.name == "main":
            one.decorator_list = [name("timed")]
    program.become([*timed, *body])


def _chunks(rest: Block) -> list[Block]:
    """Return the statements in three parts of about the same length."""
    if len(rest) < 3:
        raise NotApplicable
    third = max(1, round(len(rest) / 3))
    return [rest[:third], rest[third : 2 * third], rest[2 * third :]]


_Hands = Callable[[str, list[str], Block, Block], tuple[Block, Block]]


def _staged(program: Program, hands: _Hands, before: Block) -> None:
    """Become load(), prepare(…), evaluate(…); `hands` says how a function's results come back."""
    top, rest = parted(docless(program.script()))
    chunks = _chunks(rest)
    make = fresh(program)
    called = [make(one) for one in ("load", "prepare", "evaluate")]
    functions, calls = [], []
    known: list[str] = []
    for number, (chunk, function) in enumerate(zip(chunks, called, strict=True)):
        later = read_in([one for other in chunks[number + 1 :] for one in other])
        given = [one for one in known if one in read_in(chunk)]
        new = [one for one in bound(chunk) if one in later]
        lost = [one for one in bound(chunk) if one in read_in(chunk) and one not in given and one in known]
        if lost:
            raise NotApplicable
        body, after = hands(function, new, chunk, calls)
        functions.append(_function(function, body, given))
        call = ast.Call(name(function), list(map(name, given)), [])
        source = _all(chunk)
        for one in after:
            at(one, source)
            for node in ast.walk(one):
                if isinstance(node, ast.Name) and node.id == "CALL":
                    _put(one, node, call)
        calls += after
        known += [one for one in new if one not in known]
    program.become([*before, *top, *functions, *calls])


def _put(statement: ast.stmt, old: ast.AST, new: ast.expr) -> None:
    class Change(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else super().generic_visit(node)

    Change().visit(statement)


def staged_tuples(program: Program) -> None:
    """load(), prepare(…), evaluate(…) that return tuples."""

    def hands(function: str, new: list[str], chunk: Block, calls: Block) -> tuple[Block, Block]:
        del function, calls
        if not new:
            return chunk, lines("CALL")
        return [*chunk, *lines(f"return {', '.join(new)}", chunk[-1])], lines(f"{', '.join(new)} = CALL")

    _staged(program, hands, [])


def staged_dicts(program: Program) -> None:
    """load(), prepare(…), evaluate(…) that return dicts."""
    make = fresh(program)

    def hands(function: str, new: list[str], chunk: Block, calls: Block) -> tuple[Block, Block]:
        del calls
        if not new:
            return chunk, lines("CALL")
        held = make(function + "ed")
        back = ", ".join(f"'{one}': {one}" for one in new)
        after = "\n".join([f"{held} = CALL", *(f"{one} = {held}['{one}']" for one in new)])
        return [*chunk, *lines(f"return {{{back}}}")], lines(after)

    _staged(program, hands, [])


def staged_dataclasses(program: Program) -> None:
    """load(), prepare(…), evaluate(…) that return dataclasses."""
    make = fresh(program)
    kinds: Block = []

    def hands(function: str, new: list[str], chunk: Block, calls: Block) -> tuple[Block, Block]:
        del calls
        if not new:
            return chunk, lines("CALL")
        held, kind = make(function + "ed"), make(function.title() + "ed")
        fields = "\n".join(f"    {one}: object" for one in new)
        kinds.extend(lines(f"@dataclass\nclass {kind}:\n{fields}"))
        back = ", ".join(f"{one}={one}" for one in new)
        after = "\n".join([f"{held} = CALL", *(f"{one} = {held}.{one}" for one in new)])
        return [*chunk, *lines(f"return {kind}({back})")], lines(after)

    _staged(program, hands, [])
    program.become([*lines("from dataclasses import dataclass"), *kinds, *program.parts[0].body])


def staged_namespaces(program: Program) -> None:
    """load(), prepare(…), evaluate(…) that return a SimpleNamespace."""
    make = fresh(program)

    def hands(function: str, new: list[str], chunk: Block, calls: Block) -> tuple[Block, Block]:
        del calls
        if not new:
            return chunk, lines("CALL")
        held = make(function + "ed")
        back = ", ".join(f"{one}={one}" for one in new)
        after = "\n".join([f"{held} = CALL", *(f"{one} = {held}.{one}" for one in new)])
        return [*chunk, *lines(f"return SimpleNamespace({back})")], lines(after)

    _staged(program, hands, lines("from types import SimpleNamespace"))


class _Held(ast.NodeTransformer):
    """Names become attributes of `self`, or items of a dict."""

    def __init__(self, names: set[str], held: Callable[[str, ast.expr_context], ast.expr]) -> None:
        self.names, self.held = names, held

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.held(node.id, node.ctx) if node.id in self.names else node


def _local(rest: Block) -> set[str]:
    """Return names that stay local: of comprehensions, lambdas, handlers and walruses."""
    found = set()
    for statement in rest:
        for node in ast.walk(statement):
            if isinstance(node, ast.comprehension):
                found |= {one.id for one in ast.walk(node.target) if isinstance(one, ast.Name)}
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                found.add(node.name)
            elif isinstance(node, ast.NamedExpr):
                found.add(node.target.id)
    return found


def in_class(program: Program) -> None:
    """A class whose methods load, prepare and evaluate, with all that they share on `self`."""
    top, rest = parted(docless(program.script()))
    chunks = _chunks(rest)
    names = set(bound(rest))
    shared = {one for one in names if sum(one in set(bound(chunk)) | read_in(chunk) for chunk in chunks) > 1}
    if shared & _local(rest) or "self" in names or any(isinstance(one, ast.AugAssign) for one in walked(rest)):
        raise NotApplicable
    held = _Held(shared, lambda one, context: ast.Attribute(name("self"), one, context))
    called = fresh(program)("Experiment")
    methods = ("load", "prepare", "evaluate")
    shared_class = ast.ClassDef(
        called,
        [],
        [],
        [
            _function(method, [held.visit(one) for one in chunk], ["self"])
            for method, chunk in zip(methods, chunks, strict=True)
        ],
        [],
    )
    calls = [at(lines(f"experiment.{method}()")[0], _all(chunk)) for method, chunk in zip(methods, chunks, strict=True)]
    program.become([*top, shared_class, *lines(f"experiment = {called}()"), *calls])


def in_class_run(program: Program) -> None:
    """As `in_class`, with state declared in `__init__` and a method `run` that calls the others."""
    in_class(program)
    body = program.parts[0].body
    made = next(one for one in body if isinstance(one, ast.ClassDef) and one.name.startswith("Experiment"))
    states = sorted(
        {
            node.attr
            for node in ast.walk(made)
            if isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and getattr(node.value, "id", "") == "self"
        }
    )
    init = lines("def __init__(self):\n    pass" + "".join(f"\n    self.{one} = None" for one in states))
    calls = body[-3:]
    run = lines("def run(self):\n    self.load()\n    self.prepare()\n    self.evaluate()")
    for inner, call in zip(run[0].body, calls, strict=True):
        at(inner, call)
    made.body = [*init, *made.body, *run]
    program.become([*body[:-4], *lines(f"{made.name}().run()", *calls)])


def in_dict(program: Program) -> None:
    """Everything that the script binds as items of one dict."""
    top, rest = parted(docless(program.script()))
    names = set(bound(rest)) - _local(rest)
    names -= {
        one.id
        for statement in walked(rest)
        if isinstance(statement, ast.For | ast.With)
        for target in (
            [statement.target] if isinstance(statement, ast.For) else [item.optional_vars for item in statement.items]
        )
        if target is not None
        for one in ast.walk(target)
        if isinstance(one, ast.Name)
    }
    held = _Held(names, lambda one, context: ast.Subscript(name("state"), ast.Constant(one), context))
    if "state" in BUILTINS | set(bound(rest)):
        raise NotApplicable
    program.become([*top, *lines("state = {}"), *(held.visit(one) for one in rest)])


def helpers(program: Program) -> None:
    """Each call that makes something becomes a function of its own."""
    make = fresh(program)
    top, rest = parted(docless(program.script()))
    known, made, functions = set(bound(rest)), [], []
    for one in rest:
        if not isinstance(one, ast.Assign) or not isinstance(one.value, ast.Call):
            made.append(one)
            continue
        given = sorted(known & read_in([one]))
        if given and not any(isinstance(node, ast.NamedExpr) for node in ast.walk(one)):
            called = make("helper")
            functions.append(_function(called, [at(ast.Return(one.value), one)], given))
            made.append(at(ast.Assign(one.targets, ast.Call(name(called), list(map(name, given)), [])), one))
        else:
            made.append(one)
    program.become([*top, *functions, *made])


def cells(program: Program) -> None:
    """A script becomes a notebook, each statement a cell."""
    if program.case.is_notebook:
        raise NotApplicable
    program.parts = [Part(number, number, [one]) for number, one in enumerate(program.parts[0].body, 1)]


def script(program: Program) -> None:
    """A notebook becomes a script."""
    if not program.case.is_notebook:
        raise NotApplicable
    program.become(program.script())


def aliased(program: Program) -> None:
    """What a call returns gets its name in a second step: `held = f(x)`, `a = held`."""
    make = fresh(program)
    for part in program.parts:
        made: Block = []
        for one in part.body:
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name) and isinstance(one.value, ast.Call):
                held = make("held")
                made += [assigned(held, one.value, one), at(ast.Assign([store(one.targets[0].id)], name(held)), one)]
            else:
                made.append(one)
        part.body = made
