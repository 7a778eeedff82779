"""Several values as one: what branches leave, what one turn of a loop sees, what a loop goes through."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.machine import name_of, text_of
from holdfast.audit.code.rows import Step, stepped
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Const,
    Data,
    Estimator,
    Function,
    Object,
    Partial,
    Ref,
    Score,
    Seq,
    Unknown,
    data_of,
    items_of,
    learned_in,
    together,
)
from holdfast.audit.code.vocabulary import side_of


def joined(first: Any, second: Any) -> Any:
    """Return a value that stands for either of two."""
    if second is None:
        return first
    if first is None or first is second or isinstance(first, Const | Unknown):
        return second if not (isinstance(second, Const | Unknown) and isinstance(first, Unknown)) else first
    if isinstance(second, Const | Unknown):
        return first
    if isinstance(first, Data) and isinstance(second, Data):
        return together([first, second])
    if isinstance(first, Score) and isinstance(second, Score):
        return Score(first.ids | second.ids)
    if isinstance(first, Seq) and isinstance(second, Seq):  # `vectors or [np.zeros(100)]`
        empty = all(isinstance(one, Const | Unknown | Ref) and not learned_in(one) for one in items_of(second))
        return first if empty and items_of(first) else second
    return second


def turns_of(over: Any) -> int:
    """Return how many turns a loop over a written-down list takes, 1 where that is not known."""
    return max(1, len(over.items)) if isinstance(over, Seq) and over.rest is None else 1


def turns(over: Any) -> list[Any]:
    """Return what a loop's target holds, turn by turn; most loops are followed once."""
    item = element(over)
    if isinstance(over, Seq) and over.rest is None and 1 < len(over.items) <= 4:
        kinds = {type(one) for one in over.items}
        told_apart = kinds <= {Data, Seq} or kinds <= {Function, Partial, Class} or Object in kinds
        if told_apart and not any(isinstance(one, Estimator) for one in _deep(over)):
            return over.items
        if _of_sides(over):
            return over.items
    return [item]


def _of_sides(over: Any) -> bool:
    """Return whether a list names sides of a split: `["train", "val"]`."""
    texts = [one.value for one in items_of(over) if isinstance(one, Const) and isinstance(one.value, str)]
    return bool(texts) and len(texts) == len(items_of(over)) and all(map(side_of, texts))


def element(value: Any) -> Any:
    """Return what one turn of a loop over a value sees."""
    if isinstance(value, Data):
        if value.role in {"statistic", "count"}:
            return value
        if value.role == "grouped":  # the key, and the rows that have it
            rows = stepped(value.rows, Step(("group", value.one_per), "one"))
            one = replace(value, rows=rows, role="table", record=True, column=None, aside=NOTHING)
            return Seq([UNKNOWN, one], fixed=True)
        return replace(value, record=True, column=None)
    if isinstance(value, Seq):
        return _of_list(items_of(value))
    if isinstance(value, Unknown | Score):
        return value
    if isinstance(value, Object):
        found_data = data_of(value)
        return UNKNOWN if found_data is None else replace(found_data, record=True)
    return UNKNOWN


def _of_list(found: list[Any]) -> Any:
    if not found:
        return UNKNOWN
    if len(found) == 1 and isinstance(found[0], Seq) and isinstance(found[0].rest, Data):  # lists, one a record
        return Seq(found[0].items, replace(found[0].rest, record=True))
    if all(isinstance(one, Seq) for one in found):
        width = min(len(one.items) for one in found)
        columns = [_either([one.items[i] for one in found]) for i in range(width)]
        return Seq(columns, fixed=True)
    return _either(found)


def _either(found: list[Any]) -> Any:
    result = found[0]
    for one in found[1:]:
        result = UNKNOWN if isinstance(result, Const) and isinstance(one, Const) else joined(result, one)
    return result


def kind_of_loop(node: ast.expr, over: Any) -> str:  # noqa: PLR0911 a ladder of cases
    """Return what a loop goes through: folds, models, records, epochs, sides of a split, one thing or candidates."""
    inner = node
    while (
        isinstance(inner, ast.Call)
        and name_of(inner.func) in {"enumerate", "tqdm", "trange", "list", "zip"}
        and inner.args
    ):
        inner = inner.args[0]
    if isinstance(inner, ast.Call) and name_of(inner.func) in {"split", "KFold"}:
        return "folds"
    if isinstance(over, Data) and over.role in {"predictions", "statistic"}:
        return "candidates"
    if _of_records(over):
        return "records"
    if isinstance(over, Seq) and over.rest is None and len(over.items) == 1:
        return "once"
    if any(isinstance(one, Estimator) for one in _deep(over)):
        return "models"
    if _of_sides(over):
        return "sides"
    text = text_of(inner).lower()
    if "epoch" in text or (isinstance(inner, ast.Call) and name_of(inner.func) == "trange"):
        return "epochs"
    if "seed" in text or "repeat" in text or "fold" in text:
        return "repeats"
    return "candidates"


def _of_records(over: Any) -> bool:
    """Return whether one turn of a loop sees one record, or one and its label."""
    turn = element(over)
    if isinstance(turn, Seq) and isinstance(over, Seq) and not over.items:  # `zip(images, labels)`
        return any(isinstance(one, Data) and one.role in {"table", "label"} for one in turn.items)
    return isinstance(turn, Data)


def _deep(value: Any, depth: int = 3) -> list[Any]:
    inside = items_of(value)
    return inside + ([one for item in inside for one in _deep(item, depth - 1)] if depth else [])
