"""The state of following one program, and how events are noted."""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from holdfast.audit.code.events import Decided, Flow, Learned, Loop, Place, Scored, Split
from holdfast.audit.code.rows import NOWHERE, Rows, Step, stepped
from holdfast.audit.code.values import NOTHING, Const, Data, Scope, Seq, data_of
from holdfast.audit.code.vocabulary import LABEL_NAME, side_of

MOST_STEPS = 60_000  # statements and expressions followed in one program, calls inlined: about a second
MOST_EVENTS = 300  # of one kind in one program; long notebooks have some dozens
MOST_STEPS_AWAY = 4_000  # of those in imported files: a helper that prepares a table takes some hundreds
MOST_DEPTH = 12  # of functions within functions


class TooMuch(Exception):
    """The program is larger than is followed."""


@dataclass(eq=False, slots=True)
class Machine:
    """Where the following of a program stands."""

    flow: Flow
    scope: Scope
    evaluate: Callable[["Machine", ast.expr], Any]
    execute: Callable[["Machine", Iterable[ast.stmt]], None]
    apply: Callable[["Machine", Any, "Args", ast.AST], Any]
    cell: int | str | None = None  # the cell; of code in another file, the name of that file
    depth: int = 0
    steps: int = 0
    away: int = 0  # how many of the steps were in imported files
    order: int = 0
    loops: tuple[int, ...] = ()
    turned: frozenset[int] = frozenset()  # loops around here that are followed turn by turn
    turning: frozenset[str] = frozenset()  # names that loops around here set anew in every turn
    objective: int = 0  # how many functions around here are called by an optimiser
    guards: frozenset[int] = NOTHING  # statistics that decide whether this statement runs
    seeded: bool = False
    wanted: tuple[str, ...] = ()  # names that the value being evaluated is for
    sites: tuple[Place, ...] = ()  # the calls that led into the function being followed
    anchor: ast.AST | None = None  # the call of a transformer's own `fit`: what it learns is learned there
    arms: tuple[tuple[int, int], ...] = ()  # the branches being followed: which statement, which arm
    returns: list[list[Any]] = field(default_factory=list)
    functions: list[Any] = field(default_factory=list)
    active: list[Any] = field(default_factory=list)  # functions being followed
    objects: dict[int, Any] = field(default_factory=dict)  # the first instance of each class of the program
    entered: set[int] = field(default_factory=set)  # functions that were followed
    numbers: dict[Rows, int] = field(default_factory=dict)
    taken: dict[Any, int] = field(default_factory=dict)  # events already noted: key -> id
    appended: dict[Any, Any] = field(default_factory=dict)  # list, loop and rows -> the line and branch of the first
    going: dict[int, Data] = field(default_factory=dict)  # the records that a loop goes through
    sides: dict[Any, Any] = field(default_factory=dict)  # rows and side -> what the part so named had learned
    index_parts: dict[Any, list[Rows]] = field(default_factory=dict)  # rows and index -> the parts of it so far
    saved: dict[str, Any] = field(default_factory=dict)  # path -> what the program wrote there
    asked: dict[str, set[str]] = field(default_factory=dict)  # the attributes that the program asks of each name
    modules: Any = None  # the other files of the audit
    loaded: dict[str, Any] = field(default_factory=dict)  # what those of them define that were imported
    followed: set[int] = field(default_factory=set)  # functions of other files that were followed from a call

    def step(self) -> None:
        """Count one step of work. Raises TooMuch."""
        self.steps += 1
        self.away += isinstance(self.cell, str)
        if self.steps > MOST_STEPS:
            raise TooMuch

    def room(self, events: list[Any]) -> None:
        """Check that there are not too many events to compare with each other. Raises TooMuch."""
        if len(events) > MOST_EVENTS:
            raise TooMuch

    def place(self, node: ast.AST) -> Place:
        """Return where a node stands, with the line's text."""
        line = getattr(node, "lineno", 1)
        self.order += 1
        text = self.flow.lines.get((self.cell, line), "")
        if isinstance(self.cell, str):
            return Place(self.cell, None, line, text, self.order, away=True)
        return Place(self.flow.file, self.cell, line, text, self.order, away=bool(self.loaded) and self.cell is None)

    def number(self, rows: Rows) -> int:
        """Return a number that stands for these rows in the key of a split, so that keys stay small."""
        return self.numbers.setdefault(rows, len(self.numbers))

    def source(self, *key: Any) -> Rows:
        """Return rows of their own."""
        return frozenset({((*key,),)})

    def learn(self, kind: str, what: str, node: ast.AST, data: Data, **more: Any) -> int:
        """Note that something was learned from `data`; return its id."""
        node = self.anchor or node
        key = (
            kind,
            what,
            self.cell,
            getattr(node, "lineno", 0),
            getattr(node, "col_offset", 0),
            data.rows,
            data.column,
        )
        if key in self.taken:
            return self.taken[key]
        new = Learned(
            id=len(self.flow.learned),
            kind=kind,
            what=what,
            place=self.place(node),
            rows=data.rows,
            data=data,
            given=more.pop("given", ""),
            inherits=data.known,
            column=more.pop("column", data.column),
            loops=self.loops,
            **more,
        )
        if self.anchor is not None:
            self.flow.applied[new.id] = new.place  # a transformer's own `fit` is where it is learned, and called
        self.flow.learned.append(new)
        self.room(self.flow.learned)
        self.taken[key] = new.id
        return new.id

    def apply_statistic(self, node: ast.AST, learned: frozenset[int]) -> None:
        """Note where statistics are applied to records."""
        for one in learned:
            if self.flow.learned[one].kind == "statistic" and one not in self.flow.applied:
                self.flow.applied[one] = self.place(node)

    def score(self, metric: str, node: ast.AST, found: Data, **more: Any) -> int:
        """Note that a model was judged; return the score's id."""
        key = ("score", metric, self.cell, getattr(node, "lineno", 0), found.rows, found.models, self.loops)
        if key in self.taken:
            return self.taken[key]
        new = Scored(
            id=len(self.flow.scored),
            place=self.place(node),
            metric=metric,
            rows=found.rows,
            models=found.models,
            learned=found.known,
            own=found.own if found.models or found.by is not None else found.known,
            loops=self.loops,
            objective=self.objective > 0,
            sites=self.sites,
            **more,
        )
        self.flow.scored.append(new)
        self.room(self.flow.scored)
        self.taken[key] = new.id
        return new.id

    def split(self, event: Split) -> None:
        """Note that rows were parted."""
        where = () if event.name == "slices" else (event.place.file, event.place.cell, event.place.line)
        key = ("parted", *where, event.name, event.key)
        if key not in self.taken:
            self.taken[key] = len(self.flow.splits)
            self.flow.splits.append(event)
            self.room(self.flow.splits)

    def decide(self, node: ast.AST, scores: frozenset[int], how: str) -> None:
        """Note that scores decided something."""
        if scores:
            self.room(self.flow.decided)
            self.flow.decided.append(Decided(self.place(node), scores, how, self.loops, self.sites))

    def enter(
        self,
        node: ast.AST,
        over: str,
        text: str,
        names: Iterable[str] = (),
        turns: int = 1,
        ends: tuple[Any, Any] = (None, None),
    ) -> int:
        """Begin a loop; return its id."""
        number = len(self.flow.loops) + 1
        self.flow.loops[number] = Loop(number, self.place(node), over, text, frozenset(names), turns, ends)
        self.loops = (*self.loops, number)
        return number

    def note_name(self, name: str, value: Any) -> Any:
        """Return a value as it is after a name was given to it: names say which side and role it has."""
        if not isinstance(value, Data):
            return value
        if value.rows and value.role in {"table", "label", "index", "bundle"} and (side := side_of(name)):
            self.flow.sides.setdefault(value.rows, side)
        if value.role == "table" and LABEL_NAME.match(name) and not value.models:
            if value.column is not None:
                self.flow.label_columns.add(value.column)
            elif value.only is not None and len(value.only) == 1:
                self.flow.label_columns |= value.only
            value = replace(value, role="label")
        return value


