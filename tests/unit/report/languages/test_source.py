"""Catalogue and source held against each other, word by word, without a run.

What the catalogue translates must still be said by the source: a sentence that was reworded has lost its French, and is
named here. What the source says must be in the catalogue: the share is measured for each kind of run.

After a rewording: put the new English into its entry. What is left over where two pieces of source are put together
(three words that no single piece holds) stands in `seams.txt`:

    HOLDFAST_UPDATE_SNAPSHOTS=1 pytest tests/unit/report/languages/test_source.py

What has no French yet, with file and line:  pytest tests/unit/report/languages/test_source.py -s -k kind
"""

import ast
import os
import re
import sys
from functools import cache
from pathlib import Path

import pytest

import holdfast
from holdfast.report.languages.catalogue import Choice, entries, split

SOURCE = Path(holdfast.__file__).parent
SEAMS = Path(__file__).with_name("seams.txt")
HOLE = "\0"
_CUT = re.compile(rf"{HOLE}|(?<=\.) (?=[A-Z`'])|; ")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CITED = re.compile(r"https?://|\(\d{4}\)|et al\.|arXiv")
_TEMPLATE = re.compile(r"""\bt\(["']([^"'{}]+)["']""")

ELSEWHERE = {"Field", "Option", "BadInput", "case", "Citation", "begun", "track"}

KINDS = {  # where the sentences of a run of each kind are written
    "audit": (
        "audit/checks/[!gpt]*/*.py", "audit/checks/time/*.py", "audit/roots.py", "report/verdict.py",
        "report/waterfall.py", "report/record_tables.py", "report/pictures.py",
    ),
    "probe": ("audit/checks/probe/*.py", "audit/probe/telling.py", "audit/probe/verb.py"),
    "compare": ("audit/comparing/*.py",),
    "finetune": (
        "finetune/telling*.py", "finetune/scorecard.py", "finetune/gate.py", "finetune/stopping/update.py",
        "finetune/tables/telling.py", "finetune/searching/telling.py", "finetune/controls/*.py",
        "audit/checks/training/*.py",
    ),
    "collapse": (
        "collapse/*/telling.py", "collapse/watching/sets.py", "collapse/planning/*.py", "collapse/profile/judging.py",
        "collapse/measures/*.py", "audit/checks/generations/*.py",
    ),
    "data": (
        "audit/drifting/*.py", "data/screening/*/telling.py", "data/screening/images/scanning.py",
        "data/bulk/telling.py", "data/review/telling.py", "data/mixing/judging.py", "audit/policies.py",
    ),
}  # fmt: skip
FLOORS = {"audit": 0.96, "probe": 0.94, "compare": 0.94, "finetune": 0.96, "collapse": 0.94, "data": 0.98}


def pieces(tree):
    """Yield (line, text, whether a report may say it) of every string of a module; holes are marked.

    What is raised, asserted, compiled, cited or a description is said elsewhere, if at all.
    """
    silent, inner, nodes = set(), set(), [*ast.walk(tree)]
    for node in nodes:
        if isinstance(node, ast.Raise | ast.Assert) or getattr(getattr(node, "func", None), "id", "") in ELSEWHERE:
            silent.update(id(one) for one in ast.walk(node))
        if isinstance(node, ast.FunctionDef) and _is_case(node):
            silent.update(id(one) for one in ast.walk(node))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            silent.add(id(node.body[0].value))
        if isinstance(node, ast.JoinedStr):
            inner.update(id(one) for part in node.values for one in ast.walk(part) if isinstance(one, ast.Constant))
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else HOLE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            text = node.value
        else:
            continue
        yield node.lineno, text, id(node) not in silent and " " in text and not _CITED.search(text)


def _is_case(node):
    return any(getattr(one, "func", one).id in {"planted", "clean"} for one in node.decorator_list
               if isinstance(getattr(one, "func", one), ast.Name))  # fmt: skip


def runs(text):
    """Yield the words of each stretch between two holes, or two sentences, as the report looks them up."""
    for stretch in _CUT.split(text):
        yield _WORD.findall(stretch.lower())


def threes(words):
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


@cache
def modules():
    """Return {path: its strings} of the whole package, what templates say included."""
    found = {path: [*pieces(ast.parse(path.read_text("utf-8")))] for path in sorted(SOURCE.rglob("*.py"))}
    for path in sorted((SOURCE / "report" / "templates").glob("*.html")):
        found[path] = [(1, text, True) for text in _TEMPLATE.findall(path.read_text("utf-8"))]
    return found


@cache
def english():
    """Return the English sentences of the catalogue, with choices taken one way and the other."""
    found = []
    for _, text, _ in entries("fr"):
        for at in (0, -1):
            parts = (one if isinstance(one, str) else one.words[at] if isinstance(one, Choice) else HOLE
                     for one in split(text))  # fmt: skip
            found.append("".join(parts))
    return found


def test_no_sentence_was_reworded_without_its_french():
    said = set()
    for strings in modules().values():
        for _, text, _ in strings:
            for words in runs(text):
                said |= threes(words)
    missing = {}
    for _, text, _ in entries("fr"):
        plain = "".join(one if isinstance(one, str) else HOLE for one in split(text))
        for words in runs(plain):
            for three in threes(words) - said:
                missing.setdefault(" ".join(three), text)
    if os.environ.get("HOLDFAST_UPDATE_SNAPSHOTS"):
        SEAMS.write_text("\n".join(sorted(missing)) + "\n", encoding="utf-8", newline="\n")
    seams = set(SEAMS.read_text("utf-8").split("\n")) - {""}
    lost = {f"'{three}' of: {text}" for three, text in missing.items() if three not in seams}
    assert not lost, "the source says this otherwise now; change the entries in report/languages/fr:\n" + "\n".join(
        lost
    )


@pytest.mark.parametrize("kind", KINDS)
def test_how_much_of_what_a_kind_of_run_says_has_french(kind):
    known = {three for text in english() for words in runs(text) for three in threes(words)}
    total, missing = 0, []
    for path in sorted({path for pattern in KINDS[kind] for path in SOURCE.glob(pattern)}):
        for line, text, spoken in modules()[path]:
            for words in runs(text) if spoken else ():
                if sum(len(word) > 2 for word in words) >= 3:  # less is a name, or a formula
                    total += 1
                    if threes(words) - known:
                        missing.append(f"{path.relative_to(SOURCE)}:{line}: {text.replace(HOLE, '…')}")
    sys.stdout.write("\n".join(["", *missing, f"{kind}: {total - len(missing)} of {total}", ""]))
    share = 1 - len(missing) / total
    assert share >= FLOORS[kind], f"{share:.3f} of {total} pieces of sentences of {kind} runs have French"
