"""What a name may hold while a program is followed without being run."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from holdfast.audit.code.rows import NOWHERE, Rows, Step, simplified

NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Data:
    """A table, array, column, loader, statistic: anything that comes from records."""

    rows: Rows = NOWHERE  # of which records; a statistic of records has none of its own
    learned: frozenset[int] = NOTHING  # what was learned from records on the way (ids of Learned)
    role: str = "table"  # table label index mask predictions statistic count
    column: str | None = None  # the name, where this is one column
    columns: Mapping[str, frozenset[int]] = field(default_factory=dict)  # what was learned, column by column
    only: frozenset[str] | None = None  # the columns, where they are known
    gone: frozenset[str] | None = None  # the columns that were taken out of a table that was read; None: not followed
    made: Mapping[str, frozenset[str]] = field(default_factory=dict)  # columns and those they were computed from
    of: frozenset[str] = frozenset()  # of one column: those that it was computed from, row by row
    foretold: Mapping[str, "Data"] = field(default_factory=dict)  # the columns that hold what a model predicted
    models: frozenset[int] = NOTHING  # ids of Learned of the models that predicted this
    record: bool = False  # one record or batch at a time
    ordered: str = ""  # what shows that the records are a series
    where: Step | None = None  # for a mask or an index: the rows that it picks
    aside: frozenset[int] = NOTHING  # what is learned where this is joined to single records
    by: Any = None  # the estimator that predicted this
    backwards: bool = False  # the last row first
    own: frozenset[int] = NOTHING  # of predictions: what was in the records that they are for
    one_per: str = ""  # the column of which each value has one row here, where rows were grouped
    beside: Any = None  # the label that a container holds with the records: that of `Pool(X, y)`
    drawn: Any = None  # the place where the rows were shuffled without a seed

    @property
    def known(self) -> frozenset[int]:
        """All that was learned, over all columns."""
        return self.learned.union(*self.columns.values()) if self.columns else self.learned

    def brought(self, name: str) -> frozenset[int]:
        """What was learned that is in one column alone; `lag_3` may be one that a loop has called `lag_{k}`."""
        if name in self.columns:
            return self.columns[name]
        loose = [one for one in self.columns if "{" in one]
        return NOTHING.union(*(self.columns[one] for one in loose if _may_be(one, name)))


@dataclass(frozen=True, slots=True)
class Score:
    """A number that says how good a model is."""

    ids: frozenset[int]  # of Scored
    ranked: frozenset[int] = NOTHING  # those that it is sorted by, the best first or last
    columns: Mapping[str, frozenset[int]] | None = None  # of a table of scores, column by column
    beside: frozenset[int] = NOTHING  # of a column: the scores in other columns of the table


@dataclass(frozen=True, slots=True)
class Expression:
    """What is to be done to columns of a table that takes it in: `pl.col("price").shift(1).over("shop")`."""

    columns: tuple[str, ...]
    name: str = ""  # of the column that it makes; that of the first where none is told
    steps: tuple[tuple[str, Any, Any], ...] = ()  # methods, with their arguments and where they stand
    over: bool = False  # group by group


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of a table's columns: all of them, or those of `only`, but some."""

    without: frozenset[str] = frozenset()
    plus: frozenset[str] = frozenset()  # names that were added
    only: frozenset[str] | None = None
    known: frozenset[str] = frozenset()  # the columns that the program had made when it asked for the names
    certain: bool = True  # not some of them
    typed: bool = False  # those of one type


@dataclass(frozen=True, slots=True)
class Const:
    """A literal."""

    value: Any


