"""Where the settings of a command come from: defaults < holdfast.toml < flags < --set."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.audit import catalogue
from holdfast.audit.settings import AuditSettings
from holdfast.cli.flags import as_flags
from holdfast.core.config import FILE_NAME, checked, override, read_toml
from holdfast.core.errors import BadInput, unknown

PARTS = ("audit",)
OF_ALL = ("lang",)  # keys that stand above the tables: `--lang` is where they are read


def audit_settings(config: Path | None, flags: Mapping[str, Any], assignments: Sequence[str]) -> AuditSettings:
    """Return the settings of an audit. `flags` holds what was said on the command line; None means not said.

    Raises BadInput that lists everything that is wrong, with file, line and key.
    """
    path = config or Path(FILE_NAME)
    values = read_toml(path) if config is not None or path.is_file() else {}
    origin = path if values else None
    for part in values:
        if part not in (*PARTS, *OF_ALL):
            raise unknown("table", part, (*PARTS, *OF_ALL), where=str(path))
    if origin is not None:
        checked(AuditSettings, values.get("audit", {}), origin, "audit")
    said = {key: value for key, value in flags.items() if value not in (None, ())}
    merged = {**values, "audit": {**values.get("audit", {}), **said}}
    for assignment in assignments:
        if assignment.partition(".")[0] not in PARTS:
            raise BadInput(
                f"--set {assignment}: wanted a key that begins with {' or '.join(PARTS)}, as in audit.seed=1"
            )
    changed = {one.partition("=")[0].strip().removeprefix("audit.") for one in assignments}
    as_said = as_flags(key for key in said if key not in changed)
    return checked(AuditSettings, override(merged, assignments)["audit"], table="audit", flags=as_said)


def sorted_ignores(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (checks and families, columns) that `--ignore` names.

    A name that is a check or a family means that; `column:NAME` and `check:NAME` say which is meant.
    """
    everything = catalogue.checks()
    known = {*everything, *(item.family for item in everything.values())}
    checks: list[str] = []
    columns: list[str] = []
    for name in names:
        kind, colon, rest = name.partition(":")
        if colon and kind in {"check", "column"}:
            (checks if kind == "check" else columns).append(rest)
        else:
            (checks if name in known else columns).append(name)
    return tuple(checks), tuple(columns)
