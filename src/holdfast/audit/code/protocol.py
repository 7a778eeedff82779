"""What an object of an unknown library is, told by the methods that a program calls on it."""

import ast
from collections.abc import Iterable
from typing import Any

from holdfast.audit.code.machine import Args, Machine, name_of
from holdfast.audit.code.values import UNKNOWN, Class, Data, Estimator, Seq, Unknown, data_of
from holdfast.audit.code.walking import nodes

_LEARNS = ("fit", "partial_fit", "learn", "train", "adapt", "build_vocab")
_GUESSES = ("predict", "forecast", "decision_function", "score_samples", "get_forecast", "get_prediction")
_JUDGES = ("score", "evaluate", "eval_")
_CHANGES = (
    "transform", "inverse_transform", "texts_to_", "encode", "infer_vector", "doc2bow", "get_vector", "embed",
    "tokenize",
)  # fmt: skip
_NETWORK = {"parameters", "state_dict", "zero_grad", "named_parameters", "load_state_dict", "compile"}
_LOOKS_UP = ("most_similar", "wv", "get_document_topics", "get_topics", *_CHANGES)
_NO_FIT = {"fit_bounds", "trained", "training", "train_test_split", "trainable", "fits", "train_dataloader", "fit_info"}
_ASKED_OF_RECORDS = {"columns", "iloc", "loc", "targets", "labels", "train_mask", "test_mask", "target", "num_classes"}
_THINGS = ("_mask", "_idx", "_index", "_indices", "_loader", "_dataloader", "_set", "_dataset", "_data", "_loss")
_NO_RECORDS = {  # what they return of nothing but numbers is no table that was read
    "np", "numpy", "math", "random", "torch", "jnp", "os", "re", "time", "deque", "defaultdict", "zeros", "ones",
    "empty",
}  # fmt: skip
_LONGEST_NAME = 60  # of a column


def verb_of(name: str) -> str:
    """Return what a method does, by how its name begins: fit, fit_transform, predict, score, transform or nothing."""
    if name in _NO_FIT or name.startswith("_") or name.endswith(_THINGS):
        return ""
    if name.startswith(("fit_transform", "learn_transform", "fit_apply")):
        return "fit_transform"
    if name.startswith("fit_predict"):
        return "fit_predict"
    for verb, begins in (("fit", _LEARNS), ("predict", _GUESSES), ("score", _JUDGES), ("transform", _CHANGES)):
        if name.startswith(begins):
            return verb
    return ""


def verbs_in(trees: Iterable[ast.AST]) -> dict[str, set[str]]:
    """Return the attributes that a program asks of each name."""
    found: dict[str, set[str]] = {}
    called, also = set(), []
    for tree in trees:
        for node in nodes(tree):
            if isinstance(node, ast.Call):
                called.add(node.func)
            elif isinstance(node, ast.Attribute) and (node in called or not verb_of(node.attr)):
                found.setdefault(name_of(node.value), set()).add(node.attr)  # `args.train_file` asks for no deed
            elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.Subscript):
                found.setdefault(name_of(node.value), set()).add("[]")
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
                also += [(name_of(one), node.value.id) for one in node.targets]
    for new, old in reversed(also):  # what is asked of `model` in `model = held` is asked of `held`
        found.setdefault(old, set()).update(found.get(new, ()))
    return found


def words_in(trees: Iterable[ast.AST]) -> frozenset[str]:
    """Return the names of columns that a program may spell out: short texts, and attributes."""
    found = set()
    for tree in trees:
        for node in nodes(tree):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) <= _LONGEST_NAME:
                found.add(node.value)
    return frozenset(found)


def kind_by_verbs(asked: set[str]) -> str:
    """Return what something is, by what it is asked to do: a model, a transformer or nothing that learns."""
    verbs = {verb_of(one) for one in asked}
    if asked & _NETWORK or verbs & {"predict", "score", "fit_predict"}:
        return "model"
    return "transform" if verbs & {"transform", "fit_transform"} else ""


