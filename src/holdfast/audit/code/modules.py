"""Imports between the audited files: which file a module is, and what it defines."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from holdfast.audit.code.machine import Machine
from holdfast.audit.code.source import CodeFile
from holdfast.audit.code.values import Scope
from holdfast.audit.code.walking import statements

MOST_MODULES = 12  # that one program is followed into; a folder of helpers has a handful
_DOES = re.compile(  # what a script must mention to be worth following: work on records
    r"\b(?:fit|fit_\w+|partial_fit|transform|predict|groupby|fillna|dropna|iloc|read_\w+|DataFrame|train_test_split)\b"
    r"|\.(?:mean|std|median|sample|shift|drop|merge|resample)\(|\bload(?:txt|_\w+)\(|np\.load\(|\w+(?:KFold|Scaler|SMOTE)\b"
)
_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class Modules:
    """The scripts of an audit by the last part of their names."""

    scripts: dict[str, list[tuple[tuple[str, ...], CodeFile]]]

    def find(self, name: str, level: int, home: str) -> CodeFile | None:
        """Return the script that `name` is, as it is imported in the file `home`; None where no single one is it."""
        parts = tuple(part for part in name.split(".") if part)
        if not parts:
            return None
        folder = PurePath(home).parent.parts
        near = folder[: len(folder) - level + 1] if level > 1 else folder
        fitting = [(path, file) for path, file in self.scripts.get(parts[-1], []) if path[-len(parts) :] == parts]
        beside = [file for path, file in fitting if path == (*near, *parts)]
        if beside or level:
            return beside[0] if beside and beside[0].name != home else None
        return fitting[0][1] if len(fitting) == 1 and fitting[0][1].name != home else None


def modules_of(files: Sequence[CodeFile]) -> Modules:
    """Return the scripts among files, by their names as modules; notebooks are not imported."""
    found: dict[str, list[tuple[tuple[str, ...], CodeFile]]] = {}
    for file in files:
        path = PurePath(file.name)
        if not file.notebook and path.suffix == ".py" and path.stem != "__init__":
            found.setdefault(path.stem, []).append(((*path.parent.parts, path.stem), file))
    return Modules(found)


def module(m: Machine, name: str, level: int = 0) -> Scope | None:
    """Return the names that an audited script defines, None where `name` is no audited script."""
    if m.modules is None:
        return None
    file = m.modules.find(name, level, m.cell if isinstance(m.cell, str) else m.flow.file)
    if file is None or not any(_DOES.search(cell.source) for cell in file.cells):
        return None
    if file.name not in m.loaded:
        if len(m.loaded) >= MOST_MODULES:
            return None
        m.loaded[file.name] = _loaded(m, file)
    found: Scope = m.loaded[file.name]
    return found


def _loaded(m: Machine, file: CodeFile) -> Scope:
    """Return a script's functions, classes and constants; what else it does is told of where it is audited itself."""
    scope = Scope()
    m.loaded[file.name] = scope
    for cell in file.cells:
        for number, line in enumerate(cell.source.splitlines(), 1):
            m.flow.lines[file.name, number] = line.strip()[:200]
    outer, place, count = m.scope, m.cell, len(m.functions)
    m.scope, m.cell = scope, file.name
    try:
        m.execute(m, [one for cell in file.cells for one in cell.tree.body if _defines(one)])
    finally:
        m.scope, m.cell = outer, place
        del m.functions[count:]  # what nobody calls is followed where the file is audited itself
    return scope


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, _DEFINES):
        return True
    value: Any = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return value is not None and not any(isinstance(one, ast.Call | ast.Await) for one in ast.walk(value))


def imported(files: Sequence[CodeFile], modules: Modules) -> dict[str, set[str]]:
    """Return which audited files each file imports: those are followed after it."""
    found: dict[str, set[str]] = {}
    for file in files:
        for cell in file.cells:
            for node in statements(cell.tree):
                if isinstance(node, ast.ImportFrom):
                    names = [node.module or "", *(f"{node.module or ''}.{one.name}" for one in node.names)]
                elif isinstance(node, ast.Import):
                    names = [one.name for one in node.names]
                else:
                    continue
                for name in names:
                    other = modules.find(name, getattr(node, "level", 0), file.name)
                    if other is not None:
                        found.setdefault(file.name, set()).add(other.name)
    return found
