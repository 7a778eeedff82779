"""The code audit on programs that were rewritten without a change of what they mean.

    python benchmarks/detection/code_rewrites.py                    each alone, then two and three together
    python benchmarks/detection/code_rewrites.py --only in_main     one rewrite, with each miss and each alarm
    python benchmarks/detection/code_rewrites.py --show in_main "A decorator"    cases as rewritten
    python benchmarks/detection/code_rewrites.py --every 3          of three cases one
    python benchmarks/detection/code_rewrites.py --write            docs/detection-code-rewrites.md anew

Each of the labelled cases of `tests/code_cases` is rewritten as syntax trees; labels move along with their statements.
What is found in the original and in the rewritten program is *kept*; what is said of the rewritten program and stands
in no label is an *alarm*.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rewrites import calls, columns, files, flow, naming, settings, shapes, values
from rewrites.program import NotApplicable, Program, fixed, read, written
from run import CodeCase, Outcome, all_cases, judged, said_about, spelled

Rewrite = Callable[[Program], None]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "detection-code-rewrites.md"
SEED = 20
MIXTURES = 2  # of two and of three rewrites, for each case


def _named(*rewrites: Rewrite) -> dict[str, Rewrite]:
    return {f"{one.__module__.rpartition('.')[2]}.{one.__name__}": one for one in rewrites}


REWRITES = _named(
    naming.translated, naming.letters, naming.misleading, naming.functions, naming.attributes,
    naming.import_whole, naming.import_module, naming.import_renamed, naming.import_plain,
    calls.keywords, calls.positions, calls.unpacked_keywords, calls.partial,
    calls.fit_then_transform, calls.fit_with_transform, calls.fit_chained,
    calls.nested_named, values.inlined, calls.chains_split, calls.chains_joined, values.walrus,
    values.defined, values.lambdas,
    columns.attributes, columns.located, columns.got, columns.masked, columns.assign_method, columns.in_place,
    columns.reassigned, columns.drop_by_axis, columns.drop_by_listing, columns.drop_by_difference,
    columns.drop_by_mask, columns.as_arrays, columns.copied,
    settings.in_dict, settings.in_names, settings.in_arguments, settings.in_dataclass, settings.elsewhere,
    shapes.in_main, shapes.guarded, shapes.tried, shapes.with_blocks, shapes.flagged, shapes.early_return,
    shapes.decorated, shapes.staged_tuples, shapes.staged_dicts, shapes.staged_dataclasses, shapes.staged_namespaces,
    shapes.in_class, shapes.in_class_run, shapes.in_dict, shapes.helpers, shapes.cells, shapes.script, shapes.aliased,
    flow.comprehension_to_loop, flow.loop_to_comprehension, flow.parts_in_dict, flow.parts_mapped, flow.parts_in_turn,
    flow.parts_by_name, flow.parts_in_loop, flow.steps, flow.piped, flow.unpacked_later, flow.unpacked_starred,
    flow.tupled, flow.untupled, flow.unused, flow.looked_at, files.saved_csv, files.saved_parts, files.saved_together,
    files.saved_model, values.annotated, values.formatted, values.printed_later,
)  # fmt: skip


TEXT = """# What is found in rewritten code

Written by `{command}`: {cases} of the labelled scripts and notebooks of
`tests/code_cases`, rewritten as syntax trees without a change of what they mean. Labels move along with statements.

*Kept* are the findings that the audit has in the original and in the rewritten program. *Alarms* are clean programs
about which something is said once they are rewritten. *Wrong* counts findings, in all programs, that stand in no label.
A finding may change its name where names and shapes told two kinds of it apart: a target encoding whose target is
called something else is a fit before the split.

All together: {kept} of {wanted} findings kept ({share:.1f}%), {alarmed} of {clean} clean programs with an alarm
({alarms:.1f}%).

Some rewrites take away what a reviewer needs: less can be found then, and nothing else may be said. Settings in a file
that is not there hide whether a window looks ahead and along which axis a mean goes. Other names for variables hide
which of two parameters of a function that nobody calls are the test records.

| rewrite | programs | kept | alarms | wrong |
|---|--:|--:|--:|--:|
"""
# Names under which one defect may be filed, as names and shapes that told one from the other are gone.
KIN = (
    {"fit-before-split", "select-before-split", "encode-target-before-split"},
    {"metric-on-train", "overlapping-split", "fit-on-test"},
    {"fit-on-test", "scaler-refit-on-test"},
    {"test-used-for-tuning", "test-used-repeatedly"},
    {"augment-before-split", "resample-before-split"},
)


@dataclass
class Result:
    """What rewritten cases came to."""

    cases: int = 0
    wanted: int = 0
    kept: int = 0
    clean: int = 0
    alarmed: int = 0
    false: int = 0
    told: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count a case."""
        self.cases += 1
        self.wanted += len(outcome.case.expected)
        self.kept += len(outcome.case.expected) - len(outcome.missed)
        self.clean += not outcome.case.expected
        self.alarmed += not outcome.case.expected and bool(outcome.false)
        self.false += len(outcome.false)
        for group in outcome.missed:
            self.told.append(f"missed  {outcome.case.name}: {' or '.join(sorted(map(spelled, group)))}")
        self.told += [f"false   {outcome.case.name}: {spelled(one)}" for one in outcome.false]


