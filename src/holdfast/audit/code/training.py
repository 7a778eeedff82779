"""Training loops written by hand: a backward pass is a fit."""

import ast
from typing import Any

from holdfast.audit.code.events import Fitted
from holdfast.audit.code.machine import Machine
from holdfast.audit.code.values import UNKNOWN, Data


def backward(m: Machine, loss: Data, node: ast.AST) -> Any:
    """Note that a model learns from the records that a loss was computed on."""
    owner = loss.by
    if owner is None or not loss.rows:
        return UNKNOWN
    new = m.learn("model", owner.name, node, loss, given="", owner=owner.text, label=True)
    if new not in owner.fits:
        owner.fits.append(new)
        m.flow.fitted.append(Fitted(m.place(node), new, owner.name, owner.text, loss, None, loops=m.loops))
    return UNKNOWN
