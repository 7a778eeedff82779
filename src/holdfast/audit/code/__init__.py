"""Notebooks and scripts as they are read: files, cells, syntax trees. Code is parsed and never run."""

from holdfast.audit.code.files import read_code as read_code
from holdfast.audit.code.source import Cell as Cell
from holdfast.audit.code.source import Code as Code
from holdfast.audit.code.source import CodeFile as CodeFile
from holdfast.audit.code.source import ReadingProblem as ReadingProblem
from holdfast.audit.code.source import code_of as code_of

__all__ = ["Cell", "Code", "CodeFile", "ReadingProblem", "code_of", "read_code"]
