"""The notebooks of docs/ run, and say what they were stored with."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

DOCS = Path(__file__).parents[2] / "docs"
NUMBER = re.compile(r"[−-]?\d[\d,]*\.?\d*(?:e-?\d+)?")
SAME = 0.05  # relative; machines round differently, and a score may move with them


def told(notebook):
    """Return the lines of text that cells came to, without names of runs and times."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert output.output_type != "error"
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            for line in text.splitlines():
                if not re.search(r"\d{8}-\d{6}-[0-9a-f]{4}|\d+(\.\d+)? (ms|s)\b|[━░▒]", line) and line.strip():
                    yield line


def alike(line, other):
    if NUMBER.sub("#", line).split() != NUMBER.sub("#", other).split():
        return False
    pairs = zip(NUMBER.findall(line), NUMBER.findall(other), strict=True)
    numbers = [[float(one.replace("−", "-").replace(",", "")) for one in pair] for pair in pairs]
    return all(abs(one - two) <= SAME * max(abs(one), abs(two)) + 0.02 for one, two in numbers)


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_comes_to_what_it_was_stored_with(path, tmp_path):
    copy = shutil.copy(path, tmp_path)
    done = subprocess.run(
        [sys.executable, DOCS / "run_notebooks.py", copy], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    stored, fresh = nbformat.read(path, as_version=4), nbformat.read(copy, as_version=4)
    assert [cell.source for cell in stored.cells] == [cell.source for cell in fresh.cells]
    before, now = list(told(stored)), list(told(fresh))
    assert len(before) > 30
    assert len(now) == len(before)
    assert [pair for pair in zip(before, now, strict=True) if not alike(*pair)] == []


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_output_of_a_stored_notebook_has_a_script_or_asks_the_web(path):
    outputs = [one for cell in nbformat.read(path, as_version=4).cells for one in cell.get("outputs", ())]
    drawn = [one.data for one in outputs if "text/html" in one.get("data", {})]
    pages = [one["text/html"] for one in drawn if not one["text/plain"].startswith("alt.")]  # Altair draws by script
    assert len(pages) >= 3
    for page in pages:
        assert "<script" not in page
        assert not re.search(r'(src|href)="(?!#|data:|https://(doi|arxiv|www|proceedings|jmlr|papers|[\w.-]+)/?)', page)
    assert path.stat().st_size < 400_000


def test_there_are_two_notebooks():
    assert [path.stem for path in sorted(DOCS.glob("*.ipynb"))] == ["notebook-audit", "notebook-collapse"]