@dataclass(frozen=True, slots=True)
class Args:
    """What a call is given: values, and the expressions they come from."""

    values: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)
    nodes: tuple[ast.expr, ...] = ()
    named_nodes: dict[str, ast.expr] = field(default_factory=dict)

    def get(self, position: int | None, *names: str) -> Any:
        """Return an argument by its position or one of its names, None where it is not given."""
        for name in names:
            if name in self.named:
                return self.named[name]
        if position is not None and position < len(self.values):
            return self.values[position]
        return None

    def text(self, position: int | None, *names: str) -> str:
        """Return how the program writes an argument."""
        for name in names:
            if name in self.named_nodes:
                return text_of(self.named_nodes[name])
        if position is not None and position < len(self.nodes):
            return text_of(self.nodes[position])
        return ""

    def constant(self, position: int | None, *names: str) -> Any:
        """Return an argument that is a literal, None otherwise."""
        found = self.get(position, *names)
        return found.value if isinstance(found, Const) else None

    def given(self, *names: str) -> bool:
        """Return whether one of the named arguments is given, and not as None."""
        return any(name in self.named and self.named[name] != Const(None) for name in names)

    def and_then(self, more: "Args") -> "Args":
        """Return these arguments with those of a later call; nodes go along where all are known."""
        nodes = (*self.nodes, *more.nodes) if len(self.nodes) == len(self.values) else ()
        return Args(
            (*self.values, *more.values),
            {**self.named, **more.named},
            nodes,
            {**self.named_nodes, **more.named_nodes},
        )

    def everything(self) -> list[Any]:
        """Return all values."""
        return [*self.values, *self.named.values()]

    def data(self) -> list[Data]:
        """Return the records among the arguments."""
        return [found for found in map(data_of, self.everything()) if found is not None]


