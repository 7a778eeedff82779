"""The wheel as somebody has it who installed nothing else: its size, and that core dependencies suffice."""

import os
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from console_pages import DOCS

ROOT = DOCS.parent
LARGEST = 3_000_000  # bytes
# Installed here for the tests, and not for everybody: what is not among the dependencies cannot be imported.
SITE = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {others}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""


def needed(name, found):
    """Add to `found` all that a distribution needs, without extras."""
    for line in requires(name) or ():
        one = Requirement(line)
        if (one.marker is None or one.marker.evaluate({"extra": ""})) and canonicalize_name(one.name) not in found:
            found.add(canonicalize_name(one.name))
            needed(one.name, found)
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built as a release would be."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_is_small(wheel):
    assert wheel.stat().st_size <= LARGEST


def test_core_dependencies_suffice(wheel, tables):
    place = tables / "site"
    zipfile.ZipFile(wheel).extractall(place)
    ours = needed("holdfast", {"holdfast"})
    others = {
        module
        for module, owners in packages_distributions().items()
        if not {canonicalize_name(owner) for owner in owners} & ours and module not in {"sitecustomize", "holdfast"}
    }
    assert {"torch", "pandas", "PIL"} <= others
    (place / "sitecustomize.py").write_text(SITE.format(others=sorted(others)))

    def run(*arguments):
        return subprocess.run(  # noqa: PLW1510 the test looks at the exit code
            [sys.executable, "-m", "holdfast", *arguments],
            cwd=tables, env={**os.environ, "PYTHONPATH": str(place)}, capture_output=True, text=True,
        )  # fmt: skip

    found = run("audit", "train.csv", "test.csv", "--label", "y")
    assert found.returncode == 1, found.stderr
    assert "split-overlap" in found.stdout
    for command in (
        ("report", "latest", "--lang", "fr", "--format", "html", "--out", "rapport.html"),
        ("checklist", "latest", "--format", "markdown"),
        ("checks", "show", "split-overlap"),
        ("collapse", "run", "gaussian", "--generations", "3", "--replicates", "20"),
    ):
        done = run(*command)
        assert done.returncode == 0, done.stderr
    where = subprocess.run(
        [sys.executable, "-c", "import holdfast; print(holdfast.__file__)"],
        cwd=tables, env={**os.environ, "PYTHONPATH": str(place)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(place))
    wanting = run("serve")
    assert wanting.returncode == 2
    assert "holdfast[web]" in wanting.stderr