@dataclass(frozen=True, slots=True)
class Ref:
    """A name from a library, such as `sklearn.svm.SVC`, or a method of one of its objects."""

    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything else."""

    learned: frozenset[int] = NOTHING  # statistics that went into making it


UNKNOWN = Unknown()


@dataclass(eq=False, slots=True)
class Estimator:
    """A model, transformer, sampler, pipeline or search. Changes as it is fitted."""

    name: str
    kind: str
    parts: list["Estimator"] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    fits: list[int] = field(default_factory=list)  # ids of Learned
    text: str = ""  # how the program calls it
    held: dict[str, "Data"] = field(default_factory=dict)  # records given when it was made
    learned: frozenset[int] = NOTHING  # statistics given when it was made


@dataclass(eq=False, slots=True)
class Splitter:
    """A cross-validation or split object."""

    name: str
    key: tuple[Any, ...]
    shuffled: bool
    seeded: bool
    ordered: bool  # keeps time
    line: Any = None


@dataclass(eq=False, slots=True)
class Seq:
    """A list, tuple or set; `rest` stands for items that are not listed one by one."""

    items: list[Any]
    rest: Any = None
    fixed: bool = False  # a tuple
    ranked: frozenset[int] = NOTHING  # the scores that it is sorted by, the best first or last
    loops: tuple[int, ...] = ()  # those around the place where it was made empty


@dataclass(eq=False, slots=True)
class Table:
    """A dict."""

    items: dict[Any, Any] = field(default_factory=dict)
    rest: Any = None


@dataclass(eq=False, slots=True)
class Scope:
    """Names and what they hold; a function's scope sees the one around it."""

    names: dict[str, Any] = field(default_factory=dict)
    outer: "Scope | None" = None
    spelled: dict[str, str] = field(default_factory=dict)  # a function's parameters, as the call writes them

    def find(self, name: str) -> Any:
        """Return what a name holds, None where it is not known."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None


@dataclass(eq=False, slots=True)
class Function:
    """A function of the program."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    cell: int | str | None
    owner: Any = None  # the object, for a method
    called: bool = False

    @property
    def name(self) -> str:
        """Its name; a lambda has none."""
        return getattr(self.node, "name", "lambda")


@dataclass(eq=False, slots=True)
class Class:
    """A class of the program."""

    node: ast.ClassDef
    scope: Scope
    cell: int | str | None
    called: bool = False
    bases: tuple[str, ...] = ()
    methods: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)  # what its body binds: defaults, constants


@dataclass(eq=False, slots=True)
class Object:
    """An instance of a class of the program."""

    kind: Class
    attributes: dict[str, Any] = field(default_factory=dict)
    estimator: Estimator | None = None  # where the class is a model or transformer


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a value, before it is called."""

    owner: Any
    name: str


@dataclass(eq=False, slots=True)
class Module:
    """Another file of the audit, imported as a whole."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class File:
    """A file that is open for writing."""

    path: str


@dataclass(frozen=True, slots=True)
class Partial:
    """A function or class with some of its arguments filled in."""

    function: Any
    given: Any  # Args
    node: ast.expr | None = None  # how the program calls the function


def _may_be(pattern: str, name: str) -> bool:
    """Return whether a name that is known in part may be another one."""
    begin, end = pattern.partition("{")[0], pattern.rpartition("}")[2]
    return name.startswith(begin) and name.endswith(end) and len(name) > len(begin) + len(end)


def items_of(value: Any) -> list[Any]:
    """Return the values inside a container, one level deep."""
    if isinstance(value, Seq):
        return [*value.items, *([] if value.rest is None else [value.rest])]
    if isinstance(value, Table):
        return [*value.items.values(), *([] if value.rest is None else [value.rest])]
    return []


def data_of(value: Any, depth: int = 4) -> Data | None:
    """Return the records that a value holds, those of a container taken together; None where there are none."""
    if isinstance(value, Data):
        return value
    if depth == 0:
        return None
    if isinstance(value, Object):
        inside = [data_of(one, depth - 1) for one in value.attributes.values()]
    else:
        inside = [data_of(one, depth - 1) for one in items_of(value)]
    found = [one for one in inside if one is not None]
    return None if not found else together(found)


def together(found: list[Data]) -> Data:
    """Return values as one: their rows united, with all that was learned."""
    if len(found) == 1:
        return found[0]
    first = next((one for one in found if one.rows), found[0])
    rows = simplified(path for one in found for path in one.rows)
    learned = frozenset[int]().union(*(one.learned for one in found))
    columns: dict[str, frozenset[int]] = {}
    for one in found:
        for name, ids in one.columns.items():
            columns[name] = columns.get(name, NOTHING) | ids
    return replace(
        first,
        rows=rows,
        learned=learned,
        columns=columns,
        only=None,
        gone=first.gone if all(one.gone == first.gone for one in found) else None,
        models=frozenset[int]().union(*(one.models for one in found)),
        ordered=next((one.ordered for one in found if one.ordered), ""),
    )


def scores_in(value: Any, depth: int = 4) -> frozenset[int]:
    """Return the ids of the scores that a value holds."""
    if isinstance(value, Score):
        return value.ids
    if depth == 0:
        return NOTHING
    return frozenset[int]().union(*(scores_in(one, depth - 1) for one in items_of(value)))


def learned_in(value: Any) -> frozenset[int]:
    """Return what was learned from records and is in a value."""
    if isinstance(value, Unknown | Estimator):
        return value.learned
    found = data_of(value)
    if found is not None:
        return found.known
    return frozenset[int]().union(*(one.learned for one in items_of(value) if isinstance(one, Unknown | Estimator)))
