"""Run the notebooks of this folder and write their outputs into them: `python docs/run_notebooks.py`.

Cells are run in an empty folder, one notebook after the other. The tests run them as well, and compare what comes out.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

HERE = Path(__file__).parent
NOTEBOOKS = sorted(HERE.glob("*.ipynb"))


def executed(path: Path) -> Any:
    """Return the notebook with the outputs of its cells. Raises where a cell does."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(Path(folder, "kernel")))
        NotebookClient(notebook, kernel, timeout=120, resources={"metadata": {"path": folder}}).execute()
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":  # a place where progress was shown is empty at the end
            cell.outputs = [one for one in cell.outputs if one.get("data", {}).get("text/plain", "-")]
    return notebook


if __name__ == "__main__":
    wanted = [Path(name) for name in sys.argv[1:]] or NOTEBOOKS
    for one in wanted:
        nbformat.write(executed(one), one)
        sys.stdout.write(f"{one}\n")
