"""Functions that make and change arrays and tables."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.aggregates import per_record
from holdfast.audit.code.columns import by_index
from holdfast.audit.code.joining import element, joined
from holdfast.audit.code.machine import Args, Machine, text_of
from holdfast.audit.code.rows import Step, stepped
from holdfast.audit.code.scores import reduced, table_of_scores
from holdfast.audit.code.unknown import unknown_call
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Const,
    Data,
    Score,
    Seq,
    Table,
    Unknown,
    data_of,
    items_of,
    learned_in,
    together,
)

MOST_FOLDED = 12  # items of a list that a function is folded over


def zipped(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return pairs of elements, one of each; `zip(*pairs)` takes pairs apart."""
    del m
    given = getattr(node, "args", [])
    pair = element(args.get(0)) if given and isinstance(given[0], ast.Starred) else None
    if isinstance(pair, Seq) and pair.rest is None and len(args.values) == 1:
        return Seq([Seq([], rest=one) for one in pair.items], fixed=True)
    listed = [one for one in args.values if isinstance(one, Seq) and one.rest is None and one.items]
    if len(listed) == len(args.values) > 1 and len({len(one.items) for one in listed}) == 1:
        return Seq([Seq(list(pair), fixed=True) for pair in zip(*(one.items for one in listed), strict=True)])
    return Seq([], rest=Seq([element(one) for one in args.values], fixed=True))


