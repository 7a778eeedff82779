from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, CodeFile, code_of
from holdfast.audit.code.events import Flow
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.text import one_line

_MOST_SHOWN = 10


@check(
    severity=Severity.NOTE,
    references=(
        Reference(
            "Pimentel et al. (2019), A large-scale study about quality and reproducibility of Jupyter notebooks, MSR",
            "https://doi.org/10.1109/MSR.2019.00077",
        ),
    ),
)
def unreadable_code(code: Code, code_flows: CodeFlows) -> Iterator[Finding]:
    """Parts of a script or notebook cannot be read or followed, so that nothing is known about them.

    ## Why it matters
    The other checks of code are silent about lines that they could not read. Silence there means nothing. A cell
    that no Python can read has not given the results that stand below it.

    ## How it works
    Files are parsed, never run. A statement that cannot be parsed is left out by itself and the rest is read; prints
    and the like of Python 2 are translated; magics and shell lines of notebooks are passed over. What was left out
    is listed, one finding a file. Following a program has bounds (the number of steps, of events, of calls within
    calls); where one is reached, a note says at which line.

    ## Limits
    It does not know whether a readable program would run.

    ## Fix
    Mend the lines that are named, or translate the file to Python 3.
    """
    for file in code.files:
        if not file.problems:
            continue
        lost = [problem for problem in file.problems if problem.lost]
        first = (lost or list(file.problems))[0]
        count = f"{len(lost):,} part{'s' * (len(lost) > 1)} unread" if lost else "all of it read"
        yield Finding(
            message=one_line(f"{file.name}: {first.message} (line {first.line}); {count}"),
            severity=Severity.WARNING if lost else Severity.NOTE,
            confidence=Confidence.CERTAIN,
            locations=(Location(file=file.name, cell=first.cell, line=first.line),),
            evidence=(
                Measure(name="parts that could not be read", value=len(file.problems), threshold=0),
                Examples(
                    caption="What could not be read as it stands",
                    columns=("cell", "line", "kind", "what"),
                    cells=tuple(
                        (problem.cell, problem.line, problem.kind, one_line(problem.message, 160))
                        for problem in file.problems[:_MOST_SHOWN]
                    ),
                ),
            ),
            fix="Mend the lines that are named, or translate the file to Python 3, and audit it again.",
        )
    for file, flow in zip(code.files, code_flows.flows, strict=True):
        if not flow.complete:
            yield _unfollowed(file, flow)


def _unfollowed(file: CodeFile, flow: Flow) -> Finding:
    cell, line = flow.stopped or flow.reached
    where = f"cell {cell}, line {line}" if isinstance(cell, int) else f"line {line}"
    return Finding(
        message=one_line(
            f"{file.name}: too long to be followed in full, calls and all; from {where} on, something may be missed"
        ),
        severity=Severity.NOTE,
        confidence=Confidence.CERTAIN,
        locations=(Location(file=file.name, cell=cell if isinstance(cell, int) else None, line=line),),
        evidence=(Measure(name="files that were not followed to their end", value=1, threshold=0),),
        fix="Audit its parts by themselves: a file for each experiment.",
    )


@planted(at=Location(file="script.py", line=2))
def a_bracket_too_few(rng: np.random.Generator) -> dict[str, Code]:
    """One statement cannot be parsed."""
    del rng
    return {"code": code_of("x = 1\ny = (2\nz = 3\n")}


@planted(at=Location(file="script.py", line=1))
def python_2(rng: np.random.Generator) -> dict[str, Code]:
    """A print without brackets."""
    del rng
    return {"code": code_of("print 'a', 1\nx = 2\n")}


@planted(at=Location(file="script.py", line=2))
def no_reason(rng: np.random.Generator) -> dict[str, Code]:
    """A comment that accepts a finding must say why."""
    del rng
    return {"code": code_of("x = 1\ny = x  # holdfast: allow fit-before-split\n")}


@planted(at=Location(file="script.py", line=1))
def without_end(rng: np.random.Generator) -> dict[str, Code]:
    """More steps than are followed."""
    del rng
    return {"code": code_of("x = [" + ", ".join(["f(a + b, g(c))"] * 1900) + "]\n" + "y = x\n" * 60_000)}


@planted(at=Location(file="a.ipynb", line=1))
def no_notebook(rng: np.random.Generator) -> dict[str, Code]:
    """A file that calls itself a notebook."""
    del rng
    return {"code": code_of("not JSON", "a.ipynb")}


@clean
def magics(rng: np.random.Generator) -> dict[str, Code]:
    """Magics and shell lines are no problem."""
    del rng
    return {"code": code_of("%matplotlib inline\n!pip install pandas\nimport pandas as pd\npd.read_csv?\n")}