def told_by_use(m: Machine, name: str, value: Any, node: ast.AST | None) -> Any:
    """Return a value that a name is given, as what the program goes on to use it for."""
    asked = m.asked.get(name)
    if not asked:
        return value
    if isinstance(value, Estimator) and not value.kind and not value.fits:
        value.kind = kind_by_verbs(asked)
    elif value is UNKNOWN and isinstance(node, ast.Call):
        learns = any(verb_of(one) in {"fit", "fit_transform", "fit_predict"} for one in asked)
        if asked & _NETWORK or (learns and kind_by_verbs(asked)):
            return Estimator(name_of(node.func) or name, kind_by_verbs(asked), text=name)
    return value


def _root(node: ast.expr) -> str:
    """Return the name that an expression begins with: `np` for `np.random.rand`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def told_by_names(m: Machine, target: ast.expr, value: Any, node: ast.expr) -> Any:
    """Return what a call of which nothing is known returns, as the names say that it is bound to: `df = fetch()`."""
    from holdfast.audit.code.names import given

    asked = m.asked.get(name_of(target), set())
    blank = isinstance(value, Estimator) and not (value.kind or value.fits or value.parts or value.learned)
    blank = blank and (isinstance(node, ast.Subscript) or bool(asked & _ASKED_OF_RECORDS))
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    if not (value is UNKNOWN or blank) or not isinstance(node, ast.Call) or _root(node.func) in _NO_RECORDS:
        return value
    if isinstance(target, ast.Tuple | ast.List):
        found = [told_by_names(m, one, UNKNOWN, node) for one in target.elts]
        return value if all(one is UNKNOWN for one in found) else Seq(found, fixed=True)
    if not isinstance(target, ast.Name) or any(verb_of(one) for one in asked):
        return value
    held = given(m, target.id, ("returned", m.cell, target.lineno, tuple(m.active)))
    return held if isinstance(held, Data) else value


def ad_hoc(m: Machine, owner: Any, method: str, args: Args, node: ast.Call) -> Estimator | None:
    """Return an estimator where something unknown is fitted on records: `make_it().fit(X, y)`."""
    if not isinstance(owner, Unknown) or verb_of(method) not in {"fit", "fit_transform"} or not args.data():
        return None
    if not isinstance(node.func, ast.Attribute):
        return None
    base = node.func.value
    asked = {method} | m.asked.get(name_of(base), set()) | (m.asked.get(m.wanted[0], set()) if m.wanted else set())
    name = name_of(base.func) if isinstance(base, ast.Call) else name_of(base)
    return Estimator(name or "estimator", kind_by_verbs(asked), text=name_of(base))


def learns_when_made(m: Machine, last: str, args: Args) -> Data | None:
    """Return the records that a class of unknown make learns from when it is made, None where it is none that does."""
    if not last[:1].isupper() or not m.wanted:
        return None
    asked = m.asked.get(m.wanted[0], set())
    asks = any(one.startswith(_LOOKS_UP) for one in asked) or (last.endswith("Model") and "[]" in asked)
    if any(verb_of(one).startswith("fit") for one in asked) or not asks:
        return None
    found = data_of(args.get(0, "sentences", "documents", "corpus"))
    single = found is not None and found.record and isinstance(args.get(0), Data)
    return found if found is not None and found.rows and found.role in {"table", "label"} and not single else None


def gives_windows(made: Class) -> bool:
    """Return whether items of a class are slices that begin at their number, so that neighbours overlap."""
    method = made.methods.get("__getitem__")
    names = [one.arg for one in method.args.args][1:2] if method is not None else []
    slices = [one for one in ast.walk(method) if isinstance(one, ast.Slice)] if method is not None and names else []
    return any(name_of(one.lower) == names[0] and isinstance(one.upper, ast.BinOp) for one in slices)
