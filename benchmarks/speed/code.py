"""Notebooks and scripts per second of the code audit: generated notebooks, and the labelled cases if they are there.

    python benchmarks/speed/code.py                     1,000 notebooks of 30 cells, and one of 50 MB
    python benchmarks/speed/code.py --notebooks 200
    python benchmarks/speed/code.py FOLDER              scripts and notebooks below a folder

CPU seconds of reading (from disk), following and all checks of the family `code`, in one process.
"""

import argparse
import json
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from holdfast.audit import catalogue
from holdfast.audit.code import Code, read_code
from holdfast.audit.runner import Facts, run_check

CELLS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.model_selection import train_test_split",
    "df = pd.read_csv('data_{i}.csv')\ndf.head()\ndf.describe()",
    "df['age'] = df['age'].fillna(df['age'].median())\ndf['log'] = np.log1p(df['income'])\ndf['income'].hist()",
    "num = ['age', 'income', 'log']\nfor c in num:\n    df[c] = (df[c] - df[c].mean()) / df[c].std()",
    "def clean(frame):\n    frame = frame.dropna()\n    frame['city'] = frame['city'].cat.codes\n    return frame",
    "df = clean(df)\nX, y = df.drop(columns='churn'), df['churn']",
    "X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state={i})",
    """scores = {{}}
for name, model in {{'svc': SVC(), 'forest': RandomForestClassifier()}}.items():
    model.fit(X_train, y_train)
    scores[name] = accuracy_score(y_test, model.predict(X_test))
print(scores)""",
    "%matplotlib inline\nplt.plot(y_test, model.predict(X_test))\nplt.show()",
    "search = GridSearchCV(SVC(), {{'C': [1, 10]}}, cv=5).fit(X_train, y_train)\nprint(search.best_params_)",
)


def notebook(number: int, cells: int, picture: str) -> str:
    """Return a notebook of `cells` code cells with a picture under every third."""
    listed = [
        {
            "cell_type": "code",
            "execution_count": at + 1,
            "metadata": {},
            "source": CELLS[at % len(CELLS)].format(i=number).splitlines(keepends=True),
            "outputs": [{"output_type": "display_data", "data": {"image/png": picture}}] if at % 3 == 0 else [],
        }
        for at in range(cells)
    ]
    return json.dumps({"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def audited(files: list[Path]) -> tuple[int, int, float]:
    """Return lines, findings and CPU seconds of auditing files one by one."""
    checks = catalogue.selected(("code",))
    lines = found = 0
    started = time.process_time()
    for path in files:
        code: Code = read_code(path)
        lines += sum(cell.source.count("\n") + 1 for file in code.files for cell in file.cells)
        facts = Facts({"code": code})
        found += sum(len(run_check(check, facts).findings) for check in checks)
    return lines, found, time.process_time() - started


def told(what: str, files: list[Path]) -> None:
    """Print one line."""
    lines, found, seconds = audited(files)
    size = sum(path.stat().st_size for path in files) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what}: {len(files):,} files, {lines:,} lines, {size:,.1f} MB, {found:,} findings in {seconds:.2f} CPU-s: "
        f"{len(files) / seconds:,.0f} files/s, {lines / seconds:,.0f} lines/s, peak {peak:,.0f} MiB"
    )


def main() -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--notebooks", type=int, default=1000)
    wanted = parser.parse_args()
    for folder in wanted.folders:
        told(str(folder), sorted([*folder.rglob("*.py"), *folder.rglob("*.ipynb")]))
    if wanted.folders:
        return
    with TemporaryDirectory() as name:
        files = []
        for number in range(wanted.notebooks):
            files.append(Path(name) / f"{number}.ipynb")
            files[-1].write_text(notebook(number, 30, "A" * 20_000), "utf-8")
        told("notebooks of 30 cells", files)
        big = Path(name) / "big.ipynb"
        big.write_text(notebook(0, 100, "A" * 1_500_000), "utf-8")
        told("one large notebook", [big])
        script = Path(name) / "long.py"
        script.write_text("\n".join(f"x{n} = df['a'] + {n}" for n in range(100_000)), "utf-8")
        told("one script of 100,000 lines", [script])


if __name__ == "__main__":
    main()
