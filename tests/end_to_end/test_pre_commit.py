"""The hooks, run by pre-commit itself; only the building of their environment is left out (`language: system`)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text("utf-8"))}
BIN = Path(sys.executable).parent
LEAK = """\
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

X = StandardScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
"""


@pytest.fixture
def repository(tmp_path):
    """Return a function that commits files to a repository with one of the hooks, and what pre-commit said."""
    environment = {
        **os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PRE_COMMIT_HOME": str(tmp_path / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }  # fmt: skip
    home = tmp_path / "repository"
    home.mkdir()

    def git(*arguments):
        return subprocess.run(
            ["git", *arguments], cwd=home, env=environment, capture_output=True, text=True, check=False
        )

    git("init", "-q")

    def commit(hook, args, **files):
        for name, content in files.items():
            (home / name.replace("_", ".")).write_text(content)
        own = {**HOOKS[hook], "language": "system", "args": args}
        config = {"repos": [{"repo": "local", "hooks": [own]}]}
        (home / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
        git("add", "-A")
        return subprocess.run(
            [BIN / "pre-commit", "run", "--verbose", "--color", "never"],
            cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    return commit


def test_the_manifest_is_valid(tmp_path):
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path)}
    done = subprocess.run(
        [BIN / "pre-commit", "validate-manifest", MANIFEST], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_leak_stops_a_commit_and_names_its_line(repository):
    done = repository("holdfast-code", [], train_py=LEAK, other_md="text")
    assert done.returncode == 1, done.stdout
    assert "train.py:4: warning fit-before-split: `StandardScaler` learns from `X`" in done.stdout
    assert "fix: Move" in done.stdout


@pytest.mark.slow
def test_args_come_before_the_files(repository):
    done = repository("holdfast-code", ["--fail-on", "error", "--ignore", "unseeded-split"], train_py=LEAK)
    assert done.returncode == 0, done.stdout


def test_what_is_no_code_is_not_looked_at(repository):
    assert "no files to check" in repository("holdfast-code", [], other_md="text").stdout


@pytest.mark.slow
def test_data_are_audited_when_they_change(repository):
    rows = "\n".join(f"{i % 2},{i % 7},{'ab'[i % 2]}" for i in range(60))
    args = ["data.csv", "--label", "y", "--no-honest", "--select", "label-in-disguise"]
    done = repository("holdfast-data", args, data_csv=f"z,x,y\n{rows}\n")
    assert done.returncode == 1, done.stdout
    assert "'z' gives the label exactly" in done.stdout