def keyed(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a dict of what it is given: pairs, another dict, names."""
    del m, node
    made = Table()
    given = args.get(0)
    if isinstance(given, Table):
        made.items.update(given.items)
        made.rest = given.rest
    elif isinstance(given, Seq):
        for pair in items_of(given):
            if not isinstance(pair, Seq) or len(pair.items) != 2:
                continue
            name, value = pair.items
            if isinstance(name, Const) and isinstance(name.value, str | int | float | bool):
                made.items[name.value] = value
            else:
                made.rest = value if made.rest is None else joined(made.rest, value)
    elif given is not None:
        return given
    made.items.update({name: value for name, value in args.named.items() if name != "**"})
    return made


def parts_of(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return an array in several parts; of an index, a turn of a loop holds one of them."""
    found = data_of(args.get(0))
    if found is None:
        return UNKNOWN
    if found.role != "index" or not found.rows:
        return found
    key = ("part", m.cell, getattr(node, "lineno", 0))
    return Seq([], rest=replace(found, rows=stepped(found.rows, Step(key, "one")), record=False))


def enumerated(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return pairs of a number and an element."""
    del m, node
    over = args.get(0)
    return Seq([], rest=Seq([UNKNOWN, element(over) if over is not None else UNKNOWN], fixed=True))


def listed(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a list of what it is given."""
    value = args.get(0)
    del node
    if isinstance(value, Seq | Table):
        return Seq(list(items_of(value))) if isinstance(value, Seq) and value.rest is None else value
    if value is None:
        return Seq([])
    del m
    return value


def frame(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a table or array made of records, columns or scores."""
    value = args.get(0, "data")
    del node
    if isinstance(value, Table):
        if (scores := table_of_scores(value, args)) is not None:
            return scores
        found = {name: data_of(one) for name, one in value.items.items()}
        found_rest = data_of(value.rest)
        kept = [one for one in (*found.values(), found_rest) if one is not None]
        if not kept:
            return UNKNOWN
        base = together(kept)
        columns = {str(name): one.known for name, one in found.items() if one is not None}
        learned = NOTHING if found_rest is None else found_rest.known
        role = "statistic" if all(one.role == "statistic" for one in kept) else "table"  # a test's values and p-values
        return replace(base, learned=learned, columns=columns, column=None, role=role, only=None, gone=None)
    if (scores := table_of_scores(value, args)) is not None:
        return scores
    found_data = data_of(value)
    del m
    if found_data is None:
        return Unknown(learned_in(value)) if learned_in(value) else UNKNOWN
    role = found_data.role if found_data.role in {"label", "predictions", "statistic", "guesses"} else "table"
    return replace(found_data, record=False, role=role, where=None)


def where(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return values chosen by a condition, or the index of where it holds."""
    condition = data_of(args.get(0))
    if condition is None:
        return UNKNOWN
    if len(args.values) == 1:
        return Seq([replace(condition, role="index")], fixed=True)
    learned = frozenset[int]().union(*(learned_in(one) for one in args.values))
    del m, node
    role = "predictions" if condition.role in {"predictions", "error"} else "table"
    return replace(condition, role=role, learned=learned, where=None)


def nonzero(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the index of the rows that a mask picks."""
    del m, node
    condition = data_of(args.get(0))
    return UNKNOWN if condition is None else replace(condition, role="index")


def cut(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a column in bins whose edges are quantiles of it, or parts of its range."""
    found = data_of(args.get(0, "x"))
    if found is None or not found.rows:
        return UNKNOWN
    if isinstance(args.get(1, "q"), Seq) and learned_in(args.get(1, "q")):
        return replace(found, learned=found.learned | learned_in(args.get(1)))
    name = text_of(getattr(node, "func", None)).rpartition(".")[2]
    if name == "cut" and not isinstance(args.constant(1, "bins"), int):
        return replace(found, learned=found.learned | learned_in(args.get(1, "bins")), where=None)
    new = m.learn("bin", name, node, found, given=args.text(0, "x"))
    return replace(found, learned=found.learned | {new}, where=None)


def by_likelihood(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return records to a power that is learned from them, and the power; the records alone where it is given."""
    if len(args.values) > 1 or args.given("lmbda"):
        return data_of(args.get(0)) or UNKNOWN
    found = zscore(m, args, node)
    return Seq([found, UNKNOWN], fixed=True) if found is not UNKNOWN else UNKNOWN


def folded(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return what a function makes of a list, one item after the other."""
    over, result = args.get(1), args.get(2)
    items = list(over.items) if isinstance(over, Seq) and over.rest is None else [element(over)]
    for item in items[:MOST_FOLDED]:
        result = item if result is None else m.apply(m, args.get(0), Args((result, item)), node)
    return UNKNOWN if result is None else result


def zscore(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return records scaled by a function that learns and applies in one go."""
    found = data_of(args.get(0, "X", "x", "a"))
    if found is None or not found.rows:
        return UNKNOWN
    name = getattr(getattr(node, "func", None), "attr", "") or text_of(getattr(node, "func", None))
    if name == "normalize":
        return found
    new = m.learn("scale", name, node, found, given=args.text(0, "X", "x", "a"))
    return replace(found, learned=found.learned | {new}, where=None)


BOTH_WAYS = (  # smoothers and decompositions of a series that look ahead as well as back
    "savgol_filter", "filtfilt", "sosfiltfilt", "gaussian_filter1d", "uniform_filter1d", "convolve1d", "medfilt",
    "detrend", "seasonal_decompose", "STL", "MSTL", "hpfilter", "bkfilter", "cffilter", "wavedec", "denoise_wavelet",
    "EMD", "CEEMDAN", "gradient", "convolve", "gaussian_filter", "median_filter", "irfft", "lowess", "wiener",
)  # fmt: skip
_OF_ANYTHING = {"gradient", "convolve", "gaussian_filter", "median_filter", "irfft", "lowess", "wiener"}  # pictures too


def smooth(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a series after a filter that looks both ways."""
    found = data_of(args.get(0, "x", "input")) or next(iter(args.data()), None)
    if found is None or not found.rows:
        return UNKNOWN
    name = text_of(getattr(node, "func", None)).rpartition(".")[2]
    if name == "roll":
        name = f"roll({args.text(1, 'shift')})"
    if per_record(found, args, position=len(args.values)):  # along each spectrum, not from one to the next
        return found
    if name in _OF_ANYTHING and not (found.column or found.ordered):
        return found
    if name == "convolve" and args.constant(None, "mode") != "same":
        return found
    new = m.learn("future", name, node, found, given=text_of(node))
    return replace(found, learned=found.learned | {new}, where=None, of=frozenset())


def windowed(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the windows of a series, of which neighbours overlap."""
    del m, node
    found = data_of(args.get(0, "x", "data"))
    return UNKNOWN if found is None else replace(found, ordered=found.ordered or "sliding windows", record=False)


def product(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a product of matrices; records times what was learned from a covariance are projected."""
    found = [one for one in args.data() if one.rows or one.role == "statistic"]
    if not found:
        return unknown_call(m, "dot", args, node)
    result = found[0]
    for other in found[1:]:
        result = projected(m, result, other, node)
    return result


def directions(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a decomposition: of records, the records in their own directions, and the directions."""
    found = data_of(args.get(0))
    name = text_of(getattr(node, "func", None)).rpartition(".")[2]
    count = 3 if name.startswith("svd") else 2
    if found is None or found.record:
        return UNKNOWN
    if not found.rows:
        return Seq([found] * count, fixed=True)
    learnt = Data(role="statistic", learned=found.known | {m.learn("corr", name, node, found, given=text_of(node))})
    return Seq([learnt] * count, fixed=True)


def projected(m: Machine, first: Data, second: Data, node: ast.AST) -> Data:
    """Return records times a matrix. Directions that were learned from a covariance are a projection's."""
    records, matrix = (first, second) if first.rows else (second, first)
    events = [m.flow.learned[one] for one in sorted(matrix.known) if not matrix.rows]
    new = {
        m.learn("reduce", one.what, node, replace(one.data, rows=one.rows), given=one.given, origin=one.id)
        for one in events
        if one.kind == "corr"
    }
    if records.rows and not matrix.rows:
        m.apply_statistic(node, matrix.known)
    return replace(records, learned=records.learned | matrix.known | new, columns=records.columns, where=None)


def roll(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return rolled records; backwards, it brings the future."""
    found = data_of(args.get(0, "a"))
    if found is None:
        return UNKNOWN
    if args.text(1, "shift").startswith("-"):
        return smooth(m, args, node)
    return found


def datetime(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a column of dates."""
    del m, node
    found = data_of(args.get(0))
    return found if found is not None else args.get(0) or UNKNOWN


def as_number(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a number: errors become a score."""
    value = args.get(0)
    if isinstance(value, Const | Score):
        return value
    found = data_of(value)
    if found is not None and found.role == "error":
        return reduced(m, found, node, name="loss" if found.column == "loss" else "accuracy")
    if found is not None and found.role in {"statistic", "predictions", "table", "label"}:
        return found
    return UNKNOWN


def batches(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the records that a loader or a library's own container holds."""
    del m, node
    found = [one for one in args.data() if one.rows]
    if not found:
        return UNKNOWN
    index = data_of(args.get(None, "sampler", "batch_sampler"))
    rows = by_index(found[0].rows, index.rows) if index is not None and index.rows else found[0].rows
    return replace(found[0], role="table", rows=rows, beside=data_of(args.get(1, "label", "y")) or found[0].beside)


def subset(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the records that an index picks."""
    data, index = data_of(args.get(0, "dataset")), data_of(args.get(1, "indices"))
    del m, node
    if data is None:
        return UNKNOWN
    return replace(data, rows=by_index(data.rows, index.rows)) if index is not None else data


def first(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return one element."""
    del m, node
    value = args.get(0)
    return element(value) if value is not None else UNKNOWN
