"""What a program writes to a file and reads again is what it wrote."""

from typing import Any

from holdfast.audit.code.machine import Args, Machine
from holdfast.audit.code.values import Data, Estimator, File, Object, Seq, Table

_TABLES = {
    "to_csv",
    "to_parquet",
    "to_pickle",
    "to_feather",
    "to_excel",
    "to_json",
    "to_hdf",
    "write_csv",
    "write_parquet",
}
_WRITES = {"dump", "save", "savez", "savez_compressed", "savetxt", "save_npz", "save_model"}
_READS = {
    "read_csv", "read_parquet", "read_pickle", "read_feather", "read_excel", "read_json", "read_hdf", "scan_csv",
    "scan_parquet", "load", "load_model", "loadtxt", "genfromtxt", "load_npz",
}  # fmt: skip
_HELD = Data | Estimator | Seq | Table | Object


def keep(m: Machine, name: str, owner: Any, args: Args) -> None:
    """Remember what a call writes to a file."""
    value: Any = None
    at = 0
    if name in _TABLES or (name in _WRITES and isinstance(owner, Estimator)):
        value = owner
    elif name in _WRITES and args.named and not isinstance(args.get(1), _HELD):  # `np.savez(path, X=X, y=y)`
        value = Table({key: one for key, one in args.named.items() if isinstance(one, _HELD)})
    elif name in _WRITES:
        at = 0 if isinstance(args.get(1), _HELD) else 1  # `np.save(path, value)` and `joblib.dump(value, path)`
        value = args.get(1 - at, "value", "obj")
    where = path_of(args, at, "path_or_buf", "path", "filename", "file", "fp", "f")
    if where and isinstance(value, _HELD):
        m.saved[where] = value


def read_again(m: Machine, name: str, args: Args) -> Any:
    """Return what was written to the file that a call reads, None where the program wrote none."""
    if name not in _READS or not m.saved:
        return None
    return m.saved.get(path_of(args, 0, "filepath_or_buffer", "path", "filename", "file", "io"))


def path_of(args: Args, position: int, *names: str) -> str:
    """Return what tells a file from others: its path, or an expression with a part of the path in it."""
    held = args.get(position, *names)
    if isinstance(held, File):
        return held.path
    if isinstance(held, Seq) and isinstance(held.rest, Data):  # a file that was opened for reading
        sources = [path[0] for path in held.rest.rows]
        return sources[0][1] if sources and sources[0][0] == "lines" else ""
    known = args.constant(position, *names)
    if isinstance(known, str):
        return "" if "{" in known else known
    text = args.text(position, *names)
    return text if "'" in text and "{" not in text and len(text) < 60 else ""
