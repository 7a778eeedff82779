"""The house rules that a test can hold."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import holdfast
from holdfast import collapse
from holdfast.core import errors
from holdfast.core.registry import modules

SOURCE = Path(holdfast.__file__).parent
FILES = sorted(path for path in SOURCE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "manager", "misc"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_are_short_and_named_for_what_they_are(path):
    assert len(path.read_text("utf-8").splitlines()) <= 400
    assert path.stem not in FORBIDDEN_NAMES


def test_the_page_on_architecture_names_what_is_there():
    root = SOURCE.parents[1]
    page = (root / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"`([\w./-]+(?:/|\.py|\.md))`", page)
    there = {
        f"/{path.relative_to(root).as_posix()}{'/' * path.is_dir()}" for path in [*SOURCE.rglob("*"), root / "dev.py"]
    }
    assert len(named) > 40
    gone = [name for name in named if not any(path.endswith(f"/{name}") for path in there)]
    assert gone == []
    tree = page.partition("## The tree")[2].partition("\n## ")[0]
    folders = {path.parent.name for path in SOURCE.glob("*/*/__init__.py")}
    assert {name for name in folders if f"{name}/" not in tree} == set()


def test_scripts_import_what_there_is():
    """Benchmarks, examples and scripts of the documentation are not run by every test, and mypy does not read them."""
    root, gone = SOURCE.parents[1], []
    for path in [path for folder in ("benchmarks", "docs", "examples") for path in (root / folder).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("holdfast"):
                continue
            place = SOURCE.parent.joinpath(*node.module.split("."))
            file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
            words = set(re.findall(r"\w+", file.read_text("utf-8"))) if file.is_file() else set()
            words |= {one.stem for one in place.glob("*")}
            gone += [f"{path.name}: {node.module} has no {one.name}" for one in node.names if one.name not in words]
    assert gone == []


MAPPED = ("audit/code", "audit/honest", "audit/models", "data/bulk", "data/mixing", "data/review", "data/store")


@pytest.mark.parametrize("folder", MAPPED)
def test_the_map_of_a_large_folder_names_every_file(folder):
    text = ast.get_docstring(ast.parse((SOURCE / folder / "__init__.py").read_text("utf-8"))) or ""
    files = {path.stem for path in (SOURCE / folder).glob("*.py")} - {"__init__"}
    assert files - set(re.findall(r"\w+", text)) == set()


def test_only_three_files_of_core_reach_a_higher_part_by_name():
    """Import-linter sees import statements; a module that is named in a string gets past it."""
    layers = ["core", "data", "audit", "finetune", "collapse", "report", "web", "cli"]
    upward = set()
    for path in FILES:
        part = path.relative_to(SOURCE).parts[0]
        for node in ast.walk(ast.parse(path.read_text("utf-8"))) if part in layers else ():
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            named = re.fullmatch(r"holdfast\.(\w+)(\.\w+)*(:\w+)?", text)
            if named and named[1] in layers[layers.index(part) + 1 :]:
                upward.add(path.relative_to(SOURCE).as_posix())
    assert upward == {"core/index.py", "core/progress.py", "core/showing.py"}


def test_nothing_inherits_from_our_own_classes_except_errors():
    allowed = {item for item in vars(errors).values() if inspect.isclass(item)}
    for module in modules("holdfast"):
        for item in vars(module).values():
            if inspect.isclass(item) and item.__module__ == module.__name__:
                ours = [base for base in item.__bases__ if base.__module__.startswith("holdfast.")]
                assert set(ours) <= allowed, f"{module.__name__}.{item.__name__} inherits from {ours}"


def test_public_names():
    assert holdfast.__all__ == sorted(holdfast.__all__)
    assert len(holdfast.__all__) <= 40
    for name in holdfast.__all__:
        assert getattr(holdfast, name) is not None
    assert callable(holdfast.audit)


def test_public_names_for_type_checkers_are_those_at_run_time():
    tree = ast.parse((SOURCE / "__init__.py").read_text("utf-8"))
    typed = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(holdfast.__all__) - {"__version__"} <= typed


def test_public_names_of_the_laboratory():
    assert collapse.__all__ == sorted(collapse.__all__)
    tree = ast.parse((SOURCE / "collapse" / "__init__.py").read_text("utf-8"))
    typed = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(collapse.__all__) <= typed
    for name in collapse.__all__:
        assert getattr(collapse, name) is not None


def test_the_laboratory_needs_no_torch():
    loaded = loaded_by(
        "from holdfast.collapse import Experiment, plan, run_experiment; from holdfast.collapse import "
        "catalogue; catalogue.learners(), catalogue.measures(), catalogue.theories()"
    )
    assert not loaded & {"torch", "transformers", "sklearn", "pandas", "matplotlib"}


def loaded_by(statement):
    code = f"import sys; {statement}; print(chr(10).join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_is_light():
    loaded = loaded_by("import holdfast")
    assert not loaded & {"numpy", "pandas", "torch", "matplotlib", "pyarrow", "sklearn", "duckdb", "pydantic"}


def test_the_command_line_starts_without_the_heavy_libraries():
    loaded = loaded_by("import holdfast.cli.main")
    assert not loaded & {"numpy", "pandas", "torch", "pyarrow", "sklearn", "duckdb", "pydantic", "rich"}


def test_help_takes_at_most_a_quarter_of_a_second_of_cpu():
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run([sys.executable, '-m', 'holdfast', '--help'], check=True, stdout=subprocess.DEVNULL);"
        "r = resource.getrusage(resource.RUSAGE_CHILDREN); print(r.ru_utime + r.ru_stime)"
    )
    done = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]
    assert min(done) <= 0.25
