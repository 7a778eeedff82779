"""Notebooks and scripts as they are read: files, cells, syntax trees. Code is parsed and never run.

from text to trees    files, notebook, source, syntax, walking; comments that accept findings; order of cells; modules
what values are       values (what a name may hold), rows (which rows that is), names, vocabulary, protocol
following a program   program (from first to last), machine (the state), statements, expressions, arithmetic,
                      comprehensions, binding, sides, inlining, joining, calls, attributes
what libraries do     functions, making, loading, saved, estimators, fitting, training, splits, drawing, scores; frames,
                      columns, slices, arrays, series, aggregates, picking, stacking, column_names, column_expressions,
                      containers, namespaces; unknown for all others
what happened         events; judging, leaks, labels (with afterwards) and groups derive from them what checks read;
                      telling words it
"""

from holdfast.audit.code.files import read_code as read_code
from holdfast.audit.code.source import Cell as Cell
from holdfast.audit.code.source import Code as Code
from holdfast.audit.code.source import CodeFile as CodeFile
from holdfast.audit.code.source import ReadingProblem as ReadingProblem
from holdfast.audit.code.source import code_of as code_of

__all__ = ["Cell", "Code", "CodeFile", "ReadingProblem", "code_of", "read_code"]