def known(folder: Path, cases: list[CodeCase] | None = None) -> Iterator[Program]:
    """Yield the cases that can be rewritten, each with those of its findings that the audit has in the original."""
    for case in all_cases() if cases is None else cases:
        try:
            read(case)
        except NotApplicable:
            continue
        outcome = judged(case, said_about(case, folder))
        lost = {*outcome.missed}
        groups = tuple(group for group in case.expected if frozenset(map(case.normal, group)) not in lost)
        missed = [place for group in case.expected if group not in groups for place in group]
        kin = [frozenset(one._replace(check=name) for one in group for name in kin_of(one.check)) for group in groups]
        yield read(CodeCase(case.name, case.cells, tuple(kin), case.allowed | {*missed, *outcome.false}))


def kin_of(check: str) -> set[str]:
    """Return the checks that may name what one of them names."""
    return {check}.union(*(names for names in KIN if check in names))


def rewritten(program: Program, *chain: Rewrite) -> CodeCase | None:
    """Return a case as rewritten, None where the rewrites have nothing to change in it."""
    made = read(program.case)
    before = program.text()
    try:
        for one in chain:
            one(made)
            for part in made.parts:
                part.body = fixed(part.body).body
    except NotApplicable:
        return None
    except Exception as error:
        raise RuntimeError(f"{[one.__name__ for one in chain]} of {program.case.name}") from error
    try:
        return None if made.text() == before else written(made)
    except Exception as error:
        raise RuntimeError(f"{[one.__name__ for one in chain]} of {program.case.name}: {error}") from error


def mixtures(program: Program, count: int) -> Iterator[tuple[str, ...]]:
    """Yield rewrites to apply together, drawn by the case's name."""
    draw = random.Random(f"{SEED} {count} {program.case.name}")
    for _ in range(MIXTURES):
        yield tuple(draw.sample(sorted(REWRITES), count))


def measured(programs: list[Program], name: str, folder: Path) -> Result:
    """Return what a rewrite comes to over all cases."""
    found = Result()
    for program in programs:
        case = rewritten(program, REWRITES[name])
        if case is not None:
            found.add(judged(case, said_about(case, folder)))
    return found


def mixed(programs: list[Program], count: int, folder: Path) -> Result:
    """Return what several rewrites together come to; where one does not apply, the others do."""
    result = Result()
    for program in programs:
        for names in mixtures(program, count):
            chain = [REWRITES[name] for name in names]
            case = rewritten(program, *(one for one in chain if rewritten(program, one) is not None))
            if case is None:
                continue
            before = len(result.told)
            result.add(judged(case, said_about(case, folder)))
            result.told[before:] = [f"{line}  [{', '.join(names)}]" for line in result.told[before:]]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", help="names of rewrites, or parts of names")
    parser.add_argument("--show", nargs=2, metavar=("REWRITE", "CASE"))
    parser.add_argument("--every", type=int, default=1, help="of that many cases one")
    parser.add_argument("--write", action="store_true", help="the page anew")
    parser.add_argument("--mixed", action="store_true", help="mixtures only")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.show:
            chain = [REWRITES[one] for one in given.show[0].split(",")]
            for case in all_cases():
                if given.show[1] in case.name and (made := rewritten(read(case), *chain)):
                    print("#", case.name, *("\n" + cell.code for cell in made.cells), sep="\n")
            return
        programs = list(known(folder))[:: given.every]
        names = [one for one in REWRITES if given.only is None or any(part in one for part in given.only)]
        found = {}
        for one in [] if given.mixed else names:
            found[one] = measured(programs, one, folder)
            told(one, found[one])
        for count in (2, 3) if given.mixed or given.only is None else ():
            found[f"{count} together"] = mixed(programs, count, folder)
            told(f"{count} together", found[f"{count} together"])
        if given.write:
            PAGE.write_text(page(found, len(programs), given.every), encoding="utf-8")


def page(found: dict[str, Result], cases: int, every: int) -> str:
    """Return the page with a table of what was found."""
    command = "python benchmarks/detection/code_rewrites.py --write" + (f" --every {every}" if every > 1 else "")
    kept, wanted = sum(one.kept for one in found.values()), sum(one.wanted for one in found.values())
    alarmed, clean = sum(one.alarmed for one in found.values()), sum(one.clean for one in found.values())
    rows = [
        f"| {_what(name)} | {one.cases} | {one.kept} of {one.wanted} | {one.alarmed} of {one.clean} | {one.false} |"
        for name, one in found.items()
        if one.cases
    ]
    told = TEXT.format(command=command, cases=cases, kept=kept, wanted=wanted, alarmed=alarmed, clean=clean,
                       share=100 * kept / wanted, alarms=100 * alarmed / clean)  # fmt: skip
    return told + "\n".join(rows) + "\n"


def _what(name: str) -> str:
    """Return what a rewrite does, in the words of its docstring."""
    if name not in REWRITES:
        return f"{name}, drawn at random"
    return " ".join((REWRITES[name].__doc__ or name).split("\n\n")[0].split()).rstrip(".").replace("|", "\\|")


def told(name: str, result: Result) -> None:
    """Print what a rewrite came to, after each miss and each alarm."""
    print(*result.told, sep="\n", end="\n" if result.told else "")
    print(
        f"{name:28} cases {result.cases:4}  kept {result.kept:4} of {result.wanted:4}  "
        f"alarms in clean {result.alarmed:3} of {result.clean:3}  false {result.false}",
        flush=True,
    )


if __name__ == "__main__":
    sys.setrecursionlimit(5000)
    main()