def text_of(node: ast.AST | None, most: int = 60) -> str:
    """Return an expression as the program writes it, shortened."""
    if node is None:
        return ""
    try:
        text = ast.unparse(node)
    except (RecursionError, ValueError):
        return "…"
    return text if len(text) <= most else text[: most - 1] + "…"


class _Spelled(ast.NodeTransformer):
    """Writes a function's parameters as its caller wrote them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self.texts[node.id], node.ctx) if node.id in self.texts else node


def spelled(m: Machine, node: ast.expr) -> str:
    """Return an expression as the program writes it, a function's parameters as the call does."""
    text = text_of(node, 200)
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    if names.isdisjoint(m.scope.spelled) or text.endswith("…"):
        return text
    return text_of(_Spelled(m.scope.spelled).visit(ast.parse(text, mode="eval").body), 200)


def name_of(node: ast.AST | None) -> str:
    """Return the name that an expression ends in: `b` for `b`, `a.b` and `a.b[0]`."""
    while isinstance(node, ast.Subscript | ast.Starred):
        node = node.value
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return ""


def part(data: Data, key: tuple[Any, ...], side: Any) -> Data:
    """Return the side of a split of `data`."""
    return replace(data, rows=stepped(data.rows, Step(key, side)) if data.rows else NOWHERE, where=None)


def strings(value: Any) -> list[str] | None:
    """Return the strings that a literal or list of literals holds, None if it holds anything else."""
    if isinstance(value, Const):
        return [value.value] if isinstance(value.value, str) else None
    if not isinstance(value, Seq):
        return None
    listed = [*value.items, *([] if value.rest is None else [value.rest])]  # the rest: `y_{h}`, added in a loop
    found = [one.value for one in listed if isinstance(one, Const) and isinstance(one.value, str)]
    return found if found and len(found) == len(listed) else None
