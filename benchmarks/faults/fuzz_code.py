"""Damage scripts and notebooks: reading, following and all checks of code end in findings, never in a crash.

    python benchmarks/faults/fuzz_code.py --inputs 20000

Seeds are the cases in tests/code_cases. Each input is one of them after a few mutations: of bytes, of lines, of
tokens (names, numbers and operators exchanged), of subtrees (statements and expressions moved from one program into
another); some are put beside a second file that they import. A fault is an exception or more than `SECONDS` of CPU.
"""

import argparse
import ast
import copy
import random
import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

CASES = Path(__file__).resolve().parents[2] / "tests" / "code_cases"
SECONDS = 10  # of CPU, for one input
SHOWN = 5  # faults printed in full
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d+\.?\d*|\"[^\"\n]*\"|'[^'\n]*'|[^\w\s]")
_BYTES = (
    b"\x00",
    b"\xff",
    b"\r",
    b"\t",
    b"\\",
    b"'''",
    b'"',
    b"(",
    b")",
    b"\xe2\x80\xae",
    b"\x1b[31m",
    b"%%time\n",
    b"!ls\n",
)
_TEXTS = (
    "lambda: 0",
    "yield",
    "await",
    "*",
    "**",
    ":=",
    "1e999",
    "-" * 200,
    "(" * 150,
    "not " * 300,
    "[]",
    "{}",
    "self",
)


class TooLong(Exception):
    """An input took more than its time."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=None, help="folder for the inputs that show a fault")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        counts, faults, slowest = campaign(Path(folder), arguments.inputs, arguments.seed, arguments.keep)
    for outcome, n in counts.most_common():
        print(f"{n:7,}  {outcome}")
    print(f"slowest input: {slowest:.2f} s of CPU")
    print("\n\n".join(faults[:SHOWN]) or "no fault")
    return int(bool(faults))


def campaign(folder: Path, inputs: int, seed: int, keep: Path | None = None) -> tuple[Counter[str], list[str], float]:
    """How often each outcome came, the faults, and the seconds of the slowest input."""
    sources = seeds()
    counts: Counter[str] = Counter()
    faults: list[str] = []
    slowest = 0.0
    for number in range(inputs):
        rng = random.Random(f"{seed}:{number}")
        content, suffix, kind = mutated(sources, rng)
        begun = time.process_time()
        try:
            with within(SECONDS):
                found = audited(folder, content, suffix, beside=rng.choice(sources)[0] if rng.random() < 0.2 else None)
            counts[f"{kind}: {'findings' if found else 'no finding'}"] += 1
        except Exception:  # noqa: BLE001 any exception is what is looked for
            faults.append(f"input {number} ({kind})\n{traceback.format_exc()[-1500:]}")
            counts[f"{kind}: fault"] += 1
            if keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{number}{suffix}").write_bytes(content)
        slowest = max(slowest, time.process_time() - begun)
    return counts, faults, slowest


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise TooLong where the block takes more CPU time than that."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def audited(folder: Path, content: bytes, suffix: str, beside: str | None) -> int:
    """How many findings the checks of code have. Raises what a check raised."""
    from holdfast.audit import catalogue
    from holdfast.audit.code import read_code
    from holdfast.audit.runner import Facts, run_check

    path = folder / f"main{suffix}"
    path.write_bytes((b"from helper import *\nimport helper\n" if beside and suffix == ".py" else b"") + content)
    paths = [path]
    if beside:
        (folder / "helper.py").write_text(f"from main import *\n{beside}", encoding="utf-8")
        paths.append(folder / "helper.py")
    code = read_code(paths)
    path.unlink()
    facts = Facts({"code": code})
    found = 0
    for check in catalogue.selected(("code",)):
        result = run_check(check, facts)
        if result.trace:
            raise RuntimeError(f"{check.name}\n{result.trace}")
        found += len(result.findings)
    return found


def seeds() -> list[tuple[str, bytes, str]]:
    """The labelled cases: source, content, suffix."""
    sys.path.insert(0, str(CASES))
    from run import all_cases, notebook  # type: ignore[import-not-found]

    found = []
    for case in all_cases():
        source = "\n".join(cell.code for cell in case.cells)
        content = notebook(case) if case.is_notebook else source
        found.append((source, content.encode(), ".ipynb" if case.is_notebook else ".py"))
    return found


def mutated(sources: list[tuple[str, bytes, str]], rng: random.Random) -> tuple[bytes, str, str]:
    """A damaged input: its content, its suffix and how it was damaged."""
    source, content, suffix = rng.choice(sources)
    kind = rng.choice(("bytes", "lines", "tokens", "subtrees", "subtrees"))
    if kind == "bytes":
        return _bytes(content, rng), suffix, kind
    if kind == "lines":
        other = rng.choice(sources)[0].splitlines()
        return "\n".join(_lines(source.splitlines(), other, rng)).encode(), ".py", kind
    if kind == "tokens":
        return _tokens(source, rng).encode(), ".py", kind
    return _subtrees(source, rng.choice(sources)[0], rng).encode("utf-8", "replace"), ".py", kind


def _bytes(content: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(content) + 1)
        cut = rng.choice((0, 0, 1, 5, 200))
        content = content[:at] + rng.choice((*_BYTES, bytes([rng.randrange(256)]))) + content[at + cut :]
    return content


def _lines(lines: list[str], other: list[str], rng: random.Random) -> list[str]:
    lines = list(lines)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(lines) + 1)
        what = rng.randrange(4)
        if what == 0 and lines:
            del lines[at - 1]
        elif what == 1 and lines:
            lines.insert(at, rng.choice(lines))
        elif what == 2 and other:
            lines[at:at] = other[rng.randrange(len(other)) :][: rng.randint(1, 10)]
        elif lines:
            first = rng.randrange(len(lines))
            lines[first], lines[at - 1] = lines[at - 1], lines[first]
    return lines


def _tokens(source: str, rng: random.Random) -> str:
    every = _TOKEN.findall(source) or ["x"]
    found = list(_TOKEN.finditer(source))
    for one in sorted(rng.sample(found, min(len(found), rng.randint(1, 6))), key=lambda m: -m.start()):
        new = rng.choice(_TEXTS) if rng.random() < 0.1 else rng.choice(every)
        source = source[: one.start()] + new + source[one.end() :]
    return source


def _subtrees(source: str, other: str, rng: random.Random) -> str:
    """A program with statements and expressions of another in place of some of its own."""
    try:
        tree, donor = ast.parse(_plain(source)), ast.parse(_plain(other))
    except SyntaxError:  # some of the cases cannot be read, on purpose
        return _tokens(source, rng)
    for kind in (ast.stmt, ast.expr):
        given = [node for node in ast.walk(donor) if isinstance(node, kind)]
        for _ in range(rng.randint(1, 4)):
            places = [
                (parent, field, at)
                for parent in ast.walk(tree)
                for field, value in ast.iter_fields(parent)
                for at, inner in enumerate(value if isinstance(value, list) else [value])
                if isinstance(inner, kind)
            ]
            if not places or not given:
                continue
            parent, field, at = rng.choice(places)
            new = copy.deepcopy(rng.choice(given))
            if isinstance(getattr(parent, field), list):
                getattr(parent, field)[at] = new
            else:
                setattr(parent, field, new)
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    except (AttributeError, ValueError, RecursionError, TypeError):
        return source  # no program: a tree that no text stands for


def _plain(source: str) -> str:
    return re.sub(r"^[ ]*[%!].*$", "", source, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
