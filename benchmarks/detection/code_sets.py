"""The code audit on scripts and notebooks that others wrote and labelled: what it finds, and where it cries wolf.

    python benchmarks/detection/code_sets.py FOLDER               every file that FOLDER/labels.json names
    python benchmarks/detection/code_sets.py FOLDER --half odd    those at odd places of the alphabet; or `even`

`labels.json` maps a file's name to `{"leaky": true, "leaks": [{"kind": …, "line": 12}]}`; in notebooks `"cell"`, its
number among all cells, from 1. `also_lines`, `also_cells` and `also_kinds` are as right; what stands in `"maybe"`, of
the same form, is neither wanted nor an alarm. A leak is found where a finding of a fitting kind names the file, in
place where that stands within three lines of a label, or in its cell. Notes (a split without a seed) are no alarms.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holdfast.audit import catalogue
from holdfast.audit.code import read_code
from holdfast.audit.runner import Facts, run_check
from holdfast.core.finding import Location, Severity
from holdfast.data.intervals import wilson

NEAR = 3  # lines
_LEARNED = {"fit-before-split", "select-before-split", "encode-target-before-split"}
FITTING = {
    "fit-before-split": {*_LEARNED, "fit-on-test"},
    "cv-outside": {*_LEARNED, "resample-before-split"},
    "test-fitted": {"fit-on-test", "scaler-refit-on-test"},
    "resample-before-split": {"resample-before-split", "augment-before-split"},
    "test-tunes": {"test-used-for-tuning", "test-used-repeatedly"},
    "future-feature": {"future-shift"},
    "random-split-of-ordered": {"random-split-of-series"},
    "groups-on-both-sides": {"split-ignores-groups"},
    "label-as-feature": {"label-in-features"},
    "cells-out-of-order": {"cells-out-of-order"},
}


def said_about(path: Path) -> list[tuple[str, Location, str]]:
    """Return the errors and warnings about a file: check, place, sentence."""
    facts = Facts({"code": read_code([path])})
    return [
        (result.check, finding.locations[0], finding.message)
        for check in catalogue.selected(("code",))
        for result in [run_check(check, facts)]
        for finding in result.findings
        if finding.severity is not Severity.NOTE
    ]


def fits(leak: dict[str, Any], check: str) -> bool:
    """Return whether a check's name says what a label says."""
    return any(check in FITTING[kind] for kind in (leak["kind"], *leak.get("also_kinds", ())))


def code_cells(path: Path) -> list[int]:
    """Return the numbers of a notebook's code cells among all of its cells."""
    if path.suffix != ".ipynb":
        return []
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [number for number, cell in enumerate(cells, 1) if cell["cell_type"] == "code"]


def near(leak: dict[str, Any], where: Location, cells: list[int]) -> bool:
    """Return whether a finding stands where a label does."""
    if "cell" in leak:
        return where.cell is not None and cells[where.cell - 1] in {leak["cell"], *leak.get("also_cells", ())}
    lines = (leak["line"], *leak.get("also_lines", ()))
    return where.line is not None and any(abs(where.line - line) <= NEAR for line in lines)


def chosen(names: list[str], half: str) -> list[str]:
    """Return all names, or those at even or odd places of the alphabet (from 0)."""
    return names if half == "all" else names[{"even": 0, "odd": 1}[half] :: 2]


def told(share: int, of: int) -> str:
    """Return a share with its interval."""
    if not of:
        return "none of them"
    interval = wilson(share, of)
    return f"{share} of {of} = {interval.value:.3f} ({interval.low:.2f} to {interval.high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("all", "even", "odd"), default="all")
    parser.add_argument("--quiet", action="store_true", help="figures only, so that the files stay unread")
    given = parser.parse_args()
    labels = json.loads((given.folder / "labels.json").read_text(encoding="utf-8"))
    for line in measured(given.folder, labels, given.half, quiet=given.quiet):
        print(line)


def measured(folder: Path, labels: dict[str, Any], half: str, *, quiet: bool) -> Iterator[str]:
    """Yield each miss and each finding that no label names, then the figures."""
    wanted, found, placed = Counter[str](), Counter[str](), Counter[str]()
    clean = alarmed = extra = 0
    for name in chosen(sorted(labels), half):
        leaks, maybe = labels[name]["leaks"], labels[name].get("maybe", ())
        said, cells = said_about(folder / name), code_cells(folder / name)
        for leak in leaks:
            kind = leak["kind"]
            wanted[kind] += 1
            matching = [where for check, where, _ in said if fits(leak, check)]
            found[kind] += bool(matching)
            placed[kind] += any(near(leak, where, cells) for where in matching)
            if not quiet and not any(near(leak, where, cells) for where in matching):
                word = "elsewhere" if matching else "missed"
                yield f"{word:10}{name} {leak.get('cell', '')}:{leak.get('line', leak.get('line_in_cell'))} {kind}"
        unlabelled = [
            one
            for one in said
            if not any(fits(leak, one[0]) and near(leak, one[1], cells) for leak in (*leaks, *maybe))
        ]
        clean += not leaks
        alarmed += bool(unlabelled) and not leaks
        extra += len(unlabelled) if leaks else 0
        for check, where, sentence in unlabelled if not quiet else ():
            yield f"{'extra' if leaks else 'ALARM':10}{name} {where.cell or ''}:{where.line} {check}: {sentence}"
    for kind in sorted(wanted):
        yield f"{kind:26} found {found[kind]} of {wanted[kind]}, in place {placed[kind]}"
    every = wanted.total()
    yield f"found     {told(found.total(), every)}"
    yield f"in place  {told(placed.total(), every)}"
    yield f"clean files with an alarm  {told(alarmed, clean)}"
    yield f"findings in leaky files that no label names (to be judged by hand)  {extra}"


if __name__ == "__main__":
    main()
